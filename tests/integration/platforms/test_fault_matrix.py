"""The fault matrix of `make bench`, with few orders: whatever goes wrong, no order is lost and none is there twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.bad_weather import (
    LISTS,
    BadWeather,
    Harm,
    Strike,
    answered,
    faults,
    killed_or_failing,
    nothing_arrives,
    second_worker,
)
from benchmarks.faults import PLATFORMS, measure, what_is_wrong
from orderbridge.forwarding.forward.states import ForwardState, new_forward
from orderbridge.values.ids import OrderKey
from tests.conformance.facts import facts_of
from tests.fakes import samples

ORDERS = 4


def test_the_matrix_has_25_faults_and_17_answers_that_prove_nothing() -> None:
    assert len({weather.name for weather in faults()}) == 25 + 17


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("weather", faults(), ids=lambda weather: weather.name)
def test_no_order_is_lost_and_none_is_there_twice(platform: str, weather: BadWeather) -> None:
    measured = measure(platform, weather, ORDERS)

    assert (measured.lost, measured.doubled) == (0, 0), measured.details
    assert measured.in_doubt == weather.in_vain or not facts_of(platform).can_look, "the others can be looked at"


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_of_200_orders_whose_every_answer_is_lost_each_is_there_once_and_known_as_far_as_it_can_be(
    platform: str,
) -> None:
    measured = measure(platform, BadWeather("every answer lost", (Strike("commit_then_close"),)), 200)

    assert (measured.lost, measured.doubled, measured.struck) == (0, 0, 200), measured.details
    assert measured.held == 200
    assert measured.in_doubt == (0 if facts_of(platform).can_look else 200)


STRIKES = st.one_of(
    st.sampled_from([Strike(kind) for kind in ("close_before", "commit_then_close", "garbage", "truncate")]),
    st.sampled_from([Strike(kind, LISTS) for kind in ("close_before", "garbage", "truncate", "wrong_shape")]),
    st.sampled_from([400, 401, 429, 500, 503]).map(lambda status: answered(status, processed=False, calls=0.5)),
    st.sampled_from([500, 502, 503, 504]).map(lambda status: answered(status, processed=True)),
    st.sampled_from([500, 503]).map(lambda status: Strike("status", LISTS, details={"status": status})),
)
HARMS = st.sampled_from([None, killed_or_failing, second_worker, nothing_arrives])


@pytest.mark.parametrize("platform", PLATFORMS)
@settings(max_examples=40, deadline=None)
@given(strikes=st.lists(STRIKES, max_size=5), harm=HARMS, seed=st.integers(0, 1000))
def test_any_sequence_of_faults_ends_in_one_order_at_most_and_a_state_that_is_true(
    platform: str, strikes: list[Strike], harm: Harm | None, seed: int
) -> None:
    measured = measure(platform, BadWeather("any", tuple(strikes), harm), orders=2, seed=seed)

    assert (measured.lost, measured.doubled) == (0, 0), measured.details


def test_the_matrix_sees_a_double() -> None:
    """Lists that are later than the channel's `settle_s` supposes show an order when it has been sent again."""
    late_lists = BadWeather(
        "lists much too late", (Strike("commit_then_close"),), platform={"lookup_lag_seconds": 300.0}
    )

    assert measure("ngorder", late_lists, 3).doubled == 3
    assert measure("sirclo", late_lists, 3).doubled == 0, "SIRCLO itself refuses an order that it has"


def test_a_platform_that_recovers_after_hours_gets_every_order_once() -> None:
    """Its lists fail as long as there is weather, and every probe with them: nothing is sent, nothing is in doubt."""
    lists_fail = BadWeather(
        "lists that fail", (Strike("commit_then_close"), Strike("status", LISTS, calls_per_order=10_000))
    )

    measured = measure("sirclo", lists_fail, 30)

    assert (measured.lost, measured.doubled, measured.in_doubt, measured.held) == (0, 0, 0, 30), measured.details


def test_the_matrix_sees_a_loss() -> None:
    queued = new_forward(OrderKey("acme", "po:PO-1"), "SO-20250101-00001", samples.SIRCLO, samples.NOW, 60).forward

    assert what_is_wrong(None, []) == "no forward"
    assert what_is_wrong(queued, []) == "QUEUED at the end: None"
    assert what_is_wrong(replace(queued, state=ForwardState.SENT, external_id="1"), []) is not None
    assert what_is_wrong(replace(queued, state=ForwardState.IN_DOUBT), []) is not None
    assert what_is_wrong(replace(queued, state=ForwardState.IN_DOUBT, error="timeout"), []) is None
