"""SIRCLO's stock, read to its end.

2019-07 answers ``available``, as a text, to the key; 2021-02 ``stock``, as a number, to a signature (traps C9 to C13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge.calls.asking import AskFailed, read_as
from orderbridge.calls.endpoints import Request
from orderbridge.calls.paging import ListFailed, Page, all_rows
from orderbridge.calls.reading import list_failure
from orderbridge.http.transport import Reply
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.endpoints import GetStock, GetStocks, Stock
from orderbridge.platforms.sirclo.lookup import PAGE_SIZE, page_in


@dataclass(frozen=True, slots=True)
class StockList:
    """Every SKU of one account with its level."""

    client: SircloClient

    def levels(self) -> list[Stock]:
        """All levels; raises `ListFailed` unless the list was read to its end and is one of stock."""
        return [read_as(Stock, row) for row in all_rows(self.page, _sku, PAGE_SIZE)]

    def reply(self, limit: int, offset: int) -> Reply:
        """The answer to one page, whatever its status; raises `AskFailed` where there is none."""
        is_early = self.client.settings.revision == "2019-07"
        request: Request[Any] = (GetStocks if is_early else GetStock)(limit=limit, offset=offset)
        return self.client.reply_to(request)

    def page_of(self, reply: Reply, offset: int, limit: int) -> Page:
        """The page in an answer; raises `ListFailed` where it is none of stock levels."""
        page = page_in(self.client.document_in(reply), offset, limit)
        for row in page.rows[:1]:
            require_stock(row)
        return page

    def page(self, number: int, size: int) -> Page:
        """A page, from 0; raises `ListFailed`."""
        try:
            reply = self.reply(size, number * size)
        except AskFailed as failed:
            raise list_failure(failed) from None
        return page_in(self.client.document_in(reply), number * size, size)


def require_stock(row: Mapping[str, Any]) -> None:
    """Raises `ListFailed` for a row that tells no level of a SKU.

    The address in the document of 2019-07 answers orders; they must not be taken for products without stock.
    """
    if "sku" not in row or not ({"available", "stock"} & set(row)):
        raise ListFailed("a row with no stock levels; stock_path may be another list's")


def _sku(row: Mapping[str, Any]) -> str | None:
    sku = row.get("sku")
    return sku if isinstance(sku, str) and sku else None
