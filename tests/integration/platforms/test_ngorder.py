"""Ngorder over the wire: finding an order by its mark, whatever the lists look like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.lookups import Absent, Ambiguous, Found, LookFailed
from orderbridge.channels.outcomes import Accepted, Rejected
from orderbridge.forwarding.ports import Sought
from orderbridge_sandboxes.faults import Fault
from tests.integration.platforms.conftest import Connected, an_order

ORDERS = "/api/open/order"
CANCELLED = "/api/open/order-cancel"


def listed(*rows: Any, **counts: int) -> Any:
    """An answer of a list with these rows."""
    pagination = {"total": len(rows), "current_page": 1, "total_pages": 1, **counts}
    return {"response": "Success", "data": list(rows), "meta": {"pagination": pagination}}


def look(connected: Connected, number: int = 1) -> Any:
    return connected.platform.look_for(Sought(an_order(number)), connected.channel, connected.credentials)


@pytest.mark.parametrize("word", ["Success", "success", "Sukses", "sukses", "mixed"])
@pytest.mark.parametrize("message", ["text", "list"])
def test_success_is_success_in_every_spelling(ngorder: Connected, word: str, message: str) -> None:
    ngorder.sandbox.change(success_word=word, success_message=message)
    assert ngorder.send() == Accepted(str(ngorder.sandbox.orders[0].id))


@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_failure_is_a_rejection_whatever_its_status(ngorder: Connected, status: int) -> None:
    ngorder.sandbox.change(failed_status=status)
    ngorder.mappings = {
        key: {**value, "product_status": "PO"} if key.kind == "product" else value
        for key, value in ngorder.mappings.items()
    }
    outcome = ngorder.send()
    assert isinstance(outcome, Rejected)
    assert "product_status" in outcome.reason


@pytest.mark.parametrize("links", ["documented", "object", "list"])
@pytest.mark.parametrize("progress_status_required", [False, True])
@pytest.mark.parametrize("numbers_as_text", [False, True])
def test_an_order_is_found_whatever_the_list_looks_like(
    ngorder: Connected, links: str, progress_status_required: bool, numbers_as_text: bool
) -> None:
    ngorder.sandbox.change(
        links=links, progress_status_required=progress_status_required, numbers_as_text=numbers_as_text
    )
    ngorder.send()
    assert look(ngorder) == Found(str(ngorder.sandbox.orders[0].id))
    assert look(ngorder, 2) == Absent()


def test_an_order_is_found_on_a_later_page(ngorder: Connected) -> None:
    for number in range(1, 122):
        ngorder.send(an_order(number))
    held = {order.reference: str(order.id) for order in ngorder.sandbox.orders}
    assert look(ngorder, 1) == Found(held[an_order(1).code])
    assert look(ngorder, 121) == Found(held[an_order(121).code])


@pytest.mark.parametrize("status", ["CANCELED", "REJECTED", "EXPIRED"])
def test_an_order_that_vanished_from_the_list_is_found_among_the_cancelled(ngorder: Connected, status: str) -> None:
    ngorder.send()
    ngorder.sandbox.set_status(an_order().code, status)
    assert isinstance(look(ngorder), Found)


def test_two_orders_with_one_mark_are_for_a_person(ngorder: Connected) -> None:
    ngorder.send()
    ngorder.send()
    finding = look(ngorder)
    assert finding == Ambiguous(tuple(str(order.id) for order in ngorder.sandbox.orders))


def test_a_look_reaches_one_day_to_each_side(ngorder: Connected) -> None:
    ngorder.send()
    for day, expected in (("2024-12-31", Found), ("2025-01-02", Found), ("2025-01-03", Absent)):
        wanted = replace(an_order(), created_at=f"{day}T03:00:00.000Z")
        assert isinstance(ngorder.platform.look_for(Sought(wanted), ngorder.channel, ngorder.credentials), expected)


@pytest.mark.parametrize("path", [ORDERS, CANCELLED])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500),
        Fault("status", status=404),
        Fault("status", status=429, retry_after=9),
        Fault("close_before"),
        Fault("garbage"),
        Fault("truncate"),
        Fault("wrong_shape", body={"data": []}),
        Fault("wrong_shape", body={"data": None, "meta": {"pagination": {"current_page": 1, "total_pages": 1}}}),
        Fault("wrong_shape", body=listed({"note": "[SO-20250101-00002]"})),
        Fault("wrong_shape", body=listed({"order_id": 7})),
        Fault("wrong_shape", body=listed({"order_id": 7, "note": ["[SO-20250101-00002]"]})),
        Fault("wrong_shape", body={"response": "Failed", "message": "no"}),
        Fault("wrong_shape", body=[]),
        Fault("delay", seconds=3),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.body}",
)
def test_a_look_that_fails_says_nothing_about_the_order(ngorder: Connected, path: str, fault: Fault) -> None:
    ngorder.channel.settings["timeout_s"] = 1 if fault.kind == "delay" else 25
    ngorder.send()
    ngorder.sandbox.faults.add(replace(fault, method="GET", path=path))
    finding = look(ngorder, 2)
    assert isinstance(finding, LookFailed)
    assert finding.retry_after == (9 if fault.status == 429 else None)


@pytest.mark.parametrize(
    "note",
    [
        "{code}",
        "[{code}2]",
        "[{code}-2]",
        "[X{code}]",
        "[{code}",
        "({code})",
        "[ {code} ]",
        "[SO-20250101-00002] | PO: {code}",
        "[SO-20250101-00002] replaces ({code})",
    ],
)
def test_a_code_that_is_not_our_whole_mark_is_no_order_of_ours(ngorder: Connected, note: str) -> None:
    row = {"order_id": 7, "note": note.format(code=an_order().code)}
    ngorder.sandbox.faults.add(Fault("wrong_shape", "GET", ORDERS, body=listed(row)))
    assert look(ngorder) == Absent()


def test_an_order_of_somebody_else_that_has_no_id_stops_no_look(ngorder: Connected) -> None:
    body = listed({"note": "another"}, {"order_id": None, "note": None}, {"order_id": 8, "note": 5})
    ngorder.sandbox.faults.add(Fault("wrong_shape", "GET", ORDERS, body=body))
    assert look(ngorder, 2) == Absent()


def test_null_is_an_empty_page_where_it_counts_and_behind_the_last_one(ngorder: Connected) -> None:
    empty = {**listed(total_pages=0), "data": None}
    ngorder.sandbox.faults.add(Fault("wrong_shape", "GET", ORDERS, body=empty))
    assert look(ngorder, 2) == Absent()
    more = {**listed(total=100, current_page=2, total_pages=2), "data": None}
    full = listed(*({"order_id": number, "note": ""} for number in range(1, 101)), total_pages=2)
    for body in (full, more):
        ngorder.sandbox.faults.add(Fault("wrong_shape", "GET", ORDERS, body=body))
    assert look(ngorder, 101) == Absent()


def test_rows_that_vanish_while_the_list_is_read_may_have_taken_ours_with_them(ngorder: Connected) -> None:
    rows = [{"order_id": number, "note": ""} for number in range(1, 151)]
    for body in (
        listed(*rows[:100], total=151, total_pages=2),
        listed(*rows[100:], total=150, total_pages=2, current_page=2),
    ):
        ngorder.sandbox.faults.add(Fault("wrong_shape", "GET", ORDERS, body=body))
    assert look(ngorder) == LookFailed("rows vanished while the list was read: 151 were counted, then 150")


def test_a_page_that_repeats_is_no_list(ngorder: Connected) -> None:
    for number in range(1, 102):
        ngorder.send(an_order(number))
    ngorder.sandbox.faults.add(Fault("page_repeat", "GET", ORDERS, count=None))
    assert isinstance(look(ngorder, 200), LookFailed)
    assert sorted(type(look(ngorder, number)).__name__ for number in (1, 101)) == ["Found", "LookFailed"], (
        "the one on the page that was seen is there; of the other nothing is known"
    )
