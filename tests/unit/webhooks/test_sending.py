"""From a change of an order to its message at a receiver: reported once, sent at least once, never forgotten."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from standardwebhooks import Webhook as Library

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.order_status import progress
from orderbridge.http.answer import Answer
from orderbridge.status.changes import move_status
from orderbridge.values.sweeps import SweepIncomplete
from orderbridge.values.times import to_iso
from orderbridge.webhooks.delivery import ATTEMPTS_KEPT, LONGEST_WAY_SECONDS, Delivery, DeliveryRef
from orderbridge.webhooks.sending import ATTEMPT_SECONDS, SWEEP_SECONDS, UnknownDelivery
from orderbridge.webhooks.signing import WebhookSecret, new_webhook_secret, rotated
from tests.fakes import samples
from tests.fakes.post import GRACE, Post
from tests.fakes.steps import Clock, Died, PortFailed, die, fail
from tests.fakes.webhooks import SECRET, a_webhook


@pytest.fixture
def post() -> Post:
    return Post()


# --- the publisher ----------------------------------------------------------------------------------------------------


def test_each_change_is_reported_once_however_often_the_stream_repeats_itself(post: Post) -> None:
    for _ in range(3):
        post.publish(post.forward)
    post.clock.move(1)
    post.change(lambda forward: move_status(forward, "SHIPPED"))
    for _ in range(3):
        post.publish(post.forward)
    assert post.announced() == ["SUBMITTED", "SHIPPED"]
    order = post.store.orders[post.forward.key]
    assert (order.status, order.changes) == ("SHIPPED", 2)
    assert len(post.queue.sent) == 2


def test_every_webhook_gets_a_message_of_its_own_and_a_disabled_one_none() -> None:
    post = Post(a_webhook("wh_1"), a_webhook("wh_2"), a_webhook("wh_3", state="disabled"))
    post.publish(post.forward)
    assert sorted(ref.webhook_id for ref in post.store.deliveries) == ["wh_1", "wh_2"]
    assert len({ref.message_id for ref in post.store.deliveries}) == 2


def test_a_webhook_hears_of_the_events_it_asked_for() -> None:
    post = Post(a_webhook("wh_1", events=("order.shipment_changed",)))
    post.publish(post.forward)
    assert post.deliveries() == []
    post.change(lambda forward: replace(forward, awb_number="JP1"))
    assert post.note().event == "order.shipment_changed"


def test_an_order_that_goes_back_to_the_start_by_an_operators_hand_is_reported_again(post: Post) -> None:
    post.publish(post.forward)
    for state in (ForwardState.REJECTED, ForwardState.SENT):
        post.clock.move(1)
        post.change(lambda forward, state=state: replace(forward, state=state))
        post.publish(post.forward)
    assert post.announced() == ["SUBMITTED", "REJECTED", "SUBMITTED"]


def test_two_publishers_at_once_tell_it_once(post: Post) -> None:
    for step in range(12):
        other = Post()
        other.steps.at(step, lambda other=other: other.publish(other.forward))
        other.publish(other.forward)
        assert other.announced() == ["SUBMITTED"], step


def test_a_publisher_that_was_overtaken_by_one_that_knew_less_tells_the_rest(post: Post) -> None:
    order = post.store.orders[post.forward.key]
    older = progress(order, [post.forward], to_iso(post.clock()))
    assert older is not None
    post.change(lambda forward: move_status(forward, "SHIPPED"))
    post.steps.clear()
    post.steps.at(post_steps_before_saving(), lambda: post.store.save_progress(older.order))
    post.publish(post.forward)
    assert post.announced() == ["SHIPPED"]
    assert post.store.orders[order.key].changes == 2


def post_steps_before_saving() -> int:
    post = Post()
    before = len(post.steps.taken)
    post.publish(post.forward)
    return post.steps.taken[before:].index("before save_progress")


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("harm", [die, fail])
def test_a_publisher_that_ends_anywhere_is_repeated_and_tells_it_once(step: int, harm: Callable[[], None]) -> None:
    post = Post()
    post.steps.at(step, harm)
    with suppress(Died, PortFailed):
        post.publish(post.forward)
    post.steps.clear()
    post.publish(post.forward)
    assert post.announced() == ["SUBMITTED"]
    post.work()
    post.wait(180)
    assert len(post.receiver.received) == 1


# --- the sender -------------------------------------------------------------------------------------------------------


def test_a_message_arrives_once_signed_as_the_scheme_wants(post: Post) -> None:
    delivery = post.note()
    post.work()
    ((url, headers, body),) = post.receiver.received
    assert url == "https://partner.example.com/hook"
    assert headers["webhook-id"] == delivery.ref.message_id
    assert body == delivery.body.encode()
    assert headers["webhook-timestamp"] == str(int(post.clock().timestamp()))
    timestamp = post.clock()
    assert headers["webhook-signature"] == Library(SECRET).sign(delivery.ref.message_id, timestamp, delivery.body)
    assert post.deliveries()[0].state == "DELIVERED"
    post.wait(86_400)
    assert len(post.receiver.received) == 1


def test_messages_come_twice_and_late_and_the_receiver_hears_once(post: Post) -> None:
    ref = post.note().ref
    post.queue.send(ref)
    post.queue.send(ref, 30)
    post.work()
    post.wait(300)
    post.queue.send(ref)
    post.work()
    assert len(post.receiver.received) == 1


def test_a_message_that_the_queue_lost_is_found_by_the_sweeper(post: Post) -> None:
    post.note()
    post.queue.sent.clear()
    post.clock.move(GRACE - 1)
    assert not post.sweep()
    post.clock.move(2)
    assert post.sweep()["delivery"] == 1
    assert not post.sweep(), "what is claimed is not found again at once"
    post.work()
    assert len(post.receiver.received) == 1


def test_a_receiver_that_fails_hears_again_the_same_bytes_under_the_same_id(post: Post) -> None:
    answers = [Answer(500), Answer(None, "ReadTimeout"), Answer(200)]
    post.receiver.answer = lambda: answers.pop(0)
    post.note()
    post.work()
    post.wait(400)
    assert len(post.receiver.received) == 3
    assert len({headers["webhook-id"] for _, headers, _ in post.receiver.received}) == 1
    assert len({body for *_, body in post.receiver.received}) == 1
    assert len({headers["webhook-signature"] for _, headers, _ in post.receiver.received}) == 3
    (delivery,) = post.deliveries()
    assert (delivery.state, [each.status for each in delivery.kept_attempts]) == ("DELIVERED", [500, None, 200])


def test_a_receiver_that_never_answers_well_is_tried_ten_times_in_three_days_and_no_more(post: Post) -> None:
    times = []
    post.receiver.answer = lambda: (times.append(post.clock()), Answer(500))[1]
    post.note()
    post.work()
    post.wait(5 * 86_400)
    assert len(times) == 10
    assert timedelta(days=3) <= times[-1] - times[0] <= timedelta(days=3.6)
    (delivery,) = post.deliveries()
    assert delivery.state == "FAILED"
    assert post.queue.sent == []


def test_a_message_that_lay_too_long_before_an_attempt_is_given_up_without_one(post: Post) -> None:
    """The queue or the sender stood still; what the partner has long read elsewhere is not sent."""
    post.note()
    post.clock.move(LONGEST_WAY_SECONDS + 1)
    post.work()
    assert post.receiver.received == []
    (delivery,) = post.deliveries()
    assert (delivery.state, delivery.attempts) == ("FAILED", 0)
    assert (delivery.error or "").startswith("no success in time")


def test_after_failures_in_a_row_a_receiver_is_left_alone_and_nothing_is_lost(post: Post) -> None:
    well = False
    post.receiver.answer = lambda: Answer(200) if well else Answer(None, "ConnectTimeout")
    post.publish(post.forward)
    for status in ("ACCEPTED", "IN_PROCESS", "SHIPPED", "COMPLETED"):
        post.clock.move(1)
        post.change(lambda forward, status=status: move_status(forward, status))
        post.publish(post.forward)
    post.work()
    assert len(post.receiver.received) == 3, "the others wait for the end of the rest"
    assert post.webhooks.by_id["wh_1"].rests_at(post.clock())
    post.wait(120)
    tried = len(post.receiver.received)
    assert tried < 12
    well = True
    post.wait(7200)
    assert {delivery.state for delivery in post.deliveries()} == {"DELIVERED"}
    assert post.webhooks.by_id["wh_1"].failures == 0
    assert post.webhooks.by_id["wh_1"].rest_until is None


def test_a_receiver_that_rests_delays_no_other() -> None:
    post = Post(a_webhook("wh_1", rest_until=to_iso(Clock()() + timedelta(minutes=5)), failures=9), a_webhook("wh_2"))
    post.publish(post.forward)
    post.work()
    assert [d.state for d in post.deliveries() if d.ref.webhook_id == "wh_2"] == ["DELIVERED"]
    assert [d.attempts for d in post.deliveries() if d.ref.webhook_id == "wh_1"] == [0]


def test_a_receiver_that_is_gone_is_disabled_with_one_alarm_and_what_waits_is_given_up(post: Post) -> None:
    post.receiver.answer = lambda: Answer(410)
    post.note()
    post.clock.move(1)
    post.change(lambda forward: move_status(forward, "SHIPPED"))
    post.note()
    post.work()
    assert len(post.receiver.received) == 1
    assert post.webhooks.by_id["wh_1"].state == "disabled"
    assert [(event.detail_type, dict(event.detail)) for event in post.bus.events if "Webhook" in event.detail_type] == [
        ("WebhookDisabled", {"client_id": samples.CLIENT_ID, "webhook": "wh_1"})
    ]
    assert [delivery.error for delivery in post.deliveries()] == [
        "the receiver answered 410: it wants no more messages",
        "the webhook is disabled: the receiver answered 410 Gone",
    ]


@pytest.mark.parametrize(
    ("happens", "error"),
    [
        (lambda post: post.webhooks.by_id.clear(), "the webhook was removed"),
        (lambda post: post.webhooks.suspended.add(samples.CLIENT_ID), "the partner is suspended"),
        (lambda post: post.vault.kept.clear(), "the webhook has no secret"),
    ],
)
def test_what_may_not_go_is_given_up_and_says_why(post: Post, happens: Callable[[Post], None], error: str) -> None:
    post.note()
    happens(post)
    post.work()
    assert post.receiver.received == []
    (delivery,) = post.deliveries()
    assert (delivery.state, delivery.error) == ("FAILED", error)


@pytest.mark.parametrize("step", range(1, 12))
def test_a_message_that_was_given_up_is_known_of_its_webhook_wherever_the_sender_ends(step: int) -> None:
    post = Post()
    post.receiver.answer = lambda: Answer(410)
    post.note()
    post.steps.at(step, die)

    post.work()

    (delivery,) = post.deliveries()
    if delivery.state == "FAILED":
        assert post.webhooks.by_id[delivery.ref.webhook_id].failed_at is not None


def test_while_secrets_overlap_a_message_carries_both_signatures(post: Post) -> None:
    new = new_webhook_secret()
    post.vault.kept["wh_1"] = rotated([WebhookSecret(SECRET)], new, post.clock(), 3600)
    post.note()
    post.work()
    ((_, headers, _),) = post.receiver.received
    assert len(headers["webhook-signature"].split()) == 2


def test_a_message_about_nothing_goes_to_the_dead_letters(post: Post) -> None:
    ref = post.note().ref
    with pytest.raises(UnknownDelivery):
        post.send(replace(ref, message_id="msg_0"))


def steps_of_a_delivery() -> int:
    post = Post()
    post.note()
    before = len(post.steps.taken)
    post.work()
    return len(post.steps.taken) - before


@pytest.mark.parametrize("step", range(steps_of_a_delivery()))
@pytest.mark.parametrize("harm", [die, fail])
def test_a_sender_that_ends_anywhere_loses_nothing_and_repeats_only_what_it_cannot_know(
    step: int, harm: Callable[[], None]
) -> None:
    post = Post()
    post.note()
    post.steps.at(step, harm)
    post.work()
    post.steps.clear()
    post.wait(2 * ATTEMPT_SECONDS + GRACE + 300)
    (delivery,) = post.deliveries()
    assert delivery.state == "DELIVERED"
    assert len(post.receiver.received) in (1, 2)
    assert len({headers["webhook-id"] for _, headers, _ in post.receiver.received}) == 1


def test_a_delivery_that_nothing_disturbs_is_written_once() -> None:
    post = Post()
    revision = post.note().revision
    post.work()
    (delivery,) = post.deliveries()
    assert (delivery.state, delivery.attempts, delivery.revision) == ("DELIVERED", 1, revision + 1)


@pytest.mark.parametrize("step", range(steps_of_a_delivery()))
def test_of_two_senders_with_one_queue_message_one_writes_what_came_of_it(step: int) -> None:
    """The queue seldom gives a message to two; the receiver knows it again by its id."""
    post = Post()
    ref = post.note().ref
    post.steps.at(step, lambda: post.send(ref))
    post.send(ref)
    assert len({headers["webhook-id"] for _, headers, _ in post.receiver.received}) == 1
    (delivery,) = post.deliveries()
    assert (delivery.state, delivery.attempts, len(delivery.kept_attempts)) == ("DELIVERED", 1, 1)


@pytest.mark.parametrize("step", range(steps_of_a_delivery() + 2))
def test_of_two_senders_with_a_message_that_was_swept_one_sends(step: int) -> None:
    post = Post()
    ref = post.note().ref
    post.clock.move(GRACE + 1)
    assert post.sweep()["delivery"] == 1
    post.steps.at(step, lambda: post.send(ref))
    post.send(ref)
    assert len(post.receiver.received) == 1
    assert post.deliveries()[0].state == "DELIVERED"


def test_of_two_senders_one_sends_where_the_sweeper_is_about_to_come() -> None:
    post = Post()
    ref = post.note().ref
    post.clock.move(GRACE - 10)
    post.steps.at(3, lambda: post.send(ref))
    post.send(ref)
    assert len(post.receiver.received) == 1


def test_a_sender_that_ends_again_and_again_leaves_traces() -> None:
    post = Post()
    post.note()

    def ends() -> Answer:
        raise Died

    post.receiver.answer = ends
    post.work()
    post.wait(3600)
    post.receiver.answer = lambda: Answer(200)
    post.wait(3600)
    (delivery,) = post.deliveries()
    assert delivery.state == "DELIVERED"
    assert {each.detail for each in delivery.kept_attempts[:-1]} == {"the sender ended before it knew an answer"}
    assert len(delivery.kept_attempts) == ATTEMPTS_KEPT


def test_what_waits_for_workers_that_do_not_keep_up_is_sent_on_more_and_more_seldom(post: Post) -> None:
    post.note()
    sent = []
    for minute in range(240):
        if post.sweep():
            sent.append(minute)
        post.clock.move(60)
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert gaps[0] <= 3
    assert gaps == sorted(gaps)
    assert len(sent) <= 12
    post.work()
    assert len(post.receiver.received) == 1
    assert post.deliveries()[0].swept == 0


def test_two_sweepers_at_once_send_one_message() -> None:
    for step in range(8):
        post = Post()
        post.note()
        post.queue.sent.clear()
        post.clock.move(GRACE + 1)
        post.steps.at(step, lambda post=post: post.sweep())
        post.sweep()
        assert len(post.queue.sent) == 1, step


def test_a_sweep_ends_in_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(*(a_webhook(f"wh_{number}") for number in range(4)))
    post.publish(post.forward)
    post.queue.sent.clear()
    post.clock.move(GRACE + 1)
    save = post.webhooks.save

    def slow(delivery: Delivery) -> Delivery:
        post.clock.move(SWEEP_SECONDS / 2)
        return save(delivery)

    monkeypatch.setattr(post.webhooks, "save", slow)
    assert post.sweep() == {"delivery": 2}
    assert post.sweep() == {"delivery": 2}
    assert post.sweep() == {}


def test_a_message_that_cannot_be_read_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(*(a_webhook(f"wh_{number}") for number in range(4)))
    post.publish(post.forward)
    post.queue.sent.clear()
    post.clock.move(GRACE + 1)
    read = post.webhooks.read

    def unreadable(ref: DeliveryRef) -> Any:
        if ref.webhook_id == "wh_1":
            raise KeyError("revision")
        return read(ref)

    monkeypatch.setattr(post.webhooks, "read", unreadable)
    with pytest.raises(SweepIncomplete, match="1 items"):
        post.sweep()
    assert len(post.queue.sent) == 3
