"""What the documents say is done: every Python block and every command runs, in order.

A document is walked from top to bottom in an empty folder, as a reader would. Commands that begin
with ``bitspin`` run for real; the few others are named in `NOT_RUN`, and a new one is an error.
A block says by its language what happens to it:

- ``python``: runs;
- ``pycon``: runs, and must print what it shows after each ``>>>``;
- ``sh``: commands, one a line (a backslash continues it);
- ``console``: commands after ``$``, each of which must print what stands below it;
- ``toml``, ``csv``: becomes the file that its first line names;
- ``c``: becomes that file in an exported project, is compiled with it, and must end with 0;
- ``text``: is read only.

Shown output may differ in white space, and ``...`` stands for anything.
"""

from __future__ import annotations

import doctest
import gzip
import io
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cyclopts import App
from rich.console import Console

from bitspin import __version__
from bitspin.cli.app import app as bitspin_app
from bitspin.config import RunConfig
from bitspin.cost import CostTable
from bitspin.results import QUANTITIES
from bitspin.sweep.sweep_file import Draw, Search
from bitspin.train import Plain, RowBudget
from bitspin.train.bnn_rule import BnnRule

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
RULE = ROOT / "docs" / "rule.md"
PAGES = sorted(
    path
    for pattern in ("tutorial.md", "rule.md", "howto/*.md", "physics/*.md")
    for path in (ROOT / "docs").glob(pattern)
)
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/*.md")
    for path in ROOT.glob(pattern)
    if not path.name.startswith(".")
)

# They install, call the tests themselves, or take long.
NOT_RUN = (
    "make train",
    "make test",
    "make reproduce-tgbnn",
    "pip install .",
    "python bench/closed_forms.py",
    "python bench/reproduce_tgbnn.py --only epochs-1",
)

LOOSELY = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

SCRIPT = Path(sys.executable).with_name("bitspin")
BITSPIN = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "bitspin.cli.app"]


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    language: str
    text: str
    where: str


def blocks_of(path: Path) -> list[Block]:
    """All fenced blocks, first to last."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(
            match["language"],
            match["text"],
            f"{path.name}:{text.count(chr(10), 0, match.start()) + 1}",
        )
        for match in re.finditer(
            r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", text, re.MULTILINE | re.DOTALL
        )
    ]


# ---- running -------------------------------------------------------------------------------------


def run_bitspin(arguments: list[str], where: str) -> str:
    """Run the command here, and give what it printed."""
    done = subprocess.run(
        [*BITSPIN, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONWARNINGS": "error", "COLUMNS": "200"},
        check=False,
    )
    assert done.returncode == 0, f"{where}: bitspin {shlex.join(arguments)}\n{done.stderr}"
    return done.stdout


def run_commands(block: Block) -> None:
    """Run a block of commands, one a line."""
    for line in block.text.replace("\\\n", " ").splitlines():
        run_command(line, block.where)


def run_command(line: str, where: str) -> str:
    """Run a line, and give what it printed."""
    words = shlex.split(line, comments=True)
    if not words or shlex.join(words) in NOT_RUN:
        return ""
    assert words[0] == "bitspin", f"{where}: neither run nor exempt: {line}"
    printed = run_bitspin(words[1:], where)
    if "--json" in words:
        json.loads(printed)
    return printed


def run_console(block: Block) -> None:
    """Run the commands after a dollar sign, and compare what they print."""
    assert block.text.startswith("$ "), f"{block.where}: a console begins with a command"
    for step in block.text.removeprefix("$ ").split("\n$ "):
        command, _, wanted = step.replace("\\\n", " ").partition("\n")
        printed = run_command(command, block.where)
        same = doctest.OutputChecker().check_output(wanted.strip(), printed.strip(), LOOSELY)
        assert same, f"{block.where}: {command} printed\n{printed}"


def run_session(block: Block, names: dict[str, Any]) -> None:
    """Run what stands after each prompt, and compare what it prints."""
    session = doctest.DocTestParser().get_doctest(block.text, names, block.where, None, 0)
    assert session.examples, f"{block.where}: a session without a prompt"
    complaints = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=LOOSELY, verbose=False)
    runner.run(session, out=complaints.write, clear_globs=False)
    names.update(session.globs)
    assert not runner.failures, f"{block.where}: {complaints.getvalue()}"


def run_c(block: Block) -> None:
    """Compile a program in an exported project for this machine, and run it."""
    name = re.match(r"/\* (\S+)/(\S+\.c) \*/\n", block.text)
    assert name, f"{block.where}: the first line must name project and file"
    project = Path(name[1])
    (project / name[2]).write_text(block.text, encoding="utf-8")
    compiled = sorted(p.relative_to(project) for p in project.glob("bitspin/src/*.c"))
    sources = [name[2], "network.c", *map(str, compiled)]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-I.", "-Ibitspin/include"]
    for command in (["cc", *flags, *sources, "-o", "program"], ["./program"]):
        done = subprocess.run(
            command, cwd=project, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{block.where}: {shlex.join(command)}\n{done.stderr}"


def run_block(block: Block, names: dict[str, Any]) -> None:
    """Do what a block says."""
    if block.language == "python":
        exec(compile(block.text, block.where, "exec"), names)
    elif block.language == "pycon":
        run_session(block, names)
    elif block.language == "sh":
        run_commands(block)
    elif block.language == "console":
        run_console(block)
    elif block.language == "c":
        run_c(block)
    elif block.language in ("toml", "csv"):
        name = re.match(rf"# (\S+\.{block.language})\n", block.text)
        assert name, f"{block.where}: the first line must name the file"
        Path(name[1]).write_text(block.text, encoding="utf-8")
    else:
        assert block.language == "text", f"{block.where}: a block of unknown language"


def make_readers_files() -> None:
    """Make the files that the README takes a reader to have."""
    rng = np.random.default_rng(0)
    labels = {"train": np.arange(300) % 3, "t10k": np.arange(90) % 3}
    images = {}
    for part, y in labels.items():
        x = rng.integers(0, 80, (len(y), 28, 28), dtype=np.uint8)
        for band in range(3):
            x[y == band, 9 * band : 9 * band + 9] += 150
        images[part] = x
    folder = Path("my-images")
    folder.mkdir()
    for part, y in labels.items():
        header = bytes([0, 0, 8, 3]) + np.array(images[part].shape, ">u4").tobytes()
        (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images[part].tobytes())
        header = bytes([0, 0, 8, 1]) + np.array(y.shape, ">u4").tobytes()
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(
            gzip.compress(header + y.astype(np.uint8).tobytes())
        )
    np.savez(
        "my-data.npz",
        x_train=images["train"],
        y_train=labels["train"],
        x_test=images["t10k"],
        y_test=labels["t10k"],
    )


def walk(document: Path) -> None:
    """Run all blocks of a document; its Python blocks share their names."""
    names: dict[str, Any] = {}
    for block in blocks_of(document):
        run_block(block, names)


def test_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_readers_files()
    walk(README)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    walk(page)


def test_the_page_on_prices_names_each_with_its_default() -> None:
    page = (ROOT / "docs" / "howto" / "price.md").read_text(encoding="utf-8")
    stated = {row[0].strip("`"): row[2] for row in table_rows(page, "`")}
    table = CostTable()
    assert stated.keys() == CostTable.model_fields.keys()
    assert stated["cell_m2"] == "not known"
    assert table.cell_m2 is None
    units = {"fJ": 1e-15, "ns": 1e-9, "µm²": 1e-12}
    for name in stated.keys() - {"cell_m2"}:
        value, unit = stated[name].split(",")[0].split()
        assert float(value) * units[unit] == pytest.approx(getattr(table, name).value)


def test_the_page_on_sweeps_names_every_key_and_objective() -> None:
    page = (ROOT / "docs" / "howto" / "sweeps.md").read_text(encoding="utf-8")
    rows = table_rows(page, "`")
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    keys = (set(Draw.model_fields) | set(Search.model_fields)) - {"space"}
    assert named == keys | set(QUANTITIES)
    stated = {row[0].strip("`"): row[2].strip("`") for row in rows if row[0].strip("`") in keys}
    fields = {**Draw.model_fields, **Search.model_fields}
    for key in keys:
        required = fields[key].is_required()
        assert stated[key] == ("none" if required else str(fields[key].default))


def test_a_wrong_document_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for wrong, complaint in (
        ("```sh\nbitspin info --jason\n```\n", "Unknown option"),
        ("```sh\nrm -rf runs\n```\n", "neither run nor exempt"),
        ("```ruby\n1\n```\n", "unknown language"),
        ("```toml\na = 1\n```\n", "must name the file"),
        ("```csv\na,b\n```\n", "must name the file"),
        ("```python\nassert 1 == 2, 'no'\n```\n", "no"),
        ("```pycon\n>>> 1 + 1\n3\n```\n", "Expected"),
        ("```pycon\n1 + 1\n```\n", "without a prompt"),
        ("```console\n$ bitspin device\nmtj-soot\n...\n```\n", "device printed"),
        ("```console\nmtj-sot\n```\n", "begins with a command"),
    ):
        document = tmp_path / "wrong.md"
        document.write_text(wrong, encoding="utf-8")
        with pytest.raises(AssertionError, match=complaint):
            walk(document)


# ---- options and defaults ------------------------------------------------------------------------


def options_of(text: str) -> set[str]:
    """Everything that looks like a long option."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text))


@pytest.fixture(scope="module")
def known_options() -> set[str]:
    shown = Console(file=io.StringIO(), width=200)
    for words in commands(bitspin_app):
        bitspin_app.help_print(words, console=shown)
    assert isinstance(shown.file, io.StringIO)
    return options_of(shown.file.getvalue()) | {"--help", "--version", "--only"}


def commands(app: App) -> list[list[str]]:
    """Give the words of every command, and of those below it."""
    found = []
    for name in app:
        if not name.startswith("-"):
            found += [[name], *([name, *words] for words in commands(app[name]))]
    return found


def test_documented_options_exist(known_options: set[str]) -> None:
    assert "--write-probability-end" in known_options
    assert "--base" in known_options, "options of 'bitspin device fit'"
    for document in (README, *PAGES, *(ROOT / "docs" / "adr").glob("*.md")):
        unknown = options_of(document.read_text(encoding="utf-8")) - known_options
        assert not unknown, f"{document.name} names options that do not exist: {unknown}"


def table_rows(text: str, first_column: str) -> list[list[str]]:
    """Rows, as lists of cells, whose first cell begins so."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [row for row in rows if row[0].startswith(first_column)]


NONE = "\N{EN DASH}"


def shown(rule: type[RowBudget | Plain], constant: str) -> str:
    """How the page shows the default of a constant."""
    if constant not in rule.model_fields:
        return NONE
    default = rule.model_fields[constant].default
    return "chosen" if default is None else str(default)


def test_the_page_on_the_rule_states_every_constant_and_its_default() -> None:
    rows = table_rows(RULE.read_text(encoding="utf-8"), "`--")
    stated = {row[0].strip("`-").replace("-", "_"): (row[3], row[4]) for row in rows}
    constants = (set(RowBudget.model_fields) | set(Plain.model_fields)) - {"mode"}
    assert stated == {name: (shown(RowBudget, name), shown(Plain, name)) for name in constants}


def test_the_page_on_the_rule_names_every_option_of_the_baseline() -> None:
    named = options_of(RULE.read_text(encoding="utf-8"))
    for constant in set(BnnRule.model_fields) - {"mode"}:
        assert f"--{constant.replace('_', '-')}" in named


def test_the_readme_states_the_defaults() -> None:
    text = README.read_text(encoding="utf-8")
    defaults = {row[0]: row[2] for row in table_rows(text, "`--")}
    config = RunConfig()
    assert defaults["`--hidden N …`"] == " ".join(map(str, config.network.hidden))
    assert defaults["`--mode`"] == f"`{config.rule.mode}`"
    assert defaults["`--code`, `--code-length`"] == f"`{config.network.code}`"
    assert defaults["`--epochs`, `--batch`, `--batch-end`"] == f"{config.epochs}; chosen"
    assert defaults["`--seed`"] == str(config.seed)
    assert defaults["`--shift N`"] == str(config.data.shift)
    assert defaults["`--validation N`"] == str(config.data.validation)


def test_the_readme_shows_the_summary_as_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = "train mnist --hidden 16 --epochs 1 --quiet"
    printed = run_bitspin(arguments.split(), "summary")
    [example] = [block for block in blocks_of(README) if block.language == "text"]

    def labels(summary: str) -> list[str]:
        return [re.split(r"\s{2,}", line)[0] for line in summary.splitlines()]

    assert labels(example.text) == labels(printed)


# ---- links and versions --------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if target.startswith("https://"):
            continue
        path = (document.parent / target).resolve()
        known = path.exists()
        assert known, f"{document.name} links to {target}, which is not there"


def test_citation_and_changelog_name_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
