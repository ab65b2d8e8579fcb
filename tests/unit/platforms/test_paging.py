"""A list is read to its end, or not taken for read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.platforms.paging import ListFailed, Page, Row, all_rows


def row(number: int | None) -> Row:
    return {"id": number}


def pages(*numbers: Sequence[int | None], total: int | None = None, endless: bool = False) -> list[Row]:
    def read(index: int) -> Page:
        rows = [row(number) for number in numbers[min(index, len(numbers) - 1)]]
        return Page(rows, has_more=endless or index < len(numbers) - 1, total=total)

    return list(all_rows(read, lambda found: found["id"], max_pages=20))


@given(st.integers(0, 500), st.integers(1, 50))
def test_every_row_comes_once_and_in_order(count: int, size: int) -> None:
    numbers = list(range(count))
    chunks = [numbers[start : start + size] for start in range(0, count, size)] or [[]]
    found = list(
        all_rows(
            lambda index: Page([row(number) for number in chunks[index]], index < len(chunks) - 1, count),
            lambda found: found["id"],
        )
    )
    assert [found_row["id"] for found_row in found] == numbers


def test_a_repeated_page_is_no_list() -> None:
    with pytest.raises(ListFailed, match="page 2 repeats"):
        pages([1, 2], [1, 2], [3, 4])


def test_a_row_that_moved_to_the_next_page_is_noticed() -> None:
    with pytest.raises(ListFailed, match="page 2 repeats"):
        pages([1, 2], [2, 3])


def test_a_row_without_an_id_is_no_row() -> None:
    with pytest.raises(ListFailed, match="without an id"):
        pages([1, None])


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
