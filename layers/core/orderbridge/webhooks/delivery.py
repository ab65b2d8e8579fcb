"""A message to a partner's webhook and its way there: attempts over three days, each of which is on record.

Delivery is at least once: a message is due until nothing more will happen to it, and an attempt of which nothing is
known any more is made again, under the same id.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from orderbridge.http.answer import Answer
from orderbridge.http.retry_after import LONGEST_RETRY_AFTER_SECONDS
from orderbridge.values.times import after, from_iso, to_iso
from orderbridge.webhooks.webhook import Webhook

RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""From each failed attempt to the next one; together three days and three hours."""

JITTER = 0.1
LONGEST_WAY_SECONDS = 5 * 86_400
"""After so long no attempt is made any more, however many there were."""

ATTEMPTS_KEPT = 20
KEPT_SECONDS = 30 * 86_400
"""How long a message is kept once nothing more will happen to it."""

MOST_SWEEPS_DOUBLED = 4
"""So often the sweeper waits twice as long as the last time before it sends a message on once more."""

DeliveryState = Literal["PENDING", "DELIVERED", "FAILED"]


@dataclass(frozen=True, slots=True)
class DeliveryRef:
    """Which message to which webhook."""

    client_id: str
    webhook_id: str
    message_id: str

    def detail(self) -> dict[str, str]:
        """What is in the sender's queue."""
        return {"client_id": self.client_id, "webhook_id": self.webhook_id, "message_id": self.message_id}

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> DeliveryRef:
        """The message of a queue entry; KeyError or TypeError where it is none."""
        return cls(str(detail["client_id"]), str(detail["webhook_id"]), str(detail["message_id"]))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it is kept: when, what came of it, and how long it took in milliseconds."""

    at: str
    status: int | None
    detail: str
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one webhook: its bytes, frozen, and its way. Times are ISO 8601 UTC."""

    ref: DeliveryRef
    event: str
    code: str
    body: str
    created_at: str
    due_at: str | None
    """When the sweeper looks after it if nothing has happened by then; None where nothing is due."""
    swept: int = 0
    """How often the sweeper has sent it on since anything was known of it: so many more may be in the queues."""
    state: DeliveryState = "PENDING"
    not_before: str | None = None
    """No attempt begins before this time, whoever delivers the queue's message."""
    attempts: int = 0
    in_flight_since: str | None = None
    begun_at: str | None = None
    """Since when this series of attempts has been under way: the message's own time, or that of its replay."""
    kept_attempts: tuple[Attempt, ...] = ()
    error: str | None = None
    expires_at: int | None = None
    """When the message is forgotten, in unix seconds; None while something may still happen to it."""
    revision: int = 0

    def may_go_at(self, now: datetime) -> bool:
        """Whether an attempt may begin now."""
        return self.state == "PENDING" and (self.not_before is None or from_iso(self.not_before) <= now)

    def is_left_alone_until(self, moment: datetime) -> bool:
        """Whether nobody but the queue that brought it will bring it before then, so that it need not be claimed."""
        return not self.swept and self.due_at is not None and from_iso(self.due_at) >= moment

    def is_too_old(self, now: datetime) -> bool:
        return now - from_iso(self.begun_at or self.created_at) > timedelta(seconds=LONGEST_WAY_SECONDS)


def new_message_id(now: datetime) -> str:
    """An id that nobody else has, and that sorts by time."""
    return f"msg_{int(now.timestamp() * 1000):012x}{secrets.token_hex(8)}"


def new_delivery(webhook: Webhook, event: str, code: str, body: str, now: datetime, grace_seconds: float) -> Delivery:
    """A message that is to go at once, and is swept if nothing happened within the grace time."""
    ref = DeliveryRef(webhook.client_id, webhook.webhook_id, new_message_id(now))
    return Delivery(ref, event, code, body, to_iso(now), due_at=after(now, grace_seconds))


def to_text(deliveries: Sequence[Delivery]) -> str:
    """New messages that tell the same to several webhooks, as they are kept with what they tell of; "" of none."""
    if not deliveries:
        return ""
    first = deliveries[0]
    to = [[each.ref.webhook_id, each.ref.message_id] for each in deliveries]
    return json.dumps([first.event, first.created_at, first.due_at, to, first.body], separators=(",", ":"))


def from_text(text: str, client_id: str, code: str) -> Sequence[Delivery]:
    """The messages of `to_text`, of an order and its partner."""
    if not text:
        return ()
    event, created_at, due_at, to, body = json.loads(text)
    return [Delivery(DeliveryRef(client_id, *each), event, code, body, created_at, due_at) for each in to]


