"""Every answer held against the API's own document, as it is served."""

from __future__ import annotations

import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from orderbridge.entrypoints.problems import Problem
from orderbridge_cli.openapi.document import build
from orderbridge_cli.openapi.endpoints import ALIASES, ENDPOINTS
from tests.patience import PATIENCE_S

DOCUMENT = build()
MODELS = {
    (endpoint.method, endpoint.path, success.status): type(success.example)
    for endpoint in ENDPOINTS
    for success in endpoint.successes
    if success.example is not None
}


class Undocumented(AssertionError):
    """The API has answered what its document does not say."""


def watched() -> httpx.Client:
    """A client that holds every answer of the API against the document."""
    return httpx.Client(timeout=PATIENCE_S, event_hooks={"response": [check]})


def check(response: httpx.Response) -> None:
    """Raises `Undocumented` where status, headers, type or body are not as the document has them."""
    response.read()
    method, path = response.request.method.lower(), _path_of(response.request.url.path)
    operation = DOCUMENT["paths"].get(path, {}).get(method)
    if operation is None:
        return
    answer = operation["responses"].get(str(response.status_code))
    where = f"{method} {path} answered {response.status_code}"
    if answer is None:
        raise Undocumented(f"{where}: {response.text[:300]}")
    missing = {name for name in answer["headers"] if name not in response.headers}
    if missing:
        raise Undocumented(f"{where} without {missing}")
    ((media_type, content),) = answer["content"].items()
    if response.headers["content-type"] != media_type:
        raise Undocumented(f"{where} as {response.headers['content-type']}")
    if "json" in media_type:
        _check_body(where, response.json(), content["schema"], MODELS.get((method, path, response.status_code)))


def _path_of(path: str) -> str:
    path = ALIASES.get(path, path)
    for template in sorted(DOCUMENT["paths"], key=lambda each: "{" in each):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
            return str(template)
    return path


def _check_body(where: str, body: Any, schema: dict[str, Any], model: Any) -> None:
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]
    if wrong:
        raise Undocumented(f"{where}: {wrong}")
    # The document leaves room for fields to come; these do not: nothing is answered that is not described.
    strict = model or (Problem if "allOf" in schema else None)
    if strict is not None:
        strict.model_validate(body)
