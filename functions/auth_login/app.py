"""POST /api/v1/auth/login: a 12-hour token for the right client_id and client_secret."""

from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.partners.callers import ApiRequest
from orderbridge.wiring import login as wiring

log_in = wiring.log_in()


def login(request: ApiRequest) -> Response:
    return Response(200, log_in(request).body())


handler = api_handler(login)
