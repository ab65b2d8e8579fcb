"""What a cache remembers, held to a plain list of what was read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.values.cache import Cache
from tests.fakes.steps import Clock

SECONDS = 10
READS = st.lists(st.tuples(st.integers(0, 8), st.sampled_from("abcd")), max_size=40)


@given(READS, st.integers(1, 4))
def test_a_value_is_read_again_exactly_where_its_time_is_over_or_others_took_its_place(
    reads: list[tuple[int, str]], size: int
) -> None:
    clock = Clock()
    cache: Cache[str, int] = Cache(SECONDS, clock, size)
    remembered: dict[str, tuple[int, int]] = {}  # the moment and number of the last read of each, the first read first
    now = 0
    for number, (seconds, key) in enumerate(reads):
        now += seconds
        clock.move(seconds)
        if key in remembered and now - remembered[key][0] < SECONDS:
            expected = remembered[key][1]
        else:
            expected = number
            remembered.pop(key, None)
            remembered[key] = now, number
            remembered = dict(list(remembered.items())[-size:])
        assert cache.through(key, lambda number=number: number) == expected  # type: ignore[misc]


def test_without_time_nothing_is_remembered() -> None:
    cache: Cache[str, int] = Cache(0, Clock())
    cache.put("a", 1)
    assert cache.get("a") is None
    assert [cache.through("a", lambda value=value: value) for value in (2, 3)] == [2, 3]  # type: ignore[misc]


@pytest.mark.parametrize("empty", [0, "", ()])
def test_what_is_empty_is_remembered_and_what_is_not_there_is_not(empty: object) -> None:
    cache: Cache[str, object] = Cache(SECONDS, Clock())
    assert cache.through("a", lambda: empty) == empty
    assert cache.through("a", lambda: "read again") == empty
    assert cache.through("b", lambda: None) is None
    assert cache.through("b", lambda: "found now") == "found now"


def test_what_is_gone_at_its_next_read_is_forgotten() -> None:
    clock = Clock()
    cache: Cache[str, object] = Cache(SECONDS, clock)
    cache.put("a", 1)
    clock.move(SECONDS)
    assert cache.through("a", lambda: None) is None
    assert cache.get("a") is None


def test_what_was_put_in_is_kept_when_a_read_fails() -> None:
    clock = Clock()
    cache: Cache[str, int] = Cache(SECONDS, clock)
    cache.put("a", 1)

    def fails() -> int:
        raise OSError("down")

    with pytest.raises(OSError, match="down"):
        cache.through("b", fails)
    assert cache.get("a") == 1


def test_the_age_of_a_value_counts_from_before_it_was_read() -> None:
    clock = Clock()
    cache: Cache[str, int] = Cache(SECONDS, clock)

    def slow() -> int:
        clock.move(SECONDS - 1)
        return 1

    assert cache.through("a", slow) == 1
    clock.now += timedelta(seconds=1)
    assert cache.get("a") is None


def test_what_is_read_again_and_what_is_not_there_take_no_others_place() -> None:
    cache: Cache[str, object] = Cache(SECONDS, Clock(), size=2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.put("b", 3)
    assert cache.through("c", lambda: None) is None
    assert (cache.get("a"), cache.get("b")) == (1, 3)
