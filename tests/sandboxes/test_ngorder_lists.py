"""Ngorder's lists: pages by number, windows by date, ended orders apart, and the odd forms of the document."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orderbridge_sandboxes import ManualClock
from orderbridge_sandboxes.ngorder import NgorderPlatform
from tests.sandboxes.calls import BEARER, NGORDER_ORDER, ask, ngorder, raw


@pytest.fixture
def platform() -> NgorderPlatform:
    return NgorderPlatform(clock=ManualClock(datetime(2025, 1, 10, 20, tzinfo=UTC)))  # the 11th in Jakarta


def create(platform, number=1, day="2025-01-10", **fields):
    order = {**NGORDER_ORDER, "note": f"[SO-20250110-{number:05}] PO:", "order_date": day, **fields}
    reply = ngorder(platform, "POST", "order", order)
    assert reply.status == 200, reply
    return reply.document()["data"]["order_id"]


def data(platform, target, method="GET", document=None):
    reply = ngorder(platform, method, target, document)
    assert reply.status == 200, reply
    return reply.document()["data"]


def test_pagination_offset_is_the_number_of_a_page(platform):
    ids = [create(platform, number) for number in range(1, 24)]
    first = ngorder(platform, "GET", "order").document()
    assert [row["order_id"] for row in first["data"]] == ids[:-11:-1]
    pagination = first["meta"]["pagination"]
    assert {name: pagination[name] for name in ("total", "count", "per_page", "current_page", "total_pages")} == {
        "total": 23,
        "count": 10,
        "per_page": 10,
        "current_page": 1,
        "total_pages": 3,
    }
    assert pagination["links"] == {"next": "https://api.smartseller.co.id/api/open/order?pagination_offset=2"}
    assert [row["order_id"] for row in data(platform, "order?pagination_offset=3")] == ids[2::-1]
    assert data(platform, "order?pagination_offset=4") == []
    assert len(data(platform, "order?per_page=100")) == 23


@pytest.mark.parametrize(
    ("links", "shown"), [("object", {}), ("list", []), ("documented", {"next": "any", "previous": "any"})]
)
def test_links_are_an_object_or_a_list_or_odd_urls(platform, links, shown):
    for number in (1, 2, 3):
        create(platform, number)
    platform.change(links=links)
    seen = ngorder(platform, "GET", "order?per_page=1&pagination_offset=2").document()["meta"]["pagination"]["links"]
    assert (type(seen), set(seen)) == (type(shown), set(shown))


@pytest.mark.parametrize(
    "query",
    [
        "per_page=0",
        "per_page=101",
        "per_page=x",
        "pagination_offset=0",
        "start_date=2025-1-1",
        "end_date=tomorrow",
        "order_progress_status=SHIPPED",
        "payment_status=paid",
        "type=NOTE",
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(platform, query):
    reply = ngorder(platform, "GET", f"order?{query}")
    assert (reply.status, list(reply.document()["message"])) == (400, [query.partition("=")[0]])


def test_without_dates_the_list_covers_thirty_days_up_to_today_in_jakarta(platform):
    create(platform, 1, "2024-12-11")
    create(platform, 2, "2024-12-12")
    create(platform, 3, "2025-01-11")
    create(platform, 4, "2025-01-12")
    assert [row["order_date"] for row in data(platform, "order")] == ["2025-01-11", "2024-12-12"]
    window = "order?start_date=2024-01-01&end_date=2025-12-31"
    assert [row["order_date"] for row in data(platform, window)] == [
        "2025-01-12",
        "2025-01-11",
        "2024-12-12",
        "2024-12-11",
    ]


def test_an_order_shows_its_note_its_statuses_and_its_lines(platform):
    order_id = create(platform)
    (row,) = data(platform, "order")
    assert (row["order_id"], row["note"], row["total_amount"]) == (order_id, "[SO-20250110-00001] PO:", 35_000)
    statuses = ("order_status", "order_progress_status", "payment_status")
    assert [row[name] for name in statuses] == ["ACCEPTED", "UNPAID", "UNPAID"]
    assert row["products"][0] == {
        "product_meta_id": 9_000_001,
        "name": "Kaos Polos Hitam",
        "price": 17_500,
        "quantity": 2,
    }
    platform.change(numbers_as_text=True)
    assert data(platform, "order")[0]["products"][0]["quantity"] == " 2"


def test_a_new_order_is_late_in_the_list(platform):
    platform.change(lookup_lag_seconds=10)
    create(platform)
    assert data(platform, "order") == []
    platform.clock.advance(10)
    assert len(data(platform, "order")) == 1


def test_keywords_match_parts_and_never_the_note(platform):
    order_id = create(platform)
    assert data(platform, "order?keyword=SO-20250110-00001") == []
    assert len(data(platform, "order?keyword=rtia")) == 1
    assert len(data(platform, "order?keyword=PROD-00&type=SKU")) == 1
    assert len(data(platform, f"order?keyword={order_id}&type=ORDER_ID")) == 1


def test_the_progress_status_may_be_required(platform):
    platform.change(progress_status_required=True)
    assert ngorder(platform, "GET", "order").status == 400
    assert data(platform, "order?order_progress_status=UNPAID") == []


def test_a_cancelled_order_leaves_the_list_for_another(platform):
    order_id = create(platform)
    reply = ngorder(platform, "POST", "order/cancel", {"id": order_id}).document()
    assert reply == {
        "response": "success",
        "message": "Order has been Canceled",
        "data": {"order_id": order_id, "po_number": 10_001},
    }
    assert data(platform, "order") == []
    (row,) = data(platform, "order-cancel")
    assert (row["order_id"], row["order_status"], row["note"]) == (order_id, "CANCELED", "[SO-20250110-00001] PO:")
    assert data(platform, "order-cancel?type=REJECTED") == []
    assert ngorder(platform, "GET", "order-cancel?per_page=51").status == 400
    assert ngorder(platform, "POST", "order/cancel", {"id": order_id}).status == 400


def test_a_cancelled_order_returns_or_is_deleted_for_good(platform):
    first, second = create(platform, 1), create(platform, 2)
    for order_id in (first, second):
        ngorder(platform, "POST", "order/cancel", {"id": order_id})
    assert ngorder(platform, "POST", "order-cancel/return", {"id": first}).status == 200
    assert [row["order_id"] for row in data(platform, "order")] == [first]
    assert ngorder(platform, "DELETE", f"order-cancel/{second}", {"id": second}).status == 200
    assert [held.id for held in platform.orders] == [first]
    assert ngorder(platform, "POST", "order-cancel/return", {"id": first}).status == 400


@pytest.mark.parametrize(
    ("status", "listed_as"), [("CANCELED", "CANCEL"), ("REJECTED", "REJECTED"), ("EXPIRED", "EXPIRED")]
)
def test_a_person_at_the_shop_ends_an_order(platform, status, listed_as):
    create(platform)
    platform.set_status("SO-20250110-00001", status)
    assert data(platform, "order") == []
    assert [row["order_status"] for row in data(platform, f"order-cancel?type={listed_as}")] == [status]


def test_a_shipped_order_is_not_cancelled(platform):
    order_id = create(platform)
    platform.set_status(order_id, "ON PROCESS")
    assert ngorder(platform, "POST", "order/cancel", {"id": order_id}).status == 400


def test_details_come_with_text_numbers_and_mongo_moments(platform):
    order_id = create(platform)
    ngorder(platform, "POST", f"order/awb-number/add?id={order_id}&awb_number=JP1")
    (row,) = data(platform, "order/details?create_from=2025-01-11&create_to=2025-01-11")
    assert row["order_status"] == "ACCEPT"
    assert (row["products"][0]["price"], row["products"][0]["quantity"]) == ("17500", "2")
    assert row["awb"]["number"] == "JP1"
    assert set(row["awb"]["update_at"]["$date"]) == {"$numberLong"}
    assert data(platform, "order/details?create_to=2025-01-10") == []
    assert data(platform, f"order/detail?id={order_id}")["order_id"] == order_id


def test_a_payment_is_made_at_once_or_in_parts(platform):
    order_id = create(platform)
    part = {"status": "INSTALLMENT", "amount": 10_000, "date": "2025-01-11", "bank_id": 847}
    reply = ngorder(platform, "PATCH", "order/quick-payment", {"id": order_id, "payment": part}).document()
    assert (reply["message"], reply["data"]["payment_status"]) == (["Payment Updated"], "I")
    rest = {"status": "PAID", "date": "2025-01-11", "bank_id": 847}
    assert data(platform, "order/quick-payment", "PATCH", {"id": order_id, "payment": rest})["payment_status"] == "C"
    (row,) = data(platform, "order")
    assert (row["payment_status"], row["order_progress_status"]) == ("PAID", "NO AWB")
    again = ngorder(platform, "PATCH", "order/quick-payment", {"id": order_id, "payment": rest}).document()
    assert again["message"]["id"] == ["Order has been paid"]
    assert again["message"]["maximum amount"] == [0]
    history = data(platform, f"order/payment-history?id={order_id}")
    assert [entry["nominal"] for entry in history] == ["Rp10.000", "Rp25.000"]


def test_shipping_lists_one_status_a_call_and_does_not_repeat_it(platform):
    order_id = create(platform)
    assert data(platform, "shipping") == []
    platform.set_status(order_id, "PAID")
    (row,) = data(platform, "shipping")
    assert (row["order_id"], "status" in row) == (order_id, False)
    platform.set_status(order_id, "RETURNED", awb_number="AWB9")
    assert data(platform, "shipping?status=READY_TO_SHIP") == []
    (row,) = data(platform, "shipping?status=RETURNED")
    assert row["expedition"]["awb_number"] == "AWB9"
    assert ngorder(platform, "GET", "shipping?status=RETURN").status == 400


def test_pickups_are_requested_cancelled_and_resent(platform):
    order_id = create(platform)
    platform.set_status(order_id, "PAID")
    body = {"pickup_request": [{"id": order_id, "service": "PICKUP"}]}
    reply = ngorder(platform, "POST", "shipping/pickup-request", body).document()
    assert (reply["success_data"], reply["status"], "data" in reply) == ([order_id], "PICKUP_REQUEST", False)
    assert data(platform, "shipping/cancel-pickup", "POST", {"id": order_id}) == order_id
    assert data(platform, f"shipping/resend/{order_id}", "POST") == {"id": str(order_id)}
    assert data(platform, f"shipping/remove/{order_id}", "DELETE") == {"id": str(order_id)}
    assert data(platform, "shipping") == []


def test_an_undocumented_status_can_be_put_on_an_order(platform):
    create(platform)
    with pytest.raises(ValueError, match="no status"):
        platform.set_status("SO-20250110-00001", "SEDANG DIKEMAS")
    platform.set_status("SO-20250110-00001", "SEDANG DIKEMAS", raw=True)
    assert data(platform, "order")[0]["order_progress_status"] == "SEDANG DIKEMAS"


def test_a_person_may_edit_the_note(platform):
    create(platform)
    platform.edit_note("SO-20250110-00001", "titip")
    assert data(platform, "order")[0]["note"] == "titip"


def test_an_update_sends_the_whole_order_again(platform):
    order_id = create(platform)
    update = {name: value for name, value in NGORDER_ORDER.items() if name != "order_date"}
    update = {**update, "order_id": order_id, "products": [{"id": 9_000_002, "qty": 1, "product_status": "S"}]}
    assert data(platform, "order", "PATCH", update) == {"order_id": order_id, "po_number": 10_001}
    assert data(platform, "order")[0]["total_amount"] == 20_000
    assert ngorder(platform, "PATCH", "order", {**update, "order_id": 1}).status == 400


def test_what_an_order_names_may_be_deleted_afterwards(platform):
    order_id = create(platform)
    ngorder(platform, "PATCH", "customer/activation-status", {"id": 6_000_001, "status": "5"})
    ngorder(platform, "DELETE", "product", {"id": [3_000_001]})
    assert data(platform, "order")[0]["receiver_name"] == "Artia"
    assert data(platform, f"order/detail?id={order_id}")["products"][0]["name"] == "Kaos Polos Hitam"


# --- customers, regions ---


def test_customers_are_asked_for_in_the_body_or_the_query_and_need_a_category(platform):
    assert list(ngorder(platform, "GET", "customer").document()["message"]) == ["category"]
    assert ngorder(platform, "GET", "customer?category=X").status == 400
    by_query = data(platform, "customer?category=N&type=PHONE&keyword=628120000002")
    by_body = data(platform, "customer", "GET", {"category": "N", "type": "PHONE", "keyword": "628120000002"})
    assert [row["id"] for row in by_query] == [row["id"] for row in by_body] == [6_000_002]
    assert not any(name.startswith("_") for name in by_query[0])
    assert ngorder(platform, "GET", f"customer?category=N&keyword={'x' * 51}").status == 400


CUSTOMER = {
    "name": "Budi",
    "phone": "0812345678",
    "district_id": 3627,
    "address": "Jln. ABC",
    "category": "N",
    "is_active": "Y",
}


def test_a_customer_is_created_as_often_as_it_is_sent(platform):
    ids = {data(platform, "customer/create", "POST", CUSTOMER)["customer_id"] for _ in range(2)}
    found = data(platform, "customer?category=N&keyword=Budi")
    assert {row["id"] for row in found} == ids
    assert {row["phone"] for row in found} == {"62812345678"}
    assert {row["district"] for row in found} == {"Tajinan"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("district_id", 255), ("category", "Q"), ("is_active", "true"), ("phone", "x"), ("name", ""), ("kota", "Malang")],
)
def test_a_wrong_customer_is_refused(platform, field, value):
    reply = ngorder(platform, "POST", "customer/create", {**CUSTOMER, field: value})
    assert list(reply.document()["message"]) == [field]


def test_a_customers_address_is_changed(platform):
    data(platform, "customer/update", "PATCH", {"customer_id": 6_000_001, "address": "Jl. Melati"})
    (row,) = data(platform, "customer?category=N&keyword=Artia")
    assert row["address"].startswith("Jl. Melati")


def test_regions_come_one_by_one_and_by_part_of_the_name(platform):
    assert ngorder(platform, "GET", "region?keyword=Tajin").status == 400
    assert [row["id"] for row in data(platform, "region?keyword=Tajin&pagination_offset=1")] == [3627]
    assert [row["id"] for row in data(platform, "region?keyword=Tajin&pagination_offset=2")] == [3628]


# --- the shop ---


def test_the_main_warehouse_is_number_0_and_shown_on_demand(platform):
    assert [row["id"] for row in data(platform, "warehouse")] == [26]
    assert [row["id"] for row in data(platform, "warehouse?with_main_warehouse=true")] == [0, 26]
    assert data(platform, "warehouse/0")["warehouse"] == "Gudang Utama"


@pytest.mark.parametrize(
    "target",
    [
        "user", "shop", "supplier", "master-product-category", "product-category", "product-category/101554",
        "customer-category", "customer-category?status=Y", "customer/per-month", "customer/order-history?id=6000001",
        "expedition", "expedition/active?keyword=JNE", "marketplace", "bank?type=BANK", "order-source?status=Y",
        "order-cost", "order/check-price/N", "order/wholesale?variation_id=9000001&qty=10", "order/admin-revenue",
        "order/unconfirmed-privor", "shipping/cod-active", "shipping/invoice", "shipping/payment",
        "shipping/report?interval=31", "expedition/cost?origin_id=2087&destination_id=3627&weight=1&price=1000",
    ],
)  # fmt: skip
def test_the_shops_lists_answer(platform, target):
    create(platform)
    assert data(platform, target) is not None


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        (
            "POST",
            "supplier/create",
            {"name": "S", "district_id": 334, "addess": "J", "phone": "081", "description": ""},
        ),
        ("PATCH", "supplier/update", {"supplier_id": 17118, "name": "T"}),
        ("POST", "warehouse", {"warehouse": "W", "supplier_id": 17118, "user_id": [5], "is_active": True}),
        ("POST", "order-source/create", {"marketplace_id": 5, "note": "x"}),
        ("PATCH", "order-source/update", {"order_source_id": 12, "status": "N"}),
        ("POST", "order-cost/create", {"category": "DISCOUNT", "name": "D", "type": "NOMINAL", "nominal": 1}),
        ("POST", "customer-category/create", {"category_name": "Tetap"}),
        ("PATCH", "customer-category/update", {"id": 122, "code": "1", "status": "N"}),
        ("POST", "product-category", {"name": "A", "root_categories_id": 7}),
        ("PATCH", "product-category", {"id": 101554, "name": "B", "root_categories_id": 10}),
        ("PATCH", "master-product-category", {"id": 101554, "root_categories_id": 11}),
        ("PATCH", "user/profile", {"full_name": "U", "phone_number": "081"}),
        ("POST", "product/sku/validation", {"sku": "PROD-001", "product_meta_id": 9_000_001}),
        ("GET", "product/sku/generate-new", {"products": [{"name": "Sepatu"}]}),
    ],
)
def test_the_shops_own_data_is_edited_and_unknown_fields_are_refused(platform, method, target, body):
    assert ngorder(platform, method, target, {**body, "unknown": 1}).status == 400
    reply = ngorder(platform, method, target, body)
    assert reply.status == 200
    assert reply.document()["response"].lower() in ("success", "sukses")


def test_a_category_lives_and_dies(platform):
    made = data(platform, "product-category", "POST", {"name": "Alat Pancing", "root_categories_id": 7})
    change = {"id": made["id"], "name": "Alat Selam", "root_categories_id": 7}
    assert data(platform, "product-category", "PATCH", change)["name"] == "Alat Selam"
    assert ngorder(platform, "DELETE", f"product-category/{made['id']}").status == 200
    assert ngorder(platform, "GET", f"product-category/{made['id']}").status == 404


def test_answers_are_indonesian_on_demand(platform):
    headers = {**BEARER, "accept-language": "id"}
    reply = ask(platform, "POST", "/api/open/order", headers, raw(NGORDER_ORDER))
    assert reply.document()["response"] == "Sukses"
