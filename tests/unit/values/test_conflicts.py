"""Attempts that lose to another writer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.values.conflicts import TRIES, LostRace, despite_races


def lost(times: int, made: list[int], end: Callable[[], str] = lambda: "won") -> Callable[[], str]:
    """An attempt that loses so many times and then comes to `end`; `made` gets an entry for each."""

    def attempt() -> str:
        made.append(len(made))
        if len(made) <= times:
            raise LostRace(f"lost {len(made)}")
        return end()

    return attempt


@given(st.integers(0, TRIES - 1))
def test_an_attempt_is_repeated_until_it_wins_and_not_once_more(times: int) -> None:
    made: list[int] = []
    assert despite_races(lost(times, made)) == "won"
    assert len(made) == times + 1


@given(st.integers(TRIES, 3 * TRIES))
def test_the_last_of_five_lost_races_is_raised(times: int) -> None:
    made: list[int] = []
    with pytest.raises(LostRace, match="lost 5"):
        despite_races(lost(times, made))
    assert len(made) == TRIES == 5


@given(st.integers(0, TRIES - 1))
def test_any_other_failure_ends_the_attempts(times: int) -> None:
    def fails() -> str:
        raise OSError("down")

    made: list[int] = []
    with pytest.raises(OSError, match="down"):
        despite_races(lost(times, made, fails))
    assert len(made) == times + 1
