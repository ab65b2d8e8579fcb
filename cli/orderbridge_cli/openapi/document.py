"""The OpenAPI document, built from the table of endpoints, the models and the catalogue of errors."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from orderbridge.entrypoints.answers.answer import Answer
from orderbridge.entrypoints.problems import Problem
from orderbridge.orders.order import MAX_LINES
from orderbridge.partners.partner import CLIENT_ID
from orderbridge.partners.signatures import TIMESTAMP_TOLERANCE_SECONDS
from orderbridge_cli.openapi.endpoints import ENDPOINTS, TAGS, Endpoint, Parameter, Success
from orderbridge_cli.openapi.errors import BY_CODE
from orderbridge_cli.operating.public_keys import ADVISED_KEY_BITS, MIN_KEY_BITS

Json = dict[str, Any]

VERSION = "1.0.0"
INTRODUCTION = Path(__file__).parent / "introduction.md"

SECURITY: dict[str, list[Json]] = {
    "anybody": [],
    "token": [{"token": []}],
    "signature": [{"token": [], "signature": []}],
}

# What the models of requests do not say themselves: they are read in every cold start, and nobody reads words there.
FIELDS = {
    "LoginRequest": {
        "client_id": f"Given to you by us, `{CLIENT_ID.pattern}`.",
        "client_secret": "Given to you by us, once.",
    },
    "RefreshRequest": {"token": "The token that you have, valid or expired for at most a day."},
    "SalesOrder": {
        "customer_code": "Your code of the customer. Codes and names are kept in Unicode NFC, without characters that "
        "show nothing at their ends; inside, such a character is refused.",
        "site_code": "Your code of the site the order is for. It may decide which channels the order goes to.",
        "sales_name": "Name of the sales person.",
        "address": "Delivery address.",
        "purchase_order_no": "Your own number of this order, unique among your orders for ever. Null, blank and absent "
        "are the same.",
        "products": "The lines of the order. A product may stand on several.",
    },
    "ProductLine": {"product_code": "Your code of the product.", "quantity": "Whole pieces; `10.0` is `10`."},
    "CancelBody": {"reason": "In your words, on one line. Null, blank and absent are the same. The first one counts."},
}
MODELS = {
    "LoginRequest": "Who you are.",
    "RefreshRequest": "The token to be renewed.",
    "SalesOrder": "A sales order. Fields that are not listed here are refused, so that a misspelt one is noticed.",
    "ProductLine": "One line of an order.",
    "CancelBody": "Why the order is cancelled, if you want to say so.",
}

HEADERS: dict[str, Json] = {
    "X-Request-Id": {
        "description": "Names this request; quote it when you ask us.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replay": {
        "description": "The order had been stored before.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "In how many seconds to send the same request again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "What is asked for: a bearer token.",
        "schema": {"type": "string"},
    },
}


def build() -> Json:
    """The whole document."""
    paths: dict[str, Json] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Orderbridge Sales Order API",
            "version": VERSION,
            "summary": "Sales orders from partner systems, carried once to every commerce platform they go to.",
            "description": introduction(),
        },
        # Relative to where this document is found, whatever the host and the stage.
        "servers": [{"url": "../../", "description": "Where this document was found"}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": _security_schemes(),
            "headers": HEADERS,
            "schemas": _schemas(),
            "examples": {
                code: {"summary": case.problem.detail, "description": case.meaning, "value": case.problem.body()}
                for code, case in sorted(BY_CODE.items())
            },
        },
    }


def introduction() -> str:
    """The words before the endpoints, with the figures that the code keeps."""
    figures = {
        "MAX_LINES": MAX_LINES,
        "MIN_KEY_BITS": MIN_KEY_BITS,
        "ADVISED_KEY_BITS": ADVISED_KEY_BITS,
        "TOLERANCE": TIMESTAMP_TOLERANCE_SECONDS,
    }
    text = INTRODUCTION.read_text(encoding="utf-8")
    for name, figure in figures.items():
        text = text.replace(f"%{name}%", str(figure))
    return text


def _operation(endpoint: Endpoint) -> Json:
    operation: Json = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": endpoint.description,
        "security": SECURITY[endpoint.caller],
    }
    if endpoint.parameters:
        operation["parameters"] = [_parameter(each) for each in endpoint.parameters]
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": endpoint.body_required,
            "content": {"application/json": {"schema": _ref(endpoint.body), "example": endpoint.body_example}},
        }
    operation["responses"] = {
        **{str(success.status): _success(success) for success in sorted(endpoint.successes, key=lambda s: s.status)},
        **_problems(endpoint.problems),
    }
    return operation


def _parameter(parameter: Parameter) -> Json:
    described: Json = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    if parameter.example is not None:
        described["example"] = parameter.example
    return described


def _success(success: Success) -> Json:
    content: Json = {"schema": {"type": "object" if success.content_type == "application/json" else "string"}}
    if success.example is not None:
        content = {"schema": _ref(type(success.example)), "example": success.example.body()}
    return {
        "description": success.description,
        "headers": _headers("X-Request-Id", *success.headers),
        "content": {success.content_type: content},
    }


def _problems(codes: Iterable[str]) -> dict[str, Json]:
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(BY_CODE[code].status, []).append(code)
    return {str(status): _problem(status, by_status[status]) for status in sorted(by_status)}


def _problem(status: int, codes: list[str]) -> Json:
    schema = {"allOf": [_ref(Problem), {"properties": {"status": {"const": status}, "code": {"enum": sorted(codes)}}}]}
    return {
        "description": f"{BY_CODE[codes[0]].problem.title}: " + ", ".join(f"`{code}`" for code in sorted(codes)),
        "headers": _headers("X-Request-Id", *(name for code in codes for name in BY_CODE[code].headers)),
        "content": {
            "application/problem+json": {
                "schema": schema,
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in sorted(codes)},
            }
        },
    }


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _security_schemes() -> Json:
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The token from Log in or Refresh a token.",
        },
        "signature": {
            "type": "apiKey",
            "in": "header",
            "name": "X-SIGNATURE",
            "description": "Base64 of your RSA signature (RSASSA-PKCS1-v1_5 with SHA-256) over the string of your "
            "profile.",
        },
    }


def _schemas() -> Json:
    requests = {endpoint.body for endpoint in ENDPOINTS if endpoint.body is not None}
    answers = {type(success.example) for endpoint in ENDPOINTS for success in endpoint.successes if success.example}
    models = sorted(requests | answers | {Problem}, key=lambda model: model.__name__)
    _, generated = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    schemas: Json = _untitled(generated["$defs"])
    of_answers = {model.__name__ for model in Answer.__subclasses__()}
    for name, schema in schemas.items():
        if name in of_answers:
            # An answer may have more fields one day; only requests are refused for fields that nobody knows.
            del schema["additionalProperties"]
        schema["description"] = MODELS.get(name, schema.get("description"))
        for field, description in FIELDS.get(name, {}).items():
            schema["properties"][field]["description"] = description
    return schemas


def _untitled(node: Any) -> Any:
    """Without the titles that pydantic makes of names: they only repeat them."""
    if isinstance(node, list):
        return [_untitled(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {key: _untitled(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
