"""POST /api/v1/auth/refresh: a new token for one that is valid or lately expired."""

from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.partners.callers import ApiRequest
from orderbridge.wiring import login as wiring

refresh_token = wiring.refresh_token()


def refresh(request: ApiRequest) -> Response:
    return Response(200, refresh_token(request.body).body())


handler = api_handler(refresh)
