"""Send a message to a partner's webhook: at least once, over three days, with every attempt on record."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orderbridge.http.answer import Answer
from orderbridge.values.conflicts import LostRace
from orderbridge.values.events import LONGEST_MESSAGE_DELAY_SECONDS, Event
from orderbridge.values.sweeps import CLAIM_SECONDS, LIMIT, sweep_each
from orderbridge.values.times import Clock, after, from_iso, to_iso
from orderbridge.webhooks.delivery import Delivery, DeliveryRef, begin, claim, give_up, postpone, settle
from orderbridge.webhooks.ports import DeliveryQueue, DeliveryStore, DueDeliveries, WebhookPost, WebhookSecrets
from orderbridge.webhooks.signing import signed_headers, valid_at
from orderbridge.webhooks.webhook import Webhook, rest_after, webhook_disabled

ATTEMPT_SECONDS = 60.0
"""So long an attempt may be under way until it is taken for lost; the sender's function ends sooner."""

SWEEP_SECONDS = 15
"""How long a sweep goes on beginning to send further messages."""


class UnknownDelivery(Exception):
    """A queue's message names a message that does not exist; it goes to the dead letters, where a person can see it."""


@dataclass(frozen=True, slots=True)
class SendDelivery:
    """Handles one queue message: looks at the delivery and does the one thing that is next for it.

    Raises only for what a redelivery can cure (the store or the queue did not answer).
    """

    deliveries: DeliveryStore
    secrets: WebhookSecrets
    post: WebhookPost
    queue: DeliveryQueue
    publish: Callable[[Sequence[Event]], None]
    clock: Clock
    jitter: Callable[[], float]
    sweep_grace_seconds: float

    def __call__(self, ref: DeliveryRef) -> Delivery:
        record = self.deliveries.read(ref)
        if record is None:
            raise UnknownDelivery(ref.message_id)
        try:
            return self._next_step(record.delivery, record.webhook, partner_is_active=record.partner_is_active)
        except LostRace:
            # Another worker has this message; whatever it does is as good as what we would have done.
            return record.delivery

    def _next_step(self, delivery: Delivery, webhook: Webhook | None, *, partner_is_active: bool) -> Delivery:
        now = self.clock()
        if not delivery.may_go_at(now):
            return delivery
        if webhook is None:
            return self.deliveries.save(give_up(delivery, "the webhook was removed", now))
        if webhook.state == "disabled":
            return self.deliveries.save(give_up(delivery, f"the webhook is disabled: {webhook.reason}", now))
        if not partner_is_active:
            return self.deliveries.save(give_up(delivery, "the partner is suspended", now))
        if delivery.is_too_old(now):
            return self.deliveries.save(give_up(delivery, f"no success in time, last: {delivery.error}", now))
        if webhook.rests_at(now):
            return self._save_and_return_later(
                postpone(delivery, self._after_the_rest(webhook), self.sweep_grace_seconds)
            )
        return self._attempt(delivery, webhook)

    def _after_the_rest(self, webhook: Webhook) -> str:
        # Spread out, so that what waited does not come back in one instant.
        return after(from_iso(webhook.rest_until or ""), self.jitter() * 10)

    def _attempt(self, delivery: Delivery, webhook: Webhook) -> Delivery:
        valid = valid_at(self.secrets.secrets(webhook.client_id, webhook.webhook_id), self.clock())
        begun = self.deliveries.save(begin(delivery, self.clock(), ATTEMPT_SECONDS))
        if not valid:
            return self.deliveries.save(give_up(begun, "the webhook has no secret", self.clock()))
        body = delivery.body.encode()
        headers = signed_headers(delivery.ref.message_id, self.clock(), body, valid)
        answer = self.post.post(webhook.url, headers, body)
        settled = settle(begun, answer, self.clock(), self.jitter(), self.sweep_grace_seconds)
        saved = self._save_and_return_later(settled)
        self._learn(webhook, answer)
        return saved

    def _learn(self, webhook: Webhook, answer: Answer) -> None:
        if answer.is_gone:
            if self.deliveries.disable(webhook, "the receiver answered 410 Gone", to_iso(self.clock())):
                self.publish([webhook_disabled(webhook)])
        elif not answer.is_success:
            failures = webhook.failures + 1
            self.deliveries.note_failures(webhook, failures, rest_after(failures, self.clock()))
        elif webhook.failures:
            self.deliveries.note_failures(webhook, 0, None)

    def _save_and_return_later(self, delivery: Delivery) -> Delivery:
        """Save, and where there is more to do soon, send ourselves a message for it; the sweeper does the rest."""
        saved = self.deliveries.save(delivery)
        if saved.state == "PENDING" and saved.not_before is not None:
            delay = math.ceil((from_iso(saved.not_before) - self.clock()).total_seconds())
            if delay <= LONGEST_MESSAGE_DELAY_SECONDS:
                self.queue.send(saved.ref, delay_seconds=max(delay, 0))
        return saved


@dataclass(frozen=True, slots=True)
class SweepDeliveries:
    """Finds the messages that were left behind and sends them to the sender's queue once more."""

    due: DueDeliveries
    deliveries: DeliveryStore
    queue: DeliveryQueue
    clock: Clock
    limit: int = LIMIT
    at_once: int = 1

    def __call__(self) -> Counter[str]:
        """How many were found, by what became of them: delivery, lost_race, gone."""
        refs = self.due.due(to_iso(self.clock()), self.limit)
        return sweep_each(refs, self._carry_on, self.clock, SWEEP_SECONDS, self.at_once)

    def _carry_on(self, ref: DeliveryRef) -> str:
        record, now = self.deliveries.read(ref), self.clock()
        if record is None or record.delivery.due_at is None or from_iso(record.delivery.due_at) > now:
            return "gone"
        self.queue.send(self.deliveries.save(claim(record.delivery, now, CLAIM_SECONDS)).ref)
        return "delivery"
