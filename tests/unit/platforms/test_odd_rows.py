"""Rounds over any rows: nothing is raised, the channel is free, and every row that can be read is taken in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.calls.asking import AnswerTooLarge, AskFailed
from orderbridge.calls.documents import compact_json, read_json
from orderbridge.calls.paging import Page
from orderbridge.calls.reading import document_in
from orderbridge.channels.channel import Channel
from orderbridge.channels.outcomes import Unknown
from orderbridge.http.transport import Reply
from orderbridge.platforms.ngorder import levels as ngorder_levels
from orderbridge.platforms.ngorder import statuses as ngorder
from orderbridge.platforms.salesmania import levels as salesmania_levels
from orderbridge.platforms.salesmania import statuses as salesmania
from orderbridge.platforms.sirclo import levels as sirclo_levels
from orderbridge.platforms.sirclo import statuses as sirclo
from orderbridge.platforms.stock import stock_page
from orderbridge.stock.lists import Snapshot, StockReadFailed
from tests.fakes.status_shop import CHANNEL, Shop
from tests.fakes.statuses import sent_forward

WORDS = ("id", "order_id", "order_number", "status", "airwaybill_number", "awb_number", "order_status", "expedition")
SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.decimals(-5, 5, places=1), st.text(max_size=4), st.just("1e9")
)
ODD = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)),
    max_leaves=8,
)
ROWS = st.lists(st.one_of(ODD, st.integers(1, 12).map(lambda number: ("good", number))), max_size=12)
PAGE = 4


@dataclass
class Opened:
    """`StatusPlatform` whose account is at hand."""

    access: Any
    table: Any
    lists: Any
    days_at_once: int = 7

    @contextmanager
    def open(self, channel: Channel) -> Iterator[Any]:
        yield self.access


def synced(opened: Opened) -> tuple[Shop, list[Any]]:
    """Twelve orders after a round, and the reports of its runs."""
    shop = Shop()
    for number in range(1, 13):
        sent_forward(shop.store, number)
    reports = []
    for _ in range(40):
        reports.append(shop.sync(shop.channels.by_name[CHANNEL], opened, lambda: 60.0))  # type: ignore[arg-type]
        assert not shop.runs.read(CHANNEL).lease.is_held(shop.clock())
        if reports[-1].finished:
            return shop, reports
    raise AssertionError("the round does not end")


def shipped(shop: Shop) -> set[int]:
    return {number for number, status in shop.statuses().items() if status == "SHIPPED"}


def are_told(rows: list[Any]) -> set[int]:
    return {row[1] for row in rows if isinstance(row, tuple)}


def mentions(rows: list[Any]) -> bool:
    """Whether an odd row may be one of ours by chance."""
    return any(isinstance(row, dict) and ({"id", "order_id"} & row.keys()) for row in rows)


ORDERS: Any = SimpleNamespace(paths=SimpleNamespace(orders="/orders"))
PACE: Any = SimpleNamespace(wait=lambda: None)
SETTINGS: Any = SimpleNamespace(revision="2021-02", timeout_s=1)


@dataclass(frozen=True)
class FakeClient:
    """A client whose lists hold these rows."""

    rows: list[Any]
    settings: Any = field(default_factory=lambda: SETTINGS)

    def document_in(self, reply: Reply) -> Any:
        return read_json(reply.body)

    def document(self, request: Any) -> Any:
        part = self.rows[request.offset : request.offset + request.limit]
        return {"data": part, "total_record": len(self.rows), "offset": request.offset}

    def reply_to(self, request: Any) -> Reply:
        is_list = type(request).__name__ == "GetOrders"
        number, size = request.pagination_offset, request.per_page
        rows = self.rows if is_list else []
        part = rows[(number - 1) * size : number * size]
        pages = max(1, -(-len(rows) // size))
        meta = {"pagination": {"total": len(rows), "current_page": number, "total_pages": pages}}
        return Reply(200, {}, compact_json({"response": "Success", "data": part, "meta": meta}))


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_sirclos_rounds_take_in_every_row_that_can_be_read(rows: list[Any]) -> None:
    sent = [{"id": row[1], "status": "packed"} if isinstance(row, tuple) else row for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sirclo, "PAGE_SIZE", PAGE)
        access = sirclo.STATUSES.access(lambda _: FakeClient(sent), PACE)  # type: ignore[arg-type,return-value]
        shop, reports = synced(Opened(access, sirclo.TABLE, ("orders",)))
    assert are_told(rows) <= shipped(shop) or mentions(rows)
    if len(reports) == 1 and any(not isinstance(row, dict | tuple) for row in rows):
        assert reports[0].unread > 0


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_ngorders_rounds_take_in_every_row_that_can_be_read(rows: list[Any]) -> None:
    good = {"order_status": "ACCEPTED", "order_progress_status": "ON PROCESS", "payment_status": "PAID"}
    sent = [{"order_id": row[1], **good} if isinstance(row, tuple) else row for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngorder, "ORDERS_PER_PAGE", PAGE)
        access = ngorder.STATUSES.access(lambda _: FakeClient(sent), PACE)  # type: ignore[arg-type,return-value]
        shop, _ = synced(Opened(access, ngorder.TABLE, ("orders",)))
    assert are_told(rows) <= shipped(shop) or mentions(rows)


# --- SalesMania, which is asked order by order --------------------------------------------------------------------

ANSWERS = st.one_of(
    st.builds(lambda body: Reply(200, {}, compact_json(body)), ODD),
    st.sampled_from(
        [
            Reply(200, {}, b"<html>maintenance"), Reply(200, {}, b""), Reply(404, {}, b""), Reply(400, {}, b"{}"),
            Reply(302, {}, b""), Reply(500, {}, b""), Reply(502, {}, b"<html>"), AnswerTooLarge(Unknown("too large")),
            AskFailed(Unknown("ReadTimeout after the request left")), KeyError("a defect"), ("good", 0), ("good", 0),
        ]
    ),
)  # fmt: skip


@dataclass(frozen=True)
class FakeAccount:
    answers: Mapping[str, Any]
    settings: Any = field(default_factory=lambda: ORDERS)

    def reply_to(self, request: Any) -> Reply:
        answer = self.answers[request.id]
        if isinstance(answer, Exception):
            raise answer
        return Reply(200, {}, b'{"status": "Terkirim"}') if isinstance(answer, tuple) else answer

    def document_in(self, reply: Reply) -> Any:
        return document_in(reply)


@settings(max_examples=300, deadline=None)
@given(st.lists(ANSWERS, min_size=12, max_size=12))
def test_at_salesmania_one_orders_odd_answer_is_that_orders_trouble(answers: list[Any]) -> None:
    account = FakeAccount({str(number): answer for number, answer in enumerate(answers, start=1)})
    access = salesmania.STATUSES.access(lambda _: account, PACE)  # type: ignore[arg-type,return-value]
    shop, reports = synced(Opened(access, salesmania.TABLE, salesmania.STATUSES.lists))
    assert {number for number, answer in enumerate(answers, start=1) if isinstance(answer, tuple)} <= shipped(shop)
    down = [answer for answer in answers if isinstance(answer, AskFailed) and not isinstance(answer, AnswerTooLarge)]
    down += [answer for answer in answers if isinstance(answer, Reply) and answer.status >= 500]
    # And eleven odd answers in a row look like a platform that is down.
    assert len(reports) <= 2 + 2 * len(down), "only what is down costs runs"


# --- stock --------------------------------------------------------------------------------------------------------

STOCK_WORDS = ("id", "sku", "stock", "available", "qty_on_hand", "variations", "stock_quantity", "is_warehouse")
ODD_STOCK = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(STOCK_WORDS), inner, max_size=5)
    ),
    max_leaves=8,
)
LISTS: dict[str, tuple[Any, Any]] = {
    "sirclo": (
        sirclo_levels.Levels(SimpleNamespace(settings=SETTINGS))._reading,  # type: ignore[arg-type]
        lambda number: {"sku": f"good {number}", "stock": number},
    ),
    "salesmania": (salesmania_levels._reading, lambda number: {"id": f"good {number}", "qty_on_hand": number}),
    "ngorder": (
        lambda row: (str(ngorder_levels._id(row)), list(ngorder_levels._variants(row))),
        lambda number: {"id": 1000 + number, "variations": [{"id": 2000 + number, "stock_quantity": number}]},
    ),
}


@pytest.mark.parametrize("platform", LISTS)
@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(ODD_STOCK, st.integers(1, 30).map(lambda n: ("good", n))), max_size=14, unique_by=str))
def test_a_stock_list_with_odd_rows_has_the_level_of_every_row_that_can_be_read(platform: str, rows: list[Any]) -> None:
    reading, good = LISTS[platform]
    sent = read_json(compact_json([good(row[1]) if isinstance(row, tuple) else row for row in rows]))

    def read(number: int, size: int) -> Page:
        part = sent[number * size : (number + 1) * size]
        objects = [row for row in part if isinstance(row, dict)]
        return Page(objects, (number + 1) * size < len(sent), len(sent), len(part) - len(objects))

    snapshot = Snapshot("2025")
    try:
        while not snapshot.is_complete:
            snapshot.add(stock_page(read, snapshot.position, PAGE, reading))
    except StockReadFailed:
        # Only where nothing on the first page is stock, or nothing at all.
        assert not snapshot.levels
        return
    for number in are_told(rows):
        key = str(2000 + number) if platform == "ngorder" else f"good {number}"
        assert snapshot.levels[key].level == number


@pytest.mark.parametrize("apart", [0, PAGE])
def test_a_sku_that_is_listed_twice_is_its_own_trouble_and_ends_no_list(apart: int) -> None:
    others = [{"id": number, "sku": f"other {number}", "stock": number} for number in range(10, 10 + PAGE + apart)]
    twice = [{"id": number, "sku": "twice", "stock": number} for number in (1, 2)]
    rows = [twice[0], *others[:apart], twice[1], *others[apart:]]

    def read(number: int, size: int) -> Page:
        part: list[Any] = rows[number * size : (number + 1) * size]
        return Page(part, (number + 1) * size < len(rows), len(rows))

    snapshot = Snapshot("2025")
    while not snapshot.is_complete:
        snapshot.add(stock_page(read, snapshot.position, PAGE, LISTS["sirclo"][0]))
    assert snapshot.levels["twice"].level is None
    assert "listed twice" in (snapshot.levels["twice"].detail or "")
    assert {snapshot.levels[str(row["sku"])].level for row in others} == {row["stock"] for row in others}
