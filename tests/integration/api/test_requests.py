"""What a request is, whatever API Gateway makes of it: its bytes, its codings, its path, its method, its filters."""

from __future__ import annotations

import base64
import codecs
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from orderbridge.entrypoints.requests import MAX_BODY_BYTES
from orderbridge.partners.signatures import message_to_sign
from orderbridge_cli.openapi.endpoints import ENDPOINTS
from tests.contract.template import template
from tests.fakes import samples
from tests.integration.deployed import Deployed
from tests.integration.partner_side import Event, PartnerSide, sample_event, with_body, with_headers

CODE = "SO-20250101-00001"
ROUTES = [
    (function, each["Properties"]["Method"], each["Properties"]["Path"])
    for function, properties in template().functions().items()
    for each in properties.get("Events", {}).values()
    if each["Type"] == "Api"
]
POSTS = [(function, path) for function, method, path in ROUTES if method == "POST"]
HEADS = [(function, path) for function, method, path in ROUTES if method == "HEAD"]
FILTERS = [
    (endpoint.path, parameter.name)
    for endpoint in ENDPOINTS
    for parameter in endpoint.parameters
    if parameter.place == "query"
]


def event_for(path: str, method: str, code: str = CODE, query: Mapping[str, str] | None = None) -> Event:
    """The sample event of a function whose path this is, for this path."""
    functions = [function for function, on, route in ROUTES if (on, route) == (method, path)]
    event = sample_event(functions[0]) if functions else sample_event("order_read")
    return {
        **event,
        "httpMethod": method,
        "resource": path,
        "path": path.replace("{code}", code),
        "pathParameters": {"code": code} if "{code}" in path else None,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
    }


def posted(partner: PartnerSide, path: str, body: bytes | None = None) -> Event:
    """A signed call, its body as it comes through `BinaryMediaTypes`."""
    event = partner.signed(with_headers(event_for(path, "POST"), content_type="application/json"))
    return with_body(event, (event["body"] or "{}").encode() if body is None else body, in_base64=True)


# --- bytes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "path"), POSTS)
def test_every_function_reads_the_bytes_that_came(
    function: str, path: str, deployed: Deployed, partner: PartnerSide
) -> None:
    body = b'{"a": "caf\xe9"}'
    assert deployed.answer(function, posted(partner, path, body))[1]["code"] == "malformed_json"
    as_bytes = posted(partner, path)
    as_text = with_body({**as_bytes, "isBase64Encoded": False}, base64.b64decode(as_bytes["body"]))
    expected = 404 if "{code}" in path else 200 if "auth" in path else 201
    if function != "auth_refresh":
        assert deployed.answer(function, as_bytes)[0] == expected
        assert deployed.answer(function, as_text)[0] in (expected, 200)


@pytest.mark.parametrize(("function", "path"), POSTS)
def test_a_byte_order_mark_changes_nothing_at_any_function(
    function: str, path: str, deployed: Deployed, partner: PartnerSide
) -> None:
    plain = posted(partner, path)
    marked = posted(partner, path, codecs.BOM_UTF8 + base64.b64decode(plain["body"]))
    assert deployed.answer(function, marked)[1].get("code") != "malformed_json"
    assert deployed.answer(function, plain)[0] in (deployed.answer(function, marked)[0], 200)


def test_two_orders_in_another_encoding_are_refused_and_nothing_is_stored(
    deployed: Deployed, partner: PartnerSide
) -> None:
    for street in ("Jalan Café", "Jalan Cafè"):
        document = json.dumps(samples.order_document(address=street, purchase_order_no=None), ensure_ascii=False)
        status, body, _ = deployed.answer(
            "order_intake", posted(partner, "/api/v1/sales-orders", document.encode("iso-8859-1"))
        )
        assert (status, body["code"]) == (400, "malformed_json")
    assert deployed.orders() == []


@pytest.mark.parametrize(("extra", "status"), [(0, 201), (1, 413)])
def test_a_body_is_measured_decoded(extra: int, status: int, deployed: Deployed, partner: PartnerSide) -> None:
    order = json.dumps(samples.order_document()).encode()
    body = order + b" " * (MAX_BODY_BYTES - len(order) + extra)
    assert deployed.answer("order_intake", posted(partner, "/api/v1/sales-orders", body))[0] == status


@pytest.mark.parametrize(("function", "path"), POSTS)
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "identity, gzip", ["identity", "deflate"], ["gzip", "gzip"]])
def test_a_body_that_is_declared_as_compressed_is_refused(
    function: str, path: str, coding: str | list[str], deployed: Deployed, partner: PartnerSide
) -> None:
    event = with_headers(posted(partner, path), content_encoding=coding)
    status, body, _ = deployed.answer(function, event)
    assert (status, body["code"]) == (415, "unsupported_content_encoding")


