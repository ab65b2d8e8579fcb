"""What platforms say about orders: their words, what these mean, and the only ways in which a status moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.aws import forward_items
from orderbridge.domain.events import forward_changed
from orderbridge.domain.forwards import ForbiddenTransition, Forward, ForwardState, new_forward
from orderbridge.domain.orders import OrderStatus
from orderbridge.domain.status_changes import (
    FINAL_STATUSES,
    NO_WORDS,
    STATUS_TRANSITIONS,
    Meaning,
    StatusReading,
    advanced,
    is_open,
    move_status,
    normalised,
    open_since,
    take_in,
)
from orderbridge.domain.statuses import ADVANCING, channel_status
from orderbridge.platforms.ngorder.statuses import TABLE as NGORDER
from orderbridge.platforms.salesmania.statuses import TABLE as SALESMANIA
from orderbridge.platforms.salesmania.statuses import reading_in
from orderbridge.platforms.sirclo.statuses import TABLE as SIRCLO
from tests.fakes import samples

TABLES = {"salesmania": SALESMANIA, "sirclo": SIRCLO, "ngorder": NGORDER}
PLATFORM_STATUSES = tuple(STATUS_TRANSITIONS)
LATER = samples.NOW + timedelta(hours=1)


def sent(status: OrderStatus | None = None, **changes: Any) -> Forward:
    order = samples.order()
    queued = new_forward(order.key, order.code, samples.SIRCLO, samples.NOW, 60).forward
    values = {"state": ForwardState.SENT, "external_id": "1201", "due_at": None, "platform_status": status, **changes}
    return replace(queued, **values)


def reading(awb: object = None, **says: object) -> StatusReading:
    return StatusReading("1201", says, awb)


def after(forward: Forward, *readings: StatusReading, table: Any = NGORDER) -> Forward:
    """The forward once these readings were taken in, one after the other."""
    for each in readings:
        news = take_in(forward, each, table, LATER)
        forward = forward if news is None else news.transition.forward
    return forward


# --- the table of FACTS section 5, line by line -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "axis", "words", "status"),
    [
        ("salesmania", "status", "Baru", "SUBMITTED"),
        ("salesmania", "status", "Diproses", "IN_PROCESS"),
        ("salesmania", "status", "Terkirim", "SHIPPED"),
        ("salesmania", "status", "Batal", "CANCELLED"),
        ("sirclo", "status", "pending", "SUBMITTED"),
        ("sirclo", "status", "accepted", "ACCEPTED"),
        ("sirclo", "status", "packed", "SHIPPED"),
        ("sirclo", "status", "completed", "COMPLETED"),
        ("sirclo", "status", "canceled", "CANCELLED"),
        ("sirclo", "status", "cancelled", "CANCELLED"),
        ("sirclo", "status", "Cancelled", "CANCELLED"),
        ("ngorder", "order", "ACCEPTED", "SUBMITTED"),
        ("ngorder", "order", "ACCEPT", "SUBMITTED"),
        ("ngorder", "progress", "UNPAID", "SUBMITTED"),
        ("ngorder", "progress", "UNPROCESSED", "SUBMITTED"),
        ("ngorder", "progress", "NO AWB", "ACCEPTED"),
        ("ngorder", "shipping", "READY_TO_SHIP", "ACCEPTED"),
        ("ngorder", "shipping", "PICKUP_REQUEST", "IN_PROCESS"),
        ("ngorder", "shipping", "UNPICK", "IN_PROCESS"),
        ("ngorder", "shipping", "DROPOFF", "IN_PROCESS"),
        ("ngorder", "progress", "ON PROCESS", "SHIPPED"),
        ("ngorder", "shipping", "ON_PROCESS", "SHIPPED"),
        ("ngorder", "progress", "DELIVERED", "COMPLETED"),
        ("ngorder", "shipping", "DELIVERED", "COMPLETED"),
        ("ngorder", "order", "CANCELED", "CANCELLED"),
        ("ngorder", "order", "CANCEL", "CANCELLED"),
        ("ngorder", "order", "EXPIRED", "CANCELLED"),
        ("ngorder", "order", "REJECTED", "REJECTED"),
    ],
)
def test_a_platforms_word_means_what_the_facts_say(platform: str, axis: str, words: str, status: OrderStatus) -> None:
    followed = after(sent(), StatusReading("1201", {axis: words}), table=TABLES[platform])
    assert channel_status(followed) == status


@pytest.mark.parametrize(
    ("words", "payment"),
    [
        ("PAID", "PAID"),
        ("C", "PAID"),
        ("INSTALLMENT", "PARTIAL"),
        ("EXPIRED", "EXPIRED"),
        ("FAIL", "FAILED"),
        ("REFUND_REJECTED", "REFUND"),
    ],
)
def test_payment_is_an_axis_of_its_own_and_moves_no_order(words: str, payment: str) -> None:
    followed = after(sent(), reading(payment=words))
    assert followed.payment_status == payment
    assert channel_status(followed) == "SUBMITTED"


@pytest.mark.parametrize("words", ["UNPAID", "WAITING PAYMENT", "WAITING_CONFIRMATION"])
def test_unpaid_is_what_an_order_is_anyway_and_costs_no_write(words: str) -> None:
    assert take_in(sent(), reading(order="ACCEPTED", progress="UNPAID", payment=words), NGORDER, LATER) is None


@pytest.mark.parametrize("problem", ["RETURNED", "LOST", "INVALID", "SHIPMENT_PROBLEM"])
def test_a_shipment_problem_is_a_flag_and_goes_when_the_platform_says_otherwise(problem: str) -> None:
    flagged = after(sent("SHIPPED"), reading(shipping=problem))
    assert (flagged.shipment_problem, channel_status(flagged)) == (problem, "SHIPPED")
    assert after(flagged, reading(progress="ON PROCESS", payment="PAID")).shipment_problem == problem
    assert after(flagged, reading(shipping="ON_PROCESS")).shipment_problem is None


@pytest.mark.parametrize(
    ("words", "read_as"),
    [
        (" Packed ", "packed"),
        ("PACKED", "packed"),
        ("on_process", "on process"),
        ("ON  PROCESS", "on process"),
        ("REFUND_REJECTED", "refund rejected"),
        (None, ""),
        (3, ""),
    ],
)
def test_words_are_compared_without_case_underscores_and_outer_space(words: object, read_as: str) -> None:
    assert normalised(words) == read_as


def test_every_word_of_every_table_is_written_as_words_are_compared() -> None:
    for table in TABLES.values():
        for axis in table.values():
            assert [word for word in axis if normalised(word) != word] == []


# --- Lunas ------------------------------------------------------------------------------------------------------------


def test_paid_in_full_completes_an_order_only_once_it_was_sent() -> None:
    early = after(sent(), reading(status="Lunas"), table=SALESMANIA)
    assert (channel_status(early), early.payment_status) == ("SUBMITTED", "PAID")
    in_process = after(sent("IN_PROCESS"), reading(status="Lunas"), table=SALESMANIA)
    assert channel_status(in_process) == "IN_PROCESS"
    late = after(sent(), reading(status="Terkirim"), reading(status="Lunas"), table=SALESMANIA)
    assert (channel_status(late), late.payment_status) == ("COMPLETED", "PAID")


@pytest.mark.parametrize(
    ("document", "payment"),
    [
        ({"status": "Diproses", "total_paid": 0}, None),
        ({"status": "Diproses", "total_paid": None}, None),
        ({"status": "Diproses", "total_paid": "abc"}, None),
        ({"status": "Diproses", "total_paid": 50_000}, "PARTIAL"),
        ({"status": "Diproses", "total_paid": "50000.5"}, "PARTIAL"),
        ({"status": "Lunas", "total_paid": 50_000}, "PAID"),
    ],
)
def test_an_order_paid_in_part_is_partial(document: dict[str, Any], payment: str | None) -> None:
    followed = after(sent(), reading_in("1201", {"data": document}), table=SALESMANIA)
    assert followed.payment_status == payment


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


def test_a_change_stands_on_the_timeline_with_the_platforms_own_words() -> None:
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


def test_an_unknown_word_keeps_the_state_is_recorded_raw_and_told_once() -> None:
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


def test_a_step_back_is_not_taken_and_told_once() -> None:
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


# --- which forwards are asked about -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [None, *PLATFORM_STATUSES])
def test_a_sent_forward_is_open_until_its_platform_has_said_the_last_word(status: OrderStatus | None) -> None:
    assert is_open(sent(status)) == (status not in FINAL_STATUSES)
    item = forward_items.forward_item(sent(status))
    assert ("waiting" in item) == (status not in FINAL_STATUSES)


def test_a_forward_without_an_id_at_its_platform_cannot_be_asked_about() -> None:
    assert not is_open(sent(external_id=None))
    assert "waiting" not in forward_items.forward_item(sent(external_id=None))


def test_an_open_forward_stands_in_the_waiting_index_by_its_orders_business_date() -> None:
    item = forward_items.forward_item(sent("SHIPPED"))
    assert item["waiting"] == {"S": "sirclo-main#OPEN"}
    assert item["waiting_since"] == {"S": "2025-01-01#SO-20250101-00001"}
    assert open_since(sent()) == "2025-01-01#SO-20250101-00001"


def test_a_forward_that_waits_for_somebody_stands_where_it_did() -> None:
    doubtful = replace(sent(external_id=None), state=ForwardState.IN_DOUBT)
    item = forward_items.forward_item(doubtful)
    assert (item["waiting"], item["waiting_since"]) == ({"S": "sirclo-main#IN_DOUBT"}, {"S": doubtful.updated_at})


def test_everything_that_a_platform_said_survives_the_table() -> None:
    said = reading("JP123", order="ACCEPTED", progress="ON PROCESS", payment="PAID", shipping="RETURNED")
    forward = after(sent(), said)
    assert forward.shipment_problem == "RETURNED"
    assert forward_items.read_forward(forward_items.forward_item(forward)) == forward


def test_a_forward_with_everything_on_it_still_costs_one_write_unit() -> None:
    said = reading(
        "JP" + "9" * 20, order="ACCEPTED", progress="ON PROCESS", payment="INSTALLMENT", shipping="SHIPMENT_PROBLEM"
    )
    forward = replace(after(sent(), said), body_hash="0" * 64, attempts=3, external_id="34481623", revision=12)
    item = forward_items.forward_item(forward)
    assert sum(len(name) + _size(value) for name, value in item.items()) < 1024


def _size(attribute: dict[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind == "M":
        return 3 + sum(1 + len(name) + _size(inner) for name, inner in value.items())
    return len(str(value).encode())


def test_the_bus_hears_of_the_status_by_ids_alone() -> None:
    before = forward_changed(sent())
    assert before is not None
    assert before.detail_type == "OrderForwarded"
    event = forward_changed(after(sent(), reading("JP123", progress="ON PROCESS", payment="odd words")))
    assert event is not None
    assert event.detail_type == "OrderStatusChanged"
    assert dict(event.detail) == {
        "code": "SO-20250101-00001",
        "client_id": samples.CLIENT_ID,
        "reference": "po:PO of SO-20250101-00001",
        "channel": "sirclo-main",
        "platform": "sirclo",
        "state": "SENT",
        "external_id": "1201",
        "status": "SHIPPED",
    }
