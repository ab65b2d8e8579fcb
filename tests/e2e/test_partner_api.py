"""What a partner can do besides sending orders: read, list, cancel, and look at stock, health and documentation."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from orderbridge.platforms.names import platform_names
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.table import stock_item
from orderbridge_cli.local.stack_file import StackDescription
from tests.conformance.facts import facts_of
from tests.e2e.actors import Operator, Partner, sales_order
from tests.e2e.conftest import wait_for
from tests.e2e.documented import DOCUMENT, check, watched

pytestmark = pytest.mark.e2e


class Reader:
    """A partner that reads; every answer is held against the document."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        partner.http.event_hooks = {"response": [check]}
        self.url = f"{partner.api_url}/api/v1"

    def get(self, path: str, headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
        token = self.partner.token or self.partner.login()
        return self.partner.http.get(
            self.url + path, params=query, headers={"Authorization": f"Bearer {token}", **(headers or {})}
        )

    def order(self, code: str) -> dict[str, Any]:
        answer = self.get(f"/sales-orders/{code}")
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            answer = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            assert answer.status_code == 200, answer.text
            yield answer.json()
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                return

    def cancel(self, code: str, body: bytes = b"") -> httpx.Response:
        headers = self.partner.signed_headers()
        if not body:
            del headers["Content-Type"]
        return self.partner.http.post(f"{self.url}/sales-orders/{code}/cancel", headers=headers, content=body)

    def cancelled(self, code: str) -> dict[str, str]:
        answer = self.cancel(code)
        assert answer.status_code == 200, answer.text
        return {each["channel"].split("-")[0]: each["cancel"] for each in answer.json()["data"]["channels"]}


@pytest.fixture
def reader(partner: Partner) -> Reader:
    return Reader(partner)


@pytest.fixture
def other(new_partner: Callable[..., Partner]) -> Reader:
    return Reader(new_partner("sirclo"))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_an_order_can_be_read_from_the_moment_it_is_accepted(reader: Reader, operator: Operator) -> None:
    code = reader.partner.place("PO-READ")
    data = reader.order(code)
    assert (data["code"], data["purchase_order_no"]) == (code, "PO-READ")
    assert data["timeline"][0]["event"] == "OrderAccepted"

    wait_for(lambda: reader.order(code)["status"] == "SUBMITTED", what="SUBMITTED")

    data = reader.order(code)
    assert {each["channel"] for each in data["channels"]} == set(reader.partner.channels)
    assert {each["status"] for each in data["channels"]} == {"SUBMITTED"}
    shown = {forward["channel"]: forward["external_id"] for forward in operator.order(code)["forwards"]}
    assert {each["channel"]: each["external_id"] for each in data["channels"]} == shown
    assert {each["event"] for each in data["timeline"]} == {"OrderAccepted", "OrderForwarded"}


def test_another_partners_order_is_not_there(reader: Reader, other: Reader) -> None:
    code = reader.partner.place("PO-MINE")
    theirs, nobodys = other.get(f"/sales-orders/{code}"), other.get("/sales-orders/SO-20250101-99999")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() | {"request_id": ""} == nobodys.json() | {"request_id": ""}
    assert other.cancel(code).status_code == 404
    assert reader.order(code)["status"] != "CANCELLED"


def test_a_new_order_is_on_the_first_page_within_two_seconds(reader: Reader) -> None:
    """Whatever a read itself takes: one that is begun two seconds after the order was accepted shows it."""
    codes = [reader.partner.place(f"PO-LIST-{number}") for number in range(5)]
    accepted = time.monotonic()
    while True:
        begun = time.monotonic()
        if [each["code"] for each in reader.get("/sales-orders").json()["data"]] == codes[::-1]:
            return
        assert begun - accepted < 2, "a read that was begun after two seconds does not show the orders"


def test_pages_hold_every_order_once_newest_first(reader: Reader, other: Reader) -> None:
    other.partner.place("PO-OF-ANOTHER")
    codes = [reader.partner.place(f"PO-PAGE-{number}") for number in range(7)]
    wait_for(lambda: len(reader.get("/sales-orders").json()["data"]) == 7, what="seven orders in the list")
    for limit in ("1", "3", "7"):
        pages = list(reader.pages("/sales-orders", limit=limit))
        assert [each["code"] for page in pages for each in page["data"]] == codes[::-1]


def test_the_list_is_filtered(reader: Reader) -> None:
    first = reader.partner.place("PO-FILTER-1")
    between = time.time()
    time.sleep(1.1)
    second = reader.partner.place("PO-FILTER-2")
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(between + 1))

    def codes(**query: str) -> list[str]:
        return [each["code"] for page in reader.pages("/sales-orders", **query) for each in page["data"]]

    wait_for(lambda: len(codes()) == 2, what="both orders")
    assert codes(purchase_order_no="PO-FILTER-1") == [first]
    assert codes(purchase_order_no="PO-OF-NOBODY") == []
    assert codes(**{"from": moment}) == [second]
    assert codes(to=moment) == [first]
    assert codes(status="COMPLETED") == []
    wait_for(lambda: codes(status="SUBMITTED") == [second, first], what="both to be SUBMITTED in the list")


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_what_has_not_been_sent_is_cancelled_at_once_and_never_sent(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Any
) -> None:
    reader = Reader(new_partner("sirclo", "ngorder"))
    sirclo, ngorder = reader.partner.channels
    for channel in (sirclo, ngorder):
        operator.run("channels", "pause", channel)
    code = reader.partner.place("PO-CANCEL-EARLY")
    wait_for(lambda: set(operator.states(code).values()) == {"PAUSED"}, what="PAUSED")

    assert reader.cancelled(code) == {"sirclo": "cancelled", "ngorder": "cancelled"}

    assert reader.order(code)["status"] == "CANCELLED"
    for channel in (sirclo, ngorder):
        assert operator.run("channels", "resume", channel)["released"] == 0
    again = reader.partner.post(sales_order("PO-CANCEL-EARLY"))
    assert (again.status_code, again.json()["data"]["code"]) == (200, code), "its number stays taken"
    later = reader.partner.place("PO-AFTER-THE-CANCELLED")
    wait_for(lambda: set(operator.states(later).values()) == {"SENT"}, what="an order that came later to be SENT")
    assert platforms.held("sirclo", code) == platforms.held("ngorder", code) == []
    assert set(operator.states(code).values()) == {"CANCELLED"}


