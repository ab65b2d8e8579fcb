"""SIRCLO over the wire: both revisions, its own refusal of duplicates, pages that do not add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.lookups import Absent, Foreign, Found, LookFailed
from orderbridge.channels.outcomes import Accepted, NotSent, Rejected, TurnedAway, Unknown
from orderbridge.forwarding.ports import Sought
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge_sandboxes.faults import Fault
from tests.integration.platforms.conftest import Connected, an_order
from tests.unit.platforms.examples import order


@pytest.fixture(params=["2019-07", "2021-02"])
def either(request: pytest.FixtureRequest, sirclo: Connected) -> Connected:
    sirclo.channel.settings["revision"] = request.param
    return sirclo


def look(connected: Connected, number: int = 1) -> Any:
    return connected.platform.look_for(Sought(an_order(number)), connected.channel, connected.credentials)


def is_later(connected: Connected) -> bool:
    return connected.channel.settings["revision"] == "2021-02"


def create_path(connected: Connected) -> str:
    return "/v1/partner/order" if is_later(connected) else "/v1/order"


def list_path(connected: Connected) -> str:
    return "/v1/partner/order" if is_later(connected) else "/v1/partner/page"


def test_an_order_arrives_in_either_revision(either: Connected) -> None:
    assert either.send() == Accepted(str(either.sandbox.orders[0].id))


def test_a_base_url_with_a_path_is_part_of_what_is_signed(either: Connected) -> None:
    # No such path at the sandbox, but the signature is looked at by the route alone: 404 says that it got there.
    either.channel.settings["base_url"] += "/gateway"
    assert isinstance(either.send(), TurnedAway)


def test_an_order_whose_answer_was_lost_is_adopted_when_it_is_sent_again(either: Connected) -> None:
    either.sandbox.faults.add(Fault("commit_then_close", "POST", create_path(either)))
    assert isinstance(either.send(), Unknown)
    assert either.send() == Accepted(str(either.sandbox.orders[0].id))
    assert either.sandbox.duplicates()["count"] == 1


@pytest.mark.parametrize("difference", ["moment", "goods"])
def test_another_stacks_order_under_the_same_code_is_neither_adopted_nor_cancelled(
    either: Connected, difference: str
) -> None:
    theirs = {
        "moment": replace(an_order(), created_at="2025-01-01T04:30:00.000Z"),
        "goods": order((("PROD-001", 10), ("PROD-002", 4)), customer_code="CUST-001", site_code="SITE-001"),
    }[difference]
    assert isinstance(either.send(theirs), Accepted)

    outcome = either.send()

    said = {"moment": "its order_date is 2025-01-01T04:30:00.000Z", "goods": "4 of "}[difference]
    assert isinstance(outcome, Unknown)
    assert said in outcome.reason
    request = either.platform.to_request(an_order(), either.channel, either.mappings)
    finding = either.platform.look_for(Sought(an_order(), request), either.channel, either.credentials)
    assert isinstance(finding, Foreign)
    assert finding.external_id == str(either.sandbox.orders[0].id)
    assert said in finding.difference
    if difference == "moment":
        cancelled = either.platform.cancel_order(an_order(), None, either.channel, either.credentials)
        assert isinstance(cancelled, NotSent)
        assert either.sandbox.orders[0].status == "pending"


def test_our_order_is_adopted_however_sirclo_spells_it(either: Connected) -> None:
    accepted = either.send()
    body = either.sandbox.orders[0].body
    body["order_date"] = "2025-01-01T07:00:00+07:00"
    for line in body["line_items"]:
        line |= {"sku": line["sku"].lower(), "name": "another", "raw_price": 1, "unit_price": 1}

    assert either.send() == accepted
    request = either.platform.to_request(an_order(), either.channel, either.mappings)
    found = either.platform.look_for(Sought(an_order(), request), either.channel, either.credentials)
    assert isinstance(accepted, Accepted)
    assert found == Found(accepted.external_id or "")


def test_a_duplicate_that_cannot_be_read_back_is_not_guessed(either: Connected) -> None:
    either.send()
    either.sandbox.faults.add(Fault("status", "GET", list_path(either), count=None, status=500))
    outcome = either.send()
    assert isinstance(outcome, Unknown)
    assert "already exists" in outcome.reason


def test_an_order_is_found_on_a_later_page(either: Connected) -> None:
    for number in range(1, 204):
        either.send(an_order(number))
    held = {order.reference: str(order.id) for order in either.sandbox.orders}
    for number in (1, 100, 101, 203):
        assert look(either, number) == Found(held[an_order(number).code])
    assert look(either, 204) == Absent()


def test_a_look_needs_the_order_date_that_was_sent(either: Connected) -> None:
    either.send()
    later = replace(an_order(), created_at="2025-01-03T00:00:00.001Z")
    found = either.platform.look_for(Sought(later), either.channel, either.credentials)
    assert found == Absent()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500),
        Fault("status", status=429, retry_after=9),
        Fault("status", status=404),
        Fault("close_before"),
        Fault("garbage"),
        Fault("truncate"),
        Fault("wrong_shape", body={"data": {"id": 1}}),
        Fault("wrong_shape", body={"data": [1, 2]}),
        Fault("wrong_shape", body={"data": [{"id": 7, "status": "pending"}], "total_record": 1}),
        Fault("wrong_shape", body={"data": [{"order_id": "SO-20250101-00002"}], "total_record": 1}),
        Fault("wrong_shape", body={"data": [{"id": 7, "order_id": ["SO-20250101-00002"]}], "total_record": 1}),
        Fault("wrong_shape", body={"data": None}),
        Fault("wrong_shape", body={"message": ""}),
        Fault("wrong_shape", body={"data": {}, "total_record": 0}),
        Fault("wrong_shape", body={"data": [], "total_record": 3}),
        Fault("wrong_shape", body=[]),
        Fault("delay", seconds=3),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.body}",
)
def test_a_look_that_fails_says_nothing_about_the_order(either: Connected, fault: Fault) -> None:
    either.channel.settings["timeout_s"] = 1 if fault.kind == "delay" else 25
    either.send()
    either.sandbox.faults.add(replace(fault, method="GET", path=list_path(either)))
    finding = look(either, 2)
    assert isinstance(finding, LookFailed)
    assert finding.retry_after == (9 if fault.status == 429 else None)


def test_a_page_that_repeats_is_no_list(either: Connected) -> None:
    for number in range(1, 150):
        either.send(an_order(number))
    either.sandbox.faults.add(Fault("page_repeat", "GET", list_path(either), count=None))
    assert isinstance(look(either, 150), LookFailed)
    assert sorted(type(look(either, number)).__name__ for number in (1, 149)) == ["Found", "LookFailed"], (
        "the one on the page that was seen is there; of the other nothing is known"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [({"data": None, "total_record": 0}, Absent), ({"data": None, "total_record": 1}, LookFailed)],
)
def test_nothing_in_the_place_of_a_list_is_empty_only_where_it_counts_none(
    either: Connected, body: Any, expected: type
) -> None:
    either.sandbox.faults.add(Fault("wrong_shape", "GET", list_path(either), body=body))
    assert isinstance(look(either, 2), expected)


def test_an_order_of_somebody_else_that_has_no_id_stops_no_look(either: Connected) -> None:
    body = {"data": [{"order_id": "theirs"}, {"id": 8, "order_number": None}], "total_record": 2}
    either.sandbox.faults.add(Fault("wrong_shape", "GET", list_path(either), body=body))
    assert look(either, 2) == Absent()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": None}, Absent),
        ({"data": None, "message": ""}, Absent),
        ({"data": []}, Absent),
        ({"data": None, "total_record": 100}, Absent),
        ({"total_record": 100}, Absent),
        ({"data": None, "total_record": 101}, LookFailed),
        ({"data": None, "message": "internal error"}, LookFailed),
        ({"data": {}}, LookFailed),
        ({"message": ""}, LookFailed),
        (None, LookFailed),
    ],
)
def test_null_behind_a_hundred_rows_is_the_end_of_the_list(either: Connected, body: Any, expected: type) -> None:
    for number in range(1, 101):
        either.send(an_order(number))
    either.sandbox.faults.add(Fault("wrong_shape", "GET", list_path(either), skip=1, count=None, body=body))
    assert isinstance(look(either, 101), expected)


def test_null_behind_a_page_that_counted_more_rows_is_a_list_that_was_cut(either: Connected) -> None:
    for number in range(1, 103):
        either.send(an_order(number))
    either.sandbox.faults.add(Fault("wrong_shape", "GET", list_path(either), skip=1, body={"data": None}))
    finding = look(either, 103)
    assert finding == LookFailed("the list ended after 100 of 102 rows")


def test_our_id_is_read_under_both_of_its_names(sirclo: Connected) -> None:
    sirclo.sandbox.change(order_key="order_id")
    sirclo.send()
    assert isinstance(look(sirclo), Found)


def test_an_order_without_a_known_id_is_looked_up_to_be_cancelled(either: Connected) -> None:
    either.send()
    assert isinstance(either.platform.cancel_order(an_order(), None, either.channel, either.credentials), Accepted)
    assert either.sandbox.orders[0].status == "canceled"
    assert isinstance(either.platform.cancel_order(an_order(2), None, either.channel, either.credentials), NotSent)


@pytest.mark.parametrize(
    ("reason", "said"), [("Pesanan ganda, é", "Pesanan ganda, é"), (None, "cancelled by the partner")]
)
def test_the_partners_reason_for_cancelling_is_reported_where_there_is_one(
    either: Connected, reason: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    reply_to = SircloClient.reply_to
    monkeypatch.setattr(SircloClient, "reply_to", lambda client, of: (asked.append(of), reply_to(client, of))[1])
    outcome = either.send()
    assert isinstance(outcome, Accepted)
    wanted = replace(an_order(), cancel_reason=reason)
    cancelled = either.platform.cancel_order(wanted, outcome.external_id, either.channel, either.credentials)
    assert isinstance(cancelled, Accepted)
    assert either.sandbox.orders[0].status == "canceled"
    assert [moved.cancel_reason for moved in asked[-1].cancelled] == [said]


def test_an_order_that_left_is_not_cancelled(either: Connected) -> None:
    outcome = either.send()
    assert isinstance(outcome, Accepted)
    for status in ("accepted", "packed"):
        either.sandbox.set_status(an_order().code, status, awb_number="AWB12345678")
    cancelled = either.platform.cancel_order(an_order(), outcome.external_id, either.channel, either.credentials)
    assert isinstance(cancelled, Rejected)
    assert "packed" in cancelled.reason


@pytest.mark.parametrize("external_id", ["abc", "", "-5", "1e3"])
def test_an_id_that_a_person_made_up_is_no_id(either: Connected, external_id: str) -> None:
    outcome = either.platform.cancel_order(an_order(), external_id, either.channel, either.credentials)
    assert isinstance(outcome, Rejected)


def test_the_seeds_stock_address_is_no_stock_list(sirclo: Connected) -> None:
    sirclo.channel.settings["stock_path"] = "/v1/order/"
    sirclo.send()
    trouble = sirclo.platform.probe(sirclo.channel, sirclo.credentials)
    assert trouble is not None
    assert "no stock levels" in trouble