@pytest.mark.parametrize("coding", ["identity", "Identity", " identity ,IDENTITY", "", ["identity", "identity"]])
def test_a_body_that_is_declared_as_it_is_is_read(
    coding: str | list[str], deployed: Deployed, partner: PartnerSide
) -> None:
    event = with_headers(posted(partner, "/api/v1/sales-orders"), content_encoding=coding)
    assert deployed.answer("order_intake", event)[0] == 201


# --- the path that is signed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["", "/partner", "/a/b", "/api", "/api/v1", "/api/v1/sales-orders", "/%41%20b"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/sales-orders", 201), ("/api/v1/sales-orders/{code}/cancel", 404)]
)
def test_the_signed_path_begins_at_the_apis_own_whatever_base_path_a_domain_has(
    base: str, slash: str, path: str, status: int, deployed: Deployed
) -> None:
    partner = PartnerSide(deployed)
    deployed.add_partner(samples.partner(secret_hash=partner.partner.secret_hash, signature_profile="snap-asym"))
    event = posted(partner, path)
    signed_path = event["path"] + slash
    timestamp = str(int(time.time()))

    def signing(what: str) -> Event:
        message = message_to_sign(
            "snap-asym",
            client_id=samples.CLIENT_ID,
            timestamp=timestamp,
            method="POST",
            path=what,
            body=base64.b64decode(event["body"]),
        )
        signature = base64.b64encode(samples.sign(message)).decode()
        sent = with_headers(event, x_timestamp=timestamp, x_signature=signature)
        return {**sent, "path": base + signed_path}

    function = "order_cancel" if "{code}" in path else "order_intake"
    assert deployed.answer(function, signing(signed_path))[0] == status
    if base:
        assert deployed.answer(function, signing(base + signed_path))[0] == 401


# --- HEAD -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "path"), HEADS)
def test_head_is_answered_as_get_without_a_body(
    function: str, path: str, deployed: Deployed, partner: PartnerSide
) -> None:
    code = deployed.answer("order_intake", partner.order())[1]["data"]["code"]
    for authorized in (True, False):
        for query in ({}, {"unknown": ""}):
            events = [event_for(path, method, code, query) for method in ("GET", "HEAD")]
            events = [
                with_headers(event, authorization=f"Bearer {partner.token}" if authorized else None) for event in events
            ]
            get, head = (deployed.call(function, event) for event in events)
            assert (head["statusCode"], head["body"]) == (get["statusCode"], "")
            assert head["headers"] == {**get["headers"], "Content-Length": str(len(get["body"].encode()))}
            assert head["isBase64Encoded"] is False


def test_head_is_there_exactly_where_get_is() -> None:
    assert [(function, path) for function, method, path in ROUTES if method == "GET"] == HEADS
    assert len(HEADS) >= 6


# --- what is blank ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize(("path", "name"), FILTERS)
def test_every_filter_there_is_is_refused_where_it_is_blank(
    path: str, name: str, blank: str, deployed: Deployed, partner: PartnerSide
) -> None:
    event = partner.signed(event_for(path, "GET", query={name: blank}))
    status, body, _ = deployed.answer("order_read", event)
    assert (status, body["code"]) == (422, "invalid_fields")
    assert [error["pointer"] for error in body["errors"]] == [f"/{name}"]


@pytest.mark.parametrize("sent", ["/api/v1/sales-orders/", "/partner/api/v1/sales-orders/", "/api/v1/sales-orders//"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_blank_code_is_not_the_list_of_all_orders(
    method: str, sent: str, deployed: Deployed, partner: PartnerSide
) -> None:
    """API Gateway takes a slash at the end for none."""
    event: dict[str, Any] = {**partner.signed(event_for("/api/v1/sales-orders", method)), "path": sent}
    assert deployed.call("order_read", event)["statusCode"] == 404


@pytest.mark.parametrize("code", ["", " ", "%20", "\t", "\u200b"])
@pytest.mark.parametrize(
    ("function", "path", "method"),
    [
        ("order_read", "/api/v1/sales-orders/{code}", "GET"),
        ("order_cancel", "/api/v1/sales-orders/{code}/cancel", "POST"),
    ],
)
def test_a_code_of_nothing_is_not_found(
    function: str, path: str, method: str, code: str, deployed: Deployed, partner: PartnerSide
) -> None:
    deployed.answer("order_intake", partner.order())
    event = partner.signed(event_for(path, method, code))
    assert deployed.answer(function, event)[0] == 404
    assert "cancel_requested_at" not in deployed.items("ORDER#")[0]
