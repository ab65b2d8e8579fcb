"""What SIRCLO accepts in a body, field by field, in the revisions 2019-07 and 2021-02 (facts 3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orderbridge_sandboxes.validation import (
    Problem,
    Problems,
    array,
    boolean,
    integer,
    join,
    matching,
    number,
    one_of,
    optional,
    record,
    required,
    text,
    timestamp,
)

STATUSES = ("pending", "accepted", "packed", "completed", "canceled")
LATER_STATUSES = ("Pending", "Accepted", "Packed", "Completed", "Cancelled", "Canceled")

_ORDER = {
    "order_id": required(text(filled=True)),
    "order_date": required(timestamp),
    "delivery_name": optional(text()),
    "delivery_email": optional(text()),
    "delivery_mobile": optional(text()),
    "airwaybill_number": optional(text()),
    "shipping_total": optional(number(0)),
}


def _amount(line: Mapping[str, Any], name: str) -> Decimal | None:
    value = line.get(name)
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _one_price(line: Mapping[str, Any], path: str, found: Problems) -> None:
    """The table says unit_price (after discount), the examples raw_price: both together must leave no doubt."""
    if "raw_price" not in line:
        return
    if _amount(line, "unit_price") != _amount(line, "raw_price"):
        found.append(Problem(join(path, "raw_price"), "conflict", "must equal unit_price"))
    if _amount(line, "discount") != 0:
        found.append(Problem(join(path, "discount"), "conflict", "must be 0 where raw_price and unit_price are sent"))


LINE = record(
    {
        "id": required(integer(1)),
        "sku": required(text(filled=True)),
        "name": required(text(filled=True)),
        "quantity": required(integer(1)),
        "unit_price": required(number(0)),
        "raw_price": optional(number(0)),
        "discount": required(number(0)),
    },
    _one_price,
)

ORDER = record(
    {
        **_ORDER,
        "customer_reference": optional(text()),
        "shipment_reference": required(text()),
        "status": optional(one_of(("", *STATUSES))),
        "delivery_street_address": optional(text()),
        "delivery_region": optional(text()),
        "delivery_city": optional(text()),
        "delivery_country": optional(text()),
        "delivery_post_code": optional(text()),
        "delivery_method": optional(text()),
        "line_items": required(array(LINE, least=1)),
    }
)


def _net_price(line: Mapping[str, Any], path: str, found: Problems) -> None:
    raw, discount, unit = (
        _amount(line, "raw_price"),
        _amount(line, "discount") or Decimal(0),
        _amount(line, "unit_price"),
    )
    if raw is not None and discount > raw:
        found.append(Problem(join(path, "discount"), "range", "must not be greater than raw_price"))
    if raw is not None and unit is not None and unit != raw - discount:
        found.append(Problem(join(path, "unit_price"), "conflict", "must be raw_price - discount"))


LATER_LINE = record(
    {
        "sku": required(text(filled=True)),
        "name": required(text(filled=True)),
        "quantity": required(integer(1)),
        "raw_price": required(number(0)),
        "unit_price": optional(number(0)),  # in the published example, not in the table
        "discount": optional(number(0)),
        "order_item_id": optional(text()),
    },
    _net_price,
)

LATER_ORDER = record(
    {
        **_ORDER,
        "customer_reference": required(text(filled=True)),
        "shipment_reference": optional(text()),
        "status": optional(one_of(("", *LATER_STATUSES), any_case=True)),
        "delivery_street_address": required(text(filled=True)),
        "delivery_city": required(text(filled=True)),
        "delivery_region": required(text(filled=True)),
        "delivery_suburb": required(text(filled=True)),
        "delivery_country": required(text(filled=True)),
        "delivery_post_code": required(text(filled=True)),
        "delivery_method": required(text(filled=True)),
        "payment_method": required(text(filled=True)),
        "discount_total": optional(number(0)),
        "line_items": required(array(LATER_LINE, least=1)),
    }
)


def _anything(_value: Any, _path: str, _found: Problems) -> None:
    """Each item is judged for itself: one bad order or update fails alone."""


BATCH = record({"orders": required(array(_anything, least=1))})

BUCKETS = ("accepted", "packed", "completed", "cancelled")
UPDATE = record({bucket: optional(array(_anything)) for bucket in BUCKETS})

_moment = matching(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?",
    "must be a timestamp",
)
_extras = {
    "accepted": {},
    "packed": {"airwaybill_number": required(text(filled=True))},
    "completed": {"received_by": optional(text())},
    "cancelled": {"cancel_reason": optional(text())},
}
UPDATE_ITEMS = {
    bucket: record(
        {
            "id": required(integer(1)),
            "order_number": required(text(filled=True)),
            "updated_at": required(_moment),
            **extra,
        }
    )
    for bucket, extra in _extras.items()
}
LATER_UPDATE_ITEMS = {
    bucket: record({"id": required(integer(1)), "updated_at": required(timestamp), **extra})
    for bucket, extra in _extras.items()
}

NEW_PRODUCTS = record({"products": required(array(_anything, least=1))})
NEW_PRODUCT = record(
    {"sku": required(text(filled=True)), "name": required(text(filled=True)), "stock": optional(integer(0))}
)


def _buffer(body: Mapping[str, Any], path: str, found: Problems) -> None:
    available, buffer = _amount(body, "available_stock"), _amount(body, "buffer_stock")
    if available is not None and buffer is not None and buffer > available:
        found.append(Problem(join(path, "buffer_stock"), "range", "must not be greater than available_stock"))


STOCK_UPDATE = record(
    {
        "sku": required(text(filled=True)),
        "sync_stock": optional(boolean),
        "warehouse": required(text(filled=True)),
        "available_stock": required(integer(0)),
        "buffer_stock": required(integer(0)),
        "channel_stock": required(array(record({"code": required(text(filled=True)), "qty": required(integer(0))}))),
    },
    _buffer,
)
