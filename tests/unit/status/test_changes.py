"""The only ways in which a status moves, and what of it is written and published."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.forwarding.forward.states import ForbiddenTransition, ForwardState
from orderbridge.forwarding.order_status import ADVANCING, channel_status
from orderbridge.orders.order import OrderStatus
from orderbridge.status.changes import (
    NO_WORDS,
    STATUS_TRANSITIONS,
    Meaning,
    StatusReading,
    advanced,
    move_status,
    take_in,
)
from tests.unit.status.status_cases import LATER, NGORDER, PLATFORM_STATUSES, SIRCLO, TABLES, after, reading, sent

# --- transitions ------------------------------------------------------------------------------------------------------


def test_transitions_lead_forward_or_to_an_end_and_never_back() -> None:
    ends = {"CANCELLED", "REJECTED"}
    assert set(STATUS_TRANSITIONS) == set(get_args(OrderStatus)) - {"DRAFT"}
    for status, following in STATUS_TRANSITIONS.items():
        if status in ends:
            assert following == frozenset()
            continue
        assert following == set(ADVANCING[ADVANCING.index(status) + 1 :]) | ends


@pytest.mark.parametrize("status", PLATFORM_STATUSES)
@pytest.mark.parametrize("target", PLATFORM_STATUSES)
def test_a_transition_that_is_not_in_the_data_raises(status: OrderStatus, target: OrderStatus) -> None:
    if target in STATUS_TRANSITIONS[status]:
        assert channel_status(move_status(sent(status), target)) == target
        return
    with pytest.raises(ForbiddenTransition):
        move_status(sent(status), target)


@pytest.mark.parametrize("state", [state for state in ForwardState if state is not ForwardState.SENT])
def test_only_what_a_platform_holds_has_a_status_there(state: ForwardState) -> None:
    forward = replace(sent(), state=state)
    assert take_in(forward, reading(order="CANCELED"), NGORDER, LATER) is None
    with pytest.raises(ForbiddenTransition):
        move_status(forward, "SHIPPED")


WORDS = st.one_of(
    st.sampled_from([(axis, word) for axis, words in NGORDER.items() for word in words]),
    st.tuples(st.sampled_from(sorted(NGORDER)), st.text(max_size=80)),
)


@given(st.lists(WORDS, max_size=12))
def test_whatever_a_platform_says_in_whatever_order_no_status_goes_back(said: list[tuple[str, str]]) -> None:
    forward, seen = sent(), ["SUBMITTED"]
    for axis, words in said:
        forward = after(forward, StatusReading("1201", {axis: words}))
        seen.append(channel_status(forward))
    for before, now in pairwise(seen):
        assert now == before or now in STATUS_TRANSITIONS[before]  # type: ignore[index]


@given(
    st.sampled_from(PLATFORM_STATUSES),
    st.sampled_from([m for t in TABLES.values() for a in t.values() for m in a.values()]),
)
def test_a_meaning_leads_to_its_own_status_or_nowhere(status: OrderStatus, meaning: Meaning) -> None:
    assert advanced(status, meaning) in {status, meaning.status}


@pytest.mark.parametrize("end", ["CANCELED", "REJECTED"])
def test_a_shipped_order_may_still_be_cancelled_or_rejected(end: str) -> None:
    ended = after(sent("SHIPPED"), reading(order=end))
    assert channel_status(ended) in {"CANCELLED", "REJECTED"}
    assert after(ended, reading(progress="DELIVERED")) == ended
    assert ended.state is ForwardState.SENT, "the platform holds the order, whatever became of it"


# --- what is written, and what is said --------------------------------------------------------------------------------


def test_an_order_about_which_nothing_new_is_said_costs_no_write() -> None:
    said = reading("JP123", order="ACCEPTED", progress="ON PROCESS", payment="PAID")
    shipped = after(sent(), said)
    assert take_in(shipped, said, NGORDER, LATER) is None
    assert take_in(sent(), reading(status="pending"), SIRCLO, LATER) is None


def test_a_change_is_on_the_timeline_with_the_platforms_own_words() -> None:
    news = take_in(sent(), reading("JP123", order="ACCEPTED", progress="ON PROCESS", payment="PAID"), NGORDER, LATER)
    assert news is not None
    forward, entry, _ = news.transition
    assert (forward.platform_status, forward.awb_number, forward.payment_status) == ("SHIPPED", "JP123", "PAID")
    assert forward.platform_status_raw == (("order", "ACCEPTED"), ("payment", "PAID"), ("progress", "ON PROCESS"))
    assert entry is not None
    assert (entry.event, entry.channel, entry.at) == ("StatusChanged", "sirclo-main", "2025-01-01T04:00:00.000Z")
    assert entry.detail == (
        "SHIPPED; waybill JP123; payment PAID; the platform says order: ACCEPTED, progress: ON PROCESS, payment: PAID"
    )


def test_an_unknown_word_keeps_the_state_is_recorded_raw_and_reported_once() -> None:
    shipped = sent("SHIPPED")
    news = take_in(shipped, reading(status="Menunggu Kurir"), SIRCLO, LATER)
    assert news is not None
    assert news.unknown == ("status: Menunggu Kurir",)
    forward, entry, _ = news.transition
    assert channel_status(forward) == "SHIPPED"
    assert forward.platform_status_raw == (("status", "Menunggu Kurir"),)
    assert entry is not None
    assert (entry.event, entry.detail) == ("StatusUnknown", "not in our table: status: Menunggu Kurir")
    assert take_in(forward, reading(status="Menunggu Kurir"), SIRCLO, LATER) is None
    again = take_in(forward, reading(status="Diantar"), SIRCLO, LATER)
    assert again is not None
    assert again.unknown == ("status: Diantar",)


def test_an_unknown_word_on_one_axis_does_not_hold_up_the_others() -> None:
    news = take_in(sent(), reading(order="ACCEPTED", progress="DELIVERED", payment="LATER MAYBE"), NGORDER, LATER)
    assert news is not None
    assert channel_status(news.transition.forward) == "COMPLETED"
    assert news.unknown == ("payment: LATER MAYBE",)
    assert news.transition.entry is not None
    assert "not in our table: payment: LATER MAYBE" in (news.transition.entry.detail or "")


@pytest.mark.parametrize("absent", [None, "", "  ", [], {}])
def test_a_status_that_is_not_there_is_unknown_and_never_a_step(absent: object) -> None:
    news = take_in(sent("ACCEPTED"), reading(status=absent), SIRCLO, LATER)
    assert news is not None
    assert news.unknown == (f"status: {NO_WORDS}",)
    assert channel_status(news.transition.forward) == "ACCEPTED"


def test_a_step_back_is_not_taken_and_reported_once() -> None:
    packed = after(sent(), reading(status="packed"), table=SIRCLO)
    news = take_in(packed, reading(status="accepted"), SIRCLO, LATER)
    assert news is not None
    forward, entry, _ = news.transition
    assert channel_status(forward) == "SHIPPED"
    assert entry is not None
    assert (entry.event, entry.detail) == ("StatusKept", "a step back, not taken: status: accepted")
    assert take_in(forward, reading(status="accepted"), SIRCLO, LATER) is None


def test_words_on_several_axes_that_lag_behind_each_other_say_nothing_of_a_step_back() -> None:
    shipped = after(sent(), reading(order="ACCEPTED", progress="ON PROCESS"))
    assert take_in(shipped, reading(shipping="READY_TO_SHIP"), NGORDER, LATER) is None


def test_a_waybill_number_arrives_changes_and_never_disappears() -> None:
    shipped = after(sent("SHIPPED"), reading("JP123", status="packed"), table=SIRCLO)
    assert shipped.awb_number == "JP123"
    assert after(shipped, reading("", status="packed"), table=SIRCLO).awb_number == "JP123"
    assert after(shipped, reading(None, status="packed"), table=SIRCLO).awb_number == "JP123"
    news = take_in(shipped, reading(" JP124 ", status="packed"), SIRCLO, LATER)
    assert news is not None
    assert news.transition.forward.awb_number == "JP124"
    assert news.transition.entry is not None
    assert (news.transition.entry.event, news.transition.entry.detail) == ("ShipmentChanged", "waybill JP124")
    assert after(shipped, reading(9001, status="packed"), table=SIRCLO).awb_number == "9001"


def test_what_a_platform_writes_is_kept_short_and_on_one_line() -> None:
    news = take_in(sent(), reading("9\n" * 200, status="x" * 500 + "\x1b[31m\n"), SIRCLO, LATER)
    assert news is not None
    forward = news.transition.forward
    assert len(dict(forward.platform_status_raw)["status"]) <= 60
    assert len(forward.awb_number or "") <= 64
    assert (forward.awb_number or "").isprintable()
    assert news.transition.entry is not None
    assert (news.transition.entry.detail or "").isprintable()
