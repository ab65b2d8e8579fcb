"""SalesMania's facts, from its document, Add new order, and its public pages (facts 2)."""

from __future__ import annotations

from typing import Any

from tests.conformance.answers import is_id
from tests.conformance.facts import CODE, NO_BODY, NOTE, VALUE, Answer, Call, PlatformFacts, Shelf, Word


def proves(status: int, document: Any, code: str) -> bool:
    """204 with nothing; 200 or 201 with exactly ``{}``, or with the id of the new order."""
    if status == 204:
        return document is NO_BODY
    return status in (200, 201) and isinstance(document, dict) and (document == {} or tells_new_order(document))


def tells_new_order(document: Any) -> bool:
    """Whether the id of a new order is there, by itself or under ``data``, and nothing that is wrong."""
    while isinstance(document, dict):
        is_well = str(document.get("status", "Baru")).lower() in ("baru", "success", "ok")
        if not is_well or document.get("error") or document.get("success", True) is not True:
            return False
        if is_id(document.get("id")):
            return True
        document = document.get("data")
    return False


RECORDS = (
    PlatformFacts(
        name="salesmania",
        base_url="https://api.salesmania.id",
        kinds=frozenset({"product", "customer", "sales", "unit", "price"}),
        least_settings={"database_id": 2981},
        create=Call("POST", "/extapi/v1.0/orders"),
        orders=Call("GET", "/extapi/v1.0/orders"),
        stock=Call("GET", "/extapi/v1.0/products"),
        counts_stock=False,
        bare_lists=True,
        push=Call("PATCH", "/extapi/v1.0/products"),
        cancel=None,
        can_look=False,
        tells_id=False,
        probe=(Call("GET", "/extapi/v1.0/products"),),
        mappings=(
            ("customer", "CUST-001@SITE-001", 70_002),
            ("unit", "PROD-002", {"unit": "BOX", "ratio": 12}),
            ("price", "PROD-002", {"price": 230_000, "disc_percent": "5+3"}),
        ),
        body={
            "date": "2025-01-01",
            "customer_id": 70_002,
            "team_id": 24_728,
            "description": f"{CODE} | {NOTE}",
            "ordered_products": [
                {"product_id": 500_001, "qty": 10, "unit": "PCS", "price": 17_500, "ext_order_line_id": 1},
                {
                    "product_id": 500_002, "qty": 2, "unit": "BOX", "price": 230_000, "item_disc_percent": "5+3",
                    "ext_order_line_id": 2,
                },
                {"product_id": 500_001, "qty": 2, "unit": "PCS", "price": 17_500, "ext_order_line_id": 3},
            ],
            "ext_order_no": CODE,
            "ext_order_status_name": "SUBMITTED",
        },
        total=633_890,  # 12 * 17,500 + 2 * 230,000 * 0.95 * 0.97
        missing=frozenset({"customer:CUST-001", "product:PROD-001", "product:PROD-002", "sales:John Doe"}),
        found_by_itself={"product_id": 500_001, "unit": "PCS"},
        accepts=(Answer(200, {}), Answer(201, {"id": 77}), Answer(200, {"data": {"id": 77}})),
        rejects=(
            Answer(400, {"message": "The given data was invalid.", "errors": {"customer_id": ["customer not found"]}}),
            Answer(422, {"errors": {"ordered_products.0.qty": ["must be above 0"]}}),
        ),
        proves_nothing=(
            Answer(200, []),
            Answer(200, {"id": 0}),
            Answer(200, {"message": "The given data was invalid."}),
            Answer(202, {"id": 77}),
            Answer(404, {"message": "Not found"}),
        ),
        success={"id": VALUE, "status?": VALUE},
        proves=proves,
        may_refuse=lambda status, document, code: False,  # the document knows no failure inside a success
        words=(
            Word("status", "Baru", "SUBMITTED"),
            Word("status", "Diproses", "IN_PROCESS"),
            Word("status", "Terkirim", "SHIPPED"),
            Word("status", "Lunas", "COMPLETED", payment="PAID", after=("Terkirim",)),
            Word("status", "Batal", "CANCELLED"),
            Word("total paid", "in part", payment="PARTIAL", settable=False),
        ),
        shipped="Terkirim",
        completed="Lunas",
        cancelled="Batal",
        tells_waybill=False,
        cancelled_by_us=None,
        shelf=Shelf(
            odd_rows=({"qty_on_hand": 1}, {"id": None, "qty_on_hand": 1}, {"id": 7}, 5),
            describe=lambda platform, code, text: platform._product(code).update(name=text),
        ),
    ),
)  # fmt: skip
