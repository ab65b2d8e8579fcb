"""POST /api/v1/auth/refresh: a new token for one that is valid or lately expired."""

from orderbridge.entrypoints.answers.token import Token
from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.entrypoints.requests import ApiRequest
from orderbridge.wiring import login as wiring

refresh_token = wiring.refresh_token()


def refresh(request: ApiRequest) -> Response:
    return Response(200, Token.of(refresh_token(request.call.body)))


handler = api_handler(refresh)
