"""Ngorder's catalogue and stock: what is absolute, what is a delta, what happens later, and raw levels."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orderbridge_sandboxes import ManualClock
from orderbridge_sandboxes.ngorder import NgorderPlatform
from tests.sandboxes.calls import NGORDER_ORDER, ngorder


@pytest.fixture
def platform() -> NgorderPlatform:
    return NgorderPlatform(clock=ManualClock(datetime(2025, 1, 10, tzinfo=UTC)))


def data(platform, target, method="GET", document=None):
    reply = ngorder(platform, method, target, document)
    assert reply.status == 200, reply
    return reply.document()["data"]


def level(platform, variation_id, warehouse_id=None):
    suffix = "" if warehouse_id is None else f"&warehouse_id={warehouse_id}"
    return data(platform, f"product/check-stock?variation_id={variation_id}{suffix}")["stock"]


def test_search_finds_parts_of_names_and_skus_ten_a_page(platform):
    platform.extend(products=25)
    rows = data(platform, "product/search?keyword=PROD-01")
    assert [row["variations"][0]["sku"] for row in rows] == [f"PROD-01{digit}" for digit in range(10)]
    everything = ngorder(platform, "GET", "product/search?pagination_offset=3").document()
    assert (everything["meta"]["pagination"]["total_pages"], len(everything["data"])) == (3, 8)
    assert everything["meta"]["pagination"]["total"] == 28
    assert [row["name"] for row in data(platform, "product/search?type=R")] == ["Barang Titipan"]


def test_variations_are_found_by_product_name_alone_and_in_one_page(platform):
    assert data(platform, "product/variation?keyword=PROD-001") == []
    both = data(platform, "product/variation?keyword=sepatu&per_page=100")
    assert {row["sku"] for row in both} == {"DUO-MER-001", "DUO-PUT-001", "PROD-004"}
    first = data(platform, "product/variation?per_page=2")
    assert first == data(platform, "product/variation?per_page=2&pagination_offset=2")


def test_a_products_detail_names_its_variants(platform):
    detail = data(platform, "product/2000003/detail")
    assert [(row["id"], row["sku"], row["stock_quantity"]) for row in detail["variations"]] == [
        (8_000_003, "DUO-MER-001", 5),
        (8_000_004, "DUO-PUT-001", 3),
    ]
    assert (detail["total_stock"], detail["is_warehouse"]) == (8, None)
    assert ngorder(platform, "GET", "product/9000001/detail").status == 404


@pytest.mark.parametrize("value", [20, "20", " 20 ", None, "", "abc"])
def test_a_level_is_served_as_it_was_put_there(platform, value):
    platform.set_stock("PROD-001", value)
    assert level(platform, 9_000_001) == value
    assert data(platform, "product/search?keyword=PROD-001")[0]["variations"][0]["stock_quantity"] == value
    assert data(platform, "product/history/warehouse/9000001")[0]["stock"] == value


def test_a_product_in_two_warehouses_has_a_level_in_each(platform):
    platform.set_stock("PROD-008", 3, warehouse_id=26)
    platform.set_stock("PROD-008", 4)
    assert data(platform, "product/history/warehouse/9000008") == [
        {"warehouse_id": 0, "name": "Gudang Utama", "stock": 4},
        {"warehouse_id": 26, "name": "Gudang Bandung", "stock": 3},
    ]
    assert (level(platform, 9_000_008), level(platform, 9_000_008, 0), level(platform, 9_000_008, 26)) == (7, 4, 3)
    with pytest.raises(ValueError, match="warehouse"):
        platform.set_stock("PROD-008", 1, warehouse_id=5)


def test_sync_stock_is_absolute_and_later_and_echoes_something_else(platform):
    echoed = data(platform, "product/sync-stock", "PATCH", {"variation_id": 9_000_001, "amount": 20})
    assert echoed["variation_id"] == "9000001"
    assert echoed["amount"] == "110"
    assert set(echoed) == {"variation_id", "amount", "request_id"}
    assert level(platform, 9_000_001) == 110
    platform.clock.advance(1)
    assert level(platform, 9_000_001) == 20
    data(platform, "product/sync-stock", "PATCH", {"variation_id": 9_000_001, "amount": 20})
    platform.clock.advance(1)
    assert level(platform, 9_000_001) == 20


def test_sync_stock_knows_no_warehouse(platform):
    assert ngorder(platform, "PATCH", "product/sync-stock", {"variation_id": 9_000_008, "amount": 1}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"variation_id": 9_000_001},
        {"variation_id": 9_000_001, "amount": -1},
        {"variation_id": 9_000_001, "amount": "20"},
        {"variation_id": 3_000_001, "amount": 20},
        {"variation_id": 9_000_001, "amount": 20, "warehouse_id": 0},
    ],
)
def test_a_wrong_sync_is_refused(platform, body):
    assert ngorder(platform, "PATCH", "product/sync-stock", body).status == 400


def test_update_stock_is_a_delta_each_time_it_is_sent(platform):
    body = {
        "variation_id": 9_000_008,
        "stock": [
            {"amount": 10, "status": "add", "warehouse_id": 0},
            {"amount": 5, "status": "SUB", "warehouse_id": 26},
        ],
        "description": "koreksi",
    }
    before = (level(platform, 9_000_008, 0), level(platform, 9_000_008, 26))
    for _ in range(2):
        data(platform, "product/update-stock", "PATCH", body)
    assert (level(platform, 9_000_008, 0), level(platform, 9_000_008, 26)) == (before[0] + 20, before[1] - 10)
    moves = data(platform, "product/history?id=9000008")
    assert [row["stock"]["out"] for row in moves[:2]] == [5, 0]
    assert moves[0]["date"] == "Jumat, 10 Jan 2025"
    assert moves[1]["warehouse"] == {"id": None, "name": None}


OPNAME = {
    "warehouse_id": 26,
    "description": "Stok opname bulanan",
    "stock_adjustment": [{"variation_id": 9_000_008, "warehouse_stock": 35}],
}


def test_an_opname_counts_one_warehouse_in_the_background(platform):
    made = data(platform, "stock-opname", "POST", OPNAME)
    assert (made["progress_status"], made["variation_total"]) == ("ON PROGRESS", 1)
    detail = f"stock-opname/{made['id']}/detail"
    assert data(platform, detail)["progress_status"] == "ON PROGRESS"
    assert level(platform, 9_000_008, 26) == 40
    platform.clock.advance(1)
    done = data(platform, detail)
    assert (done["progress_status"], done["processed"]) == ("SUCCESS", 1)
    assert (level(platform, 9_000_008, 26), level(platform, 9_000_008, 0)) == (35, 70)
    (line,) = data(platform, "stock-opname/transaction", "GET", {"id": made["id"]})
    assert line["stock_adjustment"] == {"warehouse_stock": 35, "system_stock": 40, "changed_stock": -5}
    assert [row["id"] for row in data(platform, "stock-opname?warehouse_id=26")] == [made["id"]]
    assert data(platform, "stock-opname?warehouse_id=0") == []


def test_an_opname_may_never_end(platform):
    platform.change(failing_job_message="stuck")
    made = data(platform, "stock-opname", "POST", OPNAME)
    platform.clock.advance(3600)
    assert data(platform, f"stock-opname/{made['id']}/detail")["progress_status"] == "ON PROGRESS"
    assert level(platform, 9_000_008, 26) == 40


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("warehouse_id", 5),
        ("warehouse_id", None),
        ("stock_adjustment", []),
        ("stock_adjustment", [{"variation_id": 1, "warehouse_stock": 1}]),
        ("stock_adjustment", [{"variation_id": 9_000_008, "warehouse_stock": "1"}]),
    ],
)
def test_a_wrong_opname_is_refused(platform, field, value):
    assert ngorder(platform, "POST", "stock-opname", {**OPNAME, field: value}).status == 400


def test_a_transfer_moves_stock_each_time(platform):
    body = {
        "origin_warehouse_id": 26,
        "destination_warehouse_id": 0,
        "description": "pindah",
        "stock_adjustment": [{"variation_id": 9_000_008, "transfer_stock": 30}],
    }
    made = data(platform, "stock-transfer", "POST", body)
    assert (level(platform, 9_000_008, 26), level(platform, 9_000_008, 0)) == (10, 100)
    assert ngorder(platform, "POST", "stock-transfer", body).status == 400
    assert [row["id"] for row in data(platform, "stock-transfer")] == [made["id"]]
    (line,) = data(platform, f"stock-transfer/transaction?id={made['id']}")
    assert (line["sku"], line["transfered_stock"]) == ("PROD-008", 30)
    assert data(platform, f"stock-transfer/{made['id']}/detail")["progress_status"] == "SUCCESS"


def test_variations_for_an_opname_are_searched_in_one_warehouse(platform):
    document = ngorder(platform, "GET", "stock-opname/variation", {"keyword": "PROD", "warehouse_id": 26}).document()
    assert document["warehouse_id"] == 26
    assert [row["sku"] for row in document["data"]] == ["PROD-008", "PROD-009", "PROD-010"]
    both = {"keyword": "PROD", "product_id": 1, "warehouse_id": 26}
    assert ngorder(platform, "GET", "stock-opname/variation", both).status == 400


def test_orders_take_stock_where_the_setting_says_so(platform):
    ngorder(platform, "POST", "order", NGORDER_ORDER)
    assert level(platform, 9_000_001) == 110
    platform.change(orders_take_stock=True)
    ngorder(platform, "POST", "order", NGORDER_ORDER)
    assert level(platform, 9_000_001) == 108


VARIATION = {
    "sku": "SEP-MER-KhC", "primary_image": None, "image": None, "images": None, "weight": 100, "price_buy": 1000,
    "price": 5000, "price_reseller": 2000, "price1": 2000, "price2": 2000, "price3": 2000, "size": None,
    "color": "merah", "is_warehouse": False, "stock_quantity": 5, "stock": "Y", "warehouse_stock": [],
}  # fmt: skip
PRODUCT = {
    "name": "Sepatu", "product_type": "S", "category_id": 0, "description": "Sepatu Bagus", "discount": 0,
    "weight": 100,
    "wholesale_status": "N", "shop_id": 1, "user_id": 1, "is_warehouse": "0", "publish_status": "N", "show_stock": "N",
    "has_variation": "Y", "variations": [VARIATION], "wholesales": [],
}  # fmt: skip


def test_the_documents_example_product_is_created_changed_and_deleted(platform):
    made = data(platform, "product", "POST", PRODUCT)
    (variation_id,) = made["product_meta_id"]
    assert (made["total_stock"], level(platform, variation_id)) == (5, 5)
    assert ngorder(platform, "POST", "product", PRODUCT).status == 400  # the SKU is taken
    change = {
        **PRODUCT,
        "id": made["product_id"],
        "variations": [{**VARIATION, "id": variation_id, "stock_quantity": 9}],
    }
    assert data(platform, "product", "PATCH", change)["total_stock"] == 9
    assert ngorder(platform, "DELETE", "product/variation", {"id": [variation_id]}).status == 200
    assert ngorder(platform, "DELETE", "product", {"id": [made["product_id"]]}).status == 200
    assert ngorder(platform, "GET", f"product/check-stock?variation_id={variation_id}").status == 400


@pytest.mark.parametrize(
    ("field", "value"), [("product_type", "X"), ("variations", []), ("name", ""), ("colour", "merah")]
)
def test_a_wrong_product_is_refused(platform, field, value):
    assert ngorder(platform, "POST", "product", {**PRODUCT, field: value}).status == 400
