"""A message on its way: attempts over three days, what is kept of them, and how it ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.aws.items import DUE_SHARDS
from orderbridge.http.answer import Answer
from orderbridge.values.times import from_iso, to_iso
from orderbridge.webhooks import items as webhook_items
from orderbridge.webhooks.delivery import (
    ATTEMPTS_KEPT,
    JITTER,
    KEPT_SECONDS,
    LONGEST_WAY_SECONDS,
    RETRY_SECONDS,
    Delivery,
    DeliveryRef,
    begin,
    claim,
    from_text,
    give_up,
    new_delivery,
    new_message_id,
    replay,
    retry_delay,
    settle,
    to_text,
)
from tests.fakes.samples import NOW
from tests.fakes.webhooks import a_webhook

DAY = 86_400


def a_delivery(**changes: Any) -> Delivery:
    delivery = new_delivery(a_webhook(), "order.status_changed", "SO-20250101-00001", '{"type":"x"}', NOW, 60)
    return replace(delivery, **changes)


def attempted(delivery: Delivery, answer: Answer, at: Any = NOW, jitter: float = 0.5) -> Delivery:
    return settle(begin(delivery, at, 60), answer, at + timedelta(milliseconds=250), jitter, 60)


def test_a_message_without_an_answer_comes_again_over_three_days_and_then_has_failed() -> None:
    delivery, at, times = a_delivery(), NOW, []
    while delivery.state == "PENDING":
        assert delivery.may_go_at(at)
        times.append(at)
        delivery = attempted(delivery, Answer(500), at)
        at = from_iso(delivery.not_before) if delivery.not_before is not None else at
    assert len(times) == len(RETRY_SECONDS) + 1 == 10
    assert 3 * DAY <= (times[-1] - times[0]).total_seconds() <= 3.5 * DAY
    assert (delivery.state, delivery.due_at) == ("FAILED", None)
    assert delivery.error == "no success after 10 attempts, last: answered 500"
    assert [each.status for each in delivery.kept_attempts] == [500] * 10


@given(st.integers(1, 30), st.floats(0, 0.999), st.none() | st.floats(-1, 10 * DAY))
def test_the_next_attempt_comes_no_sooner_than_planned_and_than_asked_for(
    attempts: int, jitter: float, retry_after: float | None
) -> None:
    delay = retry_delay(attempts, jitter, retry_after)
    planned = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1]
    assert delay >= planned * (1 - JITTER)
    assert delay <= max(planned * (1 + JITTER), min(retry_after or 0, DAY)) + 1e-6
    if retry_after is not None:
        assert delay >= min(retry_after, DAY) - 1e-6


def test_attempts_that_fail_together_do_not_come_again_together() -> None:
    delays = {retry_delay(4, jitter / 10) for jitter in range(10)}
    assert len(delays) == 10
    assert max(delays) - min(delays) > RETRY_SECONDS[3] * JITTER


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    done = attempted(a_delivery(), Answer(status))
    assert (done.state, done.error, done.due_at) == ("DELIVERED", None, None)
    assert done.expires_at == int(NOW.timestamp()) + KEPT_SECONDS
    (attempt,) = done.kept_attempts
    assert (attempt.at, attempt.status, attempt.milliseconds) == (to_iso(NOW), status, 250)


@pytest.mark.parametrize("status", [None, 100, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_anything_else_comes_again(status: int | None) -> None:
    waiting = attempted(a_delivery(), Answer(status, None if status else "ReadTimeout"))
    assert waiting.state == "PENDING"
    assert waiting.not_before == to_iso(NOW + timedelta(seconds=5, milliseconds=250))
    assert from_iso(waiting.due_at or "") > from_iso(waiting.not_before or "")
    assert waiting.error == ("ReadTimeout" if status is None else f"answered {status}")


def test_410_ends_it_at_once() -> None:
    gone = attempted(a_delivery(), Answer(410))
    assert (gone.state, gone.due_at) == ("FAILED", None)
    assert gone.error == "the receiver answered 410: it wants no more messages"


def test_retry_after_is_honoured_up_to_a_day() -> None:
    assert from_iso(attempted(a_delivery(), Answer(503, retry_after=3600)).not_before or "") == NOW + timedelta(
        seconds=3600, milliseconds=250
    )
    assert from_iso(attempted(a_delivery(), Answer(429, retry_after=1e9)).not_before or "") == NOW + timedelta(
        seconds=DAY, milliseconds=250
    )


def test_while_an_attempt_is_under_way_nobody_else_begins_one() -> None:
    flying = begin(a_delivery(), NOW, 60)
    assert not flying.may_go_at(NOW + timedelta(seconds=59))
    assert flying.may_go_at(NOW + timedelta(seconds=60))
    assert from_iso(flying.due_at or "") > NOW + timedelta(seconds=60)


def test_an_attempt_whose_sender_ended_leaves_its_trace() -> None:
    lost = begin(a_delivery(), NOW, 60)
    again = attempted(lost, Answer(200), NOW + timedelta(seconds=70))
    assert [each.detail for each in again.kept_attempts] == [
        "the sender ended before it knew an answer",
        "answered 200",
    ]
    assert again.attempts == 2


def test_what_is_kept_is_bounded() -> None:
    delivery = a_delivery()
    for _ in range(50):
        delivery = attempted(replay(delivery, NOW, 60), Answer(None, "x" * 5000))
    assert len(delivery.kept_attempts) == ATTEMPTS_KEPT
    assert len(str(webhook_items.delivery_item(delivery))) < 10_000


def test_a_replay_keeps_id_and_bytes_and_begins_the_series_again() -> None:
    failed = give_up(a_delivery(attempts=10), "no", NOW)
    later = NOW + timedelta(days=10)
    again = replay(failed, later, 60)
    assert (again.ref, again.body, again.state, again.attempts) == (failed.ref, failed.body, "PENDING", 0)
    assert again.expires_at is None
    assert not again.is_too_old(later)
    assert attempted(again, Answer(500), later).state == "PENDING"


def test_no_message_is_under_way_for_ever() -> None:
    delivery = a_delivery()
    assert not delivery.is_too_old(NOW + timedelta(seconds=LONGEST_WAY_SECONDS))
    assert delivery.is_too_old(NOW + timedelta(seconds=LONGEST_WAY_SECONDS + 1))
    late = attempted(delivery, Answer(500), NOW + timedelta(seconds=LONGEST_WAY_SECONDS + 1))
    assert late.state == "FAILED"


def test_ids_sort_by_time_and_are_nobody_elses() -> None:
    ids = [new_message_id(NOW + timedelta(milliseconds=number)) for number in range(200)]
    assert ids == sorted(ids)
    assert len({new_message_id(NOW) for _ in range(1000)}) == 1000


def test_a_message_survives_the_table_and_the_queue() -> None:
    for delivery in (
        a_delivery(),
        begin(a_delivery(), NOW, 60),
        attempted(attempted(a_delivery(), Answer(None, "ReadTimeout")), Answer(503, retry_after=9)),
        attempted(a_delivery(), Answer(200)),
    ):
        assert webhook_items.read_delivery(webhook_items.delivery_item(delivery)) == delivery
    ref = a_delivery().ref
    assert DeliveryRef.from_detail(ref.detail()) == ref
    item = webhook_items.delivery_item(a_delivery())
    assert webhook_items.ref_of_keys(item["PK"]["S"], item["SK"]["S"]).webhook_id == "wh_1"
    swept = claim(a_delivery(), NOW, 120)
    assert webhook_items.read_delivery(webhook_items.delivery_item(swept)) == swept


def test_the_messages_of_one_webhook_are_in_many_partitions_and_shards_of_the_due_index() -> None:
    made = [
        webhook_items.delivery_item(a_delivery(ref=DeliveryRef("acme", "wh_1", new_message_id(NOW))))
        for _ in range(500)
    ]
    for name in ("PK", "due_shard"):
        counts = Counter(item[name]["S"] for item in made)
        assert len(counts) == DUE_SHARDS
        assert max(counts.values()) < 3 * len(made) / DUE_SHARDS


def test_a_webhook_survives_the_table() -> None:
    for webhook in (
        a_webhook(),
        a_webhook(state="disabled", reason="410", since=to_iso(NOW), failures=3, rest_until="x"),
        a_webhook(slow_since=to_iso(NOW)),
    ):
        assert webhook_items.read_webhook(webhook_items.webhook_item(webhook)) == webhook


def test_messages_are_read_back_from_what_is_kept_of_them_with_their_order() -> None:
    made = [
        new_delivery(a_webhook(each), "order.status_changed", "SO-1", '{"é":"\\""}', NOW, 60) for each in ("a", "b")
    ]

    assert list(from_text(to_text(made), made[0].ref.client_id, "SO-1")) == made
    assert to_text([]) == ""
    assert list(from_text("", "acme", "SO-1")) == []
