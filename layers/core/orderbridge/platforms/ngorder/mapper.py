"""An order as Ngorder's document, Create Order, wants it, and what its answers mean. No sockets.

Ngorder keeps no reference of ours; the order's code is in brackets at the head of the note, and by that mark it is
found again. An order's lines must all be of one product_status (traps D9): where they are not, the products that
differ from the first line's are what is missing, since only other variants for them could make one order of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from orderbridge.calls.answers import common_outcome, redacted
from orderbridge.calls.content import speaks_of_content, speaks_of_trouble
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.calls.numbers import positive_id
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.outcomes import Accepted, Outcome, Rejected, Unknown
from orderbridge.channels.site_keys import PER_SITE, customer_keys
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Reply
from orderbridge.orders.codes import marker
from orderbridge.orders.order import Order
from orderbridge.platforms.mapped import MappedOrder, keys_of
from orderbridge.platforms.ngorder import DEFINITION, Address, Cost, Customer, Product, Settings, Site, warehouse_of
from orderbridge.platforms.ngorder.create import CreateOrder
from orderbridge.platforms.ngorder.replies import (
    DOCUMENTED_FAILURE,
    FAILURES,
    SUCCESSES,
    Unreadable,
    read_answer,
    stripped,
)
from orderbridge.platforms.notes import order_note, personal_parts

NEEDS_COST = "R"


def mapping_keys(order: Order) -> set[MappingKey]:
    """Every key that `to_request` may ask for."""
    keys = keys_of(order, ("product", "cost"), (("site", order.content.site_code),))
    return keys | customer_keys(PER_SITE, order.content)  # the addresses are for the look-up of a customer


def to_request(order: Order, settings: Settings, mappings: Mappings) -> FrozenRequest:
    """The create call; raises `MissingMappings` with everything that is missing."""
    mapped = MappedOrder(DEFINITION, settings, mappings, order.content)
    content = order.content
    sender, receiver = _customers(settings, mapped)
    supplier_id, warehouse_id = _origin(content.site_code, settings, mapped)
    products: list[Product | None] = [mapped.need("product", line.product_code) for line in content.products]
    _note_mixed_statuses(order, products, mapped)
    cost = _cost_of_goods(order, products, mapped)
    mapped.raise_if_missing()
    request = CreateOrder.model_validate(
        {
            "customer_sender_id": sender,
            "customer_receiver_id": receiver,
            "supplier_id": supplier_id,
            "order_date": order.date_in(settings.timezone),
            "order_source_id": settings.order_source_id,
            "note": order_note(order, marker(order.code)),
            "is_print": False,
            "products": [
                {
                    "id": product.variation_id,
                    "qty": line.quantity,
                    "product_status": product.product_status,
                    "warehouse_id": warehouse_id,
                }
                for line, product in zip(content.products, products, strict=True)
                if product is not None
            ],
            "expedition": settings.expedition.model_dump(),
            "payment": _payment(order, settings, cost),
            "source": "WEB",
        }
    )
    return request.frozen()


def _customers(settings: Settings, mapped: MappedOrder) -> tuple[int | None, int | None]:
    """Sender and receiver: goods go to the receiver's address, which is the site's where the site has one.

    An address of the site without a customer there is one to be found, or created: the customer's own is elsewhere.
    """
    of_site: Customer | None = mapped.of_site("customer")
    own: Customer | None = mapped.of_customer("customer")
    address_of_site: Address | None = mapped.of_site("address")
    if of_site is None and address_of_site is not None:
        mapped.miss_row("customer", of_site=True)
        return None, None
    if of_site is None and own is None:
        mapped.miss_customer()
        if settings.create_customers and mapped.of_customer("address") is None:
            mapped.miss_customer("address", "is needed to create the customer")
        return None, None
    sender, receiver = own or of_site, of_site or own
    return (None, None) if sender is None or receiver is None else (sender.customer_id, receiver.customer_id)


def _origin(site_code: str, settings: Settings, mapped: MappedOrder) -> tuple[int | None, int | None]:
    """Supplier and warehouse: the site's own, else the channel's."""
    site: Site | None = mapped.find("site", site_code)
    supplier = site.supplier_id if site is not None and site.supplier_id is not None else settings.supplier_id
    if supplier is None:
        mapped.miss("site", site_code)
    return supplier, warehouse_of(site, settings)


def _note_mixed_statuses(order: Order, products: list[Product | None], mapped: MappedOrder) -> None:
    statuses = [product.product_status for product in products if product is not None]
    for line, product in zip(order.content.products, products, strict=True):
        if product is not None and product.product_status != statuses[0]:
            why = f"is of product_status {product.product_status}, the first line of {statuses[0]}; an order is of one"
            mapped.miss("product", line.product_code, why)


def _cost_of_goods(order: Order, products: list[Product | None], mapped: MappedOrder) -> int | None:
    """The whole order's cost in whole rupiah, rounded once; None where no product is of type R."""
    total: Decimal | None = None
    for line, product in zip(order.content.products, products, strict=True):
        if product is None or product.product_status != NEEDS_COST:
            continue
        cost: Cost | None = mapped.need("cost", line.product_code)
        if cost is not None:
            total = (total or Decimal(0)) + cost.cost * line.quantity
    return None if total is None else int(total.to_integral_value(ROUND_HALF_UP))


def _payment(order: Order, settings: Settings, cost_of_goods: int | None) -> dict[str, Any]:
    # Date and bank belong to a payment that was made; the document's example sends them with UNPAID all the same.
    day = None if settings.bank_id is None else order.date_in(settings.timezone)
    return {"date": day, "bank_id": settings.bank_id, "cost_of_goods_sales": cost_of_goods}


def read_reply(reply: Reply, *, refuses_with_503: bool = False, unwanted: Iterable[str] = ()) -> Outcome:
    """What became of a Create Order: the body decides, whatever its status says (traps D20, D21).

    Accepted is a word of success beside a positive ``order_id``. Without one "Failed" is the documented failure, unless
    it speaks of trouble that has nothing to do with the order, and another word of failure is one if it speaks of what
    is in the order.
    """
    outcome = common_outcome(
        reply, refuses_with_503=refuses_with_503, unwanted=unwanted, refuses_content=speaks_of_content
    )
    if outcome is not None:
        return outcome
    try:
        document = read_json(reply.body)
        answer = read_answer(document)
    except (NotJson, Unreadable) as unreadable:
        return Unknown(f"{reply.status} with {unreadable}")
    word = str(stripped(document).get("response")).strip().lower() if isinstance(document, Mapping) else ""
    order_id = positive_id(answer.data.get("order_id")) if isinstance(answer.data, Mapping) else None
    said = "; ".join(answer.messages)
    if word in SUCCESSES and order_id is not None:
        return Accepted(str(order_id))
    has_failed = word == DOCUMENTED_FAILURE and not speaks_of_trouble(said)
    if order_id is None and (has_failed or (word in FAILURES and speaks_of_content(said))):
        return Rejected(redacted(said, unwanted) or "failed, without a reason")
    return Unknown(f"{reply.status} that proves neither a new order nor a failure: {redacted(said, unwanted)}")


def personal_texts(request: FrozenRequest) -> list[str]:
    """What is personal in a frozen request, so that the platform's echo of it is not kept."""
    return personal_parts(read_json(request.body)["note"])