def test_what_has_been_sent_is_cancelled_where_the_platform_can(reader: Reader, operator: Operator) -> None:
    code = reader.partner.place("PO-CANCEL-LATE")
    wait_for(lambda: reader.order(code)["status"] == "SUBMITTED", what="SUBMITTED")

    def by_platform(possible: str, otherwise: str) -> dict[str, str]:
        return {name: otherwise if facts_of(name).cancel is None else possible for name in platform_names()}

    assert reader.cancelled(code) == by_platform("requested", "not_possible")

    wait_for(
        lambda: reader.cancelled(code) == by_platform("cancelled", "not_possible"),
        what="the platforms to have cancelled",
    )
    statuses = {each["channel"].split("-")[0]: each["status"] for each in reader.order(code)["channels"]}
    assert statuses == by_platform("CANCELLED", "SUBMITTED")
    assert reader.order(code)["status"] == "SUBMITTED"


def test_a_cancel_may_say_why_and_the_operator_reads_it(reader: Reader, operator: Operator) -> None:
    code = reader.partner.place("PO-CANCEL-BODY")
    refused = reader.cancel(code, b'{"because": "late"}')
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/because")
    assert reader.cancel(code, b"[1").status_code == 400
    for body in (b"{}", b'{"reason": " ordered twice "}', b'{"reason": "another"}'):
        assert reader.cancel(code, body).status_code == 200

    wishes = [entry for entry in operator.order(code)["timeline"] if entry["event"] == "CancelRequested"]
    assert [(entry["channel"], entry["detail"]) for entry in wishes] == [(None, None), (None, "ordered twice")]
    assert "twice" not in reader.get(f"/sales-orders/{code}").text


# --- stock, health ----------------------------------------------------------------------------------------------------


