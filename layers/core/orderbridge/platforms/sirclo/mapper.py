"""An order as SIRCLO's Create Order wants it, in either revision, and what its answers mean. No sockets.

Prices go out net, with a discount of 0 beside them: `raw_price` has meant "after discount and tax", "before discount"
and both over the years (traps C1), and a net price without a discount is right under every reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge.calls.answers import OF_CONTENT, common_outcome, flat_words, redacted, words_of
from orderbridge.calls.content import speaks_of_content, speaks_of_trouble
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.calls.numbers import id_or_none, positive_id
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.outcomes import Accepted, AcceptedOtherwise, Outcome, Rejected, Unknown
from orderbridge.channels.site_keys import PER_SITE, customer_keys
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Reply
from orderbridge.orders.order import Order, ProductLine
from orderbridge.platforms.mapped import MappedOrder, keys_of
from orderbridge.platforms.sirclo import DEFINITION, Delivery, Product, Settings
from orderbridge.platforms.sirclo.create import CreateOrder, CreateOrders
from orderbridge.platforms.values import Price
from orderbridge.values.text import bounded

DEFAULT_COUNTRY = "Indonesia"
_NEEDED_IN_2021 = ("delivery_city", "delivery_region", "delivery_suburb", "delivery_post_code", "delivery_method")
_LOCATION = ("delivery_region", "delivery_city", "delivery_suburb", "delivery_country", "delivery_post_code")
_OTHERS = ("delivery_name", "delivery_email", "delivery_mobile", "delivery_method")
_EXISTS_WORDS = ("already exist", "sudah ada")


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """SIRCLO refused the order because it holds one with this order_id: ours, from a call whose answer was lost."""

    words: str


def mapping_keys(order: Order) -> set[MappingKey]:
    """Every key that `to_request` may ask for."""
    return keys_of(order, ("product", "price")) | customer_keys(PER_SITE, order.content)


def to_request(order: Order, settings: Settings, mappings: Mappings) -> FrozenRequest:
    """The create call; raises `MissingMappings` with everything that is missing."""
    mapped = MappedOrder(DEFINITION, settings, mappings, order.content)
    delivery = _delivery(order, settings, mapped)
    lines = [_line(line, number, settings, mapped) for number, line in enumerate(order.content.products, start=1)]
    mapped.raise_if_missing()
    document = {
        "order_id": order.code,
        # The moment of acceptance never changes, so a repeat falls into the same look-up window.
        "order_date": order.created_at,
        "customer_reference": order.content.purchase_order_no or order.content.customer_code,
        "shipment_reference": "",
        "status": "pending",
        "delivery_street_address": order.content.address,
        **delivery,
        "line_items": lines,
    }
    if settings.revision == "2019-07":
        return CreateOrder.model_validate(document).frozen()
    return CreateOrders.model_validate({"orders": [{**document, "payment_method": settings.payment_method}]}).frozen()


def _delivery(order: Order, settings: Settings, mapped: MappedOrder) -> dict[str, str]:
    """Whom and where to deliver to, from the rows of site and customer; the street is the order's own.

    Where an order goes comes from one row, so that no city is beside the postal code of another.
    """
    of_site: list[Delivery | None] = [mapped.of_site("address"), mapped.of_site("customer")]
    own: list[Delivery | None] = [mapped.of_customer("address"), mapped.of_customer("customer")]
    rows = [row.model_dump(exclude_none=True) for row in (*of_site, *own) if row is not None]
    must_be_known = settings.revision != "2019-07" or settings.unknown_customers == "wait"
    if not rows and (must_be_known or mapped.is_known_by_sites_alone):
        mapped.miss_customer()
    located = next((row for row in rows if any(name in row for name in _LOCATION)), {})
    known = {"delivery_name": order.content.customer_code, "delivery_country": DEFAULT_COUNTRY}
    known |= {name: row[name] for row in reversed(rows) for name in _OTHERS if name in row}
    known |= {name: located[name] for name in _LOCATION if name in located}
    if settings.revision == "2019-07":
        known.pop("delivery_suburb", None)  # 2019-07 has no such field
    elif rows and (lacking := [name for name in _NEEDED_IN_2021 if name not in known]):
        mapped.miss_row("address", f"lacks {', '.join(lacking)}", of_site=any(row is not None for row in of_site))
    return known


def _line(line: ProductLine, number: int, settings: Settings, mapped: MappedOrder) -> dict[str, Any] | None:
    product: Product | None = mapped.need("product", line.product_code)
    if product is None:
        return None
    price: Price | None = mapped.find("price", line.product_code) or product.price
    if price is None:
        mapped.miss("price", line.product_code)
        return None
    own = {"id": product.id} if settings.revision == "2019-07" else {"order_item_id": str(number)}
    return {
        **own,
        "sku": product.sku,
        "name": product.name or product.sku,
        "quantity": line.quantity,
        "unit_price": price.net,
        "raw_price": price.net,
        "discount": 0,
    }


def read_reply(
    reply: Reply,
    order_id: str,
    otherwise: Callable[[Mapping[str, Any]], str | None],
    *,
    refuses_with_503: bool = False,
    unwanted: Iterable[str] = (),
) -> Outcome | AlreadyThere:
    """What became of a Create Order, in the form of either revision.

    Accepted is a positive ``id`` beside our own ``order_id``; a row of ours under ``failed`` is the documented failure.
    2019-07 answers the whole order: `otherwise` says what it has that was not sent.
    """
    outcome = common_outcome(
        reply, refuses_with_503=refuses_with_503, unwanted=unwanted, refuses_content=speaks_of_content
    )
    if outcome is not None and reply.status not in OF_CONTENT:
        return outcome
    try:
        document = read_json(reply.body)
    except NotJson as unreadable:
        return outcome or Unknown(f"{reply.status} with {unreadable}")
    data = document.get("data") if isinstance(document, Mapping) else None
    failed = _entry(data, "failed", order_id)
    if failed is not None:
        return _failure(failed, unwanted)
    if outcome is not None:
        # The order's own id must be among the words: a product or customer may exist already as well.
        words = "; ".join(words_of(reply))
        return AlreadyThere(redacted(words, unwanted)) if _says_exists(words) and order_id in words else outcome
    created = _entry(data, "succeed", order_id) or data
    if isinstance(created, Mapping) and order_number(created) == order_id:
        number = positive_id(created.get("id"))
        if number is not None:
            difference = otherwise(created)
            return Accepted(str(number)) if difference is None else AcceptedOtherwise(str(number), bounded(difference))
    return Unknown(f"{reply.status} without the created order")


def _failure(failed: Mapping[str, Any], unwanted: Iterable[str]) -> Outcome | AlreadyThere:
    said = "; ".join(flat_words(failed))
    words = redacted(said, unwanted) or "failed, without a reason"
    if _says_exists(said):
        return AlreadyThere(words)
    return Unknown(words) if speaks_of_trouble(said) else Rejected(words)


def _says_exists(words: str) -> bool:
    return any(phrase in words.lower() for phrase in _EXISTS_WORDS)


def _entry(data: Any, bucket: str, order_id: str) -> Mapping[str, Any] | None:
    """Our order among the ``succeed`` or ``failed`` of a batch answer."""
    rows = data.get(bucket) if isinstance(data, Mapping) else None
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and order_number(row) == order_id:
            return row
    return None


def order_number(row: Mapping[str, Any]) -> str | None:
    """Our id on an order there: `order_id`, or `order_number` as Get Order calls it (traps C8)."""
    for name in ("order_id", "order_number"):
        value = row.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def external_id_of(row: Mapping[str, Any]) -> str | None:
    """SIRCLO's own id of an order, which updates need."""
    return id_or_none(row.get("id"))


def order_in(request: FrozenRequest) -> Mapping[str, Any]:
    """The order inside a frozen request of either revision."""
    document = read_json(request.body)
    inner: Mapping[str, Any] = document["orders"][0] if "orders" in document else document
    return inner


def personal_texts(request: FrozenRequest) -> list[str]:
    """What is personal in a frozen request, so that the platform's echo of it is not kept."""
    return [str(value) for name, value in order_in(request).items() if name.startswith("delivery_")]
