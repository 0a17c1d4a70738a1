"""Many processes add results to one folder, and each result is there once and whole."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bitspin.errors import StoreError
from bitspin.results import ResultStore, RunRecord, content_id, describe_environment
from bitspin.results.claims import VOID_SECONDS


def record(seed: int, failure: str | None = None) -> RunRecord:
    """A record without a result."""
    return RunRecord(
        id=content_id({"seed": seed}),
        config={"seed": seed},
        data_fingerprint="f" * 64,
        stream=1,
        failure=failure,
        environment=describe_environment("ref", 1, "f" * 64),
        seconds=0.5,
    )


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore.create(tmp_path / "results")


def test_what_is_put_is_there_once(store):
    for _ in range(2):
        for seed in (1, 2):
            store.put(record(seed))
    again = ResultStore.create(store.path)
    assert sorted(one.config["seed"] for one in again.records()) == [1, 2]
    assert again.ids() == {record(1).id, record(2).id}
    assert again.get(record(1).id).config == {"seed": 1}
    assert not again.has(record(3).id)


def test_a_failure_is_no_result_and_gives_way_to_one(store):
    store.put(record(1, failure="memory ran out"))
    assert not store.has(record(1).id)
    assert [one.failure for one in store.failures()] == ["memory ran out"]
    store.put(record(1))
    assert store.has(record(1).id)
    assert store.failures() == []


def put_many(path: Path, seeds: range) -> None:
    store = ResultStore.create(path)
    for seed in seeds:
        store.put(record(seed))


def test_several_processes_make_and_fill_one_folder(tmp_path):
    context = multiprocessing.get_context("spawn")
    path = tmp_path / "results"
    ranges = (range(0, 30), range(10, 40), range(20, 50))
    processes = [context.Process(target=put_many, args=(path, seeds)) for seeds in ranges]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert sorted(one.config["seed"] for one in ResultStore.open(path).records()) == [*range(50)]
    assert {entry.name for entry in path.iterdir()} == {
        "store.json",
        "records",
        "failures",
        "claims",
    }


def test_old_temporary_files_are_removed_and_new_ones_left(store):
    old, new = (store.path / "records" / f".x.host.{n}.part" for n in (1, 2))
    old.touch()
    new.touch()
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    store.remove_old_parts()
    assert (old.exists(), new.exists()) == (False, True)


# ---- claims --------------------------------------------------------------------------------------


def test_a_claim_can_be_taken_once_until_it_is_given_up(store):
    first = store.claims.take("a")
    assert first is not None
    with first:
        assert store.claims.take("a") is None
        assert store.claims.is_taken("a")
        assert not store.claims.is_taken("b")
    assert not store.claims.is_taken("a")
    assert store.claims.take("a") is not None


TAKE_AND_DIE = """
import os, sys
from pathlib import Path
from bitspin.results import ResultStore
claim = ResultStore.open(Path(sys.argv[1])).claims.take("a")
claim.__enter__()
os.kill(os.getpid(), 9)
"""


def test_the_claim_of_a_killed_process_is_taken_over_at_once(store):
    process = subprocess.Popen([sys.executable, "-c", TAKE_AND_DIE, str(store.path)])
    while store.claims.owner("a") is None:
        time.sleep(0.01)
    # Dead, though nobody has asked for its exit code yet.
    deadline = time.monotonic() + 20
    while store.claims.is_taken("a"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert store.claims.take("a") is not None
    process.wait()
    assert process.returncode == -9


def test_a_claim_that_a_full_disk_cut_short_keeps_nobody_away(store, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("json.dump", full)
        with pytest.raises(StoreError, match="got 'No space left on device'"):
            store.claims.take("a")
    assert store.claims.take("a") is not None


def test_a_claim_of_another_machine_is_void_when_nobody_touched_it_for_long(store):
    path = store.path / "claims" / "a"
    path.write_text(json.dumps(["another machine", 1, "123"]))
    assert store.claims.is_taken("a")
    long_ago = time.time() - VOID_SECONDS - 5
    os.utime(path, (long_ago, long_ago))
    assert not store.claims.is_taken("a")
    assert store.claims.take("a") is not None


def test_an_owner_whose_number_was_given_to_another_process_is_dead(store):
    path = store.path / "claims" / "a"
    claim = store.claims.take("a")
    machine, process, _ = store.claims.owner("a")
    assert claim is not None
    path.write_text(json.dumps([machine, process, "1"]))
    assert not store.claims.is_taken("a")


# ---- what is wrong -------------------------------------------------------------------------------


NAMELESS = """
import os
from pathlib import Path
from bitspin.results.claims import started
name = Path("/proc/self/comm")
if name.exists():
    name.write_bytes(b"half a \\xc3")  # the system cuts names to 15 bytes
assert Path("/proc").exists() == bool(started(os.getpid()))
"""


def test_the_name_of_a_process_may_be_cut_within_a_letter():
    subprocess.run([sys.executable, "-c", NAMELESS], check=True)


def test_a_folder_of_a_newer_version_is_refused(store):
    (store.path / "store.json").write_text('{"format": "bitspin-results", "version": 2}')
    for use in (ResultStore.open, ResultStore.create):
        with pytest.raises(StoreError, match=r"newer version.* 2\).*install a newer Bitspin"):
            use(store.path)


@pytest.mark.parametrize("header", ["", "[]", '{"format": "bitspin-results"}', "\xff"])
def test_a_damaged_header_is_refused(header, store):
    (store.path / "store.json").write_text(header)
    with pytest.raises(StoreError, match="cannot be read"):
        ResultStore.open(store.path)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        ResultStore.create(tmp_path)
    with pytest.raises(StoreError, match="no results"):
        ResultStore.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make the results folder"):
        ResultStore.create(tmp_path / "file" / "below")


@pytest.mark.parametrize("damage", [lambda text: text[:-20], lambda _: "", lambda _: "{}"])
def test_a_damaged_result_is_named(damage, store):
    store.put(record(1))
    path = store.record_path(record(1).id)
    path.write_text(damage(path.read_text()))
    with pytest.raises(StoreError, match=f"{path.name} cannot be read") as caught:
        store.records()
    assert "validation error" not in str(caught.value)


def test_a_result_under_the_name_of_another_is_noticed(store):
    store.put(record(1))
    store.record_path(record(1).id).rename(store.record_path(record(2).id))
    with pytest.raises(StoreError, match="it holds the result"):
        store.records()
