"""Which order at SIRCLO is the one that was sent: another spelling is no other order, other goods are one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orderbridge.platforms.sirclo import DEFINITION, mapper
from orderbridge.platforms.sirclo.identity import SentOrder
from tests.unit.platforms.examples import BASE_URLS, CODE, DELIVERY, mappings, order

SETTINGS = DEFINITION.read_settings({"base_url": BASE_URLS["sirclo"]})
ROWS: dict[str, Any] = {
    "product:PROD-1": {"sku": "DKL0907", "id": 5, "price": Decimal("100000.25")},
    "product:PROD-2": {"sku": "DKL0908", "id": 6, "price": 5000},
    "customer:CUST-1": DELIVERY,
}
LINES = [{"sku": "DKL0907", "quantity": 10}, {"sku": "DKL0908", "quantity": 3}]


def sent() -> SentOrder:
    ordered = order((("PROD-1", 4), ("PROD-2", 3), ("PROD-1", 6)))
    return SentOrder.in_request(mapper.to_request(ordered, SETTINGS, mappings(ROWS)))


def shown(**fields: Any) -> dict[str, Any]:
    """The order as SIRCLO might show it."""
    return {"id": 7, "order_number": CODE, "order_date": "2025-01-01T00:00:00Z", "line_items": LINES, **fields}


@pytest.mark.parametrize(
    "order_date",
    [
        "2025-01-01T00:00:00.000Z", "2025-01-01T00:00:00Z", "2025-01-01T07:00:00+07:00", "2024-12-31T19:00:00-05:00",
        "2025-01-01T00:00:00.000000000Z", "2025-01-01T00:00:00.4Z", "2025-01-01 00:00:00", "2025-01-01 07:00:00.000",
        "2024-12-31T23:59:59.500Z", "2025-01-01", "", "yesterday", None, 5, "2006-01-02T15:04:05Z07:00",
    ],
)  # fmt: skip
def test_the_same_moment_in_another_spelling_and_what_is_no_moment_contradict_nothing(order_date: Any) -> None:
    assert sent().difference(shown(order_date=order_date)) is None


@pytest.mark.parametrize(
    "order_date",
    [
        "2025-01-01T00:00:01Z", "2025-01-01T01:00:00Z", "2025-01-01T00:00:00+07:00", "2024-12-31T23:59:58Z",
        "2025-01-02T00:00:00Z", "2025-01-01 00:00:07", "2025-01-01 07:04:00",
    ],
)  # fmt: skip
def test_another_moment_is_another_order_and_both_are_reported(order_date: str) -> None:
    difference = sent().difference(shown(order_date=order_date))
    assert difference == f"its order_date is {order_date}, and 2025-01-01T00:00:00Z was sent"


@pytest.mark.parametrize(
    "lines",
    [
        LINES[::-1],
        [{"sku": " dkl0907 ", "quantity": "10"}, {"sku": "DKL0908", "quantity": Decimal("3.0")}],
        [{"sku": "DKL0907", "quantity": 4}, {"sku": "DKL0907", "quantity": 6}, {"sku": "DKL0908", "quantity": 3}],
        [{**LINES[0], "name": "Other", "raw_price": 100000, "discount": 0.25, "id": 99}, LINES[1]],
        [{"sku": "DKL0907"}, LINES[1]],
        [{"quantity": 1}],
        [{"sku": "X", "quantity": "many"}],
        ["DKL0907"],
        [],
        None,
        "DKL0907",
    ],
)
def test_the_same_goods_in_another_form_and_what_cannot_be_read_contradict_nothing(lines: Any) -> None:
    assert sent().difference(shown(line_items=lines)) is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([LINES[0], {"sku": "DKL0908", "quantity": 4}], "10 of dkl0907, 4 of dkl0908"),
        ([*LINES, {"sku": "DKL0909", "quantity": 1}], "10 of dkl0907, 3 of dkl0908, 1 of dkl0909"),
        ([{"sku": "KB-1", "quantity": 10}, LINES[1]], "3 of dkl0908, 10 of kb-1"),
    ],
)
def test_other_goods_are_another_order_and_both_are_reported(lines: Any, said: str) -> None:
    assert sent().difference(shown(line_items=lines)) == f"it has {said}, and 10 of dkl0907, 3 of dkl0908 was sent"


LOST = [
    ([LINES[0]], "10 of dkl0907"),
    ([LINES[0], {"sku": "DKL0908", "quantity": 2}], "10 of dkl0907, 2 of dkl0908"),
    ([LINES[0], {"sku": "DKL0908", "quantity": 0}], "10 of dkl0907, 0 of dkl0908"),
    ([], "no lines"),
]


@pytest.mark.parametrize("order_date", ["2025-01-01T00:00:00Z", "2025-01-01 07:00:00", "2025-01-01 00:00:00.000"])
@pytest.mark.parametrize(("lines", "said"), LOST)
def test_an_order_of_the_very_moment_that_has_lost_goods_is_ours_changed(
    order_date: str, lines: Any, said: str
) -> None:
    row = shown(line_items=lines, order_date=order_date)
    assert sent().difference(row) is None
    assert sent().change(row) == f"it has changed there: it has {said}, and 10 of dkl0907, 3 of dkl0908 was sent"


@pytest.mark.parametrize("order_date", ["2025-01-01", "", None, "2025-01-01 05:30:00", "2006-01-02T15:04:05Z07:00"])
@pytest.mark.parametrize(("lines", "said"), LOST[:3])
def test_fewer_goods_at_a_moment_that_is_not_surely_ours_are_another_order(
    order_date: Any, lines: Any, said: str
) -> None:
    row = shown(line_items=lines, order_date=order_date)
    assert sent().change(row) is None
    assert sent().difference(row) == f"it has {said}, and 10 of dkl0907, 3 of dkl0908 was sent"


def test_an_order_that_has_all_that_was_sent_has_not_changed() -> None:
    assert sent().change(shown()) is None
    assert sent().change(shown(line_items="DKL0907")) is None
    assert SentOrder(CODE, sent().order_date).change(shown(line_items=[])) is None


def test_without_its_request_an_order_is_known_by_its_moment_alone() -> None:
    known = SentOrder(CODE, sent().order_date)
    assert known.difference(shown(line_items=[])) is None
    assert known.difference(shown(order_date="2025-01-01T00:00:01Z")) is not None


def test_names_references_and_totals_are_not_looked_at() -> None:
    noise = {"customer_reference": "JNH7438B", "delivery_name": "Artia", "total": 1, "status": "canceled"}
    assert sent().difference(shown(**noise)) is None
