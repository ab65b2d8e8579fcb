"""The API's own documents, as `make openapi` wrote them into this package."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from orderbridge.entrypoints.api import Response

FOLDER = Path(__file__).parent / "documents"
OPENAPI = FOLDER / "openapi.json"
PAGE = FOLDER / "docs.html"
_CACHED = {"Cache-Control": "public, max-age=300"}


@cache
def openapi_document() -> Response:
    """The OpenAPI document, read once."""
    return Response(200, OPENAPI.read_text(encoding="utf-8"), _CACHED)


@cache
def documentation_page() -> Response:
    """The same document as a page for people: no script, and nothing that is loaded from anywhere."""
    page = PAGE.read_text(encoding="utf-8")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    headers = {
        **_CACHED,
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
    }
    return Response(200, page, headers, content_type="text/html; charset=utf-8")
