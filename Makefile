# On a fresh machine `make train` and `make test` do everything; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
SOURCES := pyproject.toml CMakeLists.txt $(shell find core src -type f -not -name '*.so' -not -path '*/__pycache__/*')

.PHONY: help train test test-slow check packages bench reproduce-tgbnn reproduce-adaptation docs clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

train: $(VENV)/installed ## set up, and train TGBNN on the full MNIST
	$(BIN)/bitspin train mnist

test: $(VENV)/developing packages ## set up, and run all tests
	$(BIN)/python -m pytest tests
	$(BIN)/python -m pytest --doctest-modules --pyargs bitspin

test-slow: $(VENV)/developing packages ## the tests that take minutes
	$(BIN)/python -m pytest tests -m slow

check: $(VENV)/developing ## style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/developing ## speed against PyTorch, each case beside its goal
	$(BIN)/python bench/run.py

reproduce-tgbnn: $(VENV)/developing ## every accuracy of docs/reproduce/tgbnn.md, three seeds each
	$(BIN)/python bench/reproduce_tgbnn.py

docs: $(VENV)/developing ## the documentation, in site/; a warning is an error
	rm -rf site docs/reference/api
	$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees docs site
	@echo "open site/index.html"

reproduce-adaptation: $(VENV)/developing packages ## every figure of docs/reproduce/on-device-adaptation.md
	$(BIN)/python examples/05_meet_a_user.py --full
	$(BIN)/python examples/05_meet_a_user.py --full --user camera --html bad-camera.html
	$(BIN)/python examples/06_smart_watch.py --people 5 6 7 8 9 10 --seeds 3

packages: ## Debian packages that the tests need (compilers and emulators of microcontrollers)
	@sh .ci/install-packages

clean: ## remove what was built
	rm -rf build dist site docs/reference/api $(VENV)/installed $(VENV)/developing

$(VENV)/pip:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade pip
	@touch $@

$(VENV)/installed: $(VENV)/pip $(SOURCES)
	$(PIP) install --quiet --constraint constraints.txt .
	@touch $@

# PyTorch comes in its CPU build: from the configured index where that has it, else from PyTorch's own.
$(VENV)/torch: $(VENV)/pip constraints.txt
	$(PIP) install --quiet --constraint constraints.txt torch \
	  || $(PIP) install --quiet --constraint constraints.txt --index-url $(TORCH_INDEX) torch
	@touch $@

$(VENV)/developing: $(VENV)/installed $(VENV)/torch
	$(PIP) install --quiet --constraint constraints.txt --group dev
	@touch $@
