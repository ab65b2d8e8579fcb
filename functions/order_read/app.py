"""GET /api/v1/sales-orders, /api/v1/sales-orders/{code} and /api/v1/stocks: what a partner may read."""

from orderbridge.entrypoints.answers.orders import SalesOrderFound, SalesOrdersFound
from orderbridge.entrypoints.answers.stock import StockFound
from orderbridge.entrypoints.api import Response, api_handler, by_resource
from orderbridge.entrypoints.requests import ApiRequest
from orderbridge.reading.orders import OrderFilter
from orderbridge.reading.stock import StockFilter
from orderbridge.wiring.reading import reading

read = reading()


def sales_order(request: ApiRequest) -> Response:
    partner = read.callers.token_holder(request.call)
    view = read.find_order(partner.client_id, request.path_parameters["code"])
    return Response(200, SalesOrderFound.of(view), logged={"code": view.order.code, "client_id": partner.client_id})


def sales_orders(request: ApiRequest) -> Response:
    partner = read.callers.token_holder(request.call)
    page = read.list_orders(partner, OrderFilter.from_query(request.query))
    return Response(200, SalesOrdersFound.of(page), logged={"count": len(page.orders), "client_id": partner.client_id})


def stocks(request: ApiRequest) -> Response:
    partner = read.callers.token_holder(request.call)
    page = read.list_stock(partner, StockFilter.from_query(request.query))
    return Response(200, StockFound.of(page), logged={"count": len(page.levels), "client_id": partner.client_id})


endpoints = {
    "/api/v1/sales-orders": sales_orders,
    "/api/v1/sales-orders/{code}": sales_order,
    "/api/v1/stocks": stocks,
}
handler = api_handler(by_resource(endpoints), body="ignored")
