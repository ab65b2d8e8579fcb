"""A sales order as a partner sends it, and as Orderbridge keeps it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from orderbridge.values.documents import parse_document
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.text import UnseenCharacter, checked_code, trimmed
from orderbridge.values.times import business_date, from_iso

MAX_LINES = 200
MAX_QUANTITY = 1_000_000
MAX_REFERENCE_LENGTH = 128

OrderStatus = Literal["DRAFT", "SUBMITTED", "ACCEPTED", "IN_PROCESS", "SHIPPED", "COMPLETED", "CANCELLED", "REJECTED"]

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_BREAKS_AND_TABS = str.maketrans("", "", "\r\n\t")
_LONGEST_WRITTEN = 1000
"""Characters of a code in any form; NFC, which has at most four times fewer, takes quadratic time over some texts."""


def _one_line(text: str) -> str:
    if _CONTROL_CHARACTERS.search(text):
        raise PydanticCustomError("control_characters", "Control characters are not allowed")
    return text


def _lines(text: str) -> str:
    _one_line(text.translate(_LINE_BREAKS_AND_TABS))
    return text


def _code(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = trimmed(value)
    if len(text) > _LONGEST_WRITTEN:
        return text
    try:
        return checked_code(text)
    except UnseenCharacter as unseen:
        raise PydanticCustomError("unseen_character", "{reason}", {"reason": str(unseen)}) from None


_AsCompared = BeforeValidator(_code)
Code = Annotated[str, _AsCompared, StringConstraints(min_length=1, max_length=100)]
SalesName = Annotated[str, _AsCompared, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(_lines)
]
Reference = Annotated[str, _AsCompared, StringConstraints(max_length=MAX_REFERENCE_LENGTH)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_one_line)]


class _Document(BaseModel):
    # A misspelt optional field would silently change the meaning of an order, so unknown fields are refused.
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ProductLine(_Document):
    """One line of an order: whole pieces of one product. The same code may be on several lines."""

    product_code: Code
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class SalesOrder(_Document):
    """The request body of Create sales order (facts 1), validated.

    `purchase_order_no` is optional and nullable; absent, null and blank all mean "no reference".
    """

    customer_code: Code
    site_code: Code
    sales_name: SalesName
    address: LongText
    purchase_order_no: Reference | None = None
    # A list, because pydantic counts its items before it looks at them, and a tuple's after dropping the invalid ones.
    products: Annotated[list[ProductLine], Field(min_length=1, max_length=MAX_LINES)]

    @field_validator("purchase_order_no", mode="after")
    @classmethod
    def _blank_is_none(cls, value: str | None) -> str | None:
        return value or None

    @classmethod
    def as_stored(cls, canonical: str) -> SalesOrder:
        """The order in a `canonical_json` that was accepted; a rule that has come since refuses none that is stored."""
        values = json.loads(canonical)
        products = [ProductLine.model_construct(**line) for line in values.pop("products")]
        return cls.model_construct(**values, products=products)

    def canonical_json(self) -> str:
        """One text for one content, whatever the spacing and key order the partner used."""
        return _canonical(self.model_dump(mode="json"))

    def content_hash(self) -> str:
        """SHA-256 of the canonical content, in hex: equal exactly where two orders say the same."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def parse_sales_order(body: bytes) -> SalesOrder:
    """The order in a request body.

    Raises `MalformedRequest` where the body is not JSON, `InvalidFields` with every field error at once where it is
    JSON and not an order.
    """
    return parse_document(SalesOrder, body)


def order_reference(order: SalesOrder, idempotency_key: str | None, timestamp: str, body: bytes) -> str:
    """The reference under which a posted order is stored once (invariant 4).

    ``po:<purchase_order_no>`` if given, else ``key:<Idempotency-Key>``, else ``body:<sha256 of timestamp and body>``,
    which makes an exact replay the same order.
    """
    if order.purchase_order_no is not None:
        return f"po:{order.purchase_order_no}"
    if idempotency_key is not None:
        return f"key:{idempotency_key}"
    return "body:" + hashlib.sha256(timestamp.encode() + b"\n" + body).hexdigest()


@dataclass(frozen=True, slots=True)
class Order:
    """An accepted order. One of these at rest is the idempotency record and the outbox row at once."""

    key: OrderKey
    code: str
    content: SalesOrder
    content_hash: str
    created_at: str
    order_date: str
    status: OrderStatus
    channels: tuple[ChannelRef, ...]
    signed_by: str
    due_at: str | None = None
    cancel_requested_at: str | None = None
    """Since when the partner wants this order cancelled; nothing is sent anywhere after it."""
    cancel_reason: str | None = None
    """Why, in the partner's words, where it has said so."""
    changes: int = 0
    """How often something was announced; the number of the last message to the partner's webhooks."""
    announced: str = ""
    """What the partner's webhooks know of the order at its channels (forwarding.order_status)."""
    unrouted_since: str | None = None
    """Since when the order waits for a route, because no channel takes it."""
    has_news: bool = False
    """Whether it was cancelled while no channel took it, and nobody has told of that yet."""
    messages: str = ""
    """The messages that tell of the last change, as they are written with it (webhooks.delivery.to_text)."""

    @property
    def client_id(self) -> str:
        return self.key.client_id

    def date_in(self, zone: str) -> date:
        """The day on which the order was accepted, by this zone's clocks; `order_date` is the business's day."""
        return business_date(from_iso(self.created_at), zone)

    @property
    def awaits_route(self) -> bool:
        """Whether no channel takes it, and one still may."""
        return not self.channels and self.cancel_requested_at is None
