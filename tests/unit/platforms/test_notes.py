"""The note that goes with an order: our mark, and nobody else's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orderbridge.orders.codes import MARKER, marker
from orderbridge.platforms.notes import order_note, personal_parts
from tests.unit.platforms.examples import ADDRESS, CODE, order

MARKS = st.sampled_from(
    ["[SO-20250101-00001]", "[SO-20250102-123456]", "[SO-2025", "0101-00002]", "[", "]", " | ", "x"]
)
TEXTS = st.lists(MARKS, min_size=1, max_size=8).map("".join).filter(lambda text: text.strip() != "")
LINES = st.lists(TEXTS, min_size=1, max_size=3).map("\n".join)


def test_the_mark_comes_first() -> None:
    assert order_note(order(), marker(CODE)) == f"[{CODE}] | PO: PO-77 | site: SITE-1 | sales: John Doe | {ADDRESS}"


def test_a_part_that_is_not_there_leaves_no_gap() -> None:
    assert order_note(order(purchase_order_no=None), "X") == f"X | site: SITE-1 | sales: John Doe | {ADDRESS}"


@given(LINES, TEXTS, TEXTS.filter(lambda text: len(text) <= 128))
def test_whatever_a_partner_writes_there_is_one_mark_and_it_is_ours(address: str, sales: str, number: str) -> None:
    note = order_note(order(address=address, sales_name=sales, purchase_order_no=number), marker(CODE))
    assert MARKER.findall(note) == [CODE]
    assert "\n" not in note


def test_a_mark_inside_a_mark_is_no_mark() -> None:
    note = order_note(order(address="[[SO-20250101-00002]] [SO-20250101-[SO-20250101-00003]]"), marker(CODE))
    assert MARKER.findall(note) == [CODE]


def test_what_is_personal_is_every_part_but_mark_number_and_site() -> None:
    note = order_note(order(), marker(CODE))
    assert personal_parts(note) == [note, "John Doe", ADDRESS]
