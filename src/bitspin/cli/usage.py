"""A mistake in the arguments, in the words of all other errors: what, got, expected, remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnusedCliTokensError

from bitspin.cli.integer import Integer
from bitspin.errors import ValidityError

__all__ = ["refuse_empty", "refuse_no_text", "usage_line"]

KINDS = {Integer: "a whole number", float: "a number", bool: "true or false"}


def refuse_empty(arguments: Sequence[str]) -> None:
    """Raise `ValidityError` if an argument is empty, as that of a script whose variable is.

    No option takes an empty text; as a path it would silently be the current folder.

    Examples
    --------
    >>> refuse_empty(["train", "--out", ""])
    Traceback (most recent call last):
    bitspin.errors.ValidityError: arguments: got an empty one after '--out', expected ...
    """
    for index, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if argument == "":
            where = f"after '{arguments[index - 1]}'" if index else "in place of a command"
        elif option.startswith("--") and equals and not value:
            where = f"after '{argument}'"
        else:
            continue
        raise ValidityError(
            f"arguments: got an empty one {where}, expected a value; write '.' for the current "
            "folder, or see which variable of the shell is empty"
        )


def refuse_no_text(arguments: Sequence[str]) -> None:
    r"""Raise `ValidityError` if an argument has bytes that are no text, as old names may have.

    Configurations, records and pages are UTF-8, so that no run could name such a file.

    Examples
    --------
    >>> refuse_no_text(["train", "data-\udcfc.npz"])
    Traceback (most recent call last):
    bitspin.errors.ValidityError: arguments: got 'data-?.npz' with a byte that is no text, ...
    """
    for argument in arguments:
        readable = argument.encode(errors="replace").decode()
        if readable != argument:
            raise ValidityError(
                f"arguments: got '{readable}' with a byte that is no text, expected names in the "
                "encoding of the locale, best UTF-8; rename the file or folder"
            )


def usage_line(error: CycloptsError) -> str:
    """Say in one line what is wrong with the arguments.

    Parameters
    ----------
    error : CycloptsError
        What the parser says; kinds of error that are not known here keep its words.
    """
    see = f"see '{' '.join(['bitspin', *(error.command_chain or ()), '--help'])}'"
    if isinstance(error, CoercionError) and error.token is not None and error.token.keyword:
        expected = expected_of(error.target_type)
        if expected is not None:
            return f"{error.token.keyword}: got '{error.token.value}', expected {expected}; {see}"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        return f"{error.argument.name}: got nothing, expected a value; {see}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        many = " ".join(error.unused_tokens)
        return f"arguments: got '{many}' beyond those that are known, expected none; {see}"
    return str(error)


def expected_of(target_type: Any) -> str | None:
    """Describe a type of values; None for one that is not known.

    Examples
    --------
    >>> expected_of(Integer), expected_of(Literal["onehot", "bch"])
    ('a whole number', 'one of onehot, bch')
    """
    if get_origin(target_type) is Literal:
        return f"one of {', '.join(map(str, get_args(target_type)))}"
    return KINDS.get(target_type)
