"""What an attacker tries at the door of the deployed API, and what the document demands that we accept."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from orderbridge.reading.cursors import OrderCursor
from orderbridge_cli.local.stack_file import StackDescription
from tests.e2e.actors import Operator, Partner, Platforms, sales_order
from tests.e2e.conftest import outlive_caches, wait_for
from tests.e2e.documented import check
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e

ORDERS = "/api/v1/sales-orders"
Headers = Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
def new_victim(
    operator: Operator, stack: StackDescription, platforms: Platforms, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Partner]]:
    """Registers a partner whose answers are held against the document; its channel takes no order."""
    folder = tmp_path_factory.mktemp("attacks")
    platforms.add_channel(operator, "salesmania", "salesmania-attacks", folder, {}, mapped=False)
    made: list[Partner] = []

    def make(client_id: str) -> Partner:
        partner = operator.register(client_id, ["salesmania-attacks"], folder, stack.api_url)
        partner.http.event_hooks = {"response": [check]}
        partner.login()
        made.append(partner)
        return partner

    yield make
    for partner in made:
        partner.http.close()


@pytest.fixture(scope="module")
def attacked(new_victim: Callable[[str], Partner]) -> Partner:
    return new_victim("attacked")


@pytest.fixture(scope="module")
def attacker(new_victim: Callable[[str], Partner]) -> Partner:
    """A partner like the other, with a token and a key of its own."""
    return new_victim("attacker")


def orders_of(partner: Partner, limit: int = 200) -> int:
    answer = partner.http.get(
        f"{partner.api_url}{ORDERS}?limit={limit}", headers={"Authorization": f"Bearer {partner.token}"}
    )
    return len(answer.json()["data"])


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- tokens and keys of two partners ----------------------------------------------------------------------------------


def test_the_token_of_one_and_the_signature_of_another_make_no_order(attacked: Partner, attacker: Partner) -> None:
    before = orders_of(attacked), orders_of(attacker)
    order = sales_order("PO-STOLEN")
    stolen_token = {"Authorization": f"Bearer {attacked.token}"}
    own_token = {"Authorization": f"Bearer {attacker.token}"}
    # The victim's token with the attacker's own name and signature.
    assert said(attacker.post(order, stolen_token)) == (403, "client_mismatch")
    # The victim's token and name, signed by the attacker.
    as_victim = replace(attacker, client_id=attacked.client_id, token=attacked.token)
    assert said(as_victim.post(order)) == (401, "invalid_signature")
    # The attacker's token with the victim's name and a signature that the victim really made.
    assert said(attacked.post(order, own_token)) == (403, "client_mismatch")
    # The attacker's token and name, with the victim's signature.
    signature = attacked.signed_headers()["X-SIGNATURE"]
    assert said(attacker.post(order, {"X-SIGNATURE": signature})) == (401, "invalid_signature")
    assert (orders_of(attacked), orders_of(attacker)) == before


def test_a_signature_belongs_to_its_timestamp(attacked: Partner) -> None:
    now = int(time.time())
    headers = attacked.signed_headers(str(now))
    assert said(attacked.post(sales_order("PO-TIME"), {**headers, "X-TIMESTAMP": str(now + 1)})) == (
        401,
        "invalid_signature",
    )
    # The same moment in milliseconds is another string, so it needs another signature.
    assert said(attacked.post(sales_order("PO-TIME"), {**headers, "X-TIMESTAMP": f"{now}000"})) == (
        401,
        "invalid_signature",
    )
    assert attacked.post(sales_order("PO-TIME"), attacked.signed_headers(f"{now}000")).status_code == 201


@pytest.mark.parametrize(("seconds", "accepted"), [(-290, True), (290, True), (-310, False), (310, False)])
def test_a_timestamp_may_be_five_minutes_away(attacked: Partner, seconds: int, accepted: bool) -> None:
    """To the second, with a clock that is still, in the unit tests; here the machine's own clock runs on."""
    answer = attacked.post(sales_order(f"PO-AWAY{seconds}"), attacked.signed_headers(str(int(time.time()) + seconds)))
    assert said(answer) == (401, "stale_timestamp") if not accepted else answer.status_code == 201


# --- the body ---------------------------------------------------------------------------------------------------------