def begin(delivery: Delivery, now: datetime, attempt_seconds: float) -> Delivery:
    """The message in flight; where that is written, others leave it alone until the attempt is over."""
    over = after(now, attempt_seconds)
    return replace(
        _without_a_trace(delivery),
        attempts=delivery.attempts + 1,
        in_flight_since=to_iso(now),
        not_before=over,
        due_at=after(from_iso(over), 5),
    )


def settle(delivery: Delivery, answer: Answer, now: datetime, jitter: float, grace_seconds: float) -> Delivery:
    """The message after an attempt; `jitter` is in [0, 1)."""
    kept = _with_line(delivery, answer.status, answer.words, now)
    done = replace(delivery, in_flight_since=None, kept_attempts=kept, swept=0)
    if answer.is_success:
        return _ended(done, "DELIVERED", None, now)
    if answer.is_gone:
        return _ended(done, "FAILED", "the receiver answered 410: it wants no more messages", now)
    if delivery.attempts > len(RETRY_SECONDS) or delivery.is_too_old(now):
        return _ended(done, "FAILED", f"no success after {delivery.attempts} attempts, last: {answer.words}", now)
    delay = retry_delay(delivery.attempts, jitter, answer.retry_after)
    return replace(done, error=answer.words, not_before=after(now, delay), due_at=after(now, delay + grace_seconds))


def hand_over(delivery: Delivery, answer: Answer, now: datetime, grace_seconds: float) -> Delivery:
    """The message after a call that was given up early: to be called again with more time, at once.

    It is no failure, since its receiver was promised more time than it was given.
    """
    words = f"{answer.words}; it is called again with more time"
    return replace(
        delivery,
        attempts=delivery.attempts - 1,
        in_flight_since=None,
        kept_attempts=_with_line(delivery, None, words, now),
        not_before=None,
        due_at=after(now, grace_seconds),
        swept=0,
    )


def retry_delay(attempts: int, jitter: float, retry_after: float | None = None) -> float:
    """Seconds from the failed attempt of this number to the next; never sooner than the receiver asked for."""
    planned = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1] * (1 - JITTER + 2 * JITTER * jitter)
    return max(planned, min(max(retry_after or 0.0, 0.0), LONGEST_RETRY_AFTER_SECONDS))


def postpone(delivery: Delivery, until: str, grace_seconds: float) -> Delivery:
    """The same message later, without an attempt, because its webhook is left alone until then."""
    return replace(delivery, not_before=until, due_at=after(from_iso(until), grace_seconds), swept=0)


def claim(delivery: Delivery, now: datetime, seconds: float) -> Delivery:
    """The same message, swept again later: the sweeper's claim.

    Later each time: where messages wait because their workers do not keep up, sending them on once more only adds to
    what they have to do.
    """
    later = seconds * 2 ** min(delivery.swept, MOST_SWEEPS_DOUBLED)
    return replace(delivery, due_at=after(now, later), swept=delivery.swept + 1)


def give_up(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """FAILED without a further attempt."""
    return _ended(_without_a_trace(delivery), "FAILED", reason, now)


def replay(delivery: Delivery, now: datetime, grace_seconds: float) -> Delivery:
    """The same message once more from the start, under the same id; what was attempted before stays on record."""
    return replace(
        delivery,
        state="PENDING",
        attempts=0,
        begun_at=to_iso(now),
        not_before=None,
        in_flight_since=None,
        due_at=after(now, grace_seconds),
        swept=0,
        error=None,
        expires_at=None,
    )


def _with_line(delivery: Delivery, status: int | None, words: str, now: datetime) -> tuple[Attempt, ...]:
    """The attempts on record, with the one that is over now."""
    began = delivery.in_flight_since or to_iso(now)
    took = int((now - from_iso(began)).total_seconds() * 1000)
    return (*delivery.kept_attempts, Attempt(began, status, words, took))[-ATTEMPTS_KEPT:]


def _without_a_trace(delivery: Delivery) -> Delivery:
    """The message with a line for an attempt whose sender ended before it could write down what came of it."""
    if delivery.in_flight_since is None:
        return delivery
    lost = Attempt(delivery.in_flight_since, None, "the sender ended before it knew an answer")
    return replace(delivery, in_flight_since=None, kept_attempts=(*delivery.kept_attempts, lost)[-ATTEMPTS_KEPT:])


def _ended(delivery: Delivery, state: DeliveryState, error: str | None, now: datetime) -> Delivery:
    return replace(
        delivery,
        state=state,
        error=error,
        due_at=None,
        swept=0,
        not_before=None,
        expires_at=int(now.timestamp()) + KEPT_SECONDS,
    )
