"""The table of endpoints: what each is called with, what it answers, and which problems it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pydantic import BaseModel

from orderbridge.entrypoints.answers.answer import Answer
from orderbridge.orders.order import MAX_REFERENCE_LENGTH, OrderStatus, SalesOrder
from orderbridge.partners.login import LoginRequest, RefreshRequest
from orderbridge.partners.partner import CLIENT_ID
from orderbridge.reading.cancelling import CancelBody
from orderbridge.reading.orders import DEFAULT_LIMIT, MAX_LIMIT
from orderbridge.reading.stock import LONGEST_CODE
from orderbridge_cli.openapi import examples
from orderbridge_cli.openapi.errors import EVERY_BODY, EVERY_SIGNATURE, EVERY_TOKEN, EVERYWHERE

Caller = Literal["anybody", "token", "signature"]
"""What a call must show: nothing, an access token, or a token and a signature."""

ALIASES = {"/api/v1/sales-order": "/api/v1/sales-orders", "/api/v1/orders/sales": "/api/v1/sales-orders"}
"""Paths under which the partner document has Create sales order too. They work; new partners do not hear of them."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a call; `schema` is its JSON Schema."""

    place: Literal["path", "query", "header"]
    name: str
    description: str
    schema: Mapping[str, Any]
    example: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Success:
    """An answer that is none of the problems. What is no answer of the use cases, a page, has no `example`."""

    status: int
    description: str
    example: Answer | None = None
    headers: tuple[str, ...] = ()
    content_type: str = "application/json"


CODE = Parameter(
    "path", "code", "The order's code, from the answer to Create sales order.",
    {"type": "string", "pattern": r"^SO-\d{8}-\d{5,}$", "maxLength": 32}, "SO-20250101-00001", required=True,
)  # fmt: skip
LIMIT = Parameter(
    "query", "limit", "The size of a page.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}, DEFAULT_LIMIT,
)  # fmt: skip
CURSOR = Parameter(
    "query", "cursor", "`next_cursor` of the page before, unchanged.", {"type": "string", "minLength": 1}
)

CLIENT_ID_OF_TOKEN = Parameter(
    "header", "X-CLIENT-ID", "Not needed for reading; where it is sent, it must be the client of the token.",
    {"type": "string", "pattern": f"^{CLIENT_ID.pattern}$"}, examples.CLIENT_ID,
)  # fmt: skip
SIGNED = (
    Parameter(
        "header", "X-CLIENT-ID", "Your `client_id`, the same as in the token.",
        {"type": "string", "pattern": f"^{CLIENT_ID.pattern}$"}, examples.CLIENT_ID, required=True,
    ),
    Parameter(
        "header", "X-TIMESTAMP",
        "Unix time in seconds when the request was signed; 13 digits are milliseconds. At most 300 seconds old or "
        "ahead.",
        {"type": "string", "pattern": "^([0-9]{1,12}|[0-9]{13})$"}, examples.TIMESTAMP, required=True,
    ),
)  # fmt: skip
_LONGEST_KEY = f"{{1,{MAX_REFERENCE_LENGTH}}}"
_KEY_PATTERN = rf'^([!#-~][!-~]{{0,{MAX_REFERENCE_LENGTH - 1}}}|"([ !#-\[\]-~]|\\["\\]){_LONGEST_KEY}")$'
IDEMPOTENCY_KEY = Parameter(
    "header", "Idempotency-Key",
    "For an order without a `purchase_order_no`: a key of your own, which makes repetitions the same order. Ignored "
    "with a `purchase_order_no`. A string of RFC 8941, in quotes, or the same key bare.",
    {"type": "string", "pattern": _KEY_PATTERN},
    examples.IDEMPOTENCY_KEY,
)  # fmt: skip


