"""The platforms' words for an order's status, each with what it means (facts 5); Lunas means two things."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.forwarding.order_status import channel_status
from orderbridge.orders.order import OrderStatus
from orderbridge.platforms.salesmania.statuses import reading_in
from orderbridge.status.changes import StatusReading, normalised, take_in
from tests.unit.status.status_cases import LATER, NGORDER, SALESMANIA, TABLES, after, reading, sent

# --- the table of facts 5, line by line -----------------------------------------------------------------------


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
