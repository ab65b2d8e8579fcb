"""Open forwards and runs in the table, under the conditions of AWS (moto)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.forwarding.order_status import open_since
from orderbridge.forwarding.table import TableOrders
from orderbridge.platforms.ngorder.statuses import TABLE as MEANINGS
from orderbridge.status.changes import StatusReading, move_status, take_in
from orderbridge.status.ports import OpenForward
from orderbridge.status.runs import StatusCursor, StatusRun
from orderbridge.status.table import TableOpenForwards, TableStatusRuns
from orderbridge.values.leases import LeaseLost
from orderbridge.values.times import to_iso
from tests.fakes.samples import NOW
from tests.fakes.statuses import sent_forward
from tests.fakes.store import Store
from tests.integration.webhooks.conftest import TABLE, aws

__all__ = ["aws"]
Aws = Callable[[str], Any]
MAIN, OTHER = Channel("ngorder-main", "ngorder", {}), Channel("ngorder", "ngorder", {})


def stored(dynamodb: Any, number: int, **changes: Any) -> Forward:
    forward = sent_forward(Store(), number, at=NOW - timedelta(days=number), **changes)
    TableOrders(dynamodb, TABLE).create_forward(Transition(forward, None, forward))
    return forward


def shown(*forwards: Forward) -> list[OpenForward]:
    return [OpenForward(each.forward_key, each.external_id or "", open_since(each)) for each in forwards]


def test_open_forwards_are_found_by_the_orders_date_and_leave_when_they_are_done(aws: Aws) -> None:
    dynamodb = aws("dynamodb")
    found = TableOpenForwards(dynamodb, TABLE)
    forwards = sorted((stored(dynamodb, number) for number in range(1, 8)), key=open_since)
    stored(dynamodb, 20, external_id=None)
    stored(dynamodb, 21, platform_status="COMPLETED")
    assert list(found.open_forwards(MAIN, "2000-01-01", 100)) == shown(*forwards)
    assert list(found.open_forwards(MAIN, "2000-01-01", 3)) == shown(*forwards[:3])
    assert list(found.open_forwards(MAIN, open_since(forwards[2]), 100)) == shown(*forwards[3:])
    assert list(found.open_forwards(MAIN, "2024-12-29", 100)) == shown(
        *(forward for forward in forwards if open_since(forward) > "2024-12-29")
    )
    assert list(found.open_forwards(OTHER, "2000-01-01", 100)) == []
    TableOrders(dynamodb, TABLE).save(Transition(move_status(forwards[0], "CANCELLED"), None))
    assert list(found.open_forwards(MAIN, "2000-01-01", 100)) == shown(*forwards[1:])
    assert sorted(found.read([each.forward_key for each in forwards[1:]]), key=open_since) == forwards[1:]


def test_forwards_that_were_completed_lately_are_found_by_the_orders_date_behind_those_whose_time_is_over(
    aws: Aws,
) -> None:
    dynamodb = aws("dynamodb")
    found = TableOpenForwards(dynamodb, TABLE)
    stored(dynamodb, 1)
    lately = [stored(dynamodb, number, platform_status="COMPLETED", completed_at=to_iso(NOW)) for number in (10, 9, 8)]
    for number in (20, 19, 18, 17):
        over = to_iso(NOW - timedelta(days=16))
        stored(dynamodb, number, platform_status="COMPLETED", completed_at=over)
    since = to_iso(NOW - timedelta(days=15))
    assert list(found.completed_forwards(MAIN, "2000-01-01", 2, since)) == shown(*lately[:2])
    behind = open_since(lately[0])
    assert list(found.completed_forwards(MAIN, behind, 100, since)) == shown(*lately[1:])
    assert list(found.completed_forwards(OTHER, "2000-01-01", 100, since)) == []


def test_the_index_holds_nothing_of_a_forward_that_changes_while_it_is_there(aws: Aws) -> None:
    """Each write of what an index holds is paid once more."""
    dynamodb = aws("dynamodb")
    stored(dynamodb, 1)
    stored(dynamodb, 2, platform_status="COMPLETED", completed_at=to_iso(NOW))
    held = dynamodb.scan(TableName=TABLE, IndexName="waiting")["Items"]
    keys = {"PK", "SK", "waiting", "waiting_since", "external_id"}
    assert sorted(map(len, held)) == [5, 6]
    assert set().union(*held) == keys | {"completed_at"}


def test_a_reading_is_written_with_its_line_on_the_timeline(aws: Aws) -> None:
    dynamodb = aws("dynamodb")
    forward = stored(dynamodb, 1)
    said = StatusReading("1", {"progress": "ON PROCESS", "payment": "PAID"}, "JP1")
    news = take_in(forward, said, MEANINGS, NOW)
    assert news is not None
    saved = TableOrders(dynamodb, TABLE).save(news.transition)
    found = TableOpenForwards(dynamodb, TABLE)
    (kept,) = found.read([each.key for each in found.open_forwards(MAIN, "2000-01-01", 100)])
    assert kept == saved == replace(forward_items.fitted(news.transition.to_store())[0], revision=1)
    assert take_in(kept, said, MEANINGS, NOW) is None


def test_an_open_forward_waits_for_nobody(aws: Aws) -> None:
    dynamodb = aws("dynamodb")
    stored(dynamodb, 1)
    desk = TableOrders(dynamodb, TABLE)
    assert [list(desk.waiting(MAIN, state)) for state in ForwardState] == [[]] * len(ForwardState)


def test_a_run_is_kept_with_its_place_and_one_worker_holds_it(aws: Aws) -> None:
    runs = TableStatusRuns(aws("dynamodb"), TABLE)
    assert runs.read("ngorder-main") == StatusRun("ngorder-main")
    begun = runs.save(runs.read("ngorder-main").begun("run-1", NOW))
    with pytest.raises(LeaseLost):
        runs.save(StatusRun("ngorder-main").begun("run-2", NOW))
    cursor = StatusCursor("2025-01-01#SO-20250101-00001", "2025-01-02#SO-20250102-00009", ("orders", "x/Y"), 17, 2)
    stopped = runs.save(begun.stopped(cursor, "503", 60, NOW))
    assert runs.read("ngorder-main") == stopped
    assert stopped.cursor == cursor
    assert stopped.blocked(NOW) is not None
    assert stopped.blocked(NOW + timedelta(seconds=61)) is None
    finished = runs.save(stopped.begun("run-3", NOW).finished(NOW))
    assert runs.read("ngorder-main") == finished
    assert finished.cursor is None
