"""POST /api/v1/auth/login: a 12-hour token for the right client_id and client_secret."""

from orderbridge.entrypoints.answers.token import Token
from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.entrypoints.requests import ApiRequest
from orderbridge.wiring import login as wiring

log_in = wiring.log_in()


def login(request: ApiRequest) -> Response:
    return Response(200, Token.of(log_in(request.call.body, request.address)))


handler = api_handler(login)
