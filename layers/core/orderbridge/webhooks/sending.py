"""Send a message to a partner's webhook: at least once, over three days, with every attempt on record.

There are two lanes, each with a queue and workers of its own. In the quick one a receiver has a few seconds to answer;
who has been slow, or fails again and again, is called in the slow one, and has the time there that partners are
promised. So a receiver that hangs holds the quick lane's workers for those few seconds, once, and after that none that
is well waits for it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from orderbridge.http.answer import Answer
from orderbridge.values.conflicts import LostRace
from orderbridge.values.events import LONGEST_MESSAGE_DELAY_SECONDS, Event
from orderbridge.values.sweeps import CLAIM_SECONDS, LIMIT, WHOLE, CarriedOn, Part, sweep_each
from orderbridge.values.times import Clock, after, from_iso, to_iso
from orderbridge.webhooks.delivery import Delivery, DeliveryRef, begin, claim, give_up, hand_over, postpone, settle
from orderbridge.webhooks.ports import DeliveryQueue, DeliveryStore, DueDeliveries, WebhookPost, WebhookSecrets
from orderbridge.webhooks.signing import signed_headers, valid_at
from orderbridge.webhooks.webhook import (
    CALL_SECONDS,
    SLOW_SECONDS,
    Lane,
    Webhook,
    rest_after,
    slow_after,
    webhook_disabled,
)

ATTEMPT_SECONDS = 60.0
"""So long an attempt may be under way until it is taken for lost; the sender's function ends sooner."""

SPARE_SECONDS = 10.0
"""What an attempt may take beyond its call: a name that resolves slowly, and writing down what came of it."""

SWEEP_SECONDS = 15
"""How long a sweep goes on beginning to send further messages."""


class UnknownDelivery(Exception):
    """A queue's message names a message that does not exist; it goes to the dead letters, where a person can see it."""


