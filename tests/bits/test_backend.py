"""Every backend that this processor can run is there, by name."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest

from bitspin.bits import backend_names, default_threads, resolve_backend, resolve_threads
from bitspin.errors import BackendError, ValidityError

X86_NEEDS = {
    "popcnt": {"popcnt"},
    "avx2": {"popcnt", "avx2"},
    "avx512": {"popcnt", "avx512f", "avx512bw", "avx512vl", "avx512_vpopcntdq"},
    "amx": {
        *("popcnt", "avx512f", "avx512bw", "avx512vl", "avx512_vpopcntdq", "avx512vbmi"),
        *("amx_tile", "amx_int8"),
    },
}


def demanded_backends() -> tuple[str, ...]:
    machine = platform.machine().lower()
    if machine in ("aarch64", "arm64"):
        return ("ref", "neon")
    if machine in ("x86_64", "amd64"):
        line = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        flags = set(line[1].split())
        return ("ref", *(name for name, needs in X86_NEEDS.items() if needs <= flags))
    return ("ref",)


def test_no_backend_is_missing() -> None:
    assert backend_names() == demanded_backends()


def test_the_fastest_is_the_default() -> None:
    assert resolve_backend() == backend_names()[-1]


@pytest.mark.parametrize("name", backend_names())
def test_a_backend_can_be_forced(name: str) -> None:
    assert resolve_backend(name) == name


@pytest.mark.parametrize("name", ["", "AVX2", "mmx"])
def test_an_unknown_backend_is_named_with_the_known_ones(name: str) -> None:
    with pytest.raises(BackendError, match=rf"got '{name}', expected .*ref.*leave the option out"):
        resolve_backend(name)


def test_there_is_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    everything = default_threads()
    assert everything >= 1
    # What a worker may use is granted by who started it; a value that is no number is not ours.
    for granted, used in (("1", 1), ("1000", everything), ("0", everything), ("2,1", everything)):
        monkeypatch.setenv("OMP_NUM_THREADS", granted)
        assert default_threads() == used


def test_a_number_of_threads_is_kept_and_none_is_the_default() -> None:
    assert [resolve_threads(1), resolve_threads(1024)] == [1, 1024]
    assert resolve_threads() == default_threads()


@pytest.mark.parametrize("threads", [0, -1, 1025, 1.0, "1"])
def test_an_odd_number_of_threads_is_refused(threads: int) -> None:
    with pytest.raises(ValidityError, match=r"threads: got .*from 1 to 1024; leave it"):
        resolve_threads(threads)
