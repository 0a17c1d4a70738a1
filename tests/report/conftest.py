"""A few small runs of every kind, a page about all of them, and a browser to open it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bitspin.data import Dataset
from bitspin.report import Options, write_report
from bitspin.results import ResultStore
from bitspin.run import fit
from bitspin.run.record import read_run_record

CHROMIUM = "/usr/bin/chromium"
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SEEDS = (0, 1, 2)
# A name that would do harm if it came into the page as it is.
HOSTILE = "<img src=x onerror=alert(1)>&<b>"


def save(data: Dataset, path: Path) -> str:
    """Save a data set where a report can find it again."""
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(path, **{name: getattr(data, name) for name in names})
    return str(path)


@pytest.fixture(scope="session")
def runs(
    tiny_images: Dataset, tiny_vectors: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Finished runs: three seeds, a hostile name, an array, and samples that are no images."""
    folder = tmp_path_factory.mktemp("runs")
    images = save(tiny_images, folder / "images.npz")
    vectors = save(tiny_vectors, folder / "vectors.npz")
    small = {"data": {"source": images}, "network": {"hidden": [24]}, "epochs": 3}
    wanted = {
        **{f"seed-{seed}": {**small, "seed": seed} for seed in SEEDS},
        HOSTILE: {**small, "network": {"hidden": [12]}},
        "array": {**small, "array": {"kind": "mram", "read_noise": 2.0, "sense_offset": 1.0}},
        "vectors": {**small, "data": {"source": vectors}},
    }
    for name, config in wanted.items():
        fit(config, out=folder / name, threads=1)
    return {name: folder / name for name in wanted}


@pytest.fixture(scope="session")
def tolerance_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What 'bitspin tolerance' leaves behind."""
    path = tmp_path_factory.mktemp("tolerance") / "tolerance.json"
    path.write_text(
        '{"question": {"config": {"epochs": 7}}, "answers": {"ideal 0": 0.95, "ideal 1": 0.94, '
        '"read_noise 2 0": 0.948, "read_noise 8 0": 0.91, "read_noise 2 1": 0.93}}'
    )
    return path


@pytest.fixture(scope="session")
def sweep_folder(runs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a sweep."""
    store = ResultStore.create(tmp_path_factory.mktemp("sweep") / "results")
    for path in runs.values():
        store.put(read_run_record(path).model_copy(update={"id": path.name.strip("<>/ ")[:8]}))
    return store.path


@pytest.fixture(scope="session")
def report_file(
    runs: dict[str, Path],
    tolerance_file: Path,
    sweep_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A page with every part."""
    out = tmp_path_factory.mktemp("report") / "report.html"
    options = Options(
        wear=True, tolerance=tolerance_file, sweep=sweep_folder, threads=1, command="bitspin <i>"
    )
    write_report(list(runs.values()), out, options)
    return out


@pytest.fixture(scope="session")
def plain_report_file(runs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page without anything that must be asked for."""
    out = tmp_path_factory.mktemp("report") / "plain.html"
    write_report([runs["seed-0"]], out, Options(threads=1))
    return out


# Playwright keeps an event loop in this thread; later modules need a thread without one.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; without it nothing is shown to work, so tests fail."""
    assert Path(CHROMIUM).exists(), "Chromium is missing; run .ci/install-packages"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIETLY))
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page in the browser, and what it complained about or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def open_report(chromium: Browser) -> Iterator[Callable[..., Opened]]:
    """Open a report and wait until every figure is drawn."""
    contexts: list[BrowserContext] = []

    def open_it(path: Path, **options: object) -> Opened:
        context = chromium.new_context(**options)
        contexts.append(context)
        opened = Opened(context.new_page())
        page = opened.page
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
        page.on("request", lambda request: opened.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-drawn=all]")
        return opened

    yield open_it
    for context in contexts:
        context.close()
