"""Carry one order to one channel, at most once (DESIGN invariants 2, 3 and 6)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

from orderbridge.domain.cancelling import cancel_unsent, settle_cancel
from orderbridge.domain.channels import Channel
from orderbridge.domain.events import ForwardMessage, message_of
from orderbridge.domain.forwards import (
    UNSENT_STATES,
    Forward,
    ForwardState,
    LookPolicy,
    Transition,
    begin_attempt,
    park_for_mappings,
    pause,
    release,
    settle_attempt,
    settle_look,
)
from orderbridge.domain.mapping import MissingMappings
from orderbridge.domain.orders import Order
from orderbridge.domain.outcomes import Outcome, Refused, Unknown
from orderbridge.domain.times import Clock, from_iso, to_iso
from orderbridge.ports import (
    CredentialSource,
    ForwardQueues,
    ForwardRecord,
    FrozenRequest,
    LostRace,
    MappingStore,
    OrderStore,
    Platform,
)
from orderbridge.usecases.channel_watch import ChannelWatch, Obstacle

LEASE_MARGIN_SECONDS = 10
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
    channels: ChannelWatch
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
        match record.forward.state:
            case ForwardState.SENDING if record.forward.lease_is_over(now):
                return self._look(record)
            case state if record.order.cancel_requested_at is not None and state in UNSENT_STATES:
                return self.orders.save(cancel_unsent(record.forward, now))
            case ForwardState.SENT if record.order.cancel_requested_at is not None:
                return self._cancel_at_platform(record.order, record.forward)
            case ForwardState.QUEUED if record.forward.may_send_at(now):
                return self._send(record)
            case ForwardState.NEEDS_MAPPING | ForwardState.PAUSED:
                return self._send(record)
            case _:
                return record.forward

    # --- sending ------------------------------------------------------------------------------------------------------

    def _send(self, record: ForwardRecord) -> Forward:
        channel = self._channel(record.forward)
        obstacle = self.channels.obstacle(channel)
        if obstacle is not None:
            return self._pause(record.forward, channel, obstacle)
        try:
            request = record.request or self._mapped_request(record.order, channel)
        except MissingMappings as missing:
            return self._park(record, channel, missing)
        forward = record.forward
        if forward.state is not ForwardState.QUEUED:
            forward = self.orders.save(self._released(forward))
        return self._attempt(forward, request, is_frozen=record.request is not None, channel=channel)

    def _channel(self, forward: Forward) -> Channel:
        channel = self.channels.find(forward.channel.name)
        if channel is None:
            raise UnknownForward(f"channel {forward.channel.name} does not exist")
        return channel

    def _mapped_request(self, order: Order, channel: Channel) -> FrozenRequest:
        keys = self.platform.mapping_keys(order, channel)
        return self.platform.to_request(order, channel, self.mappings.read(channel.name, keys))

    def _attempt(self, forward: Forward, request: FrozenRequest, *, is_frozen: bool, channel: Channel) -> Forward:
        credentials = self.credentials.credentials(channel)
        begun = begin_attempt(
            forward,
            self.new_attempt_id(),
            hashlib.sha256(request.body).hexdigest(),
            self.clock(),
            self.function_timeout_seconds + LEASE_MARGIN_SECONDS,
        )
        sending = self.orders.save(begun, freeze=None if is_frozen else request)
        outcome = self.platform.create_order(request, channel, credentials)
        settled = self._settle(sending, outcome, channel)
        self.channels.learn(channel, outcome)
        if isinstance(outcome, Refused) and outcome.credentials:
            reason = f"the platform refuses the credentials: {outcome.reason}"
            return self._pause(settled, channel, self.channels.paused(reason))
        return settled

    def _settle(self, forward: Forward, outcome: Outcome, channel: Channel) -> Forward:
        look = self._look_policy(channel) if self.platform.can_look else None
        return self._save_and_return_later(
            settle_attempt(forward, outcome, self.clock(), self.jitter(), self.sweep_grace_seconds, look)
        )

    # --- cancelling ---------------------------------------------------------------------------------------------------

    def _cancel_at_platform(self, order: Order, forward: Forward) -> Forward:
        if not self.platform.can_cancel or forward.cancel_answer is not None:
            return forward
        channel = self._channel(forward)
        credentials = self.credentials.credentials(channel)
        outcome = self.platform.cancel_order(order, forward.external_id, channel, credentials)
        transition, ask_again_in = settle_cancel(
            forward, outcome, self.clock(), self.jitter(), self.sweep_grace_seconds
        )
        saved = self.orders.save(transition)
        if ask_again_in is not None:
            self._return_in(saved, ask_again_in)
        return saved

    # --- looking ------------------------------------------------------------------------------------------------------

    def _look(self, record: ForwardRecord) -> Forward:
        channel = self._channel(record.forward)
        if not self.platform.can_look:
            return self._settle(record.forward, Unknown("the worker ended before it had an answer"), channel)
        finding = self.platform.look_for(record.order, channel, self.credentials.credentials(channel))
        self.channels.learn_from_look(channel, finding)
        return self._save_and_return_later(
            settle_look(
                record.forward,
                finding,
                self.clock(),
                self.jitter(),
                self.sweep_grace_seconds,
                self._look_policy(channel),
            )
        )

    def _look_policy(self, channel: Channel) -> LookPolicy:
        return LookPolicy(settle_seconds=float(self.platform.settings(channel).settle_s))

    # --- waiting ------------------------------------------------------------------------------------------------------

    def _park(self, record: ForwardRecord, channel: Channel, missing: MissingMappings) -> Forward:
        if record.forward.state is ForwardState.PAUSED:
            record = ForwardRecord(record.order, self.orders.save(self._released(record.forward)), record.request)
        parked = self.orders.save(park_for_mappings(record.forward, missing.keys, self.clock()))
        self._look_up(record.order, channel, parked)
        # Read once more, for what was found, and because an import between our reading and our parking found nothing
        # to release.
        try:
            self._mapped_request(record.order, channel)
        except MissingMappings as still:
            if still.keys == parked.missing:
                return parked
            return self.orders.save(park_for_mappings(parked, still.keys, self.clock()))
        return self._release(parked)

    def _look_up(self, order: Order, channel: Channel, parked: Forward) -> None:
        """Keep those missing mappings that the platform itself tells; an explicit row always comes first."""
        if not self.platform.settings(channel).look_up_mappings:
            return
        known = self.mappings.read(channel.name, self.platform.mapping_keys(order, channel))
        credentials = self.credentials.credentials(channel)
        found = self.platform.find_mappings(parked.missing, known, channel, credentials)
        if found.values:
            self.mappings.keep_found(channel.name, found.values, to_iso(self.clock()))

    def _pause(self, forward: Forward, channel: Channel, obstacle: Obstacle) -> Forward:
        if forward.state is ForwardState.NEEDS_MAPPING:
            return forward
        recheck = obstacle.recheck_seconds
        due_in = recheck + self.sweep_grace_seconds if obstacle.passes_by_itself else recheck
        paused = self.orders.save(pause(forward, obstacle.reason, self.clock(), due_in))
        if obstacle.passes_by_itself:
            self._return_in(paused, recheck)
            return paused
        # Whoever resumed the channel between our reading and our parking found nothing to release.
        present = self.channels.find(channel.name)
        return self._release(paused) if present is not None and present.state == "active" else paused

    def _release(self, forward: Forward) -> Forward:
        released = self.orders.save(self._released(forward))
        self.queues.send(message_of(released))
        return released

    def _released(self, forward: Forward) -> Transition:
        return release(forward, "what it waited for has come", self.clock(), self.sweep_grace_seconds)

    def _save_and_return_later(self, transition: Transition) -> Forward:
        """Save, and where there is more to do at a later time, come back for it."""
        saved = self.orders.save(transition)
        if saved.state is ForwardState.SENT:
            return self._cancel_if_requested_meanwhile(saved)
        next_time = saved.not_before if saved.state is ForwardState.QUEUED else saved.lease_until
        if saved.state is ForwardState.QUEUED or next_time is not None:
            seconds = (from_iso(next_time) - self.clock()).total_seconds() if next_time is not None else 0
            self._return_in(saved, seconds)
        return saved

    def _return_in(self, forward: Forward, seconds: float) -> None:
        """Send ourselves a message; what lies further ahead than SQS can delay one, the sweeper brings."""
        if seconds <= LONGEST_MESSAGE_DELAY_SECONDS:
            self.queues.send(message_of(forward), delay_seconds=max(math.ceil(seconds), 0))

    def _cancel_if_requested_meanwhile(self, sent: Forward) -> Forward:
        # The partner records its wish on the order before it looks at the forwards. Whoever settles an attempt after
        # that therefore finds the wish here.
        order = self.orders.read_order(sent.key) if self.platform.can_cancel else None
        if order is None or order.cancel_requested_at is None:
            return sent
        return self._cancel_at_platform(order, sent)
