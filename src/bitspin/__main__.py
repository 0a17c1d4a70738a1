"""`bitspin` and `python -m bitspin`: the command, ready for Ctrl-C from its first moment on."""

from __future__ import annotations

import sys


def main() -> None:
    """Load the command line, which takes a few tenths of a second, and run it."""
    try:
        from bitspin.cli.app import main as run
    except KeyboardInterrupt:
        print("bitspin: interrupted", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
