"""What Ngorder accepts in a body, field by field. The nested tables of an order come from the document's source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orderbridge_sandboxes.validation import (
    Check,
    Field,
    Problem,
    Problems,
    array,
    boolean,
    calendar_date,
    integer,
    join,
    nullable,
    numeric,
    one_of,
    optional,
    record,
    required,
    required_when,
    text,
)

PRODUCT_TYPES = ("S", "R", "PO")
PAYMENTS = ("PAID", "INSTALLMENT", "UNPAID")
_kind = one_of(("NOMINAL", "PERCENTAGE"))
_yes_or_no = one_of(("Y", "N"))

PRODUCT_LINE = record(
    {
        "id": required(integer(1)),
        "qty": required(integer(1)),
        "product_status": required(one_of(PRODUCT_TYPES)),
        "warehouse_id": optional(integer(0)),
        "type": optional(_kind),
        "percentage": optional(integer(0, 100)),
        "nominal": optional(integer(0)),
        "flag": optional(one_of(("EDIT", "NEW", "DELETE"))),
        "discount_promo": optional(integer(0)),
        "promo_id": optional(integer(1)),
    },
    required_when("percentage", "type", ("PERCENTAGE",)),
    required_when("nominal", "type", ("NOMINAL",)),
)

EXPEDITION = record(
    {
        "id": required(integer(1)),
        "rate": required(integer(0)),
        "name": required(text()),
        "auto_pickup": required(boolean),
        "discount_promo": optional(integer(0)),
        "promo": optional(array(text())),
    }
)

_MONEY = ("PAID", "INSTALLMENT")
PAYMENT = record(
    {
        "status": required(one_of(PAYMENTS)),
        "date": optional(calendar_date),
        "bank_id": optional(integer(1)),
        "amount": optional(integer(0)),
        "cost_of_goods_sales": optional(integer(0)),
    },
    required_when("date", "status", _MONEY),
    required_when("bank_id", "status", _MONEY),
    required_when("amount", "status", _MONEY),
)

ORDER_COST = record(
    {
        "name": required(text(filled=True)),
        "category": required(one_of(("DISCOUNT", "OTHER COST", "INSURANCE"))),
        "type": required(_kind),
        "percentage": optional(integer(0, 100)),
        "nominal": optional(integer(0)),
    },
    required_when("percentage", "type", ("PERCENTAGE",)),
    required_when("nominal", "type", ("NOMINAL",)),
)


def _cost_of_supplied_goods(order: Mapping[str, Any], path: str, found: Problems) -> None:
    """A product from another supplier (R) needs what the supplier gets; the words are the document's example."""
    products, payment = order.get("products"), order.get("payment")
    if not isinstance(products, list) or not isinstance(payment, Mapping) or "cost_of_goods_sales" in payment:
        return
    for index, line in enumerate(products):
        if isinstance(line, Mapping) and line.get("product_status") == "R":
            where = join(join(path, "payment"), "cost_of_goods_sales")
            message = f"field is required when products.{index}.product_status is R."
            found.append(Problem(where, "required", message))
            return


_ORDER_FIELDS: dict[str, Field] = {
    "customer_sender_id": required(integer(1)),
    "customer_receiver_id": required(integer(1)),
    "supplier_id": required(integer(1)),
    "order_source_id": optional(nullable(integer(1))),
    "note": optional(nullable(text())),
    "is_print": required(boolean),
    "products": required(array(PRODUCT_LINE, least=1)),
    "expedition": required(EXPEDITION),
    "payment": required(PAYMENT),
    "order_cost": optional(array(ORDER_COST)),
    "awb_number": optional(nullable(text())),
    "send_sms": optional(boolean),
    "marketplace_awb": optional(nullable(text())),
    "source": required(one_of(("MOBILE", "WEB"))),
}
NEW_ORDER = record({"order_date": required(calendar_date), **_ORDER_FIELDS}, _cost_of_supplied_goods)
ORDER_UPDATE = record({"order_id": required(integer(1)), **_ORDER_FIELDS}, _cost_of_supplied_goods)

PAYMENT_UPDATE = record(
    {
        "id": required(integer(1)),
        "payment": required(
            record(
                {
                    "status": required(one_of(_MONEY)),
                    "date": required(calendar_date),
                    "bank_id": required(integer(1)),
                    "amount": optional(integer(1)),
                    "cost_of_goods_sales": optional(integer(0)),
                },
                required_when("amount", "status", ("INSTALLMENT",)),
            )
        ),
    }
)

BY_ID = record({"id": required(integer(1))})
BY_IDS = record({"id": required(array(integer(1), least=1))})

