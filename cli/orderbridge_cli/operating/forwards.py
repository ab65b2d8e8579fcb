"""The two ways in which a person moves a forward by hand: send it again, or say whether its platform holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from orderbridge.channels.lookups import Absent, Ambiguous, CannotLook, Finding, Foreign, Found, LookFailed
from orderbridge.forwarding.events import message_of
from orderbridge.forwarding.forward.cancelling import no_cancel_awaited
from orderbridge.forwarding.forward.interventions import (
    InterventionRefused,
    by,
    is_waiting_for_platform,
    resolve_absent,
    resolve_sent,
    retry,
)
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.forwarding.ports import ForwardQueues, ForwardRecord
from orderbridge.values.conflicts import LostRace, despite_races
from orderbridge.values.ids import ForwardKey, OrderKey
from orderbridge.values.times import Clock
from orderbridge_cli.operating.ports import OperatorOrders
from orderbridge_cli.operating.refusals import OperationRefused


class MovedOn(OperationRefused):
    """The forward is not any more in the state it was to be moved out of."""


@dataclass(frozen=True, slots=True)
class MoveForward:
    """An operator's exits from a final state and from doubt. Each is on the timeline, with who it was."""

    desk: OperatorOrders
    queues: ForwardQueues
    can_cancel: Callable[[str], bool]
    """Whether a platform can be asked to take an order back."""
    can_look: Callable[[str], bool]
    """Whether an order can be looked for at a platform."""
    look: Callable[[ForwardRecord], Finding]
    """Looks for an order at its platform; `CannotLook` where there is no way to."""
    hasten: Callable[[str], None]
    """Has a channel's breaker probed by whoever comes next, though the platform may have asked for a rest."""
    clock: Clock
    sweep_grace_seconds: float
    operator: str

    def retry(self, key: OrderKey, channel: str) -> Forward:
        """Send a REJECTED, doubtful or waiting forward again; the platform is looked at first where it can be."""
        moved = self._move(key, channel, self._retried, self._save_retried)
        self.hasten(channel)
        self.queues.send(message_of(moved))
        return moved

    def retry_out_of(self, state: ForwardState, key: OrderKey, channel: str) -> Forward:
        """As `retry`, its channel not hastened; raises `MovedOn` where it is in another state by now."""

        def retried(record: ForwardRecord) -> Transition:
            _require_still(record.forward, state)
            return self._retried(record)

        moved = self._move(key, channel, retried, self._save_retried)
        self.queues.send(message_of(moved))
        return moved

    def hasten_all(self, channel: str) -> Iterator[Forward]:
        """Have what waits for nothing but a time at a channel go on now: an attempt, or a look; yields each."""
        for forward in list(self.desk.on_their_way()):
            if forward.channel.name == channel and is_waiting_for_platform(forward, self.clock()):
                # Refused is one that somebody has moved meanwhile.
                with suppress(OperationRefused):
                    yield self.retry_out_of(forward.state, forward.key, channel)

    def _retried(self, record: ForwardRecord) -> Transition:
        can_look = self.can_look(record.forward.channel.platform)
        return retry(record.forward, self.clock(), self.sweep_grace_seconds, can_look=can_look)

    def _save_retried(self, transition: Transition) -> Forward:
        # What is mapped again has no hash; one that only waited for its time is sent again byte for byte.
        is_remapped = transition.forward.body_hash is None
        return self.desk.save_unfrozen(transition) if is_remapped else self.desk.save(transition)

    def resolve_sent(self, key: OrderKey, channel: str, external_id: str) -> Forward:
        """Settle a forward in doubt: the platform holds the order under this id.

        Where its partner wanted the order cancelled while it was in doubt, the platform is asked to.
        """
        sent = self._move(
            key,
            channel,
            lambda record: resolve_sent(record.forward, external_id, self.clock(), self._due_in(record.forward)),
            self.desk.save,
        )
        return sent if sent.due_at is None else self._cancel_if_wanted(sent)

    def _due_in(self, forward: Forward) -> float | None:
        return self.sweep_grace_seconds if self.can_cancel(forward.channel.platform) else None

    def _cancel_if_wanted(self, sent: Forward) -> Forward:
        # As with a forwarder: the partner's wish is on the order before anybody looks at the forwards, so whoever
        # looks for it once the forward is SENT finds it. Until then the forward is due, should this command end here.
        order = self.desk.read_order(sent.key)
        if order is not None and order.cancel_requested_at is not None:
            self.queues.send(message_of(sent))
            return sent
        try:
            return self.desk.save(no_cancel_awaited(sent))
        except LostRace:
            return sent

    def resolve_absent(self, key: OrderKey, channel: str, *, unseen: bool = False) -> Forward:
        """Settle a forward in doubt: the platform does not hold the order, so the same request is sent again.

        The platform is looked at first where it can be. Refused where the order is found there, and where the look
        fails, unless the operator vouches for it `unseen`.
        """
        moved = self._move(key, channel, lambda record: self._absent(record, unseen=unseen), self.desk.save)
        self.queues.send(message_of(moved))
        return moved

    def _absent(self, record: ForwardRecord, *, unseen: bool) -> Transition:
        forward = record.forward
        resolved = resolve_absent(forward, self.clock(), self.sweep_grace_seconds)  # refused before anybody is asked
        match self.look(record):
            case Absent():
                return resolve_absent(forward, self.clock(), self.sweep_grace_seconds, "it was looked at")
            case CannotLook():
                return resolved
            case Found(external_id):
                raise InterventionRefused(
                    f"the platform holds it, as {external_id}: `orderbridge forwards resolve {forward.code} "
                    f"{forward.channel.name} --sent {external_id}`"
                )
            case Ambiguous(external_ids):
                raise InterventionRefused(f"the platform holds several orders of it: {', '.join(external_ids)}")
            case Foreign(external_id, difference):
                raise InterventionRefused(f"another order has its id at the platform ({external_id}): {difference}")
            case LookFailed(reason) if unseen:
                how = f"on the operator's word, the look failed: {reason}"
                return resolve_absent(forward, self.clock(), self.sweep_grace_seconds, how)
            case LookFailed(reason):
                raise InterventionRefused(
                    f"the platform could not be looked at: {reason}. Try again, or look there yourself and add --unseen"
                )

    def settle(self, key: OrderKey, channel: str, sent_as: str | None) -> Forward:
        """A decision about a forward in doubt: the platform holds it under this id, or not at all (None).

        Raises `MovedOn` where it is not in doubt any more.
        """
        _require_still(self.read(key, channel).forward, ForwardState.IN_DOUBT)
        return self.resolve_absent(key, channel) if sent_as is None else self.resolve_sent(key, channel, sent_as)

    def read(self, key: OrderKey, channel: str) -> ForwardRecord:
        """The forward of an order to a channel."""
        order = self.desk.read_order(key)
        if order is not None and order.awaits_route:
            raise OperationRefused("No channel takes this order yet: import a route for its site.")
        for each in order.channels if order is not None else ():
            record = self.desk.read_forward(ForwardKey(key, each)) if each.name == channel else None
            if record is not None:
                return record
        raise OperationRefused(f"This order has no forward to {channel}.")

    def _move(
        self,
        key: OrderKey,
        channel: str,
        intervene: Callable[[ForwardRecord], Transition],
        save: Callable[[Transition], Forward],
    ) -> Forward:
        def attempt() -> Forward:
            record = self.read(key, channel)
            try:
                return save(by(self.operator, intervene(record)))
            except InterventionRefused as refused:
                raise OperationRefused(f"{record.forward.code} on {channel}: {refused}.") from refused

        try:
            return despite_races(attempt)
        except LostRace:
            words = f"The forward to {channel} changes at this very moment; look at it and try again."
            raise OperationRefused(words) from None


def _require_still(forward: Forward, state: ForwardState) -> None:
    if forward.state is not state:
        raise MovedOn(f"it is {forward.state.value} by now")
