"""Carry one order to one channel, at most once (invariants 1, 2, 3 and 6).

While a channel's breaker is open its forwards are PAUSED, and nobody sends anything. The one message that was delayed
until the next probe makes a worker probe it; once a probe has succeeded, the message of the forward that has waited
longest lets the next batch go, and so on until none is left. A chain that breaks is taken up by the sweeper
(`forwarding.releasing`).
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.channels.lookups import Finding, LookFailed
from orderbridge.channels.mapping import MissingMappings
from orderbridge.channels.outcomes import Outcome, Unknown
from orderbridge.channels.ports import ChannelUnusable, MappingStore
from orderbridge.forwarding.answers import kept_answer
from orderbridge.forwarding.channel_gate import Access, Blocked, ChannelGate, Lesson, seconds_until
from orderbridge.forwarding.events import ForwardMessage, message_of
from orderbridge.forwarding.forward.attempts import (
    LookPolicy,
    begin_attempt,
    lose_request,
    note_proof,
    settle_attempt,
    settle_look,
)
from orderbridge.forwarding.forward.cancelling import (
    await_cancel_once_sent,
    await_channel,
    await_platform_cancel,
    cancel_unsent,
    settle_cancel,
)
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.forwarding.forward.waiting import defer, park_for_mappings, pause, release, wait_for_turn
from orderbridge.forwarding.ports import ForwardQueues, ForwardRecord, FrozenRequest, OrderStore, Platform
from orderbridge.forwarding.recently_asked import RecentlyAsked
from orderbridge.forwarding.releasing import ReleaseInBatches
from orderbridge.http.heard import Heard, listening
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace
from orderbridge.values.events import LONGEST_MESSAGE_DELAY_SECONDS
from orderbridge.values.times import Clock, to_iso

LEASE_MARGIN_SECONDS = 10
_DEFAULTS = CommonSettings(base_url="https://unknown.invalid")
"""The settings that count for a look where the channel's own cannot be read."""


