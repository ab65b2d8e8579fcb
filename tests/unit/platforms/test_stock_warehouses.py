"""A total over several warehouses becomes counts of as few of them as possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.platforms.ngorder.warehouses import counts_for


@pytest.mark.parametrize(
    ("total", "preferred", "counts"),
    [
        (110, 0, {}),
        (120, 0, {0: 80}),
        (120, 26, {26: 50}),
        (120, 5, {0: 80}),
        (120, None, {0: 80}),
        (100, 0, {0: 60}),
        (100, 26, {26: 30}),
        (30, 26, {0: 30, 26: 0}),
        (0, 0, {0: 0, 26: 0}),
    ],
)
def test_what_comes_and_goes_is_the_preferred_warehouses_first(
    total: int, preferred: int | None, counts: dict[int, int]
) -> None:
    assert counts_for({0: 70, 26: 40}, total, preferred) == counts


@given(
    st.dictionaries(st.integers(0, 5), st.integers(0, 50), min_size=1),
    st.integers(0, 500),
    st.none() | st.integers(0, 6),
)
def test_the_counts_make_the_total_and_none_is_negative_or_idle(
    levels: dict[int, int], total: int, preferred: int | None
) -> None:
    counts = counts_for(levels, total, preferred)
    assert sum({**levels, **counts}.values()) == total
    assert all(count >= 0 and count != levels[warehouse] for warehouse, count in counts.items())
    assert counts.keys() <= levels.keys()
