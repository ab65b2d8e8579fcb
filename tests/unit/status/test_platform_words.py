"""How the platforms' words for an order's status are taken (facts 5); Lunas means two things."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.forwarding.order_status import channel_status
from orderbridge.platforms.salesmania.statuses import reading_in
from orderbridge.status.changes import normalised, take_in
from tests.unit.status.status_cases import LATER, NGORDER, SALESMANIA, TABLES, after, reading, sent


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
