"""What SalesMania holds: databases with their teams, customers, products, visits; and the tokens it gave out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from orderbridge_sandboxes import goods
from orderbridge_sandboxes.exchange import JsonObject, Reply, Request
from orderbridge_sandboxes.platform import Settings
from orderbridge_sandboxes.salesmania import demo

_TOKEN_KEY = b"salesmania sandbox"


@dataclass(frozen=True)
class SalesmaniaSettings(Settings):
    """How this platform behaves, beyond what all have."""

    username: str = demo.CREDENTIALS["username"]
    password: str = field(default=demo.CREDENTIALS["password"], metadata={"secret": True})
    bearer_seconds: float = 3600.0  # lifetimes are not in the document
    team_token_seconds: float = 3600.0
    token_field: str = "token"  # noqa: S105 - a field's name; or access_token, or data.token: the document does not say
    list_shape: str = "data"  # or array, or named: lists come under "data", bare, or under their own name


@dataclass
class Database:
    """One of the account's databases; a team token opens exactly one."""

    id: int
    name: str
    teams: dict[int, JsonObject] = field(default_factory=dict)
    customers: dict[int, JsonObject] = field(default_factory=dict)
    products: dict[int, JsonObject] = field(default_factory=dict)
    visits: dict[int, JsonObject] = field(default_factory=dict)
    order_ids: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Token:
    """What a token opens, and until when. `database_id` None: a bearer, which opens no database by itself."""

    until: datetime
    database_id: int | None = None
    team_id: int | None = None


class Tokens:
    """Tokens as the document's sample has them: base64url of `{"db_id", "team_id"}`, a dot, a signature."""

    def __init__(self) -> None:
        self._known: dict[str, Token] = {}
        self._count = 0

    def issue(self, now: datetime, seconds: float, payload: JsonObject, *, team: bool) -> str:
        """A new token; older ones stay good until they expire."""
        self._count += 1
        shown = base64.urlsafe_b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode().rstrip("=")
        mac = hmac.new(_TOKEN_KEY, f"{self._count}.{shown}".encode(), hashlib.sha256).digest()
        token = f"{shown}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
        until = now + timedelta(seconds=seconds)
        self._known[token] = Token(until, payload["db_id"], payload["team_id"]) if team else Token(until)
        return token

    def bearer(self, token: str, now: datetime) -> Token | None:
        """The bearer, if it is one and still good."""
        return self._good(token, now, team=False)

    def team(self, token: str, now: datetime) -> Token | None:
        """The team token, if it is one and still good."""
        return self._good(token, now, team=True)

    def _good(self, token: str, now: datetime, *, team: bool) -> Token | None:
        known = self._known.get(token)
        if known is None or known.until <= now or (known.database_id is not None) is not team:
            return None
        return known

    def expire_all(self) -> None:
        """Makes every token given out so far worthless."""
        self._known.clear()


def product_of(product: goods.Product) -> JsonObject:
    """A product with two units; the price belongs to the unit, the stock to the product."""
    return {
        "id": demo.PRODUCT + product.number,
        "name": product.name,
        "description": "",
        "sku": product.code,
        "tags": [],
        "status": True,
        "ext_product_code": product.code,
        "default_disc": "",
        "qty_on_hand": product.level,
        "product_units": [
            {"name": "PCS", "price": product.price, "ratio": 1},
            {"name": "BOX", "price": product.price * 12, "ratio": 12},
        ],
    }


def customer_of(customer: goods.Customer) -> JsonObject:
    """A customer as Get customer by ID shows it."""
    return {
        "id": demo.CUSTOMER + customer.number,
        "name": customer.name,
        "address": f"Jl. Contoh No. {customer.number}",
        "city": "Jakarta Barat",
        "phone": customer.phone,
        "ext_cust_no": customer.code,
        "status": True,
        "tags": [],
    }


def page_of(rows: list[Any], request: Request) -> list[Any]:
    """All rows, or one page where `page` and `per_page` are sent (paging is not in the document)."""
    page, size = request.query.get("page"), request.query.get("per_page")
    if page is None and size is None:
        return rows
    number, length = (_whole(page, 1), _whole(size, 100))
    return rows[(number - 1) * length : number * length]


def _whole(value: str | None, otherwise: int) -> int:
    return int(value) if value is not None and value.isdecimal() and int(value) > 0 else otherwise


def shaped_list(rows: list[Any], name: str, shape: str) -> Reply:
    """A list as this account's revision answers it."""
    if shape == "array":
        return Reply.of(rows)
    return Reply.of({name if shape == "named" else "data": rows})
