"""A forward's timeline as text in its item."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import orderbridge
from orderbridge.aws.items import item_bytes, to_item
from orderbridge.forwarding import log
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import to_iso
from tests.fakes.samples import NOW

BEGINS = to_iso(NOW)
LINES = st.builds(
    TimelineEntry,
    at=st.integers(0, 10**11).map(lambda milliseconds: to_iso(NOW + timedelta(milliseconds=milliseconds))),
    event=st.sampled_from(log.EVENTS),
    channel=st.just("sirclo-main"),
    detail=st.none() | st.text(),
)


@given(st.lists(LINES))
def test_lines_are_read_as_they_were_written(lines: list[TimelineEntry]) -> None:
    assert list(log.from_text(log.to_text(lines, BEGINS), BEGINS, "sirclo-main")) == lines


def test_a_line_without_a_detail_takes_a_dozen_bytes() -> None:
    line = TimelineEntry(to_iso(NOW + timedelta(days=3)), "ForwardSent", "sirclo-main")
    assert log.to_text([line], BEGINS) == "[[259200000,3]]"


def test_numbers_stay_what_they_are_because_they_are_stored() -> None:
    assert (log.EVENTS[0], log.EVENTS[2], log.EVENTS[25]) == ("ForwardQueued", "ForwardSent", "StatusKept")
    assert len(set(log.EVENTS)) == len(log.EVENTS)


def test_every_event_of_a_forward_has_a_number() -> None:
    """Found in the source: the fourth argument of `change`, the second of a `TimelineEntry`, and what they are told."""
    found = {event for path in sources() for event in events_in(ast.parse(path.read_text(encoding="utf-8")))}
    of_the_order = {"CancelRequested", "OrderRouted"}
    assert found - of_the_order - set(log.EVENTS) == set()
    assert len(found) > 15


def sources() -> Iterator[Path]:
    for package in ("forwarding", "status"):
        yield from (Path(orderbridge.__file__).parent / package).rglob("*.py")


def events_in(tree: ast.AST) -> Iterator[str]:
    places = {"change": 3, "TimelineEntry": 1, "_keep_looking": 2, "_asked_no_more": 4}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in places:
            argument = node.args[places[node.func.id]]
            if isinstance(argument, ast.Constant) and argument.value:
                yield str(argument.value)
        if isinstance(node, ast.FunctionDef) and node.name == "_event":
            returned = (each for each in ast.walk(node) if isinstance(each, ast.Constant))
            yield from (str(each.value) for each in returned if isinstance(each.value, str))


def test_an_item_has_the_size_that_dynamodb_counts() -> None:
    """CapacityUnitCalculations.html, its own examples: a name and a value in UTF-8, and a number by its digits."""
    assert item_bytes(to_item({"shirt-color": "R", "shirt-size": "M"})) == 23
    assert item_bytes(to_item({"n": 27})) == 1 + 2
    assert item_bytes(to_item({"n": -27})) == 1 + 3
    assert item_bytes(to_item({"n": "é"})) == 1 + 2
    assert item_bytes(to_item({"n": True})) == 1 + 1
    assert item_bytes(to_item({"l": ["ab", "c"]})) == 1 + 3 + (1 + 2) + (1 + 1)
    assert item_bytes(to_item({"m": {"a": "b"}})) == 1 + 3 + (1 + 1 + 1)
