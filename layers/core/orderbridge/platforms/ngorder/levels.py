"""Ngorder's stock for the stock sync: Get Products page by page, one variant's stock, Sync Stock and Stock Opname.

Get Products is the only list of variants that says how many pages it has. A product that lies in one place is set by
Sync Stock, which knows no warehouses (traps D37), one that lies in several by a stock opname in each warehouse that
must change. Both are worked off in the background (traps D36, D38), so both are read back until they show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from orderbridge.calls.answers import redacted
from orderbridge.calls.asking import AskFailed, json_in, require_success
from orderbridge.calls.endpoints import Request
from orderbridge.calls.paging import ListFailed, Page, Row
from orderbridge.channels.outcomes import Outcome, Rejected, TurnedAway, Unknown
from orderbridge.platforms.ngorder import Settings
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import (
    CheckStock,
    CheckStockPerWarehouse,
    Count,
    CreateStockCount,
    GetStockCount,
    SearchProducts,
    SyncStock,
)
from orderbridge.platforms.ngorder.replies import Unreadable, read_answer, stripped, truth, whole
from orderbridge.platforms.ngorder.warehouses import counts_for
from orderbridge.platforms.stock import StockAccount, not_pushed, read_back, stock_page
from orderbridge.platforms.values import InvalidValue
from orderbridge.stock.drift import PushResult, PushTarget
from orderbridge.stock.levels import UnreadableLevel, parse_level
from orderbridge.stock.lists import ListedLevel, StockPage, StockReadFailed

LARGEST_PAGE = 1000
LEVEL = "stock_quantity"
COUNT_DESCRIPTION = "Orderbridge stock sync"
FINISHED = "SUCCESS"
MAIN_WAREHOUSE = 0
"""A level without a warehouse's id is the main warehouse's (traps D39)."""


@dataclass(slots=True)
class Levels:
    """`StockAccess` for one Ngorder shop."""

    account: StockAccount[Settings, NgorderClient]
    reads_single_products: bool = True
    warehouses: frozenset[int] | None = field(init=False)

    def __post_init__(self) -> None:
        self.warehouses = self._sent_from()

    def _sent_from(self) -> frozenset[int] | None:
        """The warehouses that orders can be sent from; all where neither the channel nor a site names one."""
        settings = self.account.settings
        if settings.stock.warehouses is not None:
            return frozenset(settings.stock.warehouses)
        named = {settings.warehouse_id}
        for value in self.account.sites:
            with suppress(InvalidValue):  # no order can be made with it
                named.add(self.account.definition.read_mapping("site", value, settings).warehouse_id)
        return frozenset(each for each in named if each is not None) or None

    def product_key(self, value: Any) -> str:
        return str(self.account.product(value).variation_id)

    def page(self, position: int) -> StockPage:
        def read(number: int, _size: int) -> Page:
            # The oldest first: a product that is added while the list is read comes at its end.
            page = self.account.client().page(SearchProducts(order_by="LONGEST"), number + 1, LARGEST_PAGE)
            return replace(page, size=None)

        # The list has as many rows a page as Ngorder likes, so positions count pages, and one that is too large cannot
        # be made smaller: its products are asked about one by one.
        return stock_page(read, position, 1, lambda row: (str(_id(row)), list(_variants(row))))

    # --- one product --------------------------------------------------------------------------------------------------

    def read(self, product: str, *, in_warehouses: bool) -> ListedLevel:
        try:
            if in_warehouses:
                return self._warehouses(product)
            data = self._data(CheckStock(variation_id=int(product)))
        except UnreadableLevel as unreadable:
            return ListedLevel(product, None, str(unreadable), in_warehouses)
        return ListedLevel.parsed(product, data.get("stock") if isinstance(data, Mapping) else None)

    def _warehouses(self, product: str) -> ListedLevel:
        """A product by its warehouses; raises `UnreadableLevel` where one that counts does not say what it has."""
        rows = self._data(CheckStockPerWarehouse(variation_id=int(product)))
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
            raise UnreadableLevel("no warehouse is listed")
        levels: dict[int, int] = {}
        remarks: list[str] = []
        for row in map(stripped, rows):
            number = row.get("warehouse_id")
            try:
                warehouse = MAIN_WAREHOUSE if number is None else whole(number)
            except Unreadable as unreadable:
                raise UnreadableLevel(f"warehouse {number}: {unreadable}") from None
            if warehouse in levels:
                raise UnreadableLevel(f"warehouse {warehouse} is listed twice")
            try:
                said = parse_level(row.get("stock"))
            except UnreadableLevel as unreadable:
                if self._counts(warehouse):
                    raise UnreadableLevel(f"warehouse {warehouse}: {unreadable}") from None
                continue
            levels[warehouse] = said.available
            if said.remark is not None and self._counts(warehouse):
                remarks.append(f"warehouse {warehouse}: {said.remark}")
        return ListedLevel.kept(product, levels, self.warehouses, "; ".join(remarks) or None)

    def _counts(self, warehouse: int) -> bool:
        return self.warehouses is None or warehouse in self.warehouses

    def _data(self, request: Request[Any]) -> Any:
        """The data of an answer; raises `UnreadableLevel` where this product is refused, else `StockReadFailed`."""
        client = self.account.client()
        try:
            reply = client.reply_to(request)
            require_success(reply, client.unwanted())
            answer = read_answer(json_in(reply))
        except (AskFailed, Unreadable) as failed:
            if isinstance(failed, AskFailed) and isinstance(failed.outcome, Rejected | TurnedAway):
                raise UnreadableLevel(failed.outcome.reason) from None
            raise StockReadFailed(str(failed)) from None
        if answer.failed:
            raise UnreadableLevel(redacted("; ".join(answer.messages), client.unwanted()) or "refused")
        return answer.data

    # --- pushing ------------------------------------------------------------------------------------------------------

    def push(self, targets: Sequence[PushTarget]) -> Iterator[PushResult]:
        asked: list[tuple[PushTarget, Outcome | None]] = []
        is_well = True
        for target in (target for target in targets if not target.in_warehouses):
            outcome = self._ask(SyncStock(variation_id=int(target.product), amount=target.available))
            result = not_pushed(target, outcome) if outcome is not None else None
            if result is None:
                asked.append((target, outcome))
            else:
                yield result
            is_well = outcome is None or isinstance(outcome, Rejected | TurnedAway)
            if not is_well:
                break  # not this product's fault
        yield from self._read_back(asked)
        if is_well:
            yield from self._count([target for target in targets if target.in_warehouses])

    def _ask(self, request: Request[Any]) -> Outcome | None:
        """What is against a request, None where it was taken."""
        try:
            self.account.client().ask(request)
        except AskFailed as failed:
            return failed.outcome
        return None

    def _read_back(self, asked: Sequence[tuple[PushTarget, Outcome | None]]) -> Iterator[PushResult]:
        """What the products read, each as soon as it is as it was set, or when the time for it is over."""
        results: dict[str, PushResult] = {}

        def is_done() -> bool:
            for target, outcome in asked:
                if target.product not in results or results[target.product].level != target.available:
                    read = partial(self.read, target.product, in_warehouses=target.in_warehouses)
                    results[target.product] = read_back(target, read, outcome)
                    if results[target.product].level is None:
                        return True  # it does not answer now; the next run will read it
            return all(results[target.product].level == target.available for target, _ in asked)

        if asked:
            self.account.poll(is_done)
        for target, _ in asked:
            yield results.get(target.product) or PushResult(target.product, None, "it was not read back")

    # --- several warehouses -------------------------------------------------------------------------------------------

    def _count(self, targets: Sequence[PushTarget]) -> Iterator[PushResult]:
        """Bring products in several warehouses to their totals, by one stock opname in each warehouse that changes."""
        counts: dict[int, list[Count]] = {}
        counted: list[PushTarget] = []
        for target in targets:
            try:
                listed = self.read(target.product, in_warehouses=True)
            except StockReadFailed as failed:
                listed = ListedLevel(target.product, None, str(failed))
            if listed.level is None:
                yield PushResult(target.product, None, listed.detail, was_sent=False)
                continue
            counted.append(target)
            levels = {each: level for each, level in (listed.warehouses or {}).items() if self._counts(each)}
            changes = counts_for(levels, target.available, self.account.settings.warehouse_id)
            for warehouse, level in changes.items():
                counts.setdefault(warehouse, []).append(Count(variation_id=int(target.product), warehouse_stock=level))
        troubles = [
            trouble for warehouse, lines in sorted(counts.items()) if (trouble := self._opname(warehouse, lines))
        ]
        said = Unknown("; ".join(troubles)) if troubles else None
        yield from self._read_back([(target, said) for target in counted])

    def _opname(self, warehouse: int, lines: list[Count]) -> str | None:
        """One stock opname to its end; what went wrong, or None."""
        request = CreateStockCount(warehouse_id=warehouse, description=COUNT_DESCRIPTION, stock_adjustment=lines)
        try:
            number = self.account.client().ask(request).id
            if self.account.poll(lambda: self._is_finished(number)):
                return None
        except AskFailed as failed:
            return f"stock opname in warehouse {warehouse}: {failed}"
        return f"the stock opname {number} in warehouse {warehouse} is not finished yet"

    def _is_finished(self, number: int) -> bool:
        progress = self.account.client().ask(GetStockCount(id=number)).progress_status or ""
        return progress.strip().upper() == FINISHED


def _id(row: Row) -> int:
    try:
        return whole(row.get("id"))
    except Unreadable:
        raise ListFailed("a row without an id") from None


def _variants(row: Row) -> Iterator[ListedLevel]:
    variants = row.get("variations")
    if not isinstance(variants, list) or not all(isinstance(each, Mapping) and LEVEL in each for each in variants):
        raise ListFailed(f"a product whose variations have no {LEVEL}; this may be no list of products")
    try:
        in_warehouses = truth(row.get("is_warehouse"))
    except Unreadable:
        # Its warehouses will say how much there is, however many they are.
        in_warehouses = True
    for variant in variants:
        yield ListedLevel.parsed(str(_id(variant)), variant[LEVEL], in_warehouses=in_warehouses)
