"""What SalesMania accepts in a body, field by field, from its document and its public pages for the other calls."""

from __future__ import annotations

from orderbridge_sandboxes.validation import (
    array,
    boolean,
    calendar_date,
    either,
    integer,
    matching,
    number,
    one_of,
    optional,
    record,
    required,
    text,
)

STATUSES = ("Baru", "Diproses", "Terkirim", "Lunas", "Batal")

# "55.05+3" takes 55.05 percent off, then 3 percent off what is left.
_percent = r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)"
DISCOUNT = matching(rf"{_percent}(\+{_percent})*", "must be a discount such as 55.05+3")

ORDERED_PRODUCT = record(
    {
        "product_id": required(integer(1)),
        "qty": required(number(above_zero=True)),
        "unit": required(text(filled=True)),
        "price": required(number(0)),
        "item_disc_percent": optional(DISCOUNT),
        "item_disc_amount": optional(number(0)),
        "description": optional(text()),
        "ext_order_line_id": optional(integer()),
    },
    either("item_disc_percent", "item_disc_amount"),
)

NEW_ORDER = record(
    {
        "date": required(calendar_date),
        "customer_id": required(integer(1)),
        "team_id": optional(integer(1)),
        "description": optional(text()),
        "ordered_products": required(array(ORDERED_PRODUCT, least=1)),
        "disc_percent": optional(DISCOUNT),
        "disc_amount": optional(number(0)),
        "total_paid": optional(number(0)),
        "status": optional(one_of(STATUSES)),
        "visit_status": optional(text(filled=True)),
        "ext_order_no": optional(text()),
        "ext_order_status_name": optional(text()),
    },
    either("disc_percent", "disc_amount"),
)

ORDER_UPDATE = record({"ext_order_status_name": required(text())})

_location = record({"lat": required(number(-90, 90)), "lon": required(number(-180, 180))})

_customer_fields = {
    "address": optional(text()),
    "city": optional(text()),
    "phone": optional(text()),
    "ext_cust_no": optional(text()),
    "location": optional(_location),
    "status": optional(boolean),
    "tags": optional(array(text())),
}
NEW_CUSTOMER = record({"name": required(text(filled=True)), **_customer_fields})
CUSTOMER_UPDATE = record({"name": optional(text(filled=True)), **_customer_fields})

_unit = record({"name": required(text(50, filled=True)), "price": required(number(0)), "ratio": required(integer(1))})
_product_fields = {
    "description": optional(text()),
    "sku": optional(text()),
    "tags": optional(array(text())),
    "status": optional(boolean),
    "ext_product_code": optional(text()),
    "default_disc": optional(DISCOUNT),
}
NEW_PRODUCT = record(
    {
        "name": required(text(200, filled=True)),
        "qty_on_hand": required(number()),
        "product_units": required(array(_unit, least=1)),
        **_product_fields,
    }
)
PRODUCT_UPDATE = record(
    {
        "name": optional(text(200, filled=True)),
        "qty_on_hand": optional(number()),
        "product_units": optional(array(_unit, least=1)),
        **_product_fields,
    }
)

NEW_VISIT = record(
    {"date": required(calendar_date), "customer_id": required(integer(1)), "team_id": optional(integer(1))}
)
