"""Numbers for people: percent, counts with thin spaces, SI units with prefixes."""

from __future__ import annotations

import math

__all__ = ["NARROW", "count", "percent", "span", "with_unit"]

PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
NARROW = "\N{NARROW NO-BREAK SPACE}"


def percent(share: float, digits: int = 2) -> str:
    """Write a share.

    Examples
    --------
    >>> percent(0.9682).replace(NARROW, " ")
    '96.82 %'
    """
    return f"{100 * share:.{digits}f}{NARROW}%"


def count(number: int) -> str:
    """Write a whole number in groups of three.

    Examples
    --------
    >>> count(794000).replace(NARROW, " ")
    '794 000'
    """
    return f"{number:,}".replace(",", NARROW)


def with_unit(value: float, unit: str, digits: int = 3) -> str:
    """Write a quantity in a prefix of its SI unit, to some significant digits.

    Examples
    --------
    >>> with_unit(3.75e-15, "J").replace(NARROW, " ")
    '3.75 fJ'
    """
    if value == 0:
        return f"0{NARROW}{unit}"
    value = float(f"{value:.{digits - 1}e}")  # 999.6 rounds up to the next prefix
    exponent = 3 * math.floor(math.log10(abs(value)) / 3)
    exponent = min(max(exponent, min(PREFIXES)), max(PREFIXES))
    scaled = value / 10.0**exponent
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(scaled))))
    return f"{scaled:.{decimals}f}{NARROW}{PREFIXES[exponent]}{unit}"


def span(values: list[float], digits: int = 2) -> str:
    """Write the mean of some shares, and their range if there are several.

    Examples
    --------
    >>> span([0.95, 0.97]).replace(NARROW, " ")
    '96.00 % (95.00 … 97.00)'
    """
    mean = percent(sum(values) / len(values), digits)
    if len(values) == 1:
        return mean
    return f"{mean} ({100 * min(values):.{digits}f} … {100 * max(values):.{digits}f})"
