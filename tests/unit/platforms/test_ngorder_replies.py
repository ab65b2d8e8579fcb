"""Every way in which Ngorder's document says the same thing differently; the numbers are those of traps D."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orderbridge.calls.paging import ListFailed
from orderbridge.platforms.ngorder import replies
from orderbridge.platforms.ngorder.replies import Answer, Unreadable, read_answer


@pytest.mark.parametrize(
    ("trap", "document", "expected"),
    [
        ("D20", {"response": "Success", "data": 1}, Answer(False, (), 1)),
        ("D20", {"response": "success", "data": 1}, Answer(False, (), 1)),
        ("D20", {"response": "Sukses", "data": 1}, Answer(False, (), 1)),
        ("D20", {"response": "sukses", "data": 1}, Answer(False, (), 1)),
        ("D20", {"response": "Berhasil", "data": 1}, Answer(False, (), 1)),
        ("D21", {"response": "Failed", "data": None}, Answer(True, (), None)),
        ("D21", {"response": " gagal ", "data": None}, Answer(True, (), None)),
        ("D21", {"response": False, "data": None}, Answer(True, (), None)),
        ("D22", {"response": "Success", "message": "Order created"}, Answer(False, ("Order created",), None)),
        ("D22", {"response": "success", "message": ["Payment Updated"]}, Answer(False, ("Payment Updated",), None)),
        (
            "D22",
            {"response": "Failed", "message": {"id": ["Order has been paid"], "maximum amount": [0]}, "data": None},
            Answer(True, ("id: Order has been paid", "maximum amount: 0"), None),
        ),
        ("D23", {"data": [{"id": 1}]}, Answer(False, (), [{"id": 1}])),
        ("D23", {"response": "Success"}, Answer(False, (), None)),
        ("D23", {"data": 5}, Answer(False, (), 5)),
        ("D23", {"withdrawable_balance": "Rp0", "data": []}, Answer(False, (), [])),
        ("D23", [1, 2], Answer(False, (), [1, 2])),
        ("D27", [{"id ": 1}], Answer(False, (), [{"id": 1}])),
        ("D27", {"data": {"unique_code ": 5}}, Answer(False, (), {"unique_code": 5})),
        ("D47", {"status": {"code": 1, "message": "ok"}, "data": {}}, Answer(False, ("ok",), {})),
        ("D47", {"status": {"code": "0", "message": "no route"}, "data": {}}, Answer(True, ("no route",), {})),
        ("D49", {"0": 200, "response": "Success", "data": 1}, Answer(False, (), 1)),
        ("-", {"error": "Unauthenticated."}, Answer(True, ("Unauthenticated.",), None)),
    ],
)
def test_an_answer_is_read_into_one_form(trap: str, document: Any, expected: Answer) -> None:
    assert read_answer(document) == expected


@pytest.mark.parametrize("document", [None, 5, "Success", True])
def test_what_is_no_answer_is_unreadable(document: Any) -> None:
    with pytest.raises(Unreadable):
        read_answer(document)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1), (" 1", 1), ("10", 10), ("57", 57), (Decimal("2.0"), 2), ("-3", -3), (0, 0), ("0", 0), ("1e2", 100)],
)
def test_a_number_is_a_number_in_any_dress(value: Any, expected: int) -> None:
    assert replies.whole(value) == expected


@pytest.mark.parametrize("value", [None, "", " ", "N/A", "1.5", Decimal("0.4"), True, [], {}, "NaN", "Infinity", "1,5"])
def test_what_is_no_whole_number_is_never_taken_for_0(value: Any) -> None:
    with pytest.raises(Unreadable):
        replies.whole(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (1, True), ("1", True), ("Y", True), (False, False), (0, False), ("0", False), ("N", False),
     (None, False), ("", False)],
)  # fmt: skip
def test_a_flag_is_a_flag_in_any_dress(value: Any, expected: bool) -> None:
    assert replies.truth(value) is expected


def test_text_where_a_flag_should_be_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        replies.truth("semua dari sini")


def test_a_phone_number_is_one_number_in_three_forms() -> None:
    assert {replies.phone_digits(text) for text in ("0812-345 678", "+62812345678", "62812345678")} == {"62812345678"}


def pagination(**counts: Any) -> dict[str, Any]:
    return {
        "meta": {"pagination": {"total": 3, "count": 2, "per_page": 2, "current_page": 1, "total_pages": 2, **counts}}
    }


ROWS = [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("links", [{}, [], {"next": "https://api.smartseller.co.id/api/order?pagination_offset=2"}])
def test_pages_are_counted_and_links_are_not_read(links: Any) -> None:
    page = replies.page_in({"data": ROWS, **pagination(links=links)}, 1, 2)
    assert (page.rows, page.has_more, page.total) == (ROWS, True, 3)


def test_the_numbers_of_a_page_may_be_texts() -> None:
    page = replies.page_in({"data": [{"id": 3}], **pagination(count="1", current_page="2", total_pages="2")}, 2, 2)
    assert not page.has_more


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"data": ROWS}, "how many pages"),
        ({"data": ROWS, "meta": {}}, "how many pages"),
        ({"data": ROWS, "meta": {"pagination": []}}, "how many pages"),
        ({"data": ROWS, "meta": {"pagination": {"total": 2}}}, "how many pages"),
        ({"data": ROWS, **pagination(current_page=2)}, "page 1 was asked for, and page 2 came"),
        ({"data": ROWS, **pagination(count=3)}, "says 3 rows and has 2"),
        ({"data": ROWS, **pagination(per_page=50)}, "larger than asked for"),
        ({"data": ROWS, **pagination(total_pages="many")}, "page numbers"),
        ({"data": {"id": 1}, **pagination()}, "no list of objects"),
        ({"data": "rows", **pagination()}, "no list of objects"),
        ({"data": None, **pagination()}, "says 2 rows and has 0"),
        ({"response": "Failed", "message": "Slow down!", "data": []}, "Slow down!"),
        ("text", "no object"),
    ],
)
def test_a_page_that_does_not_add_up_is_no_page(document: Any, words: str) -> None:
    with pytest.raises(ListFailed, match=words):
        replies.page_in(document, 1, 2)
