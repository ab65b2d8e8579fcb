"""POST /api/v1/sales-orders/{code}/cancel: a signed request to take an order back."""

from orderbridge.entrypoints.answers.cancelled_order import CancellationRecorded
from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.entrypoints.requests import ApiRequest
from orderbridge.wiring.cancelling import cancel_sales_order

cancel = cancel_sales_order()


def cancel_order(request: ApiRequest) -> Response:
    cancelled = cancel(request.call, request.path_parameters["code"])
    logged = {"code": cancelled.order.code, "client_id": cancelled.order.client_id}
    return Response(200, CancellationRecorded.of(cancelled), logged=logged)


handler = api_handler(cancel_order, body="optional")
