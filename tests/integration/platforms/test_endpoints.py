"""The typed requests against the sandboxes: what the documents' other endpoints do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.domain.outcomes import Rejected
from orderbridge.platforms.asking import AskFailed
from orderbridge.platforms.endpoints import Done, Request, Rows
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import (
    account,
    cancelled_orders,
    categories,
    customers,
    expeditions,
    order_details,
    order_lists,
    order_sources,
    orders,
    product_lists,
    product_stock,
    shipments,
    stock_counts,
    stock_transfers,
    storefront,
    suppliers,
)
from orderbridge.platforms.salesmania import endpoints as salesmania_endpoints
from orderbridge.platforms.salesmania.account import Account
from orderbridge.platforms.sirclo import endpoints as sirclo_endpoints
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge_sandboxes import demo
from orderbridge_sandboxes.faults import Fault
from tests.integration.platforms.conftest import Connected, an_order

VARIATION = demo.NGORDER_VARIATION + 1
PAGED = {"per_page": 10, "pagination_offset": 1}


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


@pytest.mark.parametrize(
    "request_",
    [
        account.GetShop(),
        account.GetUsers(),
        categories.GetCategories(),
        categories.GetRootCategories(),
        customers.GetCustomers(category="N"),
        customers.GetCustomerCategories(),
        customers.GetRegions(),
        customers.CountCustomersPerMonth(),
        expeditions.GetExpeditions(),
        expeditions.GetActiveExpeditions(),
        order_details.GetOrdersDetail(),
        order_lists.GetAdminRevenue(),
        order_lists.GetOrders(start_date=date(2024, 12, 31), end_date=date(2025, 1, 2)),
        order_sources.GetMarketplaces(),
        order_sources.GetOrderSources(),
        product_lists.GetVariations(),
        product_lists.SearchProducts(keyword="PROD-001"),
        product_stock.CheckStockPerWarehouse(variation_id=VARIATION),
        shipments.GetActiveCodCouriers(),
        stock_counts.SearchVariationsToCount(warehouse_id=0, keyword="PROD"),
        stock_transfers.SearchVariationsToTransfer(warehouse_id=0, keyword="PROD"),
        suppliers.GetSuppliers(),
        suppliers.GetWarehouses(with_main_warehouse=True),
    ],
    ids=lambda request: type(request).__name__,
)
def test_a_list_is_read_into_its_rows(shop: NgorderClient, request_: Request[Any]) -> None:
    answer = shop.ask(request_)
    assert isinstance(answer, Rows)
    assert answer.rows
    assert all(isinstance(row, request_.row_type()) for row in answer)


@pytest.mark.parametrize(
    "request_",
    [
        cancelled_orders.GetCancelledOrders(type="CANCEL", **PAGED),
        order_sources.GetOrderCosts(),
        shipments.GetShipments(status="READY_TO_SHIP", **PAGED),
        shipments.GetShipmentInvoices(**PAGED),
        shipments.GetShippingPayments(**PAGED),
        stock_counts.GetStockCounts(**PAGED),
        stock_transfers.GetStockTransfers(**PAGED),
        storefront.GetUnconfirmedOrders(**PAGED),
    ],
    ids=lambda request: type(request).__name__,
)
def test_an_empty_list_has_no_rows(shop: NgorderClient, request_: Request[Any]) -> None:
    assert shop.ask(request_).rows == []


def test_the_main_warehouse_is_number_0(shop: NgorderClient) -> None:
    without = {row.id for row in shop.ask(suppliers.GetWarehouses())}
    with_main = {row.id for row in shop.ask(suppliers.GetWarehouses(with_main_warehouse=True))}
    assert with_main - without == {0}


def test_an_orders_life_at_ngorder(ngorder: Connected, shop: NgorderClient) -> None:
    order_id = ngorder.sandbox.orders[0].id
    assert shop.ask(orders.AddAwbNumber(id=order_id, awb_number="JP8507716855")).order_id == order_id
    (listed,) = shop.ask(order_lists.GetOrders(start_date=date(2025, 1, 1), end_date=date(2025, 1, 1))).rows
    assert (listed.order_id, listed.awb_number) == (order_id, "JP8507716855")
    paid = orders.UpdatePayment(
        id=order_id,
        payment=orders.PaymentToMake(
            status="PAID", date=date(2025, 1, 2), bank_id=demo.BANK_ID, amount=int(listed.total_amount or 0)
        ),
    )
    assert shop.ask(paid).order_id == order_id
    (payment,) = shop.ask(order_lists.GetPaymentHistory(id=order_id)).rows
    assert payment.nominal == listed.total_amount
    with pytest.raises(AskFailed) as refused:
        shop.ask(paid)
    assert isinstance(refused.value.outcome, Rejected)


def test_a_cancelled_order_moves_to_another_list_and_back(ngorder: Connected, shop: NgorderClient) -> None:
    order_id = ngorder.sandbox.orders[0].id
    window = {"start_date": date(2025, 1, 1), "end_date": date(2025, 1, 1)}
    assert shop.ask(cancelled_orders.CancelOrder(id=order_id)).order_id == order_id
    assert shop.ask(order_lists.GetOrders(**window)).rows == []
    assert [row.order_id for row in shop.ask(cancelled_orders.GetCancelledOrders(**window))] == [order_id]
    shop.ask(cancelled_orders.ReturnCancelledOrder(id=order_id))
    assert [row.order_id for row in shop.ask(order_lists.GetOrders(**window))] == [order_id]
    shop.ask(cancelled_orders.CancelOrder(id=order_id))
    shop.ask(cancelled_orders.DeleteCancelledOrder(order_id=order_id, id=order_id))
    assert shop.ask(cancelled_orders.GetCancelledOrders(**window)).rows == []


def test_a_level_is_set_absolutely(ngorder: Connected, shop: NgorderClient) -> None:
    ngorder.sandbox.change(job_seconds=0)
    for _ in range(2):
        shop.ask(product_stock.SyncStock(variation_id=VARIATION, amount=0))
    assert shop.ask(product_stock.CheckStock(variation_id=VARIATION)).stock == 0


def test_a_level_is_changed_by_a_difference(shop: NgorderClient) -> None:
    before = shop.ask(product_stock.CheckStock(variation_id=VARIATION)).stock or 0
    change = product_stock.LevelChange(amount=5, status="SUB", warehouse_id=0)
    updated = shop.ask(product_stock.UpdateStock(variation_id=VARIATION, stock=[change], description="five less"))
    assert updated.variation_id == VARIATION
    assert shop.ask(product_stock.CheckStock(variation_id=VARIATION)).stock == before - 5


def test_a_count_is_taken_on_and_worked_off_later(ngorder: Connected, shop: NgorderClient) -> None:
    ngorder.sandbox.change(job_seconds=0)
    count = stock_counts.Count(variation_id=VARIATION, warehouse_stock=7)
    created = shop.ask(stock_counts.CreateStockCount(warehouse_id=0, description="count", stock_adjustment=[count]))
    assert created.progress_status == "ON PROGRESS"
    assert shop.ask(stock_counts.GetStockCount(id=created.id)).progress_status == "SUCCESS"
    (line,) = shop.ask(stock_counts.GetStockCountLines(id=created.id, **PAGED)).rows
    assert line.stock_adjustment is not None
    assert line.stock_adjustment.warehouse_stock == 7
    assert [row.id for row in shop.ask(stock_counts.GetStockCounts(**PAGED))] == [created.id]


def test_a_customer_is_created_found_and_changed(shop: NgorderClient) -> None:
    created = shop.ask(
        customers.CreateCustomer(
            name="John Doe", phone="081999999999", district_id=3627, address="Jl. Anggrek", category="N", is_active="Y"
        )
    )
    found = shop.every(customers.GetCustomers(category="N", keyword="81999999999", type="PHONE"), "id", 100)
    assert [row.id for row in found] == [created.customer_id]
    shop.ask(customers.UpdateCustomer(customer_id=created.customer_id, address="Jl. Melati"))
    (changed,) = shop.ask(customers.GetCustomers(category="N", keyword="81999999999", type="PHONE")).rows
    assert changed.address is not None
    assert changed.address.startswith("Jl. Melati")


def test_a_category_lives_and_dies(shop: NgorderClient) -> None:
    created = shop.ask(categories.CreateCategory(name="Alat Pancing", root_categories_id=7))
    changed = categories.UpdateCategory(id=created.id, name="Alat Selam", root_categories_id=7)
    assert shop.ask(changed).name == "Alat Selam"
    assert isinstance(shop.ask(categories.DeleteCategory(id=created.id)), Done)
    with pytest.raises(AskFailed):
        shop.ask(categories.GetCategoryDetail(id=created.id))


def test_all_pages_are_read(ngorder: Connected, shop: NgorderClient) -> None:
    ngorder.sandbox.platform.extend(customers=230)
    rows = list(shop.every(customers.GetCustomers(category="N"), "id", 100))
    assert len({row.id for row in rows}) == 230


# --- SIRCLO ---


@pytest.fixture
def later(later_sirclo: Connected) -> Iterator[SircloClient]:
    with client_of(later_sirclo) as client:
        yield client


def test_a_batch_of_orders_succeeds_and_fails_one_by_one(later_sirclo: Connected, later: SircloClient) -> None:
    later_sirclo.send()
    sent = later_sirclo.sandbox.orders[0].body
    known = sirclo_endpoints.LaterOrder.model_validate(sent)
    fresh = known.model_copy(update={"order_id": "SO-20250101-00002"})
    answer = later.ask(sirclo_endpoints.CreateOrders(orders=[known, fresh]))
    assert [order.our_id for order in answer.succeed] == ["SO-20250101-00002"]
    assert [(failed.order_id, "already exists" in (failed.reason or "")) for failed in answer.failed] == [
        ("SO-20250101-00001", True)
    ]


def test_orders_are_moved_in_buckets(later_sirclo: Connected, later: SircloClient) -> None:
    outcome: Any = later_sirclo.send()
    moved = sirclo_endpoints.Moved(id=int(outcome.external_id), updated_at="2025-01-01T00:00:00Z")
    unknown = sirclo_endpoints.Moved(id=99, updated_at="2025-01-01T00:00:00Z")
    answer = later.ask(sirclo_endpoints.UpdateStatus(accepted=[moved, unknown]))
    assert [row.id for row in answer.succeed] == [outcome.external_id]
    assert [row.id for row in answer.failed] == ["99"]
    assert later_sirclo.sandbox.orders[0].status == "accepted"


def test_a_level_is_set_and_its_history_tells_so(later_sirclo: Connected, later: SircloClient) -> None:
    update = sirclo_endpoints.UpdateStocks(
        sku="PROD-001", available_stock=42, buffer_stock=0, channel_stock=[], sync_stock=True
    )
    transaction = later.ask(update)
    later_sirclo.sandbox.platform.settle()
    history = later.ask(sirclo_endpoints.GetStockHistory(updated_at="2020-01-01T00:00:00Z", limit=100, offset=0))
    assert transaction.transaction_code in {row.transaction_code for row in history}


def test_levels_are_read_in_either_revision(sirclo: Connected, later: SircloClient) -> None:
    sirclo.sandbox.set_stock("PROD-001", " 20 ")
    sirclo.sandbox.set_stock("PROD-002", "N/A")
    with client_of(sirclo) as client:
        early = {row.sku: row.level for row in client.ask(sirclo_endpoints.GetStocks(limit=100, offset=0))}
    assert (early["PROD-001"], early["PROD-002"]) == (20, None)
    assert all(row.level is not None for row in later.ask(sirclo_endpoints.GetStock(limit=100, offset=0)))


# --- SalesMania ---


@pytest.fixture
def sales(salesmania: Connected) -> Account:
    adapter: Any = salesmania.platform
    made = adapter.account(salesmania.channel, salesmania.credentials)
    assert isinstance(made, Account)
    return made


def test_an_orders_words_change_and_its_status_does_not(salesmania: Connected, sales: Account) -> None:
    salesmania.send()
    order_id = salesmania.sandbox.orders[0].id
    assert isinstance(sales.ask(salesmania_endpoints.UpdateOrder(id=order_id, ext_order_status_name="SHIPPED")), Done)
    order = sales.ask(salesmania_endpoints.GetOrder(id=order_id))
    assert (order.ext_order_no, order.ext_order_status_name, order.status) == (an_order().code, "SHIPPED", "Baru")


@pytest.mark.parametrize("list_shape", ["array", "data", "named"])
def test_lists_are_read_in_every_shape(salesmania: Connected, sales: Account, list_shape: str) -> None:
    salesmania.sandbox.change(list_shape=list_shape)
    salesmania.send()
    for request in (
        salesmania_endpoints.GetCustomers(),
        salesmania_endpoints.GetProducts(),
        salesmania_endpoints.GetVisits(),
        salesmania_endpoints.GetTeams(),
    ):
        assert sales.ask(request).rows


def test_a_products_level_is_set_absolutely(sales: Account) -> None:
    product_id = demo.SALESMANIA_PRODUCT + 1
    for _ in range(2):
        sales.ask(salesmania_endpoints.UpdateProduct(id=product_id, qty_on_hand=Decimal(0)))
    assert sales.ask(salesmania_endpoints.GetProduct(id=product_id)).qty_on_hand == 0


def test_customers_and_products_come_and_go(sales: Account) -> None:
    sales.ask(salesmania_endpoints.AddCustomer(name="Toko Contoh 9", ext_cust_no="CUST-009"))
    (added,) = [row for row in sales.ask(salesmania_endpoints.GetCustomers()) if row.ext_cust_no == "CUST-009"]
    sales.ask(salesmania_endpoints.UpdateCustomer(id=added.id, city="Bandung"))
    assert sales.ask(salesmania_endpoints.GetCustomer(id=added.id)).city == "Bandung"
    sales.ask(salesmania_endpoints.DeleteCustomer(id=added.id))
    with pytest.raises(AskFailed, match="404"):
        sales.ask(salesmania_endpoints.GetCustomer(id=added.id))
    unit = salesmania_endpoints.ProductUnit(name="PCS", price=Decimal("100.50"), ratio=1)
    sales.ask(salesmania_endpoints.AddProduct(name="Topi", qty_on_hand=Decimal(1), product_units=[unit], sku="TOPI"))
    (product,) = [row for row in sales.ask(salesmania_endpoints.GetProducts()) if row.sku == "TOPI"]
    assert product.product_units is not None
    assert product.product_units[0].price == Decimal("100.5")
    sales.ask(salesmania_endpoints.DeleteProduct(id=product.id))


def test_a_token_that_ran_out_costs_one_more_login(salesmania: Connected, sales: Account) -> None:
    sales.ask(salesmania_endpoints.GetTeams())
    salesmania.sandbox.platform.expire_tokens()
    assert sales.ask(salesmania_endpoints.GetTeams()).rows


def test_a_call_that_fails_names_no_secret(salesmania: Connected, sales: Account) -> None:
    sales.ask(salesmania_endpoints.GetTeams())
    session = sales.sessions.kept(sales.settings, sales.credentials)
    assert session is not None
    echo = {"message": f"no such token {session.team_token} of {session.bearer}"}
    salesmania.sandbox.faults.add(Fault("status", "GET", "/extapi/v1.0/teams", status=422, body=echo))
    with pytest.raises(AskFailed) as failed:
        sales.ask(salesmania_endpoints.GetTeams())
    assert session.team_token not in str(failed.value)
    assert session.bearer not in str(failed.value)
