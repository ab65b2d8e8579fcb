"""SalesMania refuses what its document forbids, and doubles what is sent twice."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orderbridge_sandboxes import ManualClock
from orderbridge_sandboxes.salesmania import SalesmaniaPlatform
from tests.sandboxes.calls import REMOVE, SALESMANIA_ORDER, ask, changed, raw, salesmania, salesmania_tokens

ORDERS = "/extapi/v1.0/orders"


@pytest.fixture
def platform() -> SalesmaniaPlatform:
    return SalesmaniaPlatform(clock=ManualClock(datetime(2025, 1, 1, tzinfo=UTC)))


def test_an_order_is_answered_with_an_empty_object_and_creates_a_visit(platform):
    reply = salesmania(platform, "POST", ORDERS, SALESMANIA_ORDER)
    assert (reply.status, reply.body) == (200, b"{}")
    (held,) = platform.orders
    assert held.reference == "SO-20250101-00001"
    assert held.body["ordered_products"][1]["qty"] == Decimal("1.5")
    visits = salesmania(platform, "GET", "/extapi/v1.1/visits").document()["data"]
    assert [(visit["order_id"], visit["customer_id"]) for visit in visits] == [(held.id, 70_001)]


def test_the_same_order_twice_is_two_orders(platform):
    for _ in range(2):
        salesmania(platform, "POST", ORDERS, SALESMANIA_ORDER)
    ids = [held.id for held in platform.orders]
    duplicate = {"reference": "SO-20250101-00001", "ids": ids}
    assert platform.duplicates() == {"count": 2, "distinct": 1, "duplicates": [duplicate]}


def test_percents_cascade(platform):
    line = {"product_id": 500_001, "qty": 1, "unit": "PCS", "price": 100, "item_disc_percent": "55.05+3"}
    salesmania(platform, "POST", ORDERS, changed(SALESMANIA_ORDER, "ordered_products", [line]))
    assert platform.orders[0].view["total"] == Decimal("43.6015")


LINE = "ordered_products.0."


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("date", REMOVE, "date"),
        ("date", "01-01-2025", "date"),
        ("date", "2025-02-30", "date"),
        ("date", 20250101, "date"),
        ("customer_id", REMOVE, "customer_id"),
        ("customer_id", "70001", "customer_id"),
        ("customer_id", 70001.0, "customer_id"),
        ("customer_id", True, "customer_id"),
        ("customer_id", 99, "customer_id"),
        ("customer_id", None, "customer_id"),
        ("team_id", 1, "team_id"),
        ("team_id", None, "team_id"),
        ("description", 5, "description"),
        ("ordered_products", REMOVE, "ordered_products"),
        ("ordered_products", [], "ordered_products"),
        ("ordered_products", {}, "ordered_products"),
        ("ordered_products.0", "PROD-001", "ordered_products.0"),
        (LINE + "product_id", 9, LINE + "product_id"),
        (LINE + "product_id", "500001", LINE + "product_id"),
        (LINE + "qty", "2", LINE + "qty"),
        (LINE + "qty", 0, LINE + "qty"),
        (LINE + "qty", -1, LINE + "qty"),
        (LINE + "qty", True, LINE + "qty"),
        (LINE + "unit", REMOVE, LINE + "unit"),
        (LINE + "unit", "KARUNG", LINE + "unit"),
        (LINE + "unit", "pcs", LINE + "unit"),
        (LINE + "price", REMOVE, LINE + "price"),
        (LINE + "price", "17500", LINE + "price"),
        (LINE + "price", -1, LINE + "price"),
        (LINE + "item_disc_percent", 5, LINE + "item_disc_percent"),
        (LINE + "item_disc_percent", "5 + 3", LINE + "item_disc_percent"),
        (LINE + "item_disc_percent", "101", LINE + "item_disc_percent"),
        (LINE + "item_disc_percent", "5,5", LINE + "item_disc_percent"),
        ("ordered_products.1.item_disc_amount", 0, "ordered_products.1.item_disc_percent"),
        (LINE + "ext_order_line_id", "1", LINE + "ext_order_line_id"),
        (LINE + "sku", "PROD-001", LINE + "sku"),
        ("disc_percent", "", "disc_percent"),
        ("total_paid", "0", "total_paid"),
        ("status", "baru", "status"),
        ("status", "Selesai", "status"),
        ("visit_status", "Kunjungan", "visit_status"),
        ("ext_order_no", 1, "ext_order_no"),
        ("purchase_order_no", "PO-1", "purchase_order_no"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name_and_nothing_is_kept(platform, path, value, field):
    reply = salesmania(platform, "POST", ORDERS, changed(SALESMANIA_ORDER, path, value))
    assert reply.status == 400
    assert list(reply.document()["errors"]) == [field]
    assert platform.orders == ()


def test_both_discounts_of_a_pair_are_refused(platform):
    both = changed(changed(SALESMANIA_ORDER, "disc_percent", "5"), "disc_amount", 0)
    assert list(salesmania(platform, "POST", ORDERS, both).document()["errors"]) == ["disc_percent"]


def test_every_problem_is_reported_at_once(platform):
    wrong = changed(changed(changed(SALESMANIA_ORDER, "date", "x"), "customer_id", 1), LINE + "unit", "X")
    assert set(salesmania(platform, "POST", ORDERS, wrong).document()["errors"]) == {
        "date",
        "customer_id",
        LINE + "unit",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"x"',
        b'{"date": NaN}',
        b'{"date": Infinity}',
        b'{"a":1,"a":1}',
        b"\xff\xfe",
        b"[" * 10**5,
    ],
)
def test_what_is_no_json_object_is_refused(platform, body):
    assert salesmania(platform, "POST", ORDERS, body).status == 400
    assert platform.orders == ()


def test_bearer_and_team_token_are_both_needed(platform):
    bearer, team = salesmania_tokens(platform)
    good = {"authorization": f"Bearer {bearer}"}
    body = raw(SALESMANIA_ORDER)
    refused = [
        ask(platform, "POST", f"{ORDERS}?team_token={team}", {}, body),
        ask(platform, "POST", f"{ORDERS}?team_token={team}", {"authorization": f"Bearer {team}"}, body),
        ask(platform, "POST", f"{ORDERS}?team_token={team}", {"authorization": f"Basic {bearer}"}, body),
        ask(platform, "POST", ORDERS, good, body),
        ask(platform, "POST", f"{ORDERS}?team_token={bearer}", good, body),
        ask(platform, "POST", f"{ORDERS}?team_token={team}x", good, body),
    ]
    assert [reply.status for reply in refused] == [401] * 6
    assert ask(platform, "POST", f"{ORDERS}?team_token={team}", good, body).status == 200


@pytest.mark.parametrize("pair", [b"sandbox-user:wrong", b"sandbox-user", b"", b"x:sandbox-password-not-a-secret"])
def test_a_wrong_login_gets_no_bearer(platform, pair):
    header = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
    assert ask(platform, "GET", "/extapi/v1.0/token", header).status == 401


def test_tokens_expire_by_time_and_by_order(platform):
    bearer, team = salesmania_tokens(platform)
    header = {"authorization": f"Bearer {bearer}"}
    teams = f"/extapi/v1.0/teams?team_token={team}"
    platform.clock.advance(3599)
    assert ask(platform, "GET", teams, header).status == 200
    platform.clock.advance(1)
    assert ask(platform, "GET", teams, header).status == 401
    bearer, team = salesmania_tokens(platform)
    platform.expire_tokens()
    assert ask(platform, "GET", "/extapi/v1.0/databases", {"authorization": f"Bearer {bearer}"}).status == 401


def test_another_databases_token_knows_none_of_our_ids(platform):
    bearer, _ = salesmania_tokens(platform)
    header = {"authorization": f"Bearer {bearer}"}
    token = ask(platform, "GET", "/extapi/v1.0/team_token?database_id=2982", header).document()["token"]
    reply = ask(platform, "POST", f"{ORDERS}?team_token={token}", header, raw(SALESMANIA_ORDER))
    assert reply.status == 400
    assert "customer_id" in reply.document()["errors"]


def test_the_answers_that_the_document_leaves_open_vary_by_setting(platform):
    platform.change(token_field="data.token", list_shape="named")
    pair = base64.b64encode(b"sandbox-user:sandbox-password-not-a-secret").decode()
    token = ask(platform, "GET", "/extapi/v1.0/token", {"authorization": f"Basic {pair}"}).document()["data"]["token"]
    header = {"authorization": f"Bearer {token}"}
    assert [row["id"] for row in ask(platform, "GET", "/extapi/v1.0/databases", header).document()["databases"]] == [
        2981,
        2982,
    ]
    platform.change(list_shape="array")
    assert isinstance(ask(platform, "GET", "/extapi/v1.0/databases", header).document(), list)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", ORDERS, 405), ("PUT", ORDERS, 405), ("POST", "/extapi/v1.0/order", 404), ("POST", "/v1/order", 404)],
)
def test_another_method_or_path_is_refused(platform, method, path, status):
    assert salesmania(platform, method, path, SALESMANIA_ORDER).status == status


def test_an_order_is_read_by_id_and_takes_a_status_name_and_nothing_else(platform):
    salesmania(platform, "POST", ORDERS, SALESMANIA_ORDER)
    (held,) = platform.orders
    assert salesmania(platform, "PATCH", f"{ORDERS}/{held.id}", {"status": "Batal"}).status == 400
    assert salesmania(platform, "PATCH", f"{ORDERS}/{held.id}", {"ext_order_status_name": "SHIPPED"}).body == b"{}"
    platform.set_status("SO-20250101-00001", "Terkirim")
    seen = salesmania(platform, "GET", f"{ORDERS}/{held.id}").document()
    assert (seen["status"], seen["ext_order_status_name"], seen["id"]) == ("Terkirim", "SHIPPED", held.id)
    assert salesmania(platform, "GET", f"{ORDERS}/1").status == 404


def test_stock_is_read_and_written_absolutely(platform):
    platform.set_stock("PROD-002", " 20 ")
    products = {row["sku"]: row for row in salesmania(platform, "GET", "/extapi/v1.0/products").document()["data"]}
    assert products["PROD-002"]["qty_on_hand"] == " 20 "
    path = f"/extapi/v1.0/products/{products['PROD-002']['id']}"
    assert salesmania(platform, "PATCH", path, {"qty_on_hand": "20"}).status == 400
    assert salesmania(platform, "PATCH", path, {"qty_on_hand": 7}).status == 200
    assert platform.stock()["PROD-002"] == 7


def test_lists_come_in_pages_only_where_they_are_asked_for(platform):
    platform.extend(products=25)
    path = "/extapi/v1.0/products"
    assert len(salesmania(platform, "GET", path).document()["data"]) == 25
    assert len(salesmania(platform, "GET", f"{path}?page=3&per_page=10").document()["data"]) == 5


def test_customers_and_products_are_created_updated_and_deleted(platform):
    assert salesmania(platform, "POST", "/extapi/v1.0/customers", {"name": "B", "nama": "B"}).status == 400
    made = salesmania(platform, "POST", "/extapi/v1.0/customers", {"name": "B", "ext_cust_no": "CUST-9"}).document()
    path = f"/extapi/v1.0/customers/{made['id']}"
    assert salesmania(platform, "PATCH", path, {"city": "Bogor"}).status == 200
    assert salesmania(platform, "GET", path).document()["city"] == "Bogor"
    assert salesmania(platform, "DELETE", path).status == 200
    assert salesmania(platform, "GET", path).status == 404
    goods = {"name": "P", "qty_on_hand": 1, "product_units": [{"name": "BOX", "price": 1, "ratio": 12}]}
    assert salesmania(platform, "POST", "/extapi/v1.0/products", goods).status == 400
    goods["product_units"].append({"name": "PCS", "price": 1, "ratio": 1})
    assert salesmania(platform, "POST", "/extapi/v1.0/products", goods).status == 200