def test_in_the_legacy_profile_a_body_can_be_swapped_as_the_document_has_it(attacked: Partner) -> None:
    """The signature does not cover the body, and the partner document demands this form; the guide says so plainly."""
    headers = attacked.signed_headers()
    assert attacked.post(sales_order("PO-LEGACY-1"), headers).status_code == 201
    assert attacked.post(sales_order("PO-LEGACY-2", address="Elsewhere"), headers).status_code == 201


def test_a_body_bound_signature_refuses_a_swapped_body_and_the_legacy_form(
    new_victim: Callable[[str], Partner], operator: Operator
) -> None:
    attacked = new_victim("body-bound")
    operator.run("partners", "set-profile", attacked.client_id, "snap-asym")
    outlive_caches()

    def signed_for(order: dict[str, Any], path: str = ORDERS, method: str = "POST") -> dict[str, str]:
        timestamp = str(int(time.time()))
        digest = hashlib.sha256(json.dumps(order).encode()).hexdigest()
        signature = attacked.key.sign(
            f"{method}:{path}:{digest}:{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        return {"X-TIMESTAMP": timestamp, "X-SIGNATURE": base64.b64encode(signature).decode()}

    order = sales_order("PO-BOUND")
    refused = (401, "invalid_signature")
    assert said(attacked.post(order)) == refused, "the legacy form"
    assert said(attacked.post(sales_order("PO-BOUND", address="Elsewhere"), signed_for(order))) == refused
    assert said(attacked.post(order, signed_for(order, path="/api/v1/sales-order"))) == refused
    assert said(attacked.post(order, signed_for(order, method="GET"))) == refused
    assert orders_of(attacked) == 0
    assert attacked.post(order, signed_for(order)).status_code == 201


@pytest.mark.parametrize("reference", [None, "PO-REPLAY"])
def test_a_request_replayed_twenty_times_is_one_order(attacked: Partner, reference: str | None) -> None:
    before = orders_of(attacked)
    headers = attacked.signed_headers()
    answers = [attacked.post(sales_order(reference), headers) for _ in range(20)]
    assert [each.status_code for each in answers] == [201] + [200] * 19
    assert len({each.text for each in answers}) == 1
    assert {each.headers.get("Idempotent-Replay") for each in answers[1:]} == {"true"}
    assert orders_of(attacked) == before + 1


# --- headers ----------------------------------------------------------------------------------------------------------


def raw(
    stack: StackDescription, headers: Headers, body: bytes, method: str = "POST", path: str = ORDERS
) -> tuple[int, dict[str, Any]]:
    """A request with its headers exactly as given, repeated ones too."""
    address = urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_S)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


TWICE = {
    "X-CLIENT-ID": [(400, "invalid_header")],
    "X-TIMESTAMP": [(400, "invalid_header")],
    "X-SIGNATURE": [(400, "invalid_header"), (401, "invalid_signature")],
    "Idempotency-Key": [(400, "invalid_header")],
    "Content-Type": [(400, "invalid_header"), (415, "unsupported_content_type")],
}


@pytest.mark.parametrize("name", TWICE)
def test_a_header_that_says_who_is_calling_may_be_there_once(
    attacked: Partner, attacker: Partner, stack: StackDescription, name: str
) -> None:
    before = orders_of(attacked)
    own = {**attacked.signed_headers(), "Idempotency-Key": "one"}
    others = {**attacker.signed_headers(), "Idempotency-Key": "two", "Content-Type": "text/plain"}
    body = json.dumps(sales_order(None)).encode()
    for headers in ([*own.items(), (name, others[name])], [(name, others[name]), *own.items()]):
        status, problem = raw(stack, headers, body)
        # API Gateway hands both values on; the local engine joins them, and then they are one that cannot be read.
        assert (status, problem["code"]) in TWICE[name], headers
    assert orders_of(attacked) == before


def test_two_tokens_are_none(attacked: Partner, attacker: Partner, stack: StackDescription) -> None:
    body = json.dumps(sales_order("PO-TWO")).encode()
    own = attacked.signed_headers()
    for other in (attacked.token, attacker.token):
        status, problem = raw(stack, [*own.items(), ("Authorization", f"Bearer {other}")], body)
        assert (status, problem["code"]) == (401, "invalid_token")


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_the_case_of_header_names_does_not_matter(
    attacked: Partner, stack: StackDescription, spelling: Callable[[str], str]
) -> None:
    headers = [(spelling(name), value) for name, value in attacked.signed_headers().items()]
    status, answer = raw(stack, headers, json.dumps(sales_order(f"PO-{headers[0][0]}")).encode())
    assert status == 201, answer


