"""The commands, and how an error reads: one line on stderr, exit code 2."""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

from cyclopts import App, CycloptsError, Parameter

from bitspin.cli.compare import compare
from bitspin.cli.device import export, verify
from bitspin.cli.device_table import device_app
from bitspin.cli.plan import device_plan
from bitspin.cli.report import report
from bitspin.cli.show import info
from bitspin.cli.sweep import sweep
from bitspin.cli.tolerance import tolerance
from bitspin.cli.train import train
from bitspin.cli.usage import refuse_empty, refuse_no_text, usage_line
from bitspin.cli.use import evaluate, predict
from bitspin.errors import BitspinError
from bitspin.version import __version__

__all__ = ["app", "main"]

app = App(
    name="bitspin",
    help="Train neural networks inside the memory that stores them: one bit of state a weight.",
    version=__version__,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,  # `main` says that it was interrupted
    default_parameter=Parameter(json_list=False),  # a path may begin with a bracket
)
app.command(train)
app.command(evaluate)
app.command(predict)
app.command(export)
app.command(verify)
app.command(device_plan)
app.command(device_app)
app.command(tolerance)
app.command(sweep)
app.command(compare)
app.command(report)
app.command(info)


def main() -> None:
    """Run the command line; every expected failure is one clear line."""
    fill_closed_streams()
    bear_any_encoding()
    try:
        try:
            refuse_empty(sys.argv[1:])
            refuse_no_text(sys.argv[1:])
            app(sys.argv[1:], exit_on_error=False, print_error=False)
        finally:
            sys.stdout.flush()
    except BitspinError as error:
        fail(str(error), 2)
    except CycloptsError as error:
        fail(usage_line(error), 2)
    except BrokenPipeError:
        drop_stuck_output()
        sys.exit(1)  # the reader of our output has gone; nothing more to say
    except OSError as error:
        drop_stuck_output()
        fail(f"the system refused: got '{error}'; check paths, permissions and free space", 2)
    except KeyboardInterrupt:
        fail("interrupted", 130)


def fill_closed_streams() -> None:
    """Let what is said to a closed stream go nowhere, as under a scheduler that closed it."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def bear_any_encoding() -> None:
    """Let a terminal that has no µ or ≥ show a question mark; it is no reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def fail(message: str, code: int) -> NoReturn:
    """Say why in one line on stderr, and exit."""
    print(f"bitspin: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


def drop_stuck_output() -> None:
    """Let what stdout does not take go nowhere, lest Python try again at exit and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
