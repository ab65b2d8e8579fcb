"""POST /api/v1/auth/login: a 12-hour token for the right client_id and client_secret."""

from orderbridge.runtime import wiring_login
from orderbridge.runtime.http import Response, api_handler
from orderbridge.usecases.callers import ApiRequest

log_in = wiring_login.log_in()


def login(request: ApiRequest) -> Response:
    return Response(200, log_in(request).body())


handler = api_handler(login)
