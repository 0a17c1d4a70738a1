"""What is noted of the machine and the versions that made a run."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from bitspin.version import __version__

__all__ = ["Environment", "describe_environment"]


class Environment(BaseModel):
    """Where and how a run was made; none of it changes the result."""

    model_config = ConfigDict(frozen=True)

    bitspin: str
    python: str
    numpy: str
    platform: str
    processor: str
    processors: int
    backend: str
    threads: int
    command: str
    started: str
    data_fingerprint: str


def describe_environment(backend: str, threads: int, data_fingerprint: str) -> Environment:
    """Note the machine and the versions of this process."""
    return Environment(
        bitspin=__version__,
        python=platform.python_version(),
        numpy=np.__version__,
        platform=platform.platform(),
        processor=processor_name(),
        processors=os.cpu_count() or 1,
        backend=backend,
        threads=threads,
        command=command_line(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        data_fingerprint=data_fingerprint,
    )


def command_line() -> str:
    """Write the command as it was typed, whichever way it was started.

    A byte of a path that is no UTF-8 becomes a question mark, for JSON could not be read with it.
    """
    program, *arguments = sys.argv or [""]
    package = Path(__file__).parents[1]
    if Path(program).stem == "bitspin" or package in Path(program).parents:
        program = "bitspin"
    return shlex.join([program, *arguments]).encode(errors="replace").decode()


def processor_name() -> str:
    """Model name where the system tells it, else the architecture."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