def test_the_case_of_values_does(attacked: Partner) -> None:
    assert said(attacked.post(sales_order("PO-X"), {"X-CLIENT-ID": attacked.client_id.upper()})) == (
        403,
        "client_mismatch",
    )
    token = attacked.token or ""
    assert said(attacked.post(sales_order("PO-X"), {"Authorization": f"Bearer {token.swapcase()}"})) == (
        401,
        "invalid_token",
    )


@pytest.mark.parametrize("size", [4097, 20_000, 60_000])
def test_an_oversized_token_is_refused(attacked: Partner, stack: StackDescription, size: int) -> None:
    headers = attacked.signed_headers() | {"Authorization": "Bearer " + "a" * size}
    status, problem = raw(stack, list(headers.items()), json.dumps(sales_order("PO-BIG")).encode())
    assert status in (401, 431), problem
    if status == 401:
        assert problem["code"] == "invalid_token"


# --- reading ----------------------------------------------------------------------------------------------------------


def get(partner: Partner, path: str) -> httpx.Response:
    return partner.http.get(f"{partner.api_url}/api/v1{path}", headers={"Authorization": f"Bearer {partner.token}"})


@pytest.mark.parametrize(
    "code",
    [
        "%00", "..%2f..%2fhealth", "SO-20250101-00001%0A", "%F0%9F%A7%BE", "a%20b", "SO-20250101-" + "9" * 2000, "*",
        "%25", "ORDER%23x%23po:1", "{code}", "SO-20250101-%D9%A0%D9%A0%D9%A0%D9%A0%D9%A1",
    ],
)  # fmt: skip
def test_a_weird_code_is_an_order_that_there_is_not(attacked: Partner, code: str) -> None:
    assert said(get(attacked, f"/sales-orders/{code}")) == (404, "not_found")


def test_a_cursor_that_was_tampered_with_or_is_anothers_shows_nothing_of_anybody_else(
    attacked: Partner, attacker: Partner
) -> None:
    before = orders_of(attacked)
    for number in range(3):
        attacked.place(f"PO-CURSOR-{number}")
    wait_for(lambda: orders_of(attacked) == before + 3, what="three more orders in the list")
    own = orders_of(attacker)
    page = get(attacked, "/sales-orders?limit=1").json()
    cursor = page["next_cursor"]
    foreign = get(attacker, f"/sales-orders?cursor={cursor}")
    assert foreign.status_code == 200
    assert len(foreign.json()["data"]) <= own
    assert not {each["code"] for each in foreign.json()["data"]} & {each["code"] for each in page["data"]}
    for tampered in (cursor[:-1], cursor + "A", cursor[::-1], cursor.swapcase(), "AAAA", "%00", "a" * 600):
        assert said(get(attacked, f"/sales-orders?cursor={tampered}")) == (422, "invalid_fields"), tampered
    # One that is well made leads to one's own orders, whatever day it names.
    for day, shown in (("0001-01-01", 0), ("9999-12-31", own)):
        made = OrderCursor(date.fromisoformat(day), None).encode()
        assert len(get(attacker, f"/sales-orders?cursor={made}").json()["data"]) == shown


def test_a_query_that_repeats_a_parameter_is_refused(attacked: Partner) -> None:
    assert said(get(attacked, "/sales-orders?limit=1&limit=200")) == (400, "invalid_parameter")


@pytest.mark.parametrize("value", ["' OR 1=1", "%00", "💥", "x" * 128, "a#b", "po:1", "%25"])
def test_a_purchase_order_number_may_be_anything_and_finds_only_itself(attacked: Partner, value: str) -> None:
    answer = attacked.http.get(
        f"{attacked.api_url}{ORDERS}",
        params={"purchase_order_no": value},
        headers={"Authorization": f"Bearer {attacked.token}"},
    )
    assert (answer.status_code, answer.json()["data"]) == (200, [])
