"""An order as SalesMania's document, Add new order, wants it, and what its answers mean. No sockets.

The answer to a created order is ``{}``: there is no id to keep, `ext_order_no` is the only thread back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orderbridge.calls.answers import common_outcome, flat_words, summary_of
from orderbridge.calls.content import speaks_of_content, speaks_of_trouble
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.calls.numbers import positive_id
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.outcomes import Accepted, Outcome, Unknown
from orderbridge.channels.site_keys import customer_keys
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Reply
from orderbridge.orders.order import Order, ProductLine
from orderbridge.platforms.mapped import MappedOrder, keys_of
from orderbridge.platforms.notes import order_note, personal_parts
from orderbridge.platforms.salesmania import DEFINITION, Product, Settings, Unit
from orderbridge.platforms.salesmania.create import AddOrder, OrderedProduct
from orderbridge.platforms.values import Price

STATUS_NAME_AT_CREATION = "SUBMITTED"
"""`ext_order_status_name` of a new order: what our status is once SalesMania holds it."""

_STATUS_WORDS = frozenset({"baru", "diproses", "terkirim", "lunas", "batal", "success", "ok"})
"""A new order's own status, and what an envelope says about a success."""


def mapping_keys(order: Order) -> set[MappingKey]:
    """Every key that `to_request` may ask for."""
    content = order.content
    keys = keys_of(order, ("product", "price", "unit"), (("sales", content.sales_name),))
    return keys | customer_keys(("customer",), content)


def to_request(order: Order, settings: Settings, mappings: Mappings) -> FrozenRequest:
    """The create call; raises `MissingMappings` with everything that is missing.

    The team token is not part of it: it changes, and the frozen request does not.
    """
    mapped = MappedOrder(DEFINITION, settings, mappings, order.content)
    customer = mapped.need_customer()
    team_id = _team_id(order, settings, mapped)
    lines = [_line(line, number, mapped) for number, line in enumerate(order.content.products, start=1)]
    mapped.raise_if_missing()
    request = AddOrder.model_validate(
        {
            "date": order.date_in(settings.timezone),
            "customer_id": customer.customer_id,
            "team_id": team_id,
            "description": order_note(order, order.code),
            "ordered_products": lines,
            "ext_order_no": order.code,
            "ext_order_status_name": STATUS_NAME_AT_CREATION,
        }
    )
    return request.frozen(settings.paths.by_name())


def _team_id(order: Order, settings: Settings, mapped: MappedOrder) -> int | None:
    # Without a team SalesMania books the visit on the API user's own team, so there is no sending without one.
    person = mapped.find("sales", order.content.sales_name)
    if person is not None:
        return int(person.team_id)
    if settings.default_team_id is None:
        mapped.miss("sales", order.content.sales_name)
    return settings.default_team_id


def _line(line: ProductLine, number: int, mapped: MappedOrder) -> OrderedProduct | None:
    product: Product | None = mapped.need("product", line.product_code)
    if product is None:
        return None
    unit = _unit(product, mapped.find("unit", line.product_code))
    price = _price(line, product, unit, mapped)
    quantity = unit.quantity_of(line.quantity) if unit else None
    if unit is None or quantity is None:
        why = None if unit is None else f"of {unit.ratio} pieces cannot hold {line.quantity} exactly"
        mapped.miss("unit", line.product_code, why)
        return None
    if price is None:
        return None
    return OrderedProduct(
        product_id=product.product_id,
        qty=quantity,
        unit=unit.unit,
        price=price.price,
        item_disc_percent=price.disc_percent,
        # "either this or item_disc_amount" (SalesMania's document, Add new order)
        item_disc_amount=price.disc_amount or None,
        ext_order_line_id=number,
    )


def _unit(product: Product, row: Unit | None) -> Unit | None:
    if row is not None or product.unit is None:
        return row
    return Unit(unit=product.unit, ratio=product.ratio, divisible=product.divisible)


def _price(line: ProductLine, product: Product, unit: Unit | None, mapped: MappedOrder) -> Price | None:
    row: Price | None = mapped.find("price", line.product_code)
    if row is not None:
        return row
    # The product mapping's price is for its own unit; a box does not cost what a piece costs.
    is_for_this_unit = unit is None or product.unit is None or unit.unit == product.unit
    if product.price is None or not is_for_this_unit:
        why = None if product.price is None else f"is known for one {product.unit} alone"
        mapped.miss("price", line.product_code, why)
        return None
    return product.price


def read_reply(reply: Reply, *, refuses_with_503: bool = False, unwanted: Iterable[str] = ()) -> Outcome:
    """What became of an Add new order.

    Accepted is a 200 or 201 with exactly ``{}``, the document's whole success, or with a positive id of the new order,
    or a 204. The document knows no failure inside a success, so everything else with a 2xx proves nothing.
    """
    outcome = common_outcome(
        reply, refuses_with_503=refuses_with_503, unwanted=unwanted, refuses_content=speaks_of_content
    )
    if outcome is not None:
        return outcome
    if reply.status == 204 and not reply.body.strip():
        return Accepted(external_id=None)
    try:
        document = read_json(reply.body)
    except NotJson as unreadable:
        return Unknown(f"{reply.status} with {unreadable}")
    if reply.status in (200, 201) and document == {}:
        return Accepted(external_id=None)
    accepted = _new_order(document) if reply.status in (200, 201) else None
    return accepted or Unknown(f"not the documented success: {summary_of(reply, unwanted)}")


def _new_order(document: Any) -> Accepted | None:
    """The new order, where an answer tells its id as an order has it: by itself, or under ``data`` or ``order``.

    Any other sign in the answer (an error, a code, a status that no order has) makes the id one of something else.
    """
    while isinstance(document, Mapping) and _is_of_order(document):
        number = positive_id(document.get("id"))
        if number is not None:
            return Accepted(str(number))
        document = document.get("data", document.get("order"))
    return None


def _is_of_order(document: Mapping[str, Any]) -> bool:
    said = "; ".join(flat_words({"message": document.get("message")}))
    return (
        not any(document.get(name) for name in ("error", "errors", "code", "exception"))
        and document.get("success", True) is True
        and str(document.get("status", "baru")).strip().lower() in _STATUS_WORDS
        and not speaks_of_trouble(said)
    )


def personal_texts(request: FrozenRequest) -> list[str]:
    """What is personal in a frozen request, so that the platform's echo of it is not kept."""
    description = read_json(request.body).get("description")
    return personal_parts(description) if isinstance(description, str) else []
