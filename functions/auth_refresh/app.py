"""POST /api/v1/auth/refresh: a new token for one that is valid or lately expired."""

from orderbridge.runtime import wiring_login
from orderbridge.runtime.http import Response, api_handler
from orderbridge.usecases.callers import ApiRequest

refresh_token = wiring_login.refresh_token()


def refresh(request: ApiRequest) -> Response:
    return Response(200, refresh_token(request.body).body())


handler = api_handler(refresh)
