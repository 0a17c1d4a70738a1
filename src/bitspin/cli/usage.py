"""A mistake in the arguments, in the words of all other errors: what, got, expected, remedy."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnusedCliTokensError

from bitspin.cli.integer import Integer

__all__ = ["usage_line"]

KINDS = {Integer: "a whole number", float: "a number", bool: "true or false"}


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
