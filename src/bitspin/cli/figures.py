"""A figure of a run as a reader wants to see it."""

from __future__ import annotations

__all__ = ["readable"]

PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def readable(name: str, value: float | None) -> str:
    """Show a figure with its unit; a dash where there is none.

    Examples
    --------
    >>> readable("test_accuracy", 0.9682), readable("energy_j", 0.00123), readable("x", None)
    ('96.82 %', '1.23 mJ', '-')
    """
    if value is None:
        return "-"
    if name.endswith("accuracy"):
        return f"{100 * value:.2f} %"
    if name.endswith("_j"):
        return with_prefix(value, "J")
    if name.endswith("_s"):
        return with_prefix(value, "s")
    if name == "train_seconds":
        return f"{value:.2f} s"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3f}"


def with_prefix(value: float, unit: str) -> str:
    """Show a value with the prefix that leaves 1 to 999 before it."""
    factor, prefix = next((pair for pair in PREFIXES if abs(value) >= pair[0]), PREFIXES[-1])
    return f"{value / factor:.3g} {prefix}{unit}"