class UnknownForward(Exception):
    """A message names a forward that does not exist or is another platform's; a person finds it in the dead letters."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that an attempt takes; a request that is frozen has been sent, or nearly, before."""

    access: Access
    request: FrozenRequest
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class ForwardOrder:
    """Handles one queue message: looks at the forward and does the one thing that is next for it.

    Whatever happens ends in a state of the forward. A failure of our own before sending is stored on the forward, which
    is retried; one while sending makes the outcome unknown. Raises only where not even that could be written: then the
    platform is looked at when the attempt's lease is over.
    """

    orders: OrderStore
    channels: ChannelGate
    mappings: MappingStore
    platform: Platform
    queues: ForwardQueues
    release_in_batches: ReleaseInBatches
    asked: RecentlyAsked
    note_failure: Callable[[Exception, Forward], None]
    """Where a failure is put that a person has to know of; the forward itself says in words what it means."""
    clock: Clock
    new_attempt_id: Callable[[], str]
    jitter: Callable[[], float]
    function_timeout_seconds: float
    sweep_grace_seconds: float

    def __call__(self, message: ForwardMessage) -> Forward:
        # Another platform's is not even read: this function may not.
        record = (
            self.orders.read_forward(message.forward_key) if message.channel.platform == self.platform.name else None
        )
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
            case _ if record.order.cancel_requested_at is not None and record.forward.is_unsent:
                return self.orders.save(cancel_unsent(record.forward, now))
            case ForwardState.SENT if record.order.cancel_requested_at is not None:
                return self._cancel_at_platform(record.order, record.forward)
            case ForwardState.QUEUED | ForwardState.NEEDS_MAPPING if record.forward.may_send_at(now):
                return self._send(record)
            case ForwardState.PAUSED:
                return self._look_after_channel(record.forward, is_due=record.forward.may_send_at(now))
            case ForwardState.QUEUED | ForwardState.SENDING:
                # Too early for the forward itself: the message is about its channel.
                return self._look_after_channel(record.forward, is_due=False)
            case _:
                return record.forward

    # --- sending ------------------------------------------------------------------------------------------------------

    def _send(self, record: ForwardRecord) -> Forward:
        try:
            ready = self._prepared(record)
            if isinstance(ready, Forward):
                return ready
            sending = self._begun(record.forward, ready)
        except LostRace:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it was, no byte has left, and the forward says so
            return self._defer(record.forward, failure)
        return self._attempt(sending, ready)

    def _prepared(self, record: ForwardRecord) -> _Ready | Forward:
        """What an attempt takes, or the forward as it waits for what is not there."""
        try:
            way = self.channels.access_to(record.forward.channel)
        except ChannelUnusable as unusable:
            self.note_failure(unusable, record.forward)
            return self._pause(record.forward, self.channels.operational(str(unusable)))
        if isinstance(way, Blocked):
            return self._pause(record.forward, way)
        self._release_others(way)
        if record.forward.body_hash is not None and record.request is None:
            # Mapped again it might be another one, and the first may be at the platform.
            return self.orders.save(lose_request(record.forward, self.clock()))
        try:
            request = record.request or self._mapped_request(record.order, way.channel)
        except MissingMappings as missing:
            return self._park(record, way, missing)
        seconds = self.platform.take_turn(way.channel)
        if seconds:
            return self._wait_for_turn(record.forward, seconds)
        return _Ready(way, request, is_frozen=record.request is not None)

    def _mapped_request(self, order: Order, channel: Channel) -> FrozenRequest:
        keys = self.platform.mapping_keys(order, channel)
        return self.platform.to_request(order, channel, self.mappings.read(channel, keys))

    def _begun(self, forward: Forward, ready: _Ready) -> Forward:
        """The forward with its attempt and lease written down, and the request's bytes frozen."""
        if forward.state is not ForwardState.QUEUED:
            forward = self.orders.save(self._released(forward))
        if not ready.is_frozen:
            self.orders.freeze(forward, ready.request)
        begun = begin_attempt(
            forward,
            self.new_attempt_id(),
            ready.request.body_hash,
            self.clock(),
            self.function_timeout_seconds + LEASE_MARGIN_SECONDS,
        )
        return self.orders.save(begun)

    def _attempt(self, sending: Forward, ready: _Ready) -> Forward:
        channel, began = ready.access.channel, self.clock()
        with listening() as heard:
            try:
                outcome = self.platform.create_order(ready.request, channel, ready.access.credentials)
            except Exception as failure:  # noqa: BLE001 - the order may be there, whatever went wrong with the answer
                self.note_failure(failure, sending)
                outcome = Unknown(described(failure))
        seconds = (self.clock() - began).total_seconds()
        settings = self.platform.settings(channel)
        settled = self._settle(sending, outcome, settings)
        is_persons = settled.state in (ForwardState.IN_DOUBT, ForwardState.REJECTED)
        if is_persons or (settled.state is not ForwardState.SENT and sending.attempts <= settings.max_attempts):
            self._keep(settled, sending.attempt_id or "", heard, ready.access.credentials, outcome)
        return self._apply(self.channels.learn(ready.access, outcome, seconds), settled, settings)

    def _apply(self, lesson: Lesson, settled: Forward, settings: CommonSettings) -> Forward:
        """What an outcome says about the channel, seen to; it may say something about the forward in turn."""
        self._probe_at(settled, lesson.next_probe)
        if lesson.blocked is not None:
            return self._pause(settled, lesson.blocked)
        if lesson.is_well and settled.state is ForwardState.QUEUED:
            return self.orders.save(note_proof(settled, self.clock(), settings.max_attempts))
        return settled

    def _settle(self, forward: Forward, outcome: Outcome, settings: CommonSettings) -> Forward:
        look = _look_policy(settings) if self.platform.can_look else None
        now, grace = self.clock(), self.sweep_grace_seconds
        return self._save_and_return_later(
            settle_attempt(forward, outcome, now, self.jitter(), grace, look, settings.max_attempts)
        )

    def _keep(
        self, forward: Forward, attempt_id: str, heard: Heard, credentials: Mapping[str, Any], outcome: Outcome
    ) -> None:
        """Keep the answer for a person. It comes after what it led to was saved, and is no part of that promise."""
        try:
            trouble = getattr(outcome, "reason", "no answer")
            kept = kept_answer(attempt_id, to_iso(self.clock()), heard, credentials, trouble)
            self.orders.keep_answer(forward, kept)
        except Exception as failure:  # noqa: BLE001 - the forward itself says what it means
            self.note_failure(failure, forward)

    def _defer(self, forward: Forward, failure: Exception) -> Forward:
        """The forward with the reason why it could not be begun; raises the failure where it has changed meanwhile."""
        try:
            saved = self.orders.save(
                defer(forward, described(failure), self.clock(), self.jitter(), self.sweep_grace_seconds)
            )
        except Exception:  # noqa: BLE001 - the message comes back, and finds what is there by then
            raise failure from None
        self.note_failure(failure, saved)
        self._return_at(saved, saved.not_before)
        return saved

    # --- cancelling ---------------------------------------------------------------------------------------------------

    def _cancel_at_platform(self, order: Order, forward: Forward) -> Forward:
        is_settled = not self.platform.can_cancel or forward.cancel_answer is not None
        if is_settled or not forward.may_send_at(self.clock()):
            return forward
        with listening() as heard:
            answer, credentials = self._cancelled(order, forward)
        now = self.clock()
        if isinstance(answer, Blocked):
            waiting = await_channel(forward, answer.reason, now, answer.recheck_seconds, self.sweep_grace_seconds)
            saved = self.orders.save(waiting)
            self._return_at(saved, saved.not_before)
            return saved
        transition, ask_again_in = settle_cancel(forward, answer, now, self.jitter(), self.sweep_grace_seconds)
        saved = self.orders.save(transition)
        if ask_again_in is not None:
            self._return_in(saved, ask_again_in)
        elif saved.state is not ForwardState.CANCELLED:
            self._keep(saved, f"cancel-{self.new_attempt_id()}", heard, credentials, answer)
        return saved

    def _cancelled(self, order: Order, forward: Forward) -> tuple[Outcome | Blocked, Mapping[str, Any]]:
        """What the platform said to cancelling, asked with these credentials.

        A channel that is not set up is one that does not answer.
        """
        credentials: Mapping[str, Any] = {}
        try:
            way = self.channels.access_to(forward.channel)
            if isinstance(way, Blocked):
                self._probe_at(forward, way.next_probe)
                return way, credentials
            credentials = way.credentials
            self._release_others(way)
            self.platform.take_turn(way.channel)
            answer = self.platform.cancel_order(order, forward.external_id, way.channel, credentials)
            self._probe_at(forward, self.channels.learn(way, answer).next_probe)
        except Exception as failure:  # noqa: BLE001 - asking again does no harm
            self.note_failure(failure, forward)
            return Unknown(described(failure)), credentials
        return answer, credentials

    # --- looking ------------------------------------------------------------------------------------------------------

    def _look(self, record: ForwardRecord) -> Forward:
        if not self.platform.can_look:
            return self._settle(record.forward, Unknown("the worker ended before it had an answer"), _DEFAULTS)
        finding, settings = self._found(record)
        now, policy, grace = self.clock(), _look_policy(settings), self.sweep_grace_seconds
        settled = settle_look(record.forward, finding, now, self.jitter(), grace, policy, settings.max_attempts)
        if self.platform.can_cancel and record.order.cancel_requested_at is not None:
            settled = await_cancel_once_sent(settled, now, grace)
        return self._save_and_return_later(settled)

    def _found(self, record: ForwardRecord) -> tuple[Finding, CommonSettings]:
        """What a look shows; one that could not be made says nothing about the order."""
        settings = _DEFAULTS
        try:
            way = self.channels.access_to(record.forward.channel, although_paused=True)
            if isinstance(way, Blocked):
                self._probe_at(record.forward, way.next_probe)
                return LookFailed(way.reason, next_in=self.channels.look_in(way, self.jitter())), settings
            self._release_others(way)
            settings = self.platform.settings(way.channel)
            if seconds := self.platform.take_turn(way.channel):
                return LookFailed("it is not the channel's turn", next_in=seconds * (1 + self.jitter())), settings
            finding = self.platform.look_for(record.sought(), way.channel, way.credentials)
            self._probe_at(record.forward, self.channels.learn_from_look(way.channel, finding))
        except Exception as failure:  # noqa: BLE001
            self.note_failure(failure, record.forward)
            return LookFailed(described(failure)), settings
        return finding, settings

    # --- waiting ------------------------------------------------------------------------------------------------------

    def _park(self, record: ForwardRecord, access: Access, missing: MissingMappings) -> Forward:
        parked = self.orders.save(park_for_mappings(record.forward, missing.keys, self.clock(), missing.reason))
        try:
            self._look_up(record.order, access, parked)
        except Exception as failure:  # noqa: BLE001 - it waits for an import all the same
            self.note_failure(failure, parked)
        # Read once more, for what was found, and because an import between our reading and our parking found nothing
        # to release.
        try:
            self._mapped_request(record.order, access.channel)
        except MissingMappings as still:
            if still.keys == parked.missing:
                return parked
            return self.orders.save(park_for_mappings(parked, still.keys, self.clock(), still.reason))
        return self._release(parked)

    def _look_up(self, order: Order, access: Access, parked: Forward) -> None:
        """Keep those missing mappings that the platform itself tells; an explicit row always comes first."""
        channel = access.channel
        known = self.mappings.read(channel, self.platform.mapping_keys(order, channel))
        wanted = self.asked.not_asked(channel.name, parked.missing, known)
        if not wanted or not self.platform.settings(channel).look_up_mappings or self.platform.take_turn(channel):
            return
        self.asked.note(channel.name, wanted, known)
        found = self.platform.find_mappings(wanted, known, channel, access.credentials)
        if found.values:
            self.mappings.keep_found(channel, found.values, to_iso(self.clock()))

    def _pause(self, forward: Forward, blocked: Blocked) -> Forward:
        if forward.state is ForwardState.NEEDS_MAPPING:
            return forward
        paused = self.orders.save(pause(forward, blocked.reason, self.clock(), blocked.recheck_seconds))
        self._probe_at(paused, blocked.next_probe)
        # Whoever set the channel right between our reading and our parking found nothing to release.
        if blocked.is_operational and self.channels.recovers_by_itself(forward.channel):
            return self._release(paused)
        return paused

    # --- the channel --------------------------------------------------------------------------------------------------

    def _look_after_channel(self, forward: Forward, *, is_due: bool) -> Forward:
        """Probe a channel whose time for it has come, and let the next batch go where nothing is against it.

        A PAUSED forward that `is_due` says what it waits for now.
        """
        try:
            way = self.channels.access_to(forward.channel)
        except ChannelUnusable as unusable:
            if not is_due:
                return forward
            self.note_failure(unusable, forward)
            way = self.channels.operational(str(unusable))
        if isinstance(way, Blocked):
            if is_due:
                return self._pause(forward, way)
            self._probe_at(forward, way.next_probe)
        elif forward.state is ForwardState.PAUSED:
            self.release_in_batches(forward.channel, self.platform.settings(way.channel).rate_limit)
        else:
            self._release_others(way)
        return forward

    def _release_others(self, access: Access) -> None:
        """Hand on that a channel has recovered: another worker lets go what waits for it."""
        if access.has_recovered:
            self.release_in_batches.wake(access.channel)

    def _probe_at(self, forward: Forward, time: str | None) -> None:
        """Come back for the channel's next probe, by a message of this forward."""
        if time is not None:
            self._return_at(forward, time)

    def _wait_for_turn(self, forward: Forward, seconds: float) -> Forward:
        # Spread out, as those that wait come back together otherwise, and all but one of them in vain.
        later = seconds * (1 + self.jitter())
        saved = self.orders.save(wait_for_turn(forward, self.clock(), later, self.sweep_grace_seconds))
        self._return_at(saved, saved.not_before)
        return saved

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
            self._return_at(saved, next_time)
        return saved

    def _return_at(self, forward: Forward, time: str | None) -> None:
        self._return_in(forward, seconds_until(time, self.clock) if time is not None else 0)

    def _return_in(self, forward: Forward, seconds: float) -> None:
        """Send ourselves a message; what lies further ahead than SQS can delay one, the sweeper brings."""
        if seconds <= LONGEST_MESSAGE_DELAY_SECONDS:
            self.queues.send(message_of(forward), delay_seconds=max(math.ceil(seconds), 0))

    def _cancel_if_requested_meanwhile(self, sent: Forward) -> Forward:
        # The partner records its wish on the order before it looks at the forwards. Whoever settles an attempt after
        # that therefore finds the wish here.
        if sent.due_at is None:
            order = self.orders.read_order(sent.key) if self.platform.can_cancel else None
            if order is None or order.cancel_requested_at is None:
                return sent
            sent = self.orders.save(await_platform_cancel(sent, self.clock(), self.sweep_grace_seconds))
        # By a message of its own: another call to the platform would not end within this one's time.
        self.queues.send(message_of(sent))
        return sent


def _look_policy(settings: CommonSettings) -> LookPolicy:
    return LookPolicy(settle_seconds=float(settings.settle_s))


def described(failure: Exception) -> str:
    """A failure in words for the forward: its type and place, never its message, which may quote an order."""
    if isinstance(failure, ChannelUnusable):
        return str(failure)
    frames = traceback.extract_tb(failure.__traceback__)
    ours = [frame for frame in frames if "/orderbridge/" in frame.filename] or frames
    place = f" at {ours[-1].filename.rsplit('/', 1)[-1]}:{ours[-1].lineno}" if ours else ""
    return f"an unexpected {type(failure).__name__}{place}; the forwarder's log has the rest"
