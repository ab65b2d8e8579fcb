"""SIRCLO refuses what its documents forbid, in both revisions, and keeps an order_id once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orderbridge_sandboxes import ManualClock
from orderbridge_sandboxes.sirclo import SircloPlatform
from orderbridge_sandboxes.sirclo.signing import mac
from tests.sandboxes.calls import (
    KEYS,
    REMOVE,
    SIRCLO,
    SIRCLO_LATER_ORDER,
    SIRCLO_ORDER,
    ask,
    changed,
    raw,
    signed,
    signed_later,
    sirclo,
    sirclo_keyed,
    sirclo_later,
)

LINE = "line_items.0."
ALREADY = "existing order with remote order id: SO-20250101-00001 already exists"
WINDOW = "since=2024-12-31T00:00:00Z&until=2025-01-02T00:00:00Z"


@pytest.fixture
def platform() -> SircloPlatform:
    return SircloPlatform(clock=ManualClock(datetime(2025, 1, 1, 5, tzinfo=UTC)))


def test_an_order_is_answered_whole_with_an_id_and_sums(platform):
    reply = sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    data = reply.document()["data"]
    assert reply.status == 200
    assert (data["order_id"], data["currency_code"], data["subtotal"], data["total"]) == (
        "SO-20250101-00001",
        "IDR",
        35_000,
        35_000,
    )
    assert data["createdAt"] == "2025-01-01 05:00:00.000000"
    assert platform.orders[0].id == data["id"]
    assert platform.orders[0].raw_body == raw(SIRCLO_ORDER)


def test_a_known_order_id_is_refused(platform):
    sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    reply = sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    assert (reply.status, reply.document()["message"]) == (400, ALREADY)
    assert len(platform.orders) == 1


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("order_id", REMOVE, "order_id"),
        ("order_id", "", "order_id"),
        ("order_id", 1, "order_id"),
        ("order_date", REMOVE, "order_date"),
        ("order_date", "2025-01-01", "order_date"),
        ("order_date", "2025-01-01T00:00:00", "order_date"),
        ("order_date", "2025-13-01T00:00:00Z", "order_date"),
        ("order_date", "2006-01-02T15:04:05Z07:00", "order_date"),
        ("customer_reference", None, "customer_reference"),
        ("shipment_reference", REMOVE, "shipment_reference"),
        ("status", "Pending", "status"),
        ("status", "cancelled", "status"),
        ("delivery_name", 1, "delivery_name"),
        ("delivery_suburb", "Cengkareng", "delivery_suburb"),
        ("payment_method", "COD", "payment_method"),
        ("shipping_total", "0", "shipping_total"),
        ("line_items", REMOVE, "line_items"),
        ("line_items", [], "line_items"),
        (LINE + "id", REMOVE, LINE + "id"),
        (LINE + "id", "200001", LINE + "id"),
        (LINE + "id", 200_002, LINE + "id"),
        (LINE + "sku", REMOVE, LINE + "sku"),
        (LINE + "sku", "PROD-999", LINE + "sku"),
        (LINE + "name", "", LINE + "name"),
        (LINE + "quantity", 1.5, LINE + "quantity"),
        (LINE + "quantity", 0, LINE + "quantity"),
        (LINE + "quantity", "2", LINE + "quantity"),
        (LINE + "unit_price", "17500", LINE + "unit_price"),
        (LINE + "quantity", 10**16, LINE + "quantity"),
        (LINE + "raw_price", 17_501, LINE + "raw_price"),
        (LINE + "discount", REMOVE, LINE + "discount"),
        (LINE + "discount", 500, LINE + "discount"),
        (LINE + "order_item_id", "1", LINE + "order_item_id"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(platform, path, value, field):
    reply = sirclo(platform, "POST", "/v1/order", changed(SIRCLO_ORDER, path, value))
    assert reply.status == 400
    assert f"{field} " in reply.document()["message"]
    assert set(reply.document()) == {"data", "message", "reference"}
    assert platform.orders == ()


def test_unit_price_is_required_and_raw_price_is_not(platform):
    without = changed(SIRCLO_ORDER, LINE + "unit_price", REMOVE)
    assert (
        "line_items.0.unit_price field is required"
        in sirclo(platform, "POST", "/v1/order", without).document()["message"]
    )
    alone = changed(changed(SIRCLO_ORDER, LINE + "raw_price", REMOVE), LINE + "discount", 500)
    assert sirclo(platform, "POST", "/v1/order", alone).status == 200


def test_a_number_beyond_reason_is_refused(platform):
    body = raw(SIRCLO_ORDER).replace(b'"shipment_reference"', b'"shipping_total": 1e999999, "shipment_reference"')
    assert "shipping_total is out of range" in sirclo(platform, "POST", "/v1/order", body).document()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"order_id": NaN}', b'{"order_id":"a","order_id":"b"}'])
def test_what_is_no_json_object_is_refused(platform, body):
    assert sirclo(platform, "POST", "/v1/order", body).status == 400


def test_the_mac_covers_every_byte_on_the_wire(platform):
    body = raw(SIRCLO_ORDER)
    good = signed("/v1/order", body)
    wrong = [
        {},
        {**good, "partner_id": "OTHER"},
        {**good, "mac": good["mac"][:-2] + "A="},
        signed("/v1/order", body + b" "),
        signed("v1/order", body),
        {"partner_id": SIRCLO["partner_id"], "mac": mac("another secret", "/v1/order", body)},
        signed_later("/v1/order", body),
        KEYS,
    ]
    assert [ask(platform, "POST", "/v1/order", headers, body).status for headers in wrong] == [401] * len(wrong)
    assert platform.orders == ()
    assert ask(platform, "POST", "/v1/order", good, body).status == 200


def test_the_mac_of_a_list_covers_its_query(platform):
    target = f"/v1/partner/page/1?{WINDOW}&perpage=10"
    assert ask(platform, "GET", target, signed(target.replace("perpage=10", "perpage=9"))).status == 401
    encoded = target.replace(":", "%3A")
    assert ask(platform, "GET", encoded, signed(encoded)).status == 200
    assert ask(platform, "GET", encoded, signed(target)).status == 401


def test_orders_are_found_by_their_date_and_called_order_number(platform):
    for number, day in ((1, "2024-12-30"), (2, "2025-01-01"), (3, "2025-01-01"), (4, "2025-01-03")):
        order = {**SIRCLO_ORDER, "order_id": f"SO-{number}", "order_date": f"{day}T10:00:00+07:00"}
        assert sirclo(platform, "POST", "/v1/order", order).status == 200
    first = sirclo(platform, "GET", f"/v1/partner/page/1?{WINDOW}&perpage=1").document()
    second = sirclo(platform, "GET", f"/v1/partner/page/2?{WINDOW}&perpage=1").document()
    third = sirclo(platform, "GET", f"/v1/partner/page/3?{WINDOW}&perpage=1").document()
    assert [page["data"][0]["order_number"] for page in (first, second)] == ["SO-2", "SO-3"]
    assert (first["total_record"], third["data"]) == (2, [])
    assert "order_id" not in first["data"][0]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/partner/page/1?perpage=10",
        "/v1/partner/page/1?since=2025-01-01&until=2025-01-02&perpage=10",
        "/v1/partner/page/1?since=2025-01-01T00:00:00+07:00&until=2025-01-02T00:00:00+07:00&perpage=10",
        f"/v1/partner/page/1?{WINDOW}",
        f"/v1/partner/page/1?{WINDOW}&perpage=101",
        f"/v1/partner/page/0?{WINDOW}&perpage=10",
        f"/v1/partner/page/x?{WINDOW}&perpage=10",
    ],
)
def test_a_window_needs_real_timestamps_and_a_page_of_at_most_100(platform, target):
    assert sirclo(platform, "GET", target).status == 400


def test_the_list_may_call_our_id_order_id_as_it_soon_did(platform):
    platform.change(order_key="order_id")
    sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    (row,) = sirclo(platform, "GET", f"/v1/partner/page/1?{WINDOW}&perpage=10").document()["data"]
    assert (row["order_id"], "order_number" in row) == ("SO-20250101-00001", False)


def test_a_new_order_is_late_in_the_list(platform):
    platform.change(lookup_lag_seconds=30)
    sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    target = f"/v1/partner/page/1?{WINDOW}&perpage=10"
    assert sirclo(platform, "GET", target).document()["data"] == []
    platform.clock.advance(30)
    assert len(sirclo(platform, "GET", target).document()["data"]) == 1


def test_updates_succeed_and_fail_one_by_one(platform):
    ids = {}
    for number in range(1, 5):
        reply = sirclo(platform, "POST", "/v1/order", {**SIRCLO_ORDER, "order_id": f"SO-{number}"})
        ids[number] = reply.document()["data"]["id"]
    platform.set_status("SO-2", "accepted")
    moment = "2019-05-27 06:05:11.979185"

    def item(number, **more):
        return {"id": ids[number], "order_number": f"SO-{number}", "updated_at": moment, **more}

    body = {
        "accepted": [item(1), {**item(3), "order_number": "SO-4"}],
        "packed": [item(2, airwaybill_number="AWB1"), item(4, airwaybill_number="AWB2")],
        "cancelled": [item(4, cancel_reason=""), {"id": 1, "order_number": "x", "updated_at": moment}],
    }
    reply = sirclo_keyed(platform, "PATCH", "/v1/order", body)
    data = reply.document()["data"]
    assert reply.status == 200
    assert [(entry["id"], entry["order_status"]) for entry in data["succeed"]] == [
        (ids[1], "accepted"),
        (ids[2], "packed"),
        (ids[4], "canceled"),
    ]
    assert [entry["id"] for entry in data["failed"]] == [ids[3], ids[4], 1]
    assert platform.find_order("SO-2").awb_number == "AWB1"


def test_updates_and_stock_take_key_and_secret_and_no_mac(platform):
    body = raw({"accepted": []})
    assert ask(platform, "PATCH", "/v1/order", signed("/v1/order", body), body).status == 401
    assert ask(platform, "PATCH", "/v1/order", {**KEYS, "api_secret": "x"}, body).status == 401
    assert ask(platform, "PATCH", "/v1/order", KEYS, body).status == 200


@pytest.mark.parametrize(
    ("value", "served"), [(20, "20"), ("20", "20"), (" 20 ", " 20 "), (None, None), ("", ""), ("abc", "abc")]
)
def test_stock_is_served_as_text_and_unreadable_values_as_they_are(platform, value, served):
    platform.set_stock("PROD-001", value)
    reply = sirclo_keyed(platform, "GET", "/v1/partner/product/stock?limit=1&offset=0")
    (row,) = reply.document()["data"]
    assert (row["sku"], row["available"], "update_at" in row) == ("PROD-001", served, True)
    assert "total_record" not in reply.document()


def test_the_seeds_own_stock_url_answers_orders(platform):
    sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    (row,) = sirclo_keyed(platform, "GET", "/v1/order/?since=&until=&limit=10&offset=0").document()["data"]
    assert row["order_number"] == "SO-20250101-00001"
    assert "available" not in row


@pytest.mark.parametrize("query", ["", "limit=0", "limit=101", "limit=x", "limit=10&offset=-1"])
def test_stock_needs_a_limit_of_at_most_100(platform, query):
    assert sirclo_keyed(platform, "GET", f"/v1/partner/product/stock?{query}").status == 400


# --- 2021-02 ---


def test_the_later_batch_says_which_orders_failed_and_why(platform):
    orders = [
        SIRCLO_LATER_ORDER,
        SIRCLO_LATER_ORDER,
        {**SIRCLO_LATER_ORDER, "order_id": "SO-2", "status": "Accepted"},
        {**changed(SIRCLO_LATER_ORDER, "payment_method", REMOVE), "order_id": "SO-3"},
    ]
    reply = sirclo_later(platform, "POST", "/v1/partner/order", {"orders": orders})
    document = reply.document()
    assert reply.status == 200
    assert [row["order_id"] for row in document["data"]["succeed"]] == ["SO-20250101-00001", "SO-2"]
    assert document["data"]["failed"] == [
        {"order_id": "SO-20250101-00001", "reason": ALREADY},
        {"order_id": "SO-3", "reason": "payment_method field is required"},
    ]
    assert document["message"] == "Requested order count: 4, Created order count: 2, Failed to create order count: 2"
    row = document["data"]["succeed"][0]
    assert (row["line_items"][0]["unit_price"], row["total"]) == (17_500, 35_000)


def test_both_revisions_know_each_others_order_ids(platform):
    sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    data = sirclo_later(platform, "POST", "/v1/partner/order", {"orders": [SIRCLO_LATER_ORDER]}).document()["data"]
    assert data["failed"] == [{"order_id": "SO-20250101-00001", "reason": ALREADY}]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("delivery_city", REMOVE),
        ("delivery_suburb", ""),
        ("customer_reference", REMOVE),
        ("status", "shipped"),
        ("line_items.0.id", 200_001),
        ("line_items.0.raw_price", REMOVE),
        ("line_items.0.unit_price", 20_000),
        ("line_items.0.discount", 30_000),
        ("line_items.0.sku", "PROD-999"),
        ("order_number", "SO-1"),
    ],
)
def test_a_wrong_later_order_fails_alone(platform, path, value):
    body = {"orders": [changed(SIRCLO_LATER_ORDER, path, value)]}
    data = sirclo_later(platform, "POST", "/v1/partner/order", body).document()["data"]
    assert data["succeed"] == []
    assert path.rpartition(".")[2] in data["failed"][0]["reason"]


def test_the_later_list_needs_with_do_and_calls_our_id_order_id(platform):
    sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER)
    assert sirclo_later(platform, "GET", f"/v1/partner/order?{WINDOW}").status == 400
    document = sirclo_later(platform, "GET", f"/v1/partner/order?{WINDOW}&withDO=false").document()
    assert [row["order_id"] for row in document["data"]] == ["SO-20250101-00001"]
    assert (document["total_record"], document["limit"], document["offset"]) == (1, 100, 0)


def test_the_later_secret_covers_the_query_un_encoded(platform):
    target = f"/v1/partner/order?{WINDOW}&withDO=false"
    encoded = target.replace(":", "%3A")
    assert ask(platform, "GET", encoded, signed_later(target)).status == 200
    assert ask(platform, "GET", encoded, signed_later(encoded)).status == 401


def test_the_later_statuses_want_rfc3339_and_report_each_item(platform):
    number = sirclo(platform, "POST", "/v1/order", SIRCLO_ORDER).document()["data"]["id"]
    body = {"accepted": [{"id": number, "updated_at": "2025-01-01T00:00:00Z"}], "packed": [{"id": number}]}
    data = sirclo_later(platform, "PATCH", "/v1/partner/order/status", body).document()["data"]
    assert [(row["id"], row["status"]) for row in data["succeed"]] == [(number, "accepted")]
    assert [(row["id"], row["status"]) for row in data["failed"]] == [(number, "accepted")]


STOCK = {
    "sku": "PROD-001",
    "warehouse": "default",
    "available_stock": 7,
    "buffer_stock": 0,
    "channel_stock": [{"code": "shpe", "qty": 7}],
}


def test_a_stock_update_is_written_later_and_is_in_the_history(platform):
    code = sirclo_later(platform, "POST", "/v1/partner/inventory/updatestocks", STOCK).document()["transaction_code"]
    history = "/v1/partner/inventory/history?limit=10&offset=0"
    (before,) = sirclo_later(platform, "GET", history).document()["data"]
    assert before["transaction_code"] == code
    assert (before["update_stock_history_item"][0]["progress"], platform.stock()["PROD-001"]) == (True, 110)
    platform.clock.advance(1)
    (after,) = sirclo_later(platform, "GET", history).document()["data"]
    item = after["update_stock_history_item"][0]
    assert (item["progress"], item["success"], item["message"]) == (False, True, "Successfully Updated")
    target = "/v1/partner/product/stock?limit=1&offset=0"
    assert sirclo_later(platform, "GET", target).document()["data"][0]["stock"] == 7


def test_a_stock_update_may_fail_in_the_background(platform):
    platform.change(failing_job_message="Channel refused")
    sirclo_later(platform, "POST", "/v1/partner/inventory/updatestocks", STOCK)
    platform.clock.advance(1)
    (entry,) = sirclo_later(platform, "GET", "/v1/partner/inventory/history").document()["data"]
    assert [(item["success"], item["message"]) for item in entry["update_stock_history_item"]] == [
        (False, "Channel refused")
    ]
    assert platform.stock()["PROD-001"] == 110


@pytest.mark.parametrize(
    ("path", "value"),
    [("sku", "X"), ("warehouse", "Gudang"), ("available_stock", -1), ("buffer_stock", 8), ("available_stock", "7")],
)
def test_a_wrong_stock_update_is_refused(platform, path, value):
    body = changed(STOCK, path, value)
    assert sirclo_later(platform, "POST", "/v1/partner/inventory/updatestocks", body).status in (400, 404)


def test_the_published_get_example_verifies():
    message = "/v1/partner/order?since=2018-10-13T13:34:52Z&until=2018-10-16T19:22:39Z&limit=100&offset=0"
    secret = "1IieSn9qXCYu3FeEG1eH05QxTMldKEiNIkLSN/5xtgc="  # the document's own example
    assert mac(secret, message, b"") == "XoPRRDtfNWaGm4nbw7A0LY/c2U0+jg3F3Ay2d3VR3bM="


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/order"), ("PUT", "/v1/order"), ("GET", "/v2/order")])
def test_another_method_or_path_is_not_found(platform, method, path):
    reply = sirclo(platform, method, path, SIRCLO_ORDER)
    assert (reply.status, set(reply.document())) == (404, {"data", "message", "reference"})
