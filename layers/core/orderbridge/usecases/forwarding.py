"""Carry one order to one channel, at most once (DESIGN invariants 2, 3 and 6)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from orderbridge.domain.channels import Channel
from orderbridge.domain.events import ForwardMessage
from orderbridge.domain.forwards import (
    Forward,
    ForwardState,
    begin_attempt,
    park_for_mappings,
    release,
    settle_attempt,
)
from orderbridge.domain.mapping import MissingMappings
from orderbridge.domain.orders import Order
from orderbridge.domain.outcomes import Outcome, Unknown
from orderbridge.domain.times import Clock, from_iso
from orderbridge.ports import (
    ChannelDirectory,
    CredentialSource,
    ForwardQueues,
    ForwardRecord,
    FrozenRequest,
    LostRace,
    MappingStore,
    OrderStore,
    Platform,
)

LEASE_MARGIN_SECONDS = 30
LONGEST_MESSAGE_DELAY_SECONDS = 900


class UnknownForward(Exception):
    """A message names a forward that does not exist; it goes to the dead letters, where a person can see it."""


@dataclass(frozen=True, slots=True)
class ForwardOrder:
    """Handles one queue message: looks at the forward and does the one thing that is next for it.

    Raises only for what a redelivery can cure (the store or the queue did not answer). Whatever the platform does ends
    in a state of the forward.
    """

    orders: OrderStore
    channels: ChannelDirectory
    mappings: MappingStore
    credentials: CredentialSource
    platform: Platform
    queues: ForwardQueues
    clock: Clock
    new_attempt_id: Callable[[], str]
    jitter: Callable[[], float]
    function_timeout_seconds: float
    sweep_grace_seconds: float

    def __call__(self, message: ForwardMessage) -> Forward:
        record = self.orders.read_forward(message)
        if record is None:
            raise UnknownForward(f"{message.code} on {message.channel.name}")
        try:
            return self._next_step(record)
        except LostRace:
            # Another worker has this forward; whatever it does is as good as what we would have done.
            return record.forward

    def _next_step(self, record: ForwardRecord) -> Forward:
        now = self.clock()
        forward = record.forward
        if forward.state is ForwardState.SENDING:
            return self._give_up_dead_attempt(forward) if forward.lease_is_over(now) else forward
        if forward.state is ForwardState.QUEUED and not forward.may_send_at(now):
            return forward
        if forward.state not in (ForwardState.QUEUED, ForwardState.NEEDS_MAPPING):
            return forward
        channel = self.channels.find(forward.channel.name)
        if channel is None:
            raise UnknownForward(f"channel {forward.channel.name} does not exist")
        try:
            request = record.request or self._mapped_request(record.order, channel)
        except MissingMappings as missing:
            return self._park(record.order, channel, forward, missing, now)
        if forward.state is ForwardState.NEEDS_MAPPING:
            forward = self.orders.save(release(forward, "mappings complete", now, self.sweep_grace_seconds))
        return self._attempt(forward, request, is_frozen=record.request is not None, channel=channel)

    def _mapped_request(self, order: Order, channel: Channel) -> FrozenRequest:
        keys = self.platform.mapping_keys(order, channel)
        return self.platform.to_request(order, channel, self.mappings.read(channel.name, keys))

    def _park(
        self, order: Order, channel: Channel, forward: Forward, missing: MissingMappings, now: datetime
    ) -> Forward:
        parked = self.orders.save(park_for_mappings(forward, missing.keys, now))
        # An import between our reading and our parking found nothing to release, so the mappings are read once more.
        try:
            self._mapped_request(order, channel)
        except MissingMappings:
            return parked
        released = self.orders.save(release(parked, "mappings complete", now, self.sweep_grace_seconds))
        self.queues.send(ForwardMessage(released.key, released.code, released.channel))
        return released

    def _attempt(self, forward: Forward, request: FrozenRequest, *, is_frozen: bool, channel: Channel) -> Forward:
        credentials = self.credentials.credentials(channel)
        body_hash = hashlib.sha256(request.body).hexdigest()
        begun = begin_attempt(
            forward,
            self.new_attempt_id(),
            body_hash,
            self.clock(),
            self.function_timeout_seconds + LEASE_MARGIN_SECONDS,
        )
        sending = self.orders.save(begun, freeze=None if is_frozen else request)
        outcome = self.platform.create_order(request, channel, credentials)
        return self._settle(sending, outcome)

    def _give_up_dead_attempt(self, forward: Forward) -> Forward:
        outcome = Unknown("the worker of this attempt ended before it had an answer")
        return self._settle(forward, outcome)

    def _settle(self, forward: Forward, outcome: Outcome) -> Forward:
        now = self.clock()
        settled = self.orders.save(settle_attempt(forward, outcome, now, self.jitter(), self.sweep_grace_seconds))
        if settled.state is ForwardState.QUEUED and settled.not_before is not None:
            delay = math.ceil((from_iso(settled.not_before) - now).total_seconds())
            if delay <= LONGEST_MESSAGE_DELAY_SECONDS:
                message = ForwardMessage(settled.key, settled.code, settled.channel)
                self.queues.send(message, delay_seconds=max(delay, 0))
        return settled
