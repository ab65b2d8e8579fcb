"""Ngorder refuses what its document forbids, all at once and in the document's own form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orderbridge_sandboxes import ManualClock
from orderbridge_sandboxes.ngorder import NgorderPlatform
from tests.sandboxes.calls import BEARER, NGORDER_ORDER, REMOVE, ask, changed, ngorder, raw

LINE = "products.0."


@pytest.fixture
def platform() -> NgorderPlatform:
    return NgorderPlatform(clock=ManualClock(datetime(2025, 1, 1, 5, tzinfo=UTC)))


def test_an_order_is_answered_with_its_id_and_the_shops_own_number(platform):
    reply = ngorder(platform, "POST", "order", NGORDER_ORDER)
    document = reply.document()
    (held,) = platform.orders
    assert reply.status == 200
    assert set(document) == {"request_id", "response", "message", "data"}
    assert (document["response"], document["message"]) == ("Success", "Order created")
    assert document["data"] == {"order_id": held.id, "po_number": 10_001}
    assert held.reference == "SO-20250101-00001"
    assert held.view["total_amount"] == 35_000


def test_the_same_order_twice_is_two_orders(platform):
    for _ in range(2):
        ngorder(platform, "POST", "order", NGORDER_ORDER)
    assert platform.duplicates()["count"] == 2
    assert platform.duplicates()["distinct"] == 1


def test_only_the_exact_marker_is_a_reference(platform):
    for note in ("SO-20250101-00001", "[so-20250101-00001]", "[SO-20250101-0001]", None, ""):
        assert ngorder(platform, "POST", "order", {**NGORDER_ORDER, "note": note}).status == 200
    assert [held.reference for held in platform.orders] == [None] * 5


def test_the_price_is_the_catalogues_by_the_customers_category(platform):
    platform.shop.customers[6_000_002]["category_code"] = "Y"
    costs = [
        {"name": "a", "category": "DISCOUNT", "type": "PERCENTAGE", "percentage": 10},
        {"name": "b", "category": "INSURANCE", "type": "NOMINAL", "nominal": 2000},
    ]
    order = {**NGORDER_ORDER, "customer_sender_id": 6_000_002, "order_cost": costs}
    order["expedition"] = {"id": 349, "rate": 9000, "name": "SAP", "auto_pickup": False}
    ngorder(platform, "POST", "order", order)
    assert platform.orders[0].view["total_amount"] == 2 * 15_750 - 3150 + 2000 + 9000


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("customer_sender_id", REMOVE, "customer_sender_id"),
        ("customer_sender_id", "6000001", "customer_sender_id"),
        ("customer_receiver_id", 1, "customer_receiver_id"),
        ("supplier_id", REMOVE, "supplier_id"),
        ("supplier_id", 0, "supplier_id"),
        ("order_date", "01/01/2025", "order_date"),
        ("order_date", REMOVE, "order_date"),
        ("order_source_id", 1, "order_source_id"),
        ("note", 1, "note"),
        ("is_print", REMOVE, "is_print"),
        ("is_print", 0, "is_print"),
        ("is_print", "false", "is_print"),
        ("products", REMOVE, "products"),
        ("products", [], "products"),
        (LINE + "id", 3_000_001, LINE + "id"),
        (LINE + "id", "9000001", LINE + "id"),
        (LINE + "id", REMOVE, LINE + "id"),
        (LINE + "qty", 0, LINE + "qty"),
        (LINE + "qty", 2.0, LINE + "qty"),
        (LINE + "product_status", "PO", LINE + "product_status"),
        (LINE + "product_status", "s", LINE + "product_status"),
        (LINE + "warehouse_id", 5, LINE + "warehouse_id"),
        (LINE + "warehouse_id", None, LINE + "warehouse_id"),
        (LINE + "type", "PERCENTAGE", LINE + "percentage"),
        (LINE + "type", "NOMINAL", LINE + "nominal"),
        (LINE + "price", 1, LINE + "price"),
        ("expedition", [], "expedition"),
        ("expedition.id", 5, "expedition.id"),
        ("expedition.rate", "0", "expedition.rate"),
        ("expedition.auto_pickup", REMOVE, "expedition.auto_pickup"),
        ("payment", REMOVE, "payment"),
        ("payment.status", "LUNAS", "payment.status"),
        ("payment.bank_id", 1, "payment.bank_id"),
        ("order_cost", [{"name": "x", "category": "ESCROW", "type": "NOMINAL", "nominal": 1}], "order_cost.0.category"),
        ("send_sms", "false", "send_sms"),
        ("source", REMOVE, "source"),
        ("source", "API", "source"),
        ("reference", "SO-1", "reference"),
    ],
)
def test_a_wrong_field_is_refused_by_its_path_and_nothing_is_kept(platform, path, value, field):
    reply = ngorder(platform, "POST", "order", changed(NGORDER_ORDER, path, value))
    document = reply.document()
    assert reply.status == 400
    assert (document["response"], document["data"]) == ("Failed", None)
    assert list(document["message"]) == [field]
    assert all(isinstance(words, list) for words in document["message"].values())
    assert platform.orders == ()


def test_the_documents_own_error_example_comes_word_for_word(platform):
    reply = ngorder(platform, "POST", "order", changed(NGORDER_ORDER, "products.0.product_status", "R"))
    assert reply.document()["message"] == {
        "payment.cost_of_goods_sales": [
            "The payment.cost of goods sales field is required when products.0.product_status is R."
        ],
        "products.0.product_status": ["The products.0.product_status must be one of the following value : S"],
    }


def test_a_suppliers_product_needs_its_cost(platform):
    line = {"id": platform.shop.by_sku("RESALE-001").id, "qty": 1, "product_status": "R"}
    order = changed(NGORDER_ORDER, "products", [line])
    assert list(ngorder(platform, "POST", "order", order).document()["message"]) == ["payment.cost_of_goods_sales"]
    paid = changed(order, "payment", {"status": "UNPAID", "cost_of_goods_sales": 30_000})
    assert ngorder(platform, "POST", "order", paid).status == 200


def test_a_payment_that_is_made_needs_date_bank_and_amount(platform):
    reply = ngorder(platform, "POST", "order", changed(NGORDER_ORDER, "payment", {"status": "PAID"}))
    assert set(reply.document()["message"]) == {"payment.date", "payment.bank_id", "payment.amount"}


def test_everything_wrong_is_reported_at_once(platform):
    order = changed(changed(changed(NGORDER_ORDER, "supplier_id", 1), "source", REMOVE), "products.0.qty", "2")
    message = ngorder(platform, "POST", "order", order).document()["message"]
    assert set(message) == {"supplier_id", "source", "products.0.qty"}
    assert message["source"] == ["The source field is required"]


def test_a_refusal_may_come_as_200(platform):
    platform.change(failed_status=200)
    reply = ngorder(platform, "POST", "order", {})
    assert (reply.status, reply.document()["response"]) == (200, "Failed")


def test_success_is_said_in_every_case_and_language(platform):
    platform.change(success_word="mixed", success_message="list")
    replies = [ngorder(platform, "POST", "order", NGORDER_ORDER).document() for _ in range(4)]
    assert {reply["response"] for reply in replies} == {"Success", "success", "Sukses", "sukses"}
    assert replies[0]["message"] == ["Order created"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": BEARER["authorization"].replace("Bearer", "Basic")}],
)
def test_a_wrong_key_is_401(platform, headers):
    reply = ask(platform, "POST", "/api/open/order", headers, raw(NGORDER_ORDER))
    assert (reply.status, reply.document()["response"]) == (401, "Failed")
    assert platform.orders == ()


def test_a_changed_key_is_401_until_the_new_one_is_used(platform):
    platform.change(api_key="next year")
    assert ngorder(platform, "POST", "order", NGORDER_ORDER).status == 401


def test_a_client_that_does_not_take_json_is_406(platform):
    headers = {**BEARER, "accept": "text/html"}
    assert ask(platform, "POST", "/api/open/order", headers, raw(NGORDER_ORDER)).status == 406


@pytest.mark.parametrize("body", [b"", b"order", b"[]", b'{"supplier_id": NaN}'])
def test_what_is_no_json_object_is_refused(platform, body):
    assert ngorder(platform, "POST", "order", body).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", "order", 405), ("POST", "", 404), ("POST", "orders", 404)]
)
def test_another_method_or_path_is_refused(platform, method, path, status):
    assert ngorder(platform, method, path, NGORDER_ORDER).status == status
