"""``bitspin report``: runs as one page to read, print and pass on."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from bitspin.cli.integer import Integer
from bitspin.cli.threads import granted_threads
from bitspin.report import Options, write_report

__all__ = ["report"]


def report(
    *runs: Path,
    out: Path = Path("report.html"),
    wear: Annotated[bool, Parameter(negative="")] = False,
    neurons: Annotated[
        tuple[Integer, ...], Parameter(consume_multiple=True, negative="", show_default=False)
    ] = (),
    tolerance: Path | None = None,
    sweep: Path | None = None,
    threads: Integer | None = None,
) -> None:
    """Make one self-contained HTML page about runs.

    Parameters
    ----------
    runs : path ...
        Folders of runs; those that differ only in their seeds are shown together.
    out : path
        The file; an older one is replaced.
    wear : bool
        Map the write pulses of each cell; each run is trained once more for that.
    neurons : int ...
        Neurons of the first layer to show. [default: the most telling one of each class]
    tolerance : path
        Result of 'bitspin tolerance', to draw its curves.
    sweep : path
        Results folder of 'bitspin sweep', to draw its Pareto fronts.
    threads : int
        [default: all processors]
    """
    command = shlex.join(["bitspin", *sys.argv[1:]])
    options = Options(wear, neurons, tolerance, sweep, granted_threads(threads), command)
    with Console(stderr=True).status("reading") as status:
        write_report(runs, out, options, lambda name: status.update(f"reading {escape(name)}"))
    size = out.stat().st_size
    sys.stdout.write(f"{out}: {size / 1e6:.1f} MB, open it in a browser\n")
