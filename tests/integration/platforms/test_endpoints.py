"""The typed requests against the sandboxes, each asked as the layer asks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from orderbridge.calls.asking import AskFailed
from orderbridge.calls.documents import read_json
from orderbridge.calls.paging import ListFailed
from orderbridge.channels.outcomes import Rejected
from orderbridge.platforms.ngorder import endpoints as ngorder_endpoints
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.replies import read_answer
from orderbridge.platforms.salesmania import endpoints as salesmania_endpoints
from orderbridge.platforms.salesmania.client import SalesmaniaClient, list_page
from orderbridge.platforms.sirclo import endpoints as sirclo_endpoints
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.create import CreateOrders
from orderbridge.platforms.sirclo.mapper import order_number
from orderbridge_sandboxes.faults import Fault
from orderbridge_sandboxes.ngorder import demo as ngorder_demo
from orderbridge_sandboxes.salesmania import demo as salesmania_demo
from orderbridge_sandboxes.sirclo import demo as sirclo_demo
from tests.integration.platforms.conftest import Connected, an_order

VARIATION = ngorder_demo.VARIATION + 1


@contextmanager
def client_of(connected: Connected) -> Iterator[Any]:
    with connected.platform.client(connected.channel, connected.credentials) as client:  # type: ignore[attr-defined]
        yield client


@pytest.fixture
def shop(ngorder: Connected) -> Iterator[NgorderClient]:
    """A Ngorder account that holds one order."""
    ngorder.send()
    with client_of(ngorder) as client:
        yield client


def rows(client: NgorderClient, request: Any) -> list[Any]:
    """The rows of the first page, as they come."""
    return list(client.page(request, 1, 50).rows)


WINDOW = {"start_date": date(2025, 1, 1), "end_date": date(2025, 1, 1)}


def test_a_cancelled_order_moves_to_another_list_at_ngorder(ngorder: Connected, shop: NgorderClient) -> None:
    order_id = ngorder.sandbox.orders[0].id
    orders, cancelled = (
        ngorder_endpoints.GetOrders.model_validate(WINDOW),
        ngorder_endpoints.GetCancelledOrders.model_validate({"type": "CANCEL", **WINDOW}),
    )
    assert [row["order_id"] for row in rows(shop, orders)] == [order_id]
    assert rows(shop, cancelled) == []
    assert shop.ask(ngorder_endpoints.CancelOrder(id=order_id)).order_id == order_id
    assert rows(shop, orders) == []
    assert [row["order_id"] for row in rows(shop, cancelled)] == [order_id]
    with pytest.raises(AskFailed) as refused:
        shop.ask(ngorder_endpoints.CancelOrder(id=order_id))
    assert isinstance(refused.value.outcome, Rejected)


def test_an_order_that_is_paid_for_waits_among_the_shipments(ngorder: Connected, shop: NgorderClient) -> None:
    shipments = ngorder_endpoints.GetShipments(status="READY_TO_SHIP", start_date=date(2025, 1, 1))
    assert rows(shop, shipments) == []
    ngorder.sandbox.set_status(an_order().code, "PAID")
    assert [row["order_id"] for row in rows(shop, shipments)] == [ngorder.sandbox.orders[0].id]


def stock(shop: NgorderClient) -> Any:
    reply = shop.reply_to(ngorder_endpoints.CheckStock(variation_id=VARIATION))
    return read_answer(read_json(reply.body)).data["stock"]


def test_a_level_is_set_absolutely(ngorder: Connected, shop: NgorderClient) -> None:
    ngorder.sandbox.change(job_seconds=0)
    for _ in range(2):
        shop.ask(ngorder_endpoints.SyncStock(variation_id=VARIATION, amount=0))
    assert stock(shop) == 0
    by_warehouse = shop.document(ngorder_endpoints.CheckStockPerWarehouse(variation_id=VARIATION))["data"]
    assert {row["warehouse_id"] or 0: row["stock"] for row in by_warehouse}[0] == 0


def test_a_count_is_taken_on_and_worked_off_later(ngorder: Connected, shop: NgorderClient) -> None:
    ngorder.sandbox.change(job_seconds=0)
    count = ngorder_endpoints.Count(variation_id=VARIATION, warehouse_stock=7)
    request = ngorder_endpoints.CreateStockCount(warehouse_id=0, description="count", stock_adjustment=[count])
    created = shop.ask(request)
    assert created.progress_status == "ON PROGRESS"
    assert shop.ask(ngorder_endpoints.GetStockCount(id=created.id)).progress_status == "SUCCESS"
    assert stock(shop) == 7


def test_a_customer_is_created_and_found(shop: NgorderClient) -> None:
    created = shop.ask(
        ngorder_endpoints.CreateCustomer(
            name="John Doe", phone="081999999999", district_id=3627, address="Jl. Anggrek", category="N", is_active="Y"
        )
    )
    by_phone = ngorder_endpoints.GetCustomers(category="N", keyword="81999999999", type="PHONE")
    (found,) = shop.every(by_phone, "id", 100)
    assert found.id == created.customer_id
    assert (found.address or "").startswith("Jl. Anggrek")


def test_a_variant_is_found_by_its_sku(shop: NgorderClient) -> None:
    (product,) = shop.every(ngorder_endpoints.SearchProducts(keyword="PROD-001"), "id", 100)
    assert [(variation.id, variation.sku) for variation in product.variations or []] == [(VARIATION, "PROD-001")]
    assert product.product_type == "S"
    assert VARIATION in {row.variation_id for row in shop.ask(ngorder_endpoints.GetVariations(per_page=100))}


def test_all_pages_are_read(ngorder: Connected, shop: NgorderClient) -> None:
    ngorder.sandbox.platform.extend(customers=230)
    found = list(shop.every(ngorder_endpoints.GetCustomers(category="N"), "id", 100))
    assert len({row.id for row in found}) == 230


# --- SIRCLO ---


@pytest.fixture
def later(later_sirclo: Connected) -> Iterator[SircloClient]:
    with client_of(later_sirclo) as client:
        yield client


def data(client: SircloClient, request: Any) -> Any:
    """What an answer holds, as it came."""
    return client.document(request)["data"]


def test_a_batch_of_orders_succeeds_and_fails_one_by_one(later_sirclo: Connected, later: SircloClient) -> None:
    later_sirclo.send()
    sent = later_sirclo.sandbox.orders[0].body
    both = CreateOrders.model_validate({"orders": [sent, {**sent, "order_id": "SO-20250101-00002"}]})
    answer = data(later, both)
    assert [order_number(order) for order in answer["succeed"]] == ["SO-20250101-00002"]
    assert [(failed["order_id"], "already exists" in failed["reason"]) for failed in answer["failed"]] == [
        ("SO-20250101-00001", True)
    ]


def test_orders_are_moved_in_buckets(later_sirclo: Connected, later: SircloClient) -> None:
    outcome: Any = later_sirclo.send()
    moved = sirclo_endpoints.Moved(id=int(outcome.external_id), updated_at="2025-01-01T00:00:00Z")
    unknown = sirclo_endpoints.Moved(id=99, updated_at="2025-01-01T00:00:00Z")
    answer = data(later, sirclo_endpoints.UpdateStatus(accepted=[moved, unknown]))
    assert [str(row["id"]) for row in answer["succeed"]] == [outcome.external_id]
    assert [str(row["id"]) for row in answer["failed"]] == ["99"]
    assert later_sirclo.sandbox.orders[0].status == "accepted"


def test_a_level_is_set_and_its_history_tells_so(later_sirclo: Connected, later: SircloClient) -> None:
    update = sirclo_endpoints.UpdateStocks(
        sku="PROD-001", available_stock=42, buffer_stock=0, channel_stock=[], warehouse="default", sync_stock=True
    )
    transaction = later.ask(update)
    later_sirclo.sandbox.platform.settle()
    history = data(later, sirclo_endpoints.GetStockHistory(updated_at="2020-01-01T00:00:00Z", limit=100, offset=0))
    assert transaction.transaction_code in {row["transaction_code"] for row in history}


def test_skus_are_read_in_either_revision(sirclo: Connected, later: SircloClient) -> None:
    sirclo.sandbox.set_stock("PROD-001", " 20 ")
    sirclo.sandbox.set_stock("PROD-002", "N/A")
    with client_of(sirclo) as client:
        early = {row.sku: row for row in client.ask(sirclo_endpoints.GetStocks(limit=100, offset=0))}
    assert early["PROD-001"].id == sirclo_demo.PRODUCT + 1
    assert early.keys() == {row.sku for row in later.ask(sirclo_endpoints.GetStock(limit=100, offset=0))}


# --- SalesMania ---


@pytest.fixture
def sales(salesmania: Connected) -> Iterator[SalesmaniaClient]:
    adapter: Any = salesmania.platform
    with adapter.client(salesmania.channel, salesmania.credentials) as made:
        assert isinstance(made, SalesmaniaClient)
        yield made


def test_an_order_is_read_by_its_id(salesmania: Connected, sales: SalesmaniaClient) -> None:
    salesmania.send()
    order_id = salesmania.sandbox.orders[0].id
    order = sales.document(salesmania_endpoints.GetOrder(id=str(order_id)))
    order = order.get("data", order)
    assert (order["ext_order_no"], order["status"]) == (an_order().code, "Baru")


@pytest.mark.parametrize("list_shape", ["array", "data", "named"])
def test_lists_are_read_in_every_shape(salesmania: Connected, sales: SalesmaniaClient, list_shape: str) -> None:
    salesmania.sandbox.change(list_shape=list_shape)
    salesmania.send()
    for request in (salesmania_endpoints.GetCustomers(), salesmania_endpoints.GetProducts()):
        assert list_page(sales, request, 0, 2).rows


def test_a_products_level_is_set_absolutely_at_salesmania(sales: SalesmaniaClient) -> None:
    product_id = str(salesmania_demo.PRODUCT + 1)
    for _ in range(2):
        assert sales.reply_to(salesmania_endpoints.UpdateProduct(id=product_id, qty_on_hand=0)).status == 200
    product = sales.document(salesmania_endpoints.GetProduct(id=product_id))
    assert product.get("data", product)["qty_on_hand"] == 0


def test_a_token_that_ran_out_costs_one_more_login(salesmania: Connected, sales: SalesmaniaClient) -> None:
    sales.document(salesmania_endpoints.GetProducts())
    salesmania.sandbox.platform.expire_tokens()
    assert sales.document(salesmania_endpoints.GetProducts())


def test_a_call_that_fails_names_no_secret(salesmania: Connected, sales: SalesmaniaClient) -> None:
    sales.document(salesmania_endpoints.GetProducts())
    session = sales.sessions.kept(sales.settings, sales.credentials)
    assert session is not None
    echo = {"message": f"no such token {session.team_token} of {session.bearer}"}
    salesmania.sandbox.faults.add(Fault("status", "GET", "/extapi/v1.0/products", status=422, body=echo))
    with pytest.raises(ListFailed) as failed:
        sales.document(salesmania_endpoints.GetProducts())
    assert session.team_token not in str(failed.value)
    assert session.bearer not in str(failed.value)
