"""POST /api/v1/sales-orders: a signed sales order, stored exactly once."""

from orderbridge.entrypoints.answers.created_order import SalesOrderCreated
from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.entrypoints.requests import ApiRequest
from orderbridge.wiring import intake

accept_order = intake.accept_order()


def create_sales_order(request: ApiRequest) -> Response:
    accepted = accept_order(request.call)
    logged = {"code": accepted.order.code, "client_id": accepted.order.client_id, "replayed": accepted.replayed}
    answer = SalesOrderCreated.of(accepted.order)
    if accepted.replayed:
        return Response(200, answer, {"Idempotent-Replay": "true"}, logged)
    return Response(201, answer, logged=logged)


handler = api_handler(create_sales_order)