def test_stock_is_that_of_the_source_and_of_the_partners_own_products(
    new_partner: Callable[..., Partner], aws: Callable[[str], Any], stack: StackDescription
) -> None:
    reader = Reader(new_partner("sirclo", settings={"stock": {"source": True, "rank": 1, "push": False}}))
    stranger = Reader(new_partner("sirclo", mapped=False))
    (channel,) = reader.partner.channels
    assert list(reader.pages("/stocks"))[-1]["data"] == []
    at = "2025-01-01T00:00:00.000Z"
    for product, available in (("PROD-001", 120), ("PROD-002", 0), ("NOT-MAPPED", 5)):
        item = stock_item(StockLevel(channel, product, available, at))
        aws("dynamodb").put_item(TableName=stack.table, Item=item)

    levels = [each for page in reader.pages("/stocks", limit="1") for each in page["data"]]

    assert levels == [
        {"product_code": "PROD-001", "available": 120, "as_of": at},
        {"product_code": "PROD-002", "available": 0, "as_of": at},
    ]
    assert reader.get("/stocks", product_code="PROD-002").json()["data"] == levels[1:]
    assert reader.get("/stocks", product_code="NOT-MAPPED").json()["data"] == []
    assert list(stranger.pages("/stocks"))[-1]["data"] == []


def test_health_is_for_everybody_and_says_which_channels_are_paused(
    new_partner: Callable[..., Partner], operator: Operator, stack: StackDescription
) -> None:
    (channel,) = new_partner("ngorder").channels
    with watched() as anybody:

        def state() -> str | None:
            report = anybody.get(f"{stack.api_url}/api/v1/health")
            assert report.status_code == 200, report.text
            assert not [word for word in ("127.0.0.1", "http", "secret", "ngorder.") if word in report.text]
            return {each["channel"]: each["state"] for each in report.json()["channels"]}.get(channel)

        wait_for(lambda: state() == "active", seconds=12, what="an active channel")
        operator.run("channels", "pause", channel)
        wait_for(lambda: state() == "paused", seconds=12, what="a paused channel")
        assert anybody.get(f"{stack.api_url}/api/v1/health").json()["status"] == "degraded"


# --- the documentation ------------------------------------------------------------------------------------------------


def test_the_document_and_its_page_are_served_to_everybody(stack: StackDescription) -> None:
    with watched() as anybody:
        document = anybody.get(f"{stack.api_url}/api/v1/openapi.json")
        page = anybody.get(f"{stack.api_url}/api/v1/docs")
    assert json.loads(document.text) == DOCUMENT
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'id="error-invalid_fields"' in page.text


# --- who may ----------------------------------------------------------------------------------------------------------


def test_reading_needs_a_token_and_a_client_that_matches_it(reader: Reader, other: Reader) -> None:
    other.partner.login()
    for path in ("/sales-orders", "/sales-orders/SO-20250101-00001", "/stocks"):
        nobody = reader.partner.http.get(reader.url + path)
        assert (nobody.status_code, nobody.json()["code"]) == (401, "invalid_token")
        foreign = reader.get(path, headers={"X-CLIENT-ID": other.partner.client_id})
        assert (foreign.status_code, foreign.json()["code"]) == (403, "client_mismatch")
        unreadable = reader.get(path, headers={"X-CLIENT-ID": "a b"})
        assert (unreadable.status_code, unreadable.json()["code"]) == (400, "invalid_header")
        own = reader.get(path, headers={"X-CLIENT-ID": reader.partner.client_id})
        assert own.status_code in (200, 404)


@pytest.mark.parametrize("command", ["suspend", "revoke-tokens", "rotate-secret"])
def test_old_tokens_end_within_the_time_that_a_partner_is_remembered(
    reader: Reader, operator: Operator, command: str
) -> None:
    assert reader.get("/sales-orders").status_code == 200
    operator.run("partners", command, reader.partner.client_id)
    expected = 403 if command == "suspend" else 401
    wait_for(lambda: reader.get("/sales-orders").status_code == expected, seconds=4, what=f"{expected} after {command}")
    code = reader.partner.post(sales_order("PO-AFTER"))
    assert code.status_code == expected


def test_a_rotation_of_the_token_keys_ends_no_token(reader: Reader, operator: Operator) -> None:
    assert reader.get("/sales-orders").status_code == 200
    before = operator.run("keys", "list")

    after = operator.run("keys", "rotate")

    assert [each["stage"] for each in after] == ["coming", "signing", *["leaving"] * (len(before) - 1)]
    assert after[1]["kid"] == before[0]["kid"]
    assert set(after[0]) == {"kid", "stage", "until"}, "a key is shown"
    operator.run("keys", "rotate", exit_code=1)  # the new one does not sign yet
    assert reader.get("/sales-orders").status_code == 200
    reader.partner.login()
    assert reader.get("/sales-orders").status_code == 200
