"""The front equals its definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bitspin.results import pareto_front

POINT = st.tuples(*[st.integers(0, 5)] * 3)


def beats(one, other, larger):
    """At least as good everywhere, better somewhere."""
    ahead = [a - b if up else b - a for a, b, up in zip(one, other, larger, strict=True)]
    return min(ahead) >= 0 and max(ahead) > 0


@given(st.lists(POINT, max_size=30), st.tuples(*[st.booleans()] * 3))
def test_the_front_is_what_nothing_beats(points, larger):
    expected = tuple(
        index
        for index, point in enumerate(points)
        if not any(beats(other, point, larger) for other in points)
    )
    assert pareto_front(points, larger) == expected