@dataclass(frozen=True, slots=True)
class SendDelivery:
    """Handles one message of a lane's queue: looks at the delivery and does the one thing that is next for it.

    Raises only for what a redelivery can cure (the store or the queue did not answer).
    """

    deliveries: DeliveryStore
    secrets: WebhookSecrets
    post: WebhookPost
    queues: Mapping[Lane, DeliveryQueue]
    publish: Callable[[Sequence[Event]], None]
    clock: Clock
    jitter: Callable[[], float]
    sweep_grace_seconds: float

    def __call__(self, ref: DeliveryRef, lane: Lane = "quick") -> Delivery:
        record = self.deliveries.read(ref)
        if record is None:
            raise UnknownDelivery(ref.message_id)
        try:
            return self._next_step(record.delivery, record.webhook, lane, partner_is_active=record.partner_is_active)
        except LostRace:
            # Another worker has this message; whatever it does is as good as what we would have done.
            return record.delivery

    def _next_step(
        self, delivery: Delivery, webhook: Webhook | None, lane: Lane, *, partner_is_active: bool
    ) -> Delivery:
        now = self.clock()
        if not delivery.may_go_at(now):
            return delivery
        if webhook is None:
            return self.deliveries.save(give_up(delivery, "the webhook was removed", now))
        if webhook.state == "disabled":
            return self._give_up(delivery, webhook, f"the webhook is disabled: {webhook.reason}")
        if not partner_is_active:
            return self._give_up(delivery, webhook, "the partner is suspended")
        if delivery.is_too_old(now):
            return self._give_up(delivery, webhook, f"no success in time, last: {delivery.error}")
        if webhook.rests_at(now):
            postponed = postpone(delivery, self._after_the_rest(webhook), self.sweep_grace_seconds)
            return self._save_and_return_later(postponed, webhook)
        if lane == "quick" and webhook.lane == "slow":
            # Nothing is written: until it arrives there it is due as before.
            self.queues["slow"].send(delivery.ref)
            return delivery
        return self._attempt(delivery, webhook, lane)

    def _give_up(self, delivery: Delivery, webhook: Webhook, reason: str) -> Delivery:
        return self._save(give_up(delivery, reason, self.clock()), webhook)

    def _save(self, delivery: Delivery, webhook: Webhook) -> Delivery:
        if delivery.state == "FAILED":
            # Noted first: a worker that ends in between must not leave a message behind that nobody is told of.
            self.deliveries.note_given_up(webhook, to_iso(self.clock()))
        return self.deliveries.save(delivery)

    def _after_the_rest(self, webhook: Webhook) -> str:
        # Spread out, so that what waited does not come back in one instant.
        return after(from_iso(webhook.rest_until or ""), self.jitter() * 10)

    def _attempt(self, delivery: Delivery, webhook: Webhook, lane: Lane) -> Delivery:
        valid = valid_at(self.secrets.secrets(webhook.client_id, webhook.webhook_id), self.clock())
        begun = self._begun(delivery, CALL_SECONDS[lane])
        if not valid:
            return self._give_up(begun, webhook, "the webhook has no secret")
        body = delivery.body.encode()
        headers = signed_headers(delivery.ref.message_id, self.clock(), body, valid)
        began = self.clock()
        answer = self.post.post(webhook.url, headers, body, CALL_SECONDS[lane])
        seconds = (self.clock() - began).total_seconds()
        if lane == "quick" and answer.status is None and seconds >= SLOW_SECONDS:
            # Noted first, so that the next worker that takes one of its messages makes no such call.
            self._learn_pace(webhook, answer, seconds)
            handed = self.deliveries.save(hand_over(begun, answer, self.clock(), self.sweep_grace_seconds))
            self.queues["slow"].send(handed.ref)
            return handed
        settled = settle(begun, answer, self.clock(), self.jitter(), self.sweep_grace_seconds)
        saved = self._save_and_return_later(settled, webhook)
        self._learn_pace(webhook, answer, seconds)
        self._learn(webhook, answer)
        return saved

    def _begun(self, delivery: Delivery, seconds: float) -> Delivery:
        """The message in flight, which is written only where somebody else might take it meanwhile.

        Mostly the queue keeps its message from others, and the message's own due time keeps the sweeper away.
        """
        now = self.clock()
        begun = begin(delivery, now, ATTEMPT_SECONDS)
        if delivery.is_left_alone_until(now + timedelta(seconds=seconds + SPARE_SECONDS)):
            return begun
        return self.deliveries.save(begun)

    def _learn_pace(self, webhook: Webhook, answer: Answer, seconds: float) -> None:
        slow_since = slow_after(webhook, seconds, self.clock(), is_success=answer.is_success)
        if slow_since != webhook.slow_since:
            self.deliveries.note_slow(webhook, slow_since)

    def _learn(self, webhook: Webhook, answer: Answer) -> None:
        if answer.is_gone:
            if self.deliveries.disable(webhook, "the receiver answered 410 Gone", to_iso(self.clock())):
                self.publish([webhook_disabled(webhook)])
        elif not answer.is_success:
            failures = webhook.failures + 1
            self.deliveries.note_failures(webhook, failures, rest_after(failures, self.clock()))
        elif webhook.failures:
            self.deliveries.note_failures(webhook, 0, None)

    def _save_and_return_later(self, delivery: Delivery, webhook: Webhook) -> Delivery:
        """Save, and where there is more to do soon, send ourselves a message for it; the sweeper does the rest."""
        saved = self._save(delivery, webhook)
        if saved.state == "PENDING" and saved.not_before is not None:
            delay = math.ceil((from_iso(saved.not_before) - self.clock()).total_seconds())
            if delay <= LONGEST_MESSAGE_DELAY_SECONDS:
                self.queues[webhook.lane].send(saved.ref, delay_seconds=max(delay, 0))
        return saved


@dataclass(frozen=True, slots=True)
class SweepDeliveries:
    """Finds the messages that were left behind and sends them to the queue of their lane once more."""

    due: DueDeliveries
    deliveries: DeliveryStore
    queues: Mapping[Lane, DeliveryQueue]
    clock: Clock
    limit: int = LIMIT
    at_once: int = 1

    def __call__(self, part: Part = WHOLE) -> Counter[str]:
        """How many were found, by what became of them: delivery, lost_race, gone."""
        refs = self.due.due(to_iso(self.clock()), self.limit, part)
        return sweep_each(refs, self._carry_on, self._send, self.clock, SWEEP_SECONDS, self.at_once)

    def _carry_on(self, ref: DeliveryRef) -> CarriedOn[tuple[Lane, DeliveryRef]]:
        record, now = self.deliveries.read(ref), self.clock()
        if record is None or record.delivery.due_at is None or from_iso(record.delivery.due_at) > now:
            return "gone"
        claimed = self.deliveries.save(claim(record.delivery, now, CLAIM_SECONDS))
        # Not by way of the quick lane: where a slow one has many, its workers would have all of them to send over.
        yield [("quick" if record.webhook is None else record.webhook.lane, claimed.ref)]
        return "delivery"

    def _send(self, messages: Sequence[tuple[Lane, DeliveryRef]]) -> Sequence[Exception | None]:
        answers = {
            lane: iter(queue.send_together([ref for of, ref in messages if of == lane]))
            for lane, queue in self.queues.items()
        }
        return [next(answers[lane]) for lane, _ in messages]