HEADERS_OF_CALLERS: Mapping[Caller, tuple[Parameter, ...]] = {
    "anybody": (),
    "token": (CLIENT_ID_OF_TOKEN,),
    "signature": SIGNED,
}
PROBLEMS_OF_CALLERS: Mapping[Caller, tuple[str, ...]] = {
    "anybody": (),
    "token": EVERY_TOKEN,
    "signature": (*EVERY_TOKEN, *EVERY_SIGNATURE),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the API. Descriptions are Markdown.

    `own_parameters` and `own_problems` are those that do not follow from who may call and whether there is a body.
    """

    method: Literal["get", "post"]
    path: str
    operation_id: str
    tag: str
    summary: str
    description: str
    caller: Caller
    successes: tuple[Success, ...]
    own_problems: tuple[str, ...] = ()
    own_parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    body_example: dict[str, Any] = field(default_factory=dict)
    body_required: bool = True

    @property
    def problems(self) -> tuple[str, ...]:
        """The codes of all problems that the call may be answered with."""
        of_body = EVERY_BODY if self.body is not None else ()
        return (*EVERYWHERE, *PROBLEMS_OF_CALLERS[self.caller], *of_body, *self.own_problems)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the path first, then what shows who is calling."""
        in_path = [each for each in self.own_parameters if each.place == "path"]
        others = [each for each in self.own_parameters if each.place != "path"]
        return (*in_path, *HEADERS_OF_CALLERS[self.caller], *others)


def _moment(name: str, description: str) -> Parameter:
    return Parameter("query", name, description, {"type": "string", "format": "date-time"}, "2025-01-01T00:00:00Z")


AUTHENTICATION, SALES_ORDERS, STOCK, ABOUT = "Authentication", "Sales orders", "Stock", "About the API"
TAGS = {
    AUTHENTICATION: "A token for twelve hours, and a new one for the old.",
    SALES_ORDERS: "Create, read, list and cancel your orders. Other partners' orders do not exist for you.",
    STOCK: "What is in stock of the products that your channels sell.",
    ABOUT: "For everybody, without a token.",
}

ENDPOINTS = (
    Endpoint(
        "post", "/api/v1/auth/login", "login", AUTHENTICATION, "Log in",
        "A token for your `client_id` and `client_secret`. It is valid for twelve hours; log in once, not for every "
        "request.",
        "anybody",
        (Success(200, "Logged in.", examples.token()),),
        ("invalid_credentials", "partner_suspended"),
        body=LoginRequest, body_example=examples.LOGIN,
    ),
    Endpoint(
        "post", "/api/v1/auth/refresh", "refreshToken", AUTHENTICATION, "Refresh a token",
        "A new token for one that is valid, or has expired at most a day ago, without your secret. The old one stays "
        "valid until it expires. Thirty days after the login it takes a new login.",
        "anybody",
        (Success(200, "Refreshed.", examples.token()),),
        ("invalid_token", "partner_suspended"),
        body=RefreshRequest, body_example={"token": examples.TOKEN},
    ),
    Endpoint(
        "post", "/api/v1/sales-orders", "createSalesOrder", SALES_ORDERS, "Create sales order",
        "Stores the order and carries it to every platform it goes to. Send a `purchase_order_no` or an "
        "`Idempotency-Key`: then the same order, sent again for whatever reason, is the same order with the "
        "same code. Without either only a byte-for-byte repetition with the same `X-TIMESTAMP` is.",
        "signature",
        (
            Success(201, "Accepted.", examples.created()),
            Success(
                200, "The same order again. The body is the one of the first time.", examples.created(),
                headers=("Idempotent-Replay",),
            ),
        ),
        ("purchase_order_conflict", "idempotency_key_reused"),
        (IDEMPOTENCY_KEY,),
        body=SalesOrder, body_example=examples.SALES_ORDER,
    ),
    Endpoint(
        "get", "/api/v1/sales-orders", "listSalesOrders", SALES_ORDERS, "List sales orders",
        "Your orders, newest first. `status` is that of the list, which may be a moment behind the order's own.",
        "token",
        (Success(200, "A page of orders.", examples.listed()),),
        ("invalid_parameter", "invalid_fields"),
        (
            Parameter(
                "query", "purchase_order_no", "Only the order with this number of yours.",
                {"type": "string", "minLength": 1, "maxLength": MAX_REFERENCE_LENGTH}, "PO-2025-00001",
            ),
            _moment("from", "Only orders created at this time or later. In a URL a `+` is written `%2B`."),
            _moment("to", "Only orders created before this time."),
            Parameter(
                "query", "status", "Only orders with this status.",
                {"type": "string", "enum": list(get_args(OrderStatus))}, "SUBMITTED",
            ),
            LIMIT,
            CURSOR,
        ),
    ),
    Endpoint(
        "get", "/api/v1/sales-orders/{code}", "getSalesOrder", SALES_ORDERS, "Get sales order",
        "One order: what was ordered, how far it has come at each channel, and what has happened to it.",
        "token",
        (Success(200, "The order.", examples.found()),),
        ("invalid_parameter", "not_found"),
        (CODE,),
    ),
    Endpoint(
        "post", "/api/v1/sales-orders/{code}/cancel", "cancelSalesOrder", SALES_ORDERS, "Cancel sales order",
        "Cancels the order at once where nothing was sent yet, and asks the platforms that have it, as far as they "
        "can be asked. The answer says per channel what came of it; send it again to see how it stands. The body may "
        "be left out, or say why; a platform that asks for a reason is told yours.",
        "signature",
        (Success(200, "The wish is recorded.", examples.cancelled()),),
        ("invalid_parameter", "not_found"),
        (CODE,),
        body=CancelBody, body_example={"reason": "Ordered twice"}, body_required=False,
    ),
    Endpoint(
        "get", "/api/v1/stocks", "listStock", STOCK, "List stock",
        "What can be sent of your products, at their source of record. A product whose level is not known yet is "
        "left out.",
        "token",
        (Success(200, "A page of stock levels.", examples.stock()),),
        ("invalid_parameter", "invalid_fields"),
        (
            Parameter(
                "query", "product_code", "Only this product.",
                {"type": "string", "minLength": 1, "maxLength": LONGEST_CODE}, "PROD-001",
            ),
            Parameter(
                "query", "site_code", "Only what can be sent for this site, and from where its orders are sent.",
                {"type": "string", "minLength": 1, "maxLength": LONGEST_CODE}, "JKT-01",
            ),
            LIMIT,
            CURSOR,
        ),
    ),
    Endpoint(
        "get", "/api/v1/health", "getHealth", ABOUT, "Get health",
        "How the channels are. It may be ten seconds old.",
        "anybody",
        (Success(200, "The report.", examples.health()),),
        ("invalid_parameter",),
    ),
    Endpoint(
        "get", "/api/v1/openapi.json", "getOpenApi", ABOUT, "Get this document",
        "What you are reading, for programs (OpenAPI 3.1).",
        "anybody",
        (Success(200, "The document."),),
        ("invalid_parameter",),
    ),
    Endpoint(
        "get", "/api/v1/docs", "getDocs", ABOUT, "Read this document",
        "What you are reading, for people.",
        "anybody",
        (Success(200, "The page.", content_type="text/html; charset=utf-8"),),
        ("invalid_parameter",),
    ),
)  # fmt: skip
