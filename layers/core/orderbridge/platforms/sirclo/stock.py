"""SIRCLO's stock: Get Stocks to its end, and (2021-02) absolute levels set one SKU at a time.

2019-07 answers ``available``, as a text, to the key; 2021-02 ``stock``, as a number, to a signature (TRAPS C9 to C13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge.platforms.adapter import secrets_of
from orderbridge.platforms.paging import ListFailed, Page, Row, all_rows
from orderbridge.platforms.reading import document_in, reply_to
from orderbridge.platforms.sirclo import Credentials, Settings
from orderbridge.platforms.sirclo.lookup import PAGE_SIZE, page_in
from orderbridge.platforms.sirclo.signing import keyed_headers, signed_headers
from orderbridge.platforms.transport import Call, Conversation, Deadline, Reply


@dataclass(frozen=True, slots=True)
class StockList:
    """Every SKU of one account with its level as SIRCLO wrote it."""

    conversation: Conversation
    settings: Settings
    credentials: Credentials
    deadline: Deadline

    def rows(self) -> list[Row]:
        """All rows; raises `ListFailed` unless the list was read to its end and is one of stock."""
        return list(all_rows(self._page, _sku))

    def reply(self, limit: int, offset: int) -> Reply:
        """The answer to one page, whatever its status; raises `ListFailed` where there is none."""
        between = "&" if "?" in self.settings.stock_path else "?"
        target = f"{self.settings.stock_path}{between}limit={limit}&offset={offset}"
        if self.settings.revision == "2019-07":
            headers = keyed_headers(self.credentials)
        else:
            uri = self.conversation.path_prefix + target
            headers = signed_headers(self.settings.revision, self.credentials, uri)
        return reply_to(
            self.conversation, Call("GET", target, headers), self.deadline.sooner(float(self.settings.timeout_s))
        )

    def _page(self, number: int) -> Page:
        offset = number * PAGE_SIZE
        return self.page_of(self.reply(PAGE_SIZE, offset), offset)

    def page_of(self, reply: Reply, offset: int) -> Page:
        """The page in an answer; raises `ListFailed` where it is none of stock levels."""
        page = page_in(document_in(reply, secrets_of(self.credentials)), offset)
        # The address in the seed document answers orders; they must not be taken for products without stock.
        if any("sku" not in row or not ({"available", "stock"} & set(row)) for row in page.rows):
            raise ListFailed("the rows are no stock levels; stock_path is another list's")
        return page


def _sku(row: Mapping[str, Any]) -> str | None:
    sku = row.get("sku")
    return sku if isinstance(sku, str) and sku else None
