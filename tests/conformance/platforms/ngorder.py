"""Ngorder's facts, from its public document (facts 4)."""

from __future__ import annotations

from typing import Any

from tests.conformance.answers import is_id, objects_in
from tests.conformance.facts import CODE, NOTE, VALUE, Answer, Call, CatalogueFacts, PlatformFacts, Shelf, Word

CATALOGUE = CatalogueFacts(
    absent=frozenset(
        {
            # files, and lists that come by mail
            "Shop: Upload Logo", "Product: Download", "Stock Opname: Import Stock Opname",
            "Stock Opname: Generate Template Stock Opname", "Customer: Download Customers Data", "Order: Download",
            "Cancel Order: Download Canceled Orders", "Shipment: Download Shipping Report",
            "Shipment: Download Invoices as CSV", "Shipment: Download Invoices as PDF",
            "Shipment: Download Order Shipping",
            # never to be made, or about nothing that this shop has
            "Customer: Privor Activation", "Order Cost: Delete Order Cost", "Storefront & Privor: Order Confirmation",
            "Bank: Get Master Data", "Bank: Get Xendit Master Data", "Bank: Create Bank Account",
            "Bank: Update Bank Account", "Bank: Delete Mutation", "Bank: Delete Bank",
        }
    ),
    # Money, messages, contracts and bookkeeping, on which no order, stock level or customer depends.
    absent_groups=frozenset(
        {
            "Setting Storefront Courier", "Setting Payment Fee", "Payment", "Expense", "Report", "Analyzer",
            "Notification",
            "Billing", "Woowa Customer", "Woowa Order",
        }
    ),
    beyond={("GET", "/api/open/order/detail"): "in a comment of the document's published source alone"},
    optional={("Get Orders", "order_progress_status"): "not marked optional, and works without (traps D30)"},
)  # fmt: skip


def describe(platform: Any, code: str, text: str) -> None:
    """Get Products shows the description of a product."""
    platform.shop.product_of(platform.shop.by_sku(code)).description = text


def proves(status: int, document: Any, code: str) -> bool:
    """A word of success beside its ``order_id``."""
    word = str(document.get("response")).strip().lower() if isinstance(document, dict) else ""
    return word in ("success", "sukses") and any(is_id(each.get("order_id")) for each in objects_in(document))


def may_refuse(status: int, document: Any, code: str) -> bool:
    """The documented failure inside a success (traps D21)."""
    return status < 300 and isinstance(document, dict) and str(document.get("response")).strip().lower() == "failed"


