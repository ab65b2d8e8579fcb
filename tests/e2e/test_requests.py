"""Requests as they come over the wire: bytes that are no text, HEAD, and what is blank."""

from __future__ import annotations

import codecs
import gzip
import json

import httpx
import pytest

from tests.e2e.actors import Partner, sales_order

pytestmark = pytest.mark.e2e

PATHS = ("sales-orders", "sales-orders/{code}", "stocks", "health", "openapi.json", "docs")


def post(partner: Partner, body: bytes, **headers: str) -> httpx.Response:
    sent = {**partner.signed_headers(), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return partner.http.post(f"{partner.api_url}/api/v1/sales-orders", content=body, headers=sent)


def listed(partner: Partner) -> int:
    headers = {"Authorization": partner.signed_headers()["Authorization"]}
    return len(partner.http.get(f"{partner.api_url}/api/v1/sales-orders", headers=headers).json()["data"])


def test_orders_that_differ_in_bytes_that_are_no_utf_8_are_refused_and_none_is_stored(partner: Partner) -> None:
    for street in ("Jalan Café", "Jalan Cafè"):
        order = json.dumps(sales_order(address=street), ensure_ascii=False)
        answer = post(partner, order.encode("iso-8859-1"))
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
        assert post(partner, order.encode("utf-16")).status_code == 400
    assert listed(partner) == 0


def test_a_byte_order_mark_is_accepted_and_a_compressed_body_is_not(partner: Partner) -> None:
    order = json.dumps(sales_order("PO-BYTES", address="Jalan Café"), ensure_ascii=False).encode()
    answer = post(partner, codecs.BOM_UTF8 + order)
    assert answer.status_code == 201, answer.text
    assert post(partner, order, content_encoding="identity").status_code == 200
    refused = post(partner, gzip.compress(order), content_encoding="gzip")
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_content_encoding")


@pytest.mark.parametrize("path", PATHS)
def test_head_is_answered_as_get_without_a_body(path: str, partner: Partner) -> None:
    url = f"{partner.api_url}/api/v1/{path.format(code=partner.place('PO-HEAD') if '{' in path else '')}"
    headers = {"Authorization": partner.signed_headers()["Authorization"]}
    get, head = (partner.http.request(method, url, headers=headers) for method in ("GET", "HEAD"))
    assert (get.status_code, head.status_code, head.content) == (200, 200, b"")
    assert set(head.headers) == set(get.headers)
    # A list may have grown between the two.
    same = ["content-type", "cache-control", "content-security-policy"]
    same += ["content-length"] if path in ("openapi.json", "docs") else []
    assert [head.headers.get(name) for name in same] == [get.headers.get(name) for name in same]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("sales-orders?purchase_order_no=", 422), ("sales-orders?status", 422), ("stocks?product_code=%20", 422),
        ("sales-orders/", 404), ("sales-orders/%20", 404), ("sales-orders//", 404),
    ],
)  # fmt: skip
def test_what_is_blank_is_never_everything(asked: str, status: int, partner: Partner) -> None:
    headers = {"Authorization": partner.signed_headers()["Authorization"]}
    answer = partner.http.get(f"{partner.api_url}/api/v1/{asked}", headers=headers)
    assert answer.status_code == status, answer.text
