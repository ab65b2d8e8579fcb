"""SIRCLO (Connexi), both public revisions on one server.

- 2019-07, the document as it was given: `POST /v1/order`, `GET /v1/partner/page/{n}` with `partner_id` and `MAC`;
  `PATCH /v1/order`, the stock lists with `api_key` and `api_secret`.
- 2021-02: `/v1/partner/order` and what belongs to it, with `partner-id` and `secret`.

`GET /v1/partner/product/stock` exists in both; the headers say which one is asked.
Errors: `{"data": null, "message", "reference"}` with 400, 401, 403, 404, 500 or 503.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, ClassVar
from urllib.parse import unquote

from orderbridge_sandboxes import goods
from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply, Request
from orderbridge_sandboxes.platform import Booked, Call, HeldOrder, Platform, Route, Settings
from orderbridge_sandboxes.sandbox import Sandbox
from orderbridge_sandboxes.sirclo import demo, later, orders, stock
from orderbridge_sandboxes.sirclo.signing import mac
from orderbridge_sandboxes.sirclo.validation import STATUSES
from orderbridge_sandboxes.validation import Check, Problems, problems_in

_CREDENTIALS = demo.CREDENTIALS


@dataclass(frozen=True)
class SircloSettings(Settings):
    """How this platform behaves, beyond what all have."""

    partner_id: str = _CREDENTIALS["partner_id"]
    partner_secret: str = field(default=_CREDENTIALS["partner_secret"], metadata={"secret": True})
    api_key: str = field(default=_CREDENTIALS["api_key"], metadata={"secret": True})
    api_secret: str = field(default=_CREDENTIALS["api_secret"], metadata={"secret": True})
    order_key: str = "order_number"  # what Get Order calls our id; order_id from three days later (traps C8)


class SircloPlatform(Platform):
    """The SIRCLO sandbox's state machine."""

    name: ClassVar[str] = "sirclo"
    settings_type: ClassVar[type[Settings]] = SircloSettings
    settings: SircloSettings

    def begin(self) -> None:
        """No orders, and the demo products."""
        self.products: dict[str, JsonObject] = {}
        self.by_order_id: dict[str, int] = {}
        self.stock_updates: list[JsonObject] = []

    def extend(self, products: int = 0, customers: int = 0) -> None:
        """Grows the demo catalogue; SIRCLO holds no customers."""
        del customers
        with self.lock:
            for product in (goods.Product(number) for number in range(1, products + 1)):
                if product.code not in self.products:
                    self.add_product(product.code, product.name, product.level, demo.PRODUCT + product.number)

    def add_product(self, sku: str, name: str, level: Any, product_id: int) -> JsonObject:
        """A product as the catalogue holds it; `available` may be any JSON value."""
        now = self.stamp()
        row = {"id": product_id, "sku": sku, "name": name, "available": level, "created_at": now, "update_at": now}
        self.products[sku] = row
        return row

    def declare_routes(self) -> Iterable[Route]:
        """The calls of both revisions."""
        return [*orders.ROUTES, *stock.ROUTES, *later.ROUTES]

    # --- authorisation ---

    def authorise(self, call: Call) -> None:
        """Which headers a call needs depends on its route; `key`, `signed_2019` and `signed_2021` look at them."""

    def signed_2019(self, request: Request) -> None:
        """`partner_id`, and `MAC` over the bytes on the wire."""
        self._signed(request, "partner_id", "mac", request.target)

    def signed_2021(self, request: Request) -> None:
        """`partner-id`, and `secret` over the request-URI with its query un-encoded."""
        self._signed(request, "partner-id", "secret", unquote(request.target))

    def _signed(self, request: Request, name: str, signature: str, uri: str) -> None:
        expected = mac(self.settings.partner_secret, uri, request.body)
        partner, sent = request.header(name) or "", request.header(signature) or ""
        if not compare_digest(partner.encode(), self.settings.partner_id.encode()) or not compare_digest(
            sent.encode(), expected.encode()
        ):
            raise Refused(self.refusal(401, "Unauthorized -- Your API key is wrong."))

    def keyed(self, request: Request) -> None:
        """`api_key` and `api_secret`."""
        key, secret = request.header("api_key") or "", request.header("api_secret") or ""
        if not compare_digest(key.encode(), self.settings.api_key.encode()) or not compare_digest(
            secret.encode(), self.settings.api_secret.encode()
        ):
            raise Refused(self.refusal(401, "Unauthorized -- Your API key is wrong."))

    # --- answers ---

    def refusal(self, status: int, message: str) -> Reply:
        """`{"data": null, "message", "reference"}`; SIRCLO knows no 405, it answers 404."""
        document = {"data": None, "message": message, "reference": self.correlation()}
        return Reply.of(document, 404 if status == 405 else status)

    def correlation(self) -> str:
        """A new correlation id."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sirclo-sandbox/{self.number('correlation')}"))

    def body(
        self, call: Call, check: Check, further: Callable[[SircloPlatform, Any], Problems] | None = None
    ) -> JsonObject:
        """The body, which obeys `check` and what `further` asks; 400 naming every problem otherwise."""
        body: JsonObject = call.document()
        if found := problems_in(check, body) + (further(self, body) if further else []):
            raise Refused(self.refusal(400, words(found)))
        return body

    def stamp(self) -> str:
        """Now, as the stock list writes it."""
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def listed(self) -> list[HeldOrder]:
        """The orders that lists show by now, by id."""
        seen = self.clock() - timedelta(seconds=self.settings.lookup_lag_seconds)
        return [held for held in self.held.values() if held.received_at <= seen]

    # --- what a person at the platform may do ---

    def set_stock(self, product: str, value: Any, warehouse_id: int | None = None) -> None:
        """Puts `value` on the product's level; SIRCLO's warehouses have names, and the sandbox one, `default`."""
        if warehouse_id is not None:
            raise ValueError("the SIRCLO sandbox has one warehouse")
        with self.lock:
            self.products[product]["available"] = value
            self.products[product]["update_at"] = self.stamp()

    def stock(self) -> dict[str, Any]:
        """Every level by SKU."""
        with self.lock:
            self.settle()
            return {sku: row["available"] for sku, row in self.products.items()}

    def set_status(self, order: int | str, status: str, **details: Any) -> None:
        """Moves an order to pending, accepted, packed, completed or canceled (also: cancelled)."""
        spelled = "canceled" if status == "cancelled" else status
        if spelled not in STATUSES and not details.get("raw"):
            raise ValueError(f"SIRCLO has no status {status}")
        with self.lock:
            self.move(self.find_order(order), spelled, details.get("awb_number"), self.clock())

    def move(self, held: HeldOrder, status: str, awb_number: str | None, now: datetime) -> None:
        """Puts an order into a status, whoever wants it."""
        held.status = status
        held.awb_number = awb_number or held.awb_number
        held.view["updated"] = now

    def booked(self, order: int | str) -> Booked:
        """An order by its SKUs; SIRCLO holds no customers, so the receiver is the one that the order names."""
        with self.lock:
            held = self.find_order(order)
            pieces: Counter[str] = Counter()
            for line in held.body["line_items"]:
                pieces[line["sku"]] += line["quantity"]
            return Booked(held.reference, held.body["delivery_name"], pieces, orders.totals(held.body)["total"])


def words(found: Problems) -> str:
    """Problems in one line, as `message` carries them."""
    return "; ".join(f"{problem.path or 'body'} {problem.message}" for problem in found)


class SircloSandbox(Sandbox[SircloPlatform]):
    """SIRCLO on a loopback port, both revisions."""

    platform_type: ClassVar[type[Platform]] = SircloPlatform


SANDBOX = SircloSandbox