RECORDS = (
    PlatformFacts(
        name="ngorder",
        base_url="https://api.smartseller.co.id",
        kinds=frozenset({"product", "customer", "site", "cost", "address"}),
        least_settings={"supplier_id": 7},
        create=Call("POST", "/api/open/order"),
        orders=Call("GET", "/api/open/order"),
        stock=Call("GET", "/api/open/product/search"),
        counts_stock=True,
        push=Call("PATCH", "/api/open/product/sync-stock"),
        cancel=Call("POST", "/api/open/order/cancel"),
        can_look=True,
        tells_id=True,
        probe=(Call("GET", "/api/open/product/variation"),),
        mappings=(("customer", "CUST-001@SITE-001", 6_000_002),),
        body={
            "customer_sender_id": 6_000_001,
            "customer_receiver_id": 6_000_002,
            "supplier_id": 17_118,
            "order_date": "2025-01-01",
            "order_source_id": 12,
            "note": f"[{CODE}] | {NOTE}",
            "is_print": False,
            "products": [
                {"id": 9_000_001, "qty": 10, "product_status": "S", "warehouse_id": 0},
                {"id": 9_000_002, "qty": 24, "product_status": "S", "warehouse_id": 0},
                {"id": 9_000_001, "qty": 2, "product_status": "S", "warehouse_id": 0},
            ],
            "expedition": {"id": 98, "rate": 0, "name": "Ambil di Toko", "auto_pickup": False},
            "payment": {"status": "UNPAID", "date": "2025-01-01", "bank_id": 847},
            "send_sms": False,
            "source": "WEB",
        },
        total=690_000,  # the catalogue's prices, 12 * 17,500 + 24 * 20,000: nobody sends one
        missing=frozenset({"customer:CUST-001", "product:PROD-001", "product:PROD-002"}),
        found_by_itself={"variation_id": 9_000_001, "product_status": "S"},
        accepts=(
            Answer(200, {"response": "Success", "message": "Order created", "data": {"order_id": 77, "po_number": 1}}),
            Answer(200, {"response": "sukses", "message": ["Order created"], "data": {"order_id": " 77"}}),
        ),
        rejects=(
            Answer(400, {"response": "Failed", "message": {"products.0.qty": ["too few"]}, "data": None}),
            Answer(200, {"response": "Failed", "message": {"customer_sender_id": ["is invalid."]}, "data": None}),
        ),
        proves_nothing=(
            Answer(200, {"response": "Success", "data": {"order_id": 0}}),
            Answer(200, {"response": "Success", "data": None}),
            Answer(200, {"response": "OK", "data": {"order_id": 77}}),
            Answer(200, {"response": "Failed", "message": "Server is busy, try again later", "data": None}),
            Answer(200, {}),
        ),
        success={"response": VALUE, "data": {"order_id": VALUE}},
        proves=proves,
        may_refuse=may_refuse,
        words=(
            Word("order", "ACCEPTED", "SUBMITTED", settable=False),
            Word("order", "ACCEPT", "SUBMITTED", settable=False),
            Word("order", "CANCELED", "CANCELLED"),
            Word("order", "CANCELLED", "CANCELLED", settable=False),
            Word("order", "CANCEL", "CANCELLED", settable=False),
            Word("order", "EXPIRED", "CANCELLED", payment="EXPIRED"),
            Word("order", "REJECTED", "REJECTED"),
            Word("progress", "UNPAID", "SUBMITTED"),
            Word("progress", "UNPROCESSED", "SUBMITTED"),
            Word("progress", "INSTALLMENT", payment="PARTIAL", settable=False),
            Word("progress", "NO AWB", "ACCEPTED"),
            Word("progress", "ON PROCESS", "SHIPPED"),
            Word("progress", "DELIVERED", "COMPLETED"),
            Word("payment", "UNPAID", payment="UNPAID", settable=False),
            Word("payment", "WAITING PAYMENT", payment="UNPAID", settable=False),
            Word("payment", "WAITING_CONFIRMATION", payment="UNPAID", settable=False),
            Word("payment", "INSTALLMENT", payment="PARTIAL", settable=False),
            Word("payment", "PAID", payment="PAID"),
            Word("payment", "C", payment="PAID", settable=False),
            Word("payment", "EXPIRED", payment="EXPIRED", settable=False),
            Word("payment", "FAIL", payment="FAILED", settable=False),
            Word("payment", "REFUND_REJECTED", payment="REFUND", settable=False),
            Word("shipping", "READY_TO_SHIP", "ACCEPTED"),
            Word("shipping", "PICKUP_REQUEST", "IN_PROCESS"),
            Word("shipping", "UNPICK", "IN_PROCESS"),
            Word("shipping", "DROPOFF", "IN_PROCESS"),
            Word("shipping", "ON_PROCESS", "SHIPPED"),
            Word("shipping", "DELIVERED", "COMPLETED", settable=False),
            Word("shipping", "RETURNED", problem="RETURNED"),
            Word("shipping", "LOST", problem="LOST"),
            Word("shipping", "INVALID", problem="INVALID"),
            Word("shipping", "SHIPMENT_PROBLEM", problem="SHIPMENT_PROBLEM"),
        ),
        shipped="ON PROCESS",
        completed="DELIVERED",
        cancelled="CANCELED",
        tells_waybill=True,
        cancelled_by_us="CANCELED",
        catalogue=CATALOGUE,
        shelf=Shelf(
            set={
                ("PROD-008", 0): 5, ("PROD-008", 26): 6,  # in two warehouses
                ("PROD-009", 0): 0, ("PROD-009", 26): 0, ("PROD-010", 0): 0, ("PROD-010", 26): 1,
                ("DUO-MER-001", None): 3, ("DUO-PUT-001", None): 0,  # two variants of one product
            },
            products={
                "DUO-MER-001": {"variation_id": 8_000_003, "product_status": "S"},
                "DUO-PUT-001": {"variation_id": 8_000_004, "product_status": "S"},
            },
            odd_rows=({"variations": []}, {"id": 1}, {"id": 2, "variations": [{"id": "x", "stock_quantity": 1}]}, None),
            describe=describe,
            has_page_sizes=False,
            read={"PROD-008": 11, "PROD-009": 0, "PROD-010": 1, "DUO-MER-001": 3, "DUO-PUT-001": 0},
        ),
    ),
)  # fmt: skip