_customer: dict[str, Check] = {
    "name": text(filled=True),
    "phone": numeric,
    "district_id": numeric,
    "address": text(filled=True),
    "category": text(filled=True),
    "is_active": one_of(("Y", "N", "R", "T")),
}
_customer_more: dict[str, Field] = {
    "postal_code": optional(nullable(numeric)),
    "line": optional(nullable(text())),
    "email": optional(nullable(text())),
    "other": optional(nullable(text())),
}
NEW_CUSTOMER = record({**{name: required(check) for name, check in _customer.items()}, **_customer_more})
CUSTOMER_UPDATE = record(
    {
        "customer_id": required(integer(1)),
        **{name: optional(check) for name, check in _customer.items()},
        **_customer_more,
    }
)
ACTIVATION = record(
    {
        "id": required(integer(1)),
        "status": required(one_of(("0", "1", "2", "4", "5", "6"))),
        "category": optional(text(filled=True)),
    }
)

SYNC_STOCK = record({"variation_id": required(integer(1)), "amount": required(integer(0))})
UPDATE_STOCK = record(
    {
        "variation_id": required(integer(1)),
        "stock": required(
            array(
                record(
                    {
                        "amount": required(integer(0)),
                        "status": required(one_of(("ADD", "SUB"), any_case=True)),
                        "warehouse_id": required(integer(0)),
                    }
                ),
                least=1,
            )
        ),
        "move_warehouse_stock": optional(boolean),
        "description": required(text()),
    }
)
NEW_OPNAME = record(
    {
        "warehouse_id": required(integer(0)),
        "description": required(text()),
        "stock_adjustment": required(
            array(record({"variation_id": required(integer(1)), "warehouse_stock": required(integer(0))}), least=1)
        ),
    }
)
NEW_TRANSFER = record(
    {
        "origin_warehouse_id": required(integer(0)),
        "destination_warehouse_id": required(integer(0)),
        "description": required(text()),
        "stock_adjustment": required(
            array(
                record({"variation_id": required(integer(1)), "transfer_stock": required(integer(1))}),
                least=1,
                most=100,
            )
        ),
    }
)

_supplier: dict[str, Check] = {
    "name": text(filled=True),
    "district_id": numeric,
    "addess": text(filled=True),  # spelled so in the document
    "phone": numeric,
    "description": text(),
}
NEW_SUPPLIER = record({name: required(check) for name, check in _supplier.items()})
SUPPLIER_UPDATE = record(
    {"supplier_id": required(integer(1)), **{name: optional(check) for name, check in _supplier.items()}}
)
_warehouse = {
    "warehouse": required(text(filled=True)),
    "supplier_id": required(integer(1)),
    "user_id": required(array(integer(1))),
    "is_active": required(boolean),
}
NEW_WAREHOUSE = record(_warehouse)
WAREHOUSE_UPDATE = record({"id": required(integer(0)), **_warehouse})

NEW_SOURCE = record({"marketplace_id": required(integer(1)), "note": required(text())})
SOURCE_UPDATE = record(
    {
        "order_source_id": required(integer(1)),
        "marketplace_id": optional(integer(1)),
        "note": optional(text()),
        "status": optional(_yes_or_no),
    }
)
NEW_COST = record(
    {
        "category": required(one_of(("DISCOUNT", "OTHER COST"))),
        "name": required(text(filled=True)),
        "type": required(_kind),
        "nominal": optional(integer(0)),
        "percentage": optional(integer(0, 100)),
    },
    required_when("percentage", "type", ("PERCENTAGE",)),
    required_when("nominal", "type", ("NOMINAL",)),
)
COST_UPDATE = record(
    {
        "order_cost_id": required(text(filled=True)),  # typed integer, but every value is 24 hex digits
        "category": optional(one_of(("DISCOUNT", "OTHER COST", "OTHER", "COST"))),
        "name": optional(text(filled=True)),
        "type": optional(_kind),
        "nominal": optional(integer(0)),
        "percentage": optional(integer(0, 100)),
    }
)
NEW_CUSTOMER_CATEGORY = record(
    {
        "category_name": required(text(filled=True)),
        "discount_access": optional(boolean),
        "wholesale_access": optional(boolean),
    }
)
CUSTOMER_CATEGORY_UPDATE = record(
    {
        "id": required(integer(1)),
        "code": required(text(filled=True)),
        "category_name": optional(text(filled=True)),
        "status": optional(_yes_or_no),
        "discount_access": optional(boolean),
        "wholesale_access": optional(boolean),
    }
)
NEW_CATEGORY = record({"name": required(text(filled=True)), "root_categories_id": required(integer(1))})
CATEGORY_UPDATE = record(
    {
        "id": required(integer(1)),
        "name": required(text(filled=True)),
        "root_categories_id": required(integer(1)),
        "update_all_product": optional(one_of(("Y", ""))),
    }
)
ROOT_CATEGORY_UPDATE = record({"id": required(integer(1)), "root_categories_id": required(integer(1))})
SKU_CHECK = record({"sku": required(text(filled=True)), "product_meta_id": required(integer(1))})
PICKUP_REQUEST = record(
    {
        "pickup_request": required(
            array(
                record({"id": required(integer(1)), "service": optional(one_of(("PICKUP", "DROP_OFF")))}),
                least=1,
            )
        )
    }
)
CANCEL_PICKUP = record({"id": required(integer(1)), "reason": optional(text())})
