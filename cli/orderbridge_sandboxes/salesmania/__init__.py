"""SalesMania: Basic, then bearer, then a team token; orders with prices; no list of orders, no check for duplicates.

From the document `Add new order`, the platform's public pages for customers, products and visits, and, where only a
call's name is public (the authentication paths, lists, teams), the defaults of this project's channel settings.
Errors are not documented; refusals here are 400 `{"message", "errors": {field: [words]}}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from orderbridge_sandboxes import goods
from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.platform import Booked, Call, Platform, Route, Settings
from orderbridge_sandboxes.salesmania import authentication, catalogue, demo, orders
from orderbridge_sandboxes.salesmania.state import Database, SalesmaniaSettings, Tokens, customer_of, product_of
from orderbridge_sandboxes.salesmania.validation import STATUSES
from orderbridge_sandboxes.sandbox import Sandbox
from orderbridge_sandboxes.validation import Check, Problems, problems_in


class SalesmaniaPlatform(Platform):
    """The SalesMania sandbox's state machine."""

    name: ClassVar[str] = "salesmania"
    settings_type: ClassVar[type[Settings]] = SalesmaniaSettings
    settings: SalesmaniaSettings

    def begin(self) -> None:
        """One database with the demo catalogue, and an empty one that is easily chosen by mistake."""
        self.tokens = Tokens()
        main = Database(demo.DATABASE_ID, "Sandbox")
        main.teams = {
            demo.TEAM_ID: {"id": demo.TEAM_ID, "name": goods.SALES_NAME},
            demo.TEAM_ID + 1: {"id": demo.TEAM_ID + 1, "name": "Tim Dua"},
        }
        empty = Database(demo.DATABASE_ID + 1, "Kosong")
        empty.teams = {demo.TEAM_ID + 100: {"id": demo.TEAM_ID + 100, "name": "Tim Kosong"}}
        self.databases = {main.id: main, empty.id: empty}

    def extend(self, products: int = 0, customers: int = 0) -> None:
        """Grows the demo catalogue."""
        with self.lock:
            main = self.databases[demo.DATABASE_ID]
            for row in (product_of(goods.Product(number)) for number in range(1, products + 1)):
                main.products.setdefault(row["id"], row)
            for row in (customer_of(goods.Customer(number)) for number in range(1, customers + 1)):
                main.customers.setdefault(row["id"], row)

    def declare_routes(self) -> Iterable[Route]:
        """Every call of the sidebar."""
        return [*authentication.ROUTES, *catalogue.ROUTES, *orders.ROUTES]

    def refusal(self, status: int, message: str) -> Reply:
        """`{"message"}`."""
        return Reply.of({"message": message}, status)

    def authorise(self, call: Call) -> None:
        """A good bearer; the team token is looked at where a database is needed."""
        scheme, _, token = (call.request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or self.tokens.bearer(token, self.clock()) is None:
            raise Refused(self.refusal(401, "Unauthenticated."))

    def opened(self, call: Call) -> tuple[Database, int]:
        """The database and the team of the team token; 401 without a good one."""
        token = self.tokens.team(call.request.query.get("team_token", ""), self.clock())
        if token is None or token.database_id is None or token.team_id is None:
            raise Refused(self.refusal(401, "Invalid team token."))
        return self.databases[token.database_id], token.team_id

    def body(self, call: Call, check: Check, further: Callable[[Any], Problems] | None = None) -> JsonObject:
        """The body, which obeys `check` and what `further` asks; 400 with everything that is wrong otherwise."""
        body: JsonObject = call.document()
        self.refuse_if_any(problems_in(check, body) + (further(body) if further else []))
        return body

    def refuse_if_any(self, found: Problems) -> None:
        """400 with every problem, by field; nothing if there is none."""
        if not found:
            return
        errors: dict[str, list[str]] = {}
        for problem in found:
            errors.setdefault(problem.path or "body", []).append(problem.message)
        raise Refused(Reply.of({"message": "The given data was invalid.", "errors": errors}, 400))

    # --- what a person at the platform may do ---

    def expire_tokens(self) -> None:
        """Makes every token given out so far worthless; a new login gives new ones."""
        with self.lock:
            self.tokens.expire_all()

    def set_stock(self, product: str, value: Any, warehouse_id: int | None = None) -> None:
        """Puts `value` on `qty_on_hand`; SalesMania has no warehouses."""
        if warehouse_id is not None:
            raise ValueError("SalesMania has no warehouses")
        with self.lock:
            self._product(product)["qty_on_hand"] = value

    def stock(self) -> dict[str, Any]:
        """`qty_on_hand` by our product code."""
        with self.lock:
            rows = self.databases[demo.DATABASE_ID].products.values()
            return {row.get("ext_product_code") or str(row["id"]): row["qty_on_hand"] for row in rows}

    def _product(self, code: str) -> JsonObject:
        for row in self.databases[demo.DATABASE_ID].products.values():
            if row.get("ext_product_code") == code:
                return row
        raise KeyError(code)

    def set_status(self, order: int | str, status: str, **details: Any) -> None:
        """Moves an order to Baru, Diproses, Terkirim, Lunas or Batal."""
        if status not in STATUSES and not details.get("raw"):
            raise ValueError(f"SalesMania has no status {status}")
        with self.lock:
            held = self.find_order(order)
            held.status = status
            held.awb_number = details.get("awb_number", held.awb_number)

    def booked(self, order: int | str) -> Booked:
        """An order by its customer and products, in base units."""
        with self.lock:
            held, main = self.find_order(order), self.databases[demo.DATABASE_ID]
            pieces: Counter[str] = Counter()
            for line in held.body["ordered_products"]:
                product = main.products[line["product_id"]]
                (ratio,) = (unit["ratio"] for unit in product["product_units"] if unit["name"] == line["unit"])
                pieces[product["ext_product_code"]] += int(line["qty"] * ratio)
            receiver = main.customers[held.body["customer_id"]]["name"]
            return Booked(held.reference, receiver, pieces, held.view["total"])


class SalesmaniaSandbox(Sandbox[SalesmaniaPlatform]):
    """SalesMania on a loopback port."""

    platform_type: ClassVar[type[Platform]] = SalesmaniaPlatform


SANDBOX = SalesmaniaSandbox
