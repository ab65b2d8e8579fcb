"""POST /api/v1/auth/login: a 12-hour token for the right client_id and client_secret."""

from orderbridge.runtime import wiring
from orderbridge.runtime.http import Response, api_handler
from orderbridge.usecases.callers import ApiRequest

log_in = wiring.log_in()


def login(request: ApiRequest) -> Response:
    return Response(200, log_in(request.body).body())


handler = api_handler(login)
