"""SIRCLO's stock for the stock sync: Get Stocks page by page, and (2021-02) Update Stock, confirmed by Stock History.

There is no call for one SKU, and 2019-07 has none that sets a level, so its channels cannot receive any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orderbridge.calls.asking import AskFailed
from orderbridge.calls.paging import ListFailed, Page, Row, content_of
from orderbridge.channels.outcomes import Rejected, TurnedAway
from orderbridge.platforms.sirclo import Settings
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.endpoints import GetStockHistory, UpdateStocks
from orderbridge.platforms.sirclo.lookup import PAGE_SIZE
from orderbridge.platforms.sirclo.stock import StockList, require_stock
from orderbridge.platforms.stock import StockAccount, not_pushed, readable, stock_page
from orderbridge.stock.drift import PushResult, PushTarget
from orderbridge.stock.levels import UnreadableLevel, parse_level
from orderbridge.stock.lists import ListedLevel, StockPage, StockReadFailed
from orderbridge.values.times import utc_now

LEVEL_MEMBERS = {"2019-07": ("available", "stock"), "2021-02": ("stock", "available")}
HISTORY_PAGES = 5
CLOCKS_APART = timedelta(minutes=5)


@dataclass(slots=True)
class Levels:
    """`StockAccess` for one SIRCLO account."""

    account: StockAccount[Settings, SircloClient]
    reads_single_products: bool = False
    warehouses: frozenset[int] | None = None

    def product_key(self, value: Any) -> str:
        return str(self.account.product(value).sku)

    def page(self, position: int) -> StockPage:
        def read(number: int, size: int) -> Page:
            return StockList(self.account.client()).page(number, size)

        return stock_page(read, position, PAGE_SIZE, self._reading)

    def _reading(self, row: Row) -> tuple[str, list[ListedLevel]]:
        require_stock(row)
        sku = row["sku"]
        if sku is None or (isinstance(sku, str) and not sku.strip()):
            return content_of(row), []  # a product that nothing of ours can be mapped to
        if not isinstance(sku, str):
            raise ListFailed("a row whose sku is no text")
        return sku.strip(), [self._level(sku.strip(), row)]

    def read(self, product: str, *, in_warehouses: bool) -> ListedLevel:  # noqa: ARG002 - it cannot
        raise StockReadFailed(f"SIRCLO has no call that tells the stock of {product} alone")

    def push(self, targets: Sequence[PushTarget]) -> Iterator[PushResult]:
        begun = utc_now() - CLOCKS_APART
        sent: dict[str, PushTarget] = {}
        for target in targets:
            try:
                sent[self._send(target)] = target
            except AskFailed as failed:
                # Without a transaction code nothing can be confirmed, whatever was done.
                yield not_pushed(target, failed.outcome) or PushResult(target.product, None, str(failed))
                if not isinstance(failed.outcome, Rejected | TurnedAway):
                    break  # not this product's fault
        yield from self._confirmed(sent, begun)

    def _level(self, sku: str, row: Row) -> ListedLevel:
        names = LEVEL_MEMBERS[self.account.settings.revision]
        return ListedLevel.parsed(sku, next((row[name] for name in names if name in row), None))

    def _send(self, target: PushTarget) -> str:
        request = UpdateStocks(
            sku=target.product,
            sync_stock=False,
            warehouse="default",
            available_stock=target.available,
            buffer_stock=0,
            channel_stock=[],
        )
        return self.account.client().ask(request).transaction_code

    def _confirmed(self, sent: Mapping[str, PushTarget], begun: datetime) -> Iterator[PushResult]:
        """What the history says of each transaction, once they are finished, or the time for it is over."""
        finished: dict[str, PushResult] = {}
        problem: list[str] = []

        def is_done() -> bool:
            try:
                with readable():
                    finished.update(self._finished(sent, begun))
            except StockReadFailed as failed:
                problem[:] = [str(failed)]
            return len(finished) == len(sent)

        if sent:
            self.account.poll(is_done)
        for code, target in sent.items():
            yield finished.get(code) or PushResult(target.product, None, problem[0] if problem else "not finished yet")

    def _finished(self, sent: Mapping[str, PushTarget], begun: datetime) -> dict[str, PushResult]:
        found: dict[str, PushResult] = {}
        since = begun.strftime("%Y-%m-%dT%H:%M:%SZ")
        for number in range(HISTORY_PAGES):
            request = GetStockHistory(updated_at=since, limit=PAGE_SIZE, offset=number * PAGE_SIZE)
            document = self.account.client().document(request)
            rows = document.get("data") if isinstance(document, Mapping) else None
            entries = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
            for entry in entries:
                target = sent.get(str(entry.get("transaction_code")))
                result = _result(target, entry) if target is not None else None
                if result is not None:
                    found[str(entry["transaction_code"])] = result
            if len(found) == len(sent) or len(entries) < PAGE_SIZE:
                break
        return found


def _result(target: PushTarget, entry: Mapping[str, Any]) -> PushResult | None:
    """What a transaction came to; None while it is not finished."""
    items = [item for value in entry.values() if isinstance(value, list) for item in value if isinstance(item, Mapping)]
    if not items or not all(_is_finished(item) for item in items):
        return None
    failed = {
        str(item.get("message") or "failed, without a reason") for item in items if not _is_true(item.get("success"))
    }
    if failed:
        return PushResult(target.product, None, "; ".join(sorted(failed)))
    try:
        levels = {parse_level(item.get("qty")).available for item in items}
    except UnreadableLevel as unreadable:
        return PushResult(target.product, None, str(unreadable))
    return PushResult(target.product, levels.pop() if len(levels) == 1 else None)


def _is_finished(item: Mapping[str, Any]) -> bool:
    return not _is_true(item.get("progress")) and (_is_true(item.get("success")) or bool(item.get("finished_at")))


def _is_true(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("1", "true")
