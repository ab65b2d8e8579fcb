"""SalesMania's stock for the stock sync: `qty_on_hand` of its products, read by list and one by one, and set.

`qty_on_hand` counts the product's base unit, the one with ratio 1, and so do our levels: a product that is ordered in
boxes of 12 has the same level as in pieces. Paging is not in its document: a page that is not full ends the list, and
an account that ignores the page asked for sends everything at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from orderbridge.calls.answers import common_outcome
from orderbridge.calls.asking import AskFailed
from orderbridge.calls.numbers import id_or_none
from orderbridge.calls.paging import ListFailed, Page, Row
from orderbridge.channels.outcomes import Outcome, Rejected, TurnedAway
from orderbridge.platforms.salesmania import Settings
from orderbridge.platforms.salesmania.client import SalesmaniaClient, list_page
from orderbridge.platforms.salesmania.endpoints import GetProduct, GetProducts, UpdateProduct
from orderbridge.platforms.stock import StockAccount, not_pushed, read_back, readable, stock_page
from orderbridge.stock.drift import PushResult, PushTarget
from orderbridge.stock.lists import ListedLevel, StockPage

PAGE_SIZE = 100
LEVEL = "qty_on_hand"


@dataclass(slots=True)
class Levels:
    """`StockAccess` for one SalesMania account."""

    account: StockAccount[Settings, SalesmaniaClient]
    reads_single_products: bool = True
    warehouses: frozenset[int] | None = None

    def product_key(self, value: Any) -> str:
        return str(self.account.product(value).product_id)

    def page(self, position: int) -> StockPage:
        def read(number: int, size: int) -> Page:
            return list_page(self.account.client(), GetProducts(), number, size)

        return stock_page(read, position, PAGE_SIZE, _reading)

    def read(self, product: str, *, in_warehouses: bool) -> ListedLevel:  # noqa: ARG002 - it has no warehouses
        with readable():
            client = self.account.client()
            reply = client.reply_to(GetProduct(id=product))
            if reply.status in (404, 410):
                return ListedLevel(product, None, f"SalesMania has no product {product}")
            document = client.document_in(reply)
        row = document.get("data", document) if isinstance(document, Mapping) else None
        if not isinstance(row, Mapping) or str(row.get("id", product)) != product:
            return ListedLevel(product, None, "the answer is not this product")
        return ListedLevel.parsed(product, row.get(LEVEL))

    def push(self, targets: Sequence[PushTarget]) -> Iterator[PushResult]:
        for target in targets:
            outcome = self._send(target)
            result = not_pushed(target, outcome) if outcome is not None else None
            yield result or read_back(target, partial(self.read, target.product, in_warehouses=False), outcome)
            if outcome is not None and not isinstance(outcome, Rejected | TurnedAway):
                return  # not this product's fault

    def _send(self, target: PushTarget) -> Outcome | None:
        """Set one level; what is against it, or None where it was taken."""
        client = self.account.client()
        try:
            reply = client.reply_to(UpdateProduct(id=target.product, qty_on_hand=target.available))
        except AskFailed as failed:
            return failed.outcome
        return common_outcome(reply, refuses_with_503=True, unwanted=client.unwanted())


def _reading(row: Row) -> tuple[str, list[ListedLevel]]:
    product = id_or_none(row.get("id"))
    if product is None:
        raise ListFailed("a row without an id")
    if LEVEL not in row:
        raise ListFailed(f"a row without a {LEVEL}; this may be no list of products")
    return product, [ListedLevel.parsed(product, row[LEVEL])]
