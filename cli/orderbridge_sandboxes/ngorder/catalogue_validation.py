"""What Ngorder accepts when its own catalogue is edited: products with variants, and SKU requests."""

from __future__ import annotations

from typing import Any

from orderbridge_sandboxes.ngorder.validation import PRODUCT_TYPES
from orderbridge_sandboxes.validation import (
    Field,
    Problems,
    array,
    integer,
    nullable,
    one_of,
    optional,
    record,
    required,
    required_when,
    text,
)


def _anything(_value: Any, _path: str, _found: Problems) -> None:
    """The tables and the examples give these different types."""


_flag = one_of(("Y", "N"))
_priced = {
    name: required(integer(0)) for name in ("price_buy", "price", "price1", "price2", "price3", "price_reseller")
}
_level = record({"warehouse_id": required(integer(0)), "stock": required(integer(0))})

_variation: dict[str, Field] = {
    "sku": required(text(filled=True)),
    "images": required(nullable(array(text(), most=5))),
    "primary_image": required(nullable(integer(0, 4))),
    **_priced,
    "size": required(nullable(text())),
    "color": required(nullable(text())),
    "stock": optional(_flag),
    "stock_quantity": optional(integer(0)),
    # In the examples and in no table:
    "image": optional(_anything),
    "weight": optional(integer(0)),
    "is_warehouse": optional(_anything),
}

_product: dict[str, Field] = {
    "name": required(text(filled=True)),
    "product_type": required(one_of(PRODUCT_TYPES)),
    "category_id": required(integer(0)),
    "root_categories_id": optional(integer(1)),
    "description": required(text()),
    "preorder_setting": optional(
        record({"type": required(one_of(("day", "week"))), "number": required(integer(1, 90))})
    ),
    "shop_id": required(integer(1)),
    "user_id": required(integer(1)),
    "discount": required(integer(0)),
    "wholesale_status": required(_flag),
    "wholesale": optional(array(_anything)),
    "wholesales": optional(array(_anything)),  # the examples' spelling
    "is_warehouse": optional(_anything),  # typed integer, "0" in the examples
    "publish_status": required(_flag),
    "show_stock": required(_flag),
    "has_variation": required(_flag),
    "weight": optional(integer(0)),
}

NEW_PRODUCT = record(
    {
        **_product,
        "variations": required(array(record({**_variation, "warehouse_stock": required(array(_level))}), least=1)),
    },
    required_when("preorder_setting", "product_type", ("PO",)),
)

PRODUCT_UPDATE = record(
    {
        "id": required(integer(1)),
        **_product,
        "variations": optional(
            array(
                record(
                    {
                        "id": required(integer(1)),
                        "flag": optional(one_of(("DELETE", "EDIT", "NEW"))),
                        **_variation,
                        "warehouse_stock": optional(array(_level)),
                    }
                )
            )
        ),
    },
    required_when("preorder_setting", "product_type", ("PO",)),
)

SKU_REQUEST = record(
    {
        "products": required(
            array(
                record(
                    {
                        "name": required(text(filled=True)),
                        "color": optional(nullable(text())),
                        "size": optional(nullable(text())),
                        "old_sku": optional(nullable(text())),
                    }
                ),
                least=1,
            )
        )
    }
)
