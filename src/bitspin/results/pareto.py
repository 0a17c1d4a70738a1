"""Which of many points no other one beats in everything."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["pareto_front"]


def pareto_front(
    points: Sequence[Sequence[float]], larger_is_better: Sequence[bool]
) -> tuple[int, ...]:
    """Find the points that no other point dominates.

    One point dominates another if it is at least as good in every coordinate and better in one.
    Equal points do not dominate each other, so all of them stay.

    Parameters
    ----------
    points : sequence of shape (N, M)
    larger_is_better : sequence of shape (M,)
        Direction of each coordinate.

    Returns
    -------
    tuple of int
        Indices of the front, in the order given.

    Examples
    --------
    Accuracy, and energy in joule:

    >>> pareto_front([(0.97, 3e-3), (0.95, 1e-3), (0.94, 2e-3)], [True, False])
    (0, 1)
    """
    costs = [
        tuple(
            -value if larger else value for value, larger in zip(p, larger_is_better, strict=True)
        )
        for p in points
    ]
    # A point can be dominated only by one that comes before it in this order.
    front: list[tuple[float, ...]] = []
    kept = []
    for index in sorted(range(len(costs)), key=lambda index: costs[index]):
        if not any(dominates(other, costs[index]) for other in front):
            front.append(costs[index])
            kept.append(index)
    return tuple(sorted(kept))


def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether one cost vector is nowhere larger and somewhere smaller."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
