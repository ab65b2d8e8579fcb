"""An order in Ngorder's form (Ngorder's document, Create Order)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.calls.documents import read_json
from orderbridge.channels.mapping import MissingMappings
from orderbridge.channels.outcomes import Accepted, Rejected, Unknown
from orderbridge.channels.site_keys import any_site
from orderbridge.http.transport import Reply
from orderbridge.platforms.ngorder import DEFINITION, mapper
from orderbridge.platforms.values import InvalidValue
from tests.unit.platforms.examples import ADDRESS, BASE_URLS, CODE, mappings, missing, order

SETTINGS = DEFINITION.read_settings({"base_url": BASE_URLS["ngorder"], "supplier_id": 7, "warehouse_id": 0})
WITHOUT_SUPPLIER = SETTINGS.model_copy(update={"supplier_id": None})
ROWS: dict[str, Any] = {
    "product:PROD-1": {"variation_id": 9001, "product_status": "S"},
    "product:PROD-2": {"variation_id": 9002, "product_status": "S"},
    "customer:CUST-1": 6001,
}
PLACE = {"name": "Artia", "phone": "081234567890", "district_id": 3627, "address": "Jl. Braga 1"}
FROM_SUPPLIER = {"variation_id": 9003, "product_status": "R"}


def sent(rows: dict[str, Any] | None = None, settings: Any = SETTINGS, **fields: Any) -> dict[str, Any]:
    wanted = order((("PROD-1", 10), ("PROD-2", 3)), **fields)
    document = read_json(mapper.to_request(wanted, settings, mappings({**ROWS, **(rows or {})})).body)
    assert isinstance(document, dict)
    return document


def missing_of(rows: dict[str, Any], settings: Any = SETTINGS) -> list[str]:
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order((("PROD-1", 10), ("PROD-2", 3))), settings, mappings(rows))
    return missing(parked.value.keys)


def reply(document: Any, status: int = 200) -> Reply:
    return Reply(status, {}, document if isinstance(document, bytes) else json.dumps(document).encode())


def test_the_whole_request() -> None:
    request = mapper.to_request(order(), SETTINGS, mappings(ROWS))
    assert (request.method, request.path) == ("POST", "/api/open/order")
    assert json.loads(request.body) == {
        "customer_sender_id": 6001,
        "customer_receiver_id": 6001,
        "supplier_id": 7,
        "order_date": "2025-01-01",
        "note": f"[{CODE}] | PO: PO-77 | site: SITE-1 | sales: John Doe | {ADDRESS}",
        "is_print": False,
        "products": [{"id": 9001, "qty": 10, "product_status": "S", "warehouse_id": 0}],
        "expedition": {"id": 98, "rate": 0, "name": "Ambil di Toko", "auto_pickup": False},
        "payment": {"status": "UNPAID"},
        "send_sms": False,
        "source": "WEB",
    }


def test_the_mark_is_first_and_only_ours_is_a_mark() -> None:
    note = sent(address="[SO-20250101-00002]\n[SO-20250101-00003]", sales_name="[SO-20250101-00004]")["note"]
    assert note.startswith(f"[{CODE}] ")
    assert note.count("[") == 1
    assert "\n" not in note


@pytest.mark.parametrize(
    ("site", "settings", "expected"),
    [
        (None, SETTINGS, (7, 0)),
        (None, SETTINGS.model_copy(update={"warehouse_id": None}), (7, None)),
        ({"supplier_id": 8, "warehouse_id": 26}, SETTINGS, (8, 26)),
        ({"supplier_id": 8, "warehouse_id": 0}, WITHOUT_SUPPLIER, (8, 0)),
        ({"supplier_id": 8}, SETTINGS, (8, None)),
        ({"supplier_id": 0}, SETTINGS, (0, None)),
        ({"warehouse_id": 26}, SETTINGS, (7, 26)),
        ({"warehouse_id": 0}, SETTINGS.model_copy(update={"warehouse_id": 5}), (7, 0)),
        (8, SETTINGS, (8, None)),
    ],
)
def test_goods_come_from_the_sites_supplier_and_warehouse_0_is_one(
    site: Any, settings: Any, expected: tuple[int, int | None]
) -> None:
    document = sent({} if site is None else {"site:SITE-1": site}, settings)
    assert (document["supplier_id"], document["products"][0].get("warehouse_id")) == expected


def test_an_account_may_ask_for_bank_source_and_courier() -> None:
    settings = DEFINITION.read_settings(
        {
            "base_url": BASE_URLS["ngorder"], "supplier_id": 7, "bank_id": 847, "order_source_id": 0,
            "expedition": {"id": 349, "rate": 9000, "name": "JNE REG"},
        }
    )  # fmt: skip
    document = sent(settings=settings)
    assert document["payment"] == {"status": "UNPAID", "date": "2025-01-01", "bank_id": 847}
    assert document["order_source_id"] == 0
    assert document["expedition"] == {"id": 349, "rate": 9000, "name": "JNE REG", "auto_pickup": False}


def test_everything_that_is_missing_is_reported_at_once() -> None:
    assert missing_of({}, WITHOUT_SUPPLIER) == ["product:PROD-1", "product:PROD-2", "customer:CUST-1", "site:SITE-1"]


@pytest.mark.parametrize(
    ("rows", "sender", "receiver"),
    [
        ({"customer:CUST-1": 6001}, 6001, 6001),
        ({"customer:CUST-1": 6001, "customer:CUST-1@SITE-1": 6002}, 6001, 6002),
        ({"customer:CUST-1": 0, "customer:CUST-1@SITE-1": 6002}, 0, 6002),
        ({"customer:CUST-1": 6001, "customer:CUST-1@SITE-1": 0}, 6001, 0),
        ({"customer:CUST-1@SITE-1": 6002}, 6002, 6002),
        ({"customer:CUST-1@SITE-2": 6003, "customer:CUST-1": 6001}, 6001, 6001),
    ],
)
def test_a_site_that_has_a_customer_of_its_own_is_the_receiver(
    rows: dict[str, Any], sender: int, receiver: int
) -> None:
    products = {key: value for key, value in ROWS.items() if key.startswith("product")}
    wanted = order((("PROD-1", 10), ("PROD-2", 3)))
    document = read_json(mapper.to_request(wanted, SETTINGS, mappings({**products, **rows})).body)
    assert (document["customer_sender_id"], document["customer_receiver_id"]) == (sender, receiver)


def test_an_address_of_the_site_wants_a_receiver_there_whoever_the_customer_is() -> None:
    assert missing_of({**ROWS, "address:CUST-1@SITE-1": PLACE}) == ["customer:CUST-1@SITE-1"]


def test_a_customer_that_is_known_by_other_sites_alone_is_missing_at_this_one() -> None:
    rows = {key: value for key, value in ROWS.items() if key.startswith("product")}
    some_site = {any_site("customer", "CUST-1"): True}
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order((("PROD-1", 1),)), SETTINGS, {**mappings(rows), **some_site})
    assert missing(parked.value.keys) == ["customer:CUST-1@SITE-1"]


def test_where_customers_are_created_what_is_missing_names_the_address() -> None:
    rows = {key: value for key, value in ROWS.items() if key.startswith("product")}
    creating = SETTINGS.model_copy(update={"create_customers": True})
    assert missing_of(rows, creating) == ["customer:CUST-1", "address:CUST-1"]
    assert missing_of({**rows, "address:CUST-1": PLACE}, creating) == ["customer:CUST-1"]
    assert missing_of({**rows, "address:CUST-1@SITE-1": PLACE}, creating) == ["customer:CUST-1@SITE-1"]
    assert missing_of(rows) == ["customer:CUST-1"]
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order(), creating, mappings(rows))
    assert parked.value.reason == "address:CUST-1 is needed to create the customer"


def test_products_of_a_supplier_need_their_cost() -> None:
    rows = {**ROWS, "product:PROD-1": FROM_SUPPLIER, "product:PROD-2": FROM_SUPPLIER}
    assert missing_of(rows) == ["cost:PROD-1", "cost:PROD-2"]
    costs = {"cost:PROD-1": Decimal("1000.05"), "cost:PROD-2": {"cost": 500}}
    assert sent({**rows, **costs})["payment"] == {"status": "UNPAID", "cost_of_goods_sales": 11501}


def test_a_cost_of_nothing_is_a_cost() -> None:
    rows = {"product:PROD-1": FROM_SUPPLIER, "product:PROD-2": FROM_SUPPLIER, "cost:PROD-1": 0, "cost:PROD-2": 0}
    assert sent(rows)["payment"]["cost_of_goods_sales"] == 0


def test_one_order_cannot_mix_statuses_so_the_others_wait_for_another_variant() -> None:
    rows = {**ROWS, "product:PROD-2": {"variation_id": 9009, "product_status": "PO"}}
    assert missing_of(rows) == ["product:PROD-2"]
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order((("PROD-1", 10), ("PROD-2", 3))), SETTINGS, mappings(rows))
    assert parked.value.reason == "product:PROD-2 is of product_status PO, the first line of S; an order is of one"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("product", 9001, "product_status: Field required"),
        ("product", {"variation_id": 1, "product_status": "X"}, "product_status"),
        ("product", {"product_id": 1, "product_status": "S"}, "variation_id: Field required"),
        ("site", {}, "needs supplier_id, warehouse_id or both"),
        ("cost", -1, "cost"),
        ("price", 5, "takes no price mappings"),
        ("address", {"name": "Artia"}, "phone: Field required; district_id: Field required"),
    ],
)
def test_a_bad_mapping_row_is_refused_in_words(kind: Any, value: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        DEFINITION.read_mapping(kind, value, SETTINGS)


@pytest.mark.parametrize(
    "document",
    [
        {
            "request_id": "x",
            "response": "Success",
            "message": "Order created",
            "data": {"order_id": 123, "po_number": 10},
        },
        {"response": "sukses", "message": ["Order created"], "data": {"order_id": "123"}},
        {"response": "SUKSES", "data": {"order_id": " 123 "}},
        {"response": "Success", "data": {"order_id ": 123}},
    ],
)
def test_a_created_order_tells_its_id(document: Any) -> None:
    assert mapper.read_reply(reply(document)) == Accepted("123")


@pytest.mark.parametrize(
    "document",
    [
        {"response": "Success", "data": {"order_id": 0}},
        {"response": "Success", "data": {"order_id": -3}},
        {"response": "Success", "data": {}},
        {"data": {"order_id": 123}},
        {"response": "Queued", "data": {"order_id": 123}},
        {"response": "Failed", "data": {"order_id": 123}},
        {"response": "Failed", "message": "Token expired", "data": None},
        {"response": "Failed", "message": "Server is busy, try again later", "data": None},
        {"response": "Failed", "message": "Order already exists", "data": None},
        {"error": "no"},
        {"response": "error", "data": None},
        {"response": False, "data": {"order_id": 0}},
    ],
)
def test_what_is_neither_the_documented_success_nor_its_failure_proves_nothing(document: Any) -> None:
    assert isinstance(mapper.read_reply(reply(document)), Unknown)


@pytest.mark.parametrize("word", ["Failed", "failed", "Gagal", "ERROR"])
def test_a_failure_inside_a_200_is_a_rejection_that_names_the_fields(word: str) -> None:
    document = {"response": word, "message": {"products.0.product_status": ["must be one of: S"]}, "data": None}
    assert mapper.read_reply(reply(document)) == Rejected("products.0.product_status: must be one of: S")


@pytest.mark.parametrize(
    "document",
    [
        b"", b"<html>", b"123", b"null", {}, {"response": "Success"}, {"response": "Success", "data": None},
        {"response": "Success", "data": {"po_number": 10}}, {"response": "Success", "data": {"order_id": None}},
        {"response": "Success", "data": {"order_id": "x"}}, {"response": "Success", "data": [1]},
        {"response": "Failed", "data": {"order_id": 5}},
    ],
)  # fmt: skip
def test_anything_else_says_nothing(document: Any) -> None:
    assert isinstance(mapper.read_reply(reply(document)), Unknown)


def test_what_is_personal_in_a_request_is_known() -> None:
    texts = mapper.personal_texts(mapper.to_request(order(), SETTINGS, mappings(ROWS)))
    assert {"John Doe", ADDRESS} <= set(texts)
    assert "PO: PO-77" not in texts


def test_the_dates_are_those_of_the_accounts_zone() -> None:
    honolulu = SETTINGS.model_copy(update={"timezone": "Pacific/Honolulu", "bank_id": 4})
    document = sent(settings=honolulu)
    assert (document["order_date"], document["payment"]["date"]) == ("2024-12-31", "2024-12-31")
