"""Ngorder (SmartSeller): Bearer key; orders without an identity of ours, priced from the shop's own catalogue.

From the platform's public API documentation; the nested tables of an order, lost in its flattened copy, come from
the document's published source. Errors: `{"response": "Failed", "message": text | {field: [words]}, "data": null}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hmac import compare_digest
from typing import Any, ClassVar

from orderbridge_sandboxes.exchange import Refused, Reply
from orderbridge_sandboxes.ngorder import customers, demo, lists, lookups, orders, products, shipping, shop, stock
from orderbridge_sandboxes.ngorder.answers import failure
from orderbridge_sandboxes.ngorder.state import NgorderSettings, demo_customer, demo_product, new_shop
from orderbridge_sandboxes.platform import Booked, Call, HeldOrder, Platform, Route, Settings
from orderbridge_sandboxes.sandbox import Sandbox

JAKARTA = timezone(timedelta(hours=7))

NOT_YET_SHIPPED = ("READY_TO_SHIP", "PICKUP_REQUEST", "UNPICK", "DROPOFF")


class NgorderPlatform(Platform):
    """The Ngorder sandbox's state machine."""

    name: ClassVar[str] = "ngorder"
    settings_type: ClassVar[type[Settings]] = NgorderSettings
    settings: NgorderSettings

    def begin(self) -> None:
        """The demo shop, without orders."""
        self.shop = new_shop()

    def extend(self, products: int = 0, customers: int = 0) -> None:
        """Grows the demo catalogue."""
        with self.lock:
            for number in range(1, products + 1):
                if demo.PRODUCT + number not in self.shop.products:
                    self.shop.add(demo_product(number))
            for number in range(1, customers + 1):
                self.shop.customers.setdefault(demo.CUSTOMER + number, demo_customer(number))

    def declare_routes(self) -> Iterable[Route]:
        """The documented endpoints."""
        groups = (orders, lists, shipping, customers, products, stock, shop, lookups)
        return [route for group in groups for route in group.ROUTES]

    def authorise(self, call: Call) -> None:
        """`Authorization: Bearer <key>`, and a client that takes JSON."""
        scheme, _, key = (call.request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(key.encode(), self.settings.api_key.encode()):
            raise Refused(self.refusal(401, "Unauthorized -- Your API key is wrong."))
        accept = call.request.header("accept") or "*/*"
        if not any(kind in accept for kind in ("*/*", "application/*", "application/json")):
            raise Refused(self.refusal(406, "Not Acceptable -- You requested a format that isn't json."))

    def refusal(self, status: int, message: str) -> Reply:
        """`{"response": "Failed", "message", "data": null}`."""
        return failure(self, message, status)

    def listed(self) -> list[HeldOrder]:
        """The orders that lists show by now, in the order of their arrival."""
        seen = self.clock() - timedelta(seconds=self.settings.lookup_lag_seconds)
        return [held for held in self.held.values() if held.received_at <= seen]

    def request_id(self) -> str:
        """13 hex digits, as in the examples."""
        return f"5f{self.number('request id', 0x967BA06A030):011x}"

    def local_time(self) -> datetime:
        """Now, as the shop's clock on the wall shows it."""
        return self.clock().astimezone(JAKARTA)

    # --- what a person at the platform may do ---

    def set_stock(self, product: str, value: Any, warehouse_id: int | None = None) -> None:
        """Puts `value` on a variant (by SKU) in one warehouse, the main one if none is named."""
        with self.lock:
            warehouse = demo.MAIN_WAREHOUSE_ID if warehouse_id is None else warehouse_id
            if warehouse not in self.shop.warehouses:
                raise ValueError(f"there is no warehouse {warehouse}")
            self.shop.by_sku(product).levels[warehouse] = value

    def stock(self) -> dict[str, Any]:
        """The total of every variant by SKU."""
        with self.lock:
            self.settle()
            return {variation.sku: variation.level() for variation in self.shop.variations.values()}

    def edit_note(self, order: int | str, note: str) -> None:
        """A person at the shop changes an order's note, our marker with it."""
        with self.lock:
            self.find_order(order).view["note"] = note

    def set_status(self, order: int | str, status: str, **details: Any) -> None:
        """Moves an order: CANCELED, REJECTED or EXPIRED end it; the rest are progress, shipping or payment statuses.

        With `raw=True` any text becomes the progress status.
        """
        with self.lock:
            held = self.find_order(order)
            held.awb_number = details.get("awb_number", held.awb_number)
            if status in orders.ENDED:
                self.end(held, status)
            elif status == "PAID":
                held.view.update(payment_status="PAID", progress="NO AWB", shipping="READY_TO_SHIP")
            elif status in lists.PROGRESS or details.get("raw"):
                beside = {"NO AWB": "READY_TO_SHIP", "ON PROCESS": "ON_PROCESS", "DELIVERED": "DELIVERED"}
                held.view.update(progress=status, shipping=beside.get(status, held.view["shipping"]))
            elif status in shipping.SHIPPING:
                progress = "NO AWB" if status in NOT_YET_SHIPPED else "ON PROCESS"
                held.view.update(progress=progress, shipping=status)
            else:
                raise ValueError(f"Ngorder has no status {status}")
            held.view["updated"] = self.local_time()
            held.status = status

    def end(self, held: HeldOrder, status: str) -> None:
        """Takes an order out of the live ones."""
        held.view["order_status"] = status
        held.view["updated"] = self.local_time()
        held.status = status

    def booked(self, order: int | str) -> Booked:
        """An order by its variants' SKUs, at the catalogue's prices."""
        with self.lock:
            held = self.find_order(order)
            pieces: Counter[str] = Counter()
            for line in held.body["products"]:
                pieces[self.shop.variations[line["id"]].sku] += line["qty"]
            receiver, total = held.view["receiver"]["name"], Decimal(held.view["total_amount"])
            return Booked(held.reference, receiver, pieces, total)


class NgorderSandbox(Sandbox[NgorderPlatform]):
    """Ngorder on a loopback port."""

    platform_type: ClassVar[type[Platform]] = NgorderPlatform


SANDBOX = NgorderSandbox
