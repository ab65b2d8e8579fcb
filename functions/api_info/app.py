"""GET /api/v1/health, /api/v1/openapi.json and /api/v1/docs: how the API is, and how it is used."""

from orderbridge.entrypoints.answers.health import HealthReport
from orderbridge.entrypoints.api import Response, api_handler, by_resource
from orderbridge.entrypoints.published import documentation_page, openapi_document
from orderbridge.entrypoints.requests import ApiRequest
from orderbridge.wiring.health import report_health

health = report_health()


def report(_request: ApiRequest) -> Response:
    return Response(200, HealthReport.of(health()))


endpoints = {
    "/api/v1/health": report,
    "/api/v1/openapi.json": lambda _request: openapi_document(),
    "/api/v1/docs": lambda _request: documentation_page(),
}
handler = api_handler(by_resource(endpoints), body="ignored")
