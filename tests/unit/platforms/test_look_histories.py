"""A look says that an order is absent only where it is: whatever came, vanished or was too large while it looked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orderbridge.calls.asking import AnswerTooLarge
from orderbridge.calls.documents import compact_json, read_json
from orderbridge.calls.paging import PageTooLarge
from orderbridge.channels.lookups import Absent, Ambiguous, Found, LookFailed
from orderbridge.channels.outcomes import Unknown
from orderbridge.http.transport import Reply
from orderbridge.platforms.ngorder import lookup as ngorder
from orderbridge.platforms.sirclo import lookup as sirclo
from orderbridge.platforms.sirclo.identity import SentOrder

OURS = "SO-20250101-00007"
MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
PAGE = 4
ROOM = 8


@dataclass
class History:
    """A list of orders, the newest first, to which something happens between two pages. Orders are (id, weight)."""

    orders: list[tuple[int, int]]
    changes: Iterator[tuple[int, list[int]]]
    vanishing: bool
    repeat_at: int | None
    ends: str
    counts: str
    kept: set[int] = field(default_factory=set)
    asked: int = 0
    last: Any = None

    def __post_init__(self) -> None:
        self.kept = {number for number, _ in self.orders}

    def page(self, number: int, size: int) -> list[int]:
        """The ids on a page; raises `PageTooLarge`."""
        if self.asked:
            self._change()
        self.asked += 1
        part = self.orders[number * size : (number + 1) * size]
        if sum(weight for _, weight in part) > ROOM:
            raise PageTooLarge("too large")
        return [number for number, _ in part]

    def _change(self) -> None:
        arrivals, gone = next(self.changes, (0, []))
        self.orders[:0] = [(10_000 + self.asked * 10 + number, 1) for number in range(arrivals)]
        for place in gone if self.vanishing else []:
            if self.orders:
                self.kept.discard(self.orders.pop(place % len(self.orders))[0])

    def answered(self, answer: Callable[[], Any]) -> Any:
        """An answer, or the one before once more: a page that a cache repeats."""
        if self.repeat_at == self.asked and self.last is not None:
            self.asked += 1
            return self.last
        self.last = answer()
        return self.last


@st.composite
def histories(draw: st.DrawFn, *, counts: list[str], vanishing: st.SearchStrategy[bool]) -> History:
    weights = draw(st.lists(st.sampled_from([1, 1, 1, 2, 5, 9]), max_size=14))
    changes = draw(st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 20), max_size=2)), max_size=12))
    return History(
        [(number + 1, weight) for number, weight in enumerate(weights)],
        iter(changes),
        draw(vanishing),
        draw(st.one_of(st.none(), st.integers(1, 8))),
        draw(st.sampled_from(["list", "null", "counted null", "nothing counted"])),
        draw(st.sampled_from(counts)),
    )


@contextmanager
def small_pages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sirclo, "PAGE_SIZE", PAGE)
        patch.setattr(ngorder, "PAGE_SIZES", dict.fromkeys(ngorder.PAGE_SIZES, PAGE))
        yield


def number_of(order: int, ours: int) -> str:
    return OURS if order == ours else f"SO-20250101-9{order:04d}"


# --- SIRCLO -------------------------------------------------------------------------------------------------------


def sirclo_client(history: History, ours: int, revision: str) -> Any:
    def answer(request: Any) -> Any:
        early = revision == "2019-07"
        size = request.perpage if early else request.limit
        position = (request.page_no - 1) * size if early else request.offset
        ids = history.page(position // size, size)
        rows: Any = [{"id": each, "order_number": number_of(each, ours)} for each in ids]
        total = {"true": len(history.orders), "of the page": len(ids), "none": None}[history.counts]
        document = {"data": rows, **({} if total is None else {"total_record": total})}
        if rows or not position or history.ends == "list":
            return document
        if history.ends == "null":
            return {"data": None}
        document["data"] = None
        if history.ends == "nothing counted" and total is not None:
            del document["data"]
        return document

    return SimpleNamespace(
        settings=SimpleNamespace(revision=revision),
        document=lambda request: history.answered(lambda: answer(request)),
    )


def sirclo_look(history: History, ours: int, revision: str) -> Any:
    with small_pages():
        return sirclo.OrderList(sirclo_client(history, ours, revision), MOMENT).find(SentOrder(OURS, MOMENT))


REVISIONS = st.sampled_from(["2019-07", "2021-02"])


@settings(max_examples=600, deadline=None)
@given(
    st.one_of(
        histories(counts=["true", "of the page", "none"], vanishing=st.just(value=False)),
        histories(counts=["true"], vanishing=st.booleans()),
    ),
    st.integers(1, 15),
    REVISIONS,
)
def test_sirclos_order_is_absent_only_where_it_was_not_there_from_begin_to_end(
    history: History, ours: int, revision: str
) -> None:
    finding = sirclo_look(history, ours, revision)
    assert isinstance(finding, Found | Absent | LookFailed)
    if ours in history.kept:
        assert not isinstance(finding, Absent)
    if isinstance(finding, Found):
        assert finding.external_id == str(ours)


@settings(max_examples=300, deadline=None)
@given(histories(counts=["true", "of the page", "none"], vanishing=st.just(value=False)), st.integers(1, 15), REVISIONS)
def test_orders_that_arrive_end_no_look_at_sirclo(history: History, ours: int, revision: str) -> None:
    history.repeat_at = None
    if history.counts != "true":
        history.changes = iter(())  # a small page of which all was met before proves nothing without a total
    history.orders = [(number, min(weight, 5)) for number, weight in history.orders]
    expected = Found(str(ours)) if ours in history.kept else Absent()
    assert sirclo_look(history, ours, revision) == expected


# --- Ngorder ------------------------------------------------------------------------------------------------------


def ngorder_client(history: History, ours: int) -> Any:
    def answer(request: Any) -> Any:
        number, size = request.pagination_offset, request.per_page
        if "type" in type(request).model_fields and type(request).__name__ == "GetCancelledOrders":
            ids, total = [], 0
        else:
            try:
                ids = history.page(number - 1, size)
            except PageTooLarge as too_large:
                raise AnswerTooLarge(Unknown(str(too_large))) from None
            total = len(history.orders)
        rows: Any = [{"order_id": each, "note": f"[{number_of(each, ours)}]"} for each in ids]
        pagination = {"count": len(ids), "current_page": number, "total_pages": max(1, -(-total // size))}
        if history.counts == "true":
            pagination["total"] = total
        if not rows and history.ends != "list":
            rows = None
        return {"response": "Success", "data": rows, "meta": {"pagination": pagination}}

    def reply_to(request: Any) -> Reply:
        return Reply(200, {}, compact_json(history.answered(lambda: answer(request))))

    return SimpleNamespace(reply_to=reply_to, document_in=lambda reply: read_json(reply.body))


def ngorder_look(history: History, ours: int) -> Any:
    with small_pages():
        return ngorder.OrderLists(ngorder_client(history, ours), date(2025, 1, 1)).find(OURS)


@settings(max_examples=600, deadline=None)
@given(histories(counts=["true", "none"], vanishing=st.booleans()), st.integers(1, 15))
def test_ngorders_order_is_absent_only_where_it_was_not_there_from_begin_to_end(history: History, ours: int) -> None:
    finding = ngorder_look(history, ours)
    assert isinstance(finding, Found | Absent | LookFailed)
    if ours in history.kept:
        assert not isinstance(finding, Absent)


@settings(max_examples=300, deadline=None)
@given(histories(counts=["true"], vanishing=st.just(value=False)), st.integers(1, 15))
def test_orders_that_arrive_end_no_look_at_ngorder(history: History, ours: int) -> None:
    history.repeat_at = None
    history.orders = [(number, min(weight, 5)) for number, weight in history.orders]
    assert ngorder_look(history, ours) == (Found(str(ours)) if ours in history.kept else Absent())


# --- odd rows -----------------------------------------------------------------------------------------------------

ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=3), st.just(OURS)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["id", "order_id", "order_number", "note", "x"]), inner, max_size=4),
    ),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(st.lists(ODD, max_size=5), st.booleans(), REVISIONS)
@example([{"order_id": "0", "order_number": OURS, "id": None}], False, "2019-07")
def test_odd_rows_make_no_look_raise_and_none_of_them_hides_our_order(
    rows: list[Any], is_there: bool, revision: str
) -> None:
    ours: list[Any] = [{"id": 77, "order_number": OURS}] if is_there else []
    client = SimpleNamespace(
        settings=SimpleNamespace(revision=revision),
        document=lambda _: {"data": [*rows, *ours], "total_record": len(rows) + len(ours)},
    )
    finding = sirclo.OrderList(client, MOMENT).find(SentOrder(OURS, MOMENT))  # type: ignore[arg-type]
    if is_there:
        assert isinstance(finding, Found | Ambiguous)
    elif any(OURS in str([row.get("order_id"), row.get("order_number")]) for row in rows if isinstance(row, dict)):
        assert not isinstance(finding, Absent)
