"""The commands, and how an error reads: one line on stderr, exit code 2."""

from __future__ import annotations

import sys

from cyclopts import App, CycloptsError

from bitspin.cli.show import info
from bitspin.cli.train import train
from bitspin.cli.use import evaluate, predict
from bitspin.errors import BitspinError
from bitspin.version import __version__

__all__ = ["app", "main"]

app = App(
    name="bitspin",
    help="Train neural networks inside the memory that stores them: one bit of state a weight.",
    version=__version__,
)
app.command(train)
app.command(evaluate)
app.command(predict)
app.command(info)


def main() -> None:
    """Run the command line; every expected failure is one clear line."""
    try:
        app(exit_on_error=False, print_error=False)
    except (BitspinError, CycloptsError) as error:
        text = " ".join(str(error).split())
        print(f"bitspin: {text}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing more to say
        sys.exit(1)
    except KeyboardInterrupt:
        print("bitspin: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
