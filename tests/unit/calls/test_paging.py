"""A list is read to its end, at the sizes that fit, or not taken for read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.calls.paging import (
    MOST_ROWS_TOO_LARGE,
    ListFailed,
    Page,
    PageTooLarge,
    Row,
    RowTooLarge,
    all_rows,
    page_at,
    read_rows,
)

LARGEST = 10


@dataclass
class Shelf:
    """A platform's list, the newest row first. `between` happens before each page but the first.

    A page may hold `room`; each row takes 1 of it, or what `weights` says. `counts` is what it says of its total.
    """

    rows: list[int]
    between: Callable[[Shelf], None] = lambda _: None
    room: int = 1000
    weights: dict[int, int] = field(default_factory=dict)
    counts: bool = True
    cap: int | None = None
    pages: list[tuple[int, int]] = field(default_factory=list)

    def read(self, number: int, size: int) -> Page:
        if self.pages:
            self.between(self)
        self.pages.append((number, size))
        given = min(size, self.cap or size)
        rows = self.rows[number * given : (number + 1) * given]
        if sum(self.weights.get(each, 1) for each in rows) > self.room:
            raise PageTooLarge("a reply of status 200 is larger than 1048576 bytes")
        total = len(self.rows) if self.counts else None
        has_more = (number + 1) * given < len(self.rows)
        return Page([{"id": each} for each in rows], has_more, total, size=given)

    def all(self, **options: Any) -> list[int]:
        return [row["id"] for row in all_rows(self.read, lambda row: row["id"], LARGEST, **options)]


def pages(*numbers: Sequence[int | None], total: int | None = None, endless: bool = False) -> list[Row]:
    """A list that answers these pages, one after the other, whatever is asked for."""

    def read(index: int, _size: int) -> Page:
        rows = [{"id": number} for number in numbers[min(index, len(numbers) - 1)]]
        return Page(rows, has_more=endless or index < len(numbers) - 1, total=total)

    return list(all_rows(read, lambda found: found["id"], LARGEST, max_pages=20))


@given(st.integers(0, 500), st.integers(1, 1000))
def test_every_row_comes_once_and_in_order(count: int, room: int) -> None:
    assert Shelf(list(range(count)), room=room).all() == list(range(count))


def test_a_repeated_page_is_no_list() -> None:
    with pytest.raises(ListFailed, match="page 2 repeats"):
        pages([1, 2], [1, 2], [3, 4])


def test_a_repeated_page_does_not_end_a_list_either() -> None:
    with pytest.raises(ListFailed, match="page 3 repeats"):
        pages([1, 2], [3, 4], [3, 4])


def test_an_end_that_counts_nothing_is_held_against_the_total_reported_before() -> None:
    def read(index: int, _size: int) -> Page:
        return [
            Page([{"id": number} for number in range(10)], has_more=True, total=11),
            Page([{"id": number} for number in range(9, 19)], has_more=True, total=25),
            Page([], has_more=False, total=None),
        ][index]

    with pytest.raises(ListFailed, match="after 20 of 25 rows"):
        list(all_rows(read, lambda found: found["id"], LARGEST))


def test_a_row_that_is_met_again_because_others_came_ends_nothing() -> None:
    assert [row["id"] for row in pages([1, 2], [2, 3], total=3)] == [1, 2, 3]


def test_a_row_without_an_id_is_known_by_what_it_says() -> None:
    assert len(pages([1, None], [None, 2], total=3)) == 3


def test_a_page_that_a_cache_repeats_is_not_the_end_however_many_rows_have_come_before() -> None:
    said = iter(
        [Page([{"id": 1}, {"id": 2}], True, 3), *[Page([{"id": 7}, {"id": 6}], more, 7) for more in (True, False)]]
    )
    with pytest.raises(ListFailed, match="repeats the page before"):
        list(all_rows(lambda _number, _size: replace(next(said), size=2), lambda row: row["id"], 2))


def test_fewer_rows_than_the_platform_counts_are_not_all() -> None:
    with pytest.raises(ListFailed, match="after 3 of 4 rows"):
        pages([1, 2], [3], total=4)


def test_more_rows_than_counted_came_while_we_read() -> None:
    assert len(pages([1, 2], [3], total=2)) == 3


def test_a_list_without_an_end_is_given_up() -> None:
    numbers = [[number] for number in range(30)]
    with pytest.raises(ListFailed, match="does not end"):
        pages(*numbers, endless=True)


def test_an_empty_page_in_the_middle_is_odd() -> None:
    with pytest.raises(ListFailed, match="page 2 is empty"):
        pages([1], [], [2])


def test_the_last_total_that_was_reported_counts_where_the_last_page_tells_none() -> None:
    said = iter([3, None])

    def read(_number: int, _size: int) -> Page:
        total = next(said)
        return Page([{"id": 1}, {"id": 2}] if total else [], has_more=total is not None, total=total)

    with pytest.raises(ListFailed, match="after 2 of 3 rows"):
        list(all_rows(read, lambda row: row["id"], LARGEST))


def test_a_row_that_is_no_object_fails_the_list_once_all_others_are_read() -> None:
    rows = all_rows(lambda number, _: Page([{"id": number}], number < 2, 5, 1 - number % 2), lambda row: row["id"], 1)
    assert [next(rows)["id"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ListFailed, match="no objects"):
        next(rows)


def test_a_list_that_loses_rows_and_counts_none_proves_nothing_beyond_its_first_page() -> None:
    assert Shelf(list(range(LARGEST)), counts=False).all(rows_vanish=True) == list(range(LARGEST))
    with pytest.raises(ListFailed, match="does not count"):
        Shelf(list(range(LARGEST + 1)), counts=False).all(rows_vanish=True)


# --- sizes --------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 30), max_size=60), st.integers(30, 60))
def test_a_page_that_is_too_large_is_read_in_smaller_ones_and_no_row_is_skipped(weights: list[int], room: int) -> None:
    shelf = Shelf(list(range(len(weights))), room=room, weights=dict(enumerate(weights)))
    assert shelf.all() == shelf.rows


@given(st.lists(st.sampled_from([1, 9, 99]), max_size=60), st.data())
def test_reading_may_stop_after_any_page_and_go_on_at_its_end(weights: list[int], data: st.DataObject) -> None:
    shelf = Shelf(list(range(len(weights))), room=20, weights=dict(enumerate(weights)))
    position, seen, too_large = 0, [], []
    for _ in range(500):
        try:
            page = page_at(shelf.read, position, LARGEST)
        except RowTooLarge:
            too_large.append(position)
            position += 1
            continue
        seen += [row["id"] for row in page.rows]
        position = page.end
        if not page.has_more:
            break
    assert too_large == [number for number, weight in enumerate(weights) if weight == 99]
    assert seen == [number for number, weight in enumerate(weights) if weight != 99]


def test_behind_what_was_too_large_pages_grow_again() -> None:
    shelf = Shelf(list(range(40)), room=50, weights={3: 45})
    assert shelf.all() == list(range(40))
    assert shelf.pages == [(0, 10), (0, 5), (1, 5), (1, 10), (2, 10), (3, 10)]


@given(st.integers(1, 60), st.integers(1, 12), st.integers(4, 60))
def test_a_platform_that_gives_fewer_rows_at_once_than_asked_for_is_read_whole(count: int, cap: int, room: int) -> None:
    assert Shelf(list(range(count)), cap=cap, room=room).all() == list(range(count))


def test_a_row_that_is_too_large_fails_the_list_once_all_others_are_read() -> None:
    shelf = Shelf(list(range(25)), room=20, weights={3: 99, 24: 99})
    rows = all_rows(shelf.read, lambda row: row["id"], LARGEST)
    assert [next(rows)["id"] for _ in range(23)] == [number for number in range(25) if number not in (3, 24)]
    with pytest.raises(RowTooLarge, match="one row alone is too large"):
        next(rows)


def test_a_platform_whose_every_answer_is_too_large_is_asked_no_more_soon() -> None:
    shelf = Shelf(list(range(1000)), room=0)
    with pytest.raises(RowTooLarge):
        shelf.all()
    assert len(shelf.pages) < 4 * MOST_ROWS_TOO_LARGE


def test_a_list_without_sizes_is_read_page_by_page() -> None:
    read = lambda number, size: Page([{"id": number}], number < 4, 5, size=10 if size == 1 else 0)  # noqa: E731
    assert [row["id"] for row in all_rows(read, lambda row: row["id"], 1)] == [0, 1, 2, 3, 4]


# --- rows that come and vanish while pages are read ---------------------------------------------------------------

CHANGES = st.lists(st.tuples(st.integers(0, 4), st.lists(st.integers(0, 100), max_size=3)), max_size=30)


@settings(max_examples=500)
@given(
    st.integers(0, 45),
    CHANGES,
    st.booleans(),
    st.sampled_from([1000, 12]),
    st.lists(st.sampled_from([1, 1, 1, 5]), max_size=45),
)
def test_a_list_that_was_read_has_every_row_that_was_there_from_begin_to_end(
    count: int, changes: list[tuple[int, list[int]]], vanishing: bool, room: int, weights: list[int]
) -> None:
    kept, left = set(range(count)), iter(changes)

    def between(shelf: Shelf) -> None:
        arrivals, gone = next(left, (0, []))
        shelf.rows[:0] = [1000 + len(shelf.pages) * 10 + number for number in range(arrivals)]
        for place in gone if vanishing else []:
            if shelf.rows:
                kept.discard(shelf.rows.pop(place % len(shelf.rows)))

    shelf = Shelf(list(range(count)), between, room=room, weights=dict(enumerate(weights)))
    try:
        found = shelf.all(rows_vanish=True)
    except ListFailed:
        assert vanishing, "rows that come while a list is read end no reading"
        return
    assert kept <= set(found)
    assert len(found) == len(set(found))


@given(st.integers(0, 45), CHANGES, st.booleans())
def test_a_list_of_which_none_vanishes_needs_no_total(
    count: int, changes: list[tuple[int, list[int]]], newest_first: bool
) -> None:
    left = iter(changes)

    def between(shelf: Shelf) -> None:
        new = [1000 + len(shelf.pages) * 10 + number for number in range(next(left, (0, []))[0])]
        shelf.rows[:] = new + shelf.rows if newest_first else shelf.rows + new

    found = Shelf(list(range(count)), between, counts=False).all()
    assert set(range(count)) <= set(found)


# --- rows one by one ----------------------------------------------------------------------------------------------


def test_what_one_row_makes_a_reader_raise_is_one_rows_trouble_and_quotes_none_of_it() -> None:
    def reading(row: Row) -> int:
        if row["id"] is None:
            raise ListFailed("a row without an id")
        return 10 // int(row["id"])

    page = Page([{"id": each} for each in (5, None, 0, "secret", 2)], False, None, odd=1)
    found, reasons = read_rows(page, reading)
    assert found == [2, None, None, None, 5]
    assert sorted(reasons) == [
        "a row that is no object", "a row without an id", "a row: ValueError", "a row: ZeroDivisionError"
    ]  # fmt: skip
