"""Whether a channel may be sent to now, and what its answers say about it (its breaker: ``channels.breaker``)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from orderbridge.channels.breaker import Breaker, after_failed_probe, after_look, after_outcome, begin_probe, closed
from orderbridge.channels.channel import CREDENTIALS_REFUSED, Channel
from orderbridge.channels.lookups import Finding
from orderbridge.channels.outcomes import Outcome, Refused, TurnedAway
from orderbridge.channels.ports import ChannelDirectory, ChannelUnusable, CredentialSource
from orderbridge.forwarding.forward.attempts import LONGEST_BACKOFF_SECONDS
from orderbridge.forwarding.ports import Platform
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import Clock, after, from_iso, to_iso

SLOW_RECHECK_SECONDS = 600
"""When a forward whose channel takes nothing looks again by itself; who lets it go is quicker."""

SLOW_SECONDS = 3.0
"""A call that takes so long makes its channel slow, of which a part of the workers is kept free (`calls.turns`)."""
STAYS_SLOW_SECONDS = 600
"""How long it stays so after the last of them."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why nothing may be sent to a channel now, and in how many seconds it is worth asking again.

    `open_until` is when an open breaker may be probed again, and `next_probe` the same where it is for this caller to
    see to it.
    """

    reason: str
    recheck_seconds: float
    is_operational: bool = False
    """Whether only a person removes it; a breaker closes by itself."""
    open_until: str | None = None
    next_probe: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A channel with what it takes to log in there, both of the form that its platform needs."""

    channel: Channel
    credentials: Mapping[str, Any]
    has_recovered: bool = False
    """Whether its breaker has just been closed, so that what waits for it can go."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a create call's outcome says about its channel."""

    blocked: Blocked | None = None
    """The channel is paused from now on."""
    is_well: bool = False
    """A read has proved that the channel is well although the call failed."""
    next_probe: str | None = None
    """The breaker has just been opened by this caller, and is to be probed at this time."""


@dataclass(frozen=True, slots=True)
class ChannelGate:
    """Keeps orders away from a channel that is paused or whose breaker is open, and notices when it recovers."""

    directory: ChannelDirectory
    platform: Platform
    credentials: CredentialSource
    clock: Clock
    slow_recheck_seconds: float = SLOW_RECHECK_SECONDS

    def access_to(self, ref: ChannelRef, *, although_paused: bool = False) -> Access | Blocked:
        """Access to a channel that may be sent to now, or what blocks it.

        Where the breaker's time is over, one caller probes, by a read. A paused channel may still be read from
        (`although_paused`). Raises `ChannelUnusable` where it cannot be asked at all.
        """
        channel = self.directory.find(ref)
        if channel is None:
            raise ChannelUnusable(f"there is no channel {ref.name} on {ref.platform}")
        if channel.state == "paused" and not although_paused:
            return self.operational(channel.paused_reason or "the channel is paused")
        access = self._access(channel)
        if channel.breaker.is_closed:
            return access
        return self._blocked(channel) if channel.breaker.blocks_at(self.clock()) else self._probe(access)

    def operational(self, reason: str) -> Blocked:
        """The obstacle that only a person removes: a paused channel, or one that is not set up as it should be."""
        return Blocked(reason, self.slow_recheck_seconds, is_operational=True)

    def look_in(self, blocked: Blocked, jitter: float) -> float | None:
        """In how many seconds to look at an order behind an open breaker: right after the next probe, spread out.

        None where nobody knows. Never much later, since an operator may have it probed sooner.
        """
        if blocked.open_until is None:
            return None
        return min(seconds_until(blocked.open_until, self.clock), LONGEST_BACKOFF_SECONDS) + 1 + 4 * jitter

    def recovers_by_itself(self, ref: ChannelRef) -> bool:
        """Whether nothing is against the channel that only a person removes."""
        try:
            channel = self.directory.find(ref)
            return channel is not None and channel.state == "active" and bool(self._access(channel))
        except ChannelUnusable:
            return False

    def learn(self, access: Access, outcome: Outcome, seconds: float = 0) -> Lesson:
        """Take an outcome into account: pause on refused credentials, count failures, close after a success.

        So many seconds it took, whatever came of it.
        """
        channel = access.channel
        if seconds >= SLOW_SECONDS:
            self._note_slow(channel)
        if isinstance(outcome, Refused) and outcome.credentials:
            return self._learn_from_refused_credentials(access, outcome)
        next_probe = self._save(channel, after_outcome(channel.breaker, outcome, self.clock(), self._probe_s(channel)))
        # Nobody looks at the platform before this order is sent again, so a read tells whether the channel is well.
        asks = isinstance(outcome, TurnedAway) and not self.platform.can_look and channel.breaker.is_closed
        is_well = asks and self.platform.probe(channel, access.credentials) is None
        return Lesson(is_well=is_well, next_probe=next_probe)

    def learn_from_look(self, channel: Channel, finding: Finding) -> str | None:
        """Take a look's result into account; the time of the next probe where it has just opened the breaker."""
        return self._save(channel, after_look(channel.breaker, finding, self.clock(), self._probe_s(channel)))

    def _note_slow(self, channel: Channel) -> None:
        now = self.clock()
        # Written anew once half of it is over: under load each call would write it otherwise.
        if channel.slow_until is None or seconds_until(channel.slow_until, self.clock) < STAYS_SLOW_SECONDS / 2:
            self.directory.note_slow(channel, after(now, STAYS_SLOW_SECONDS))

    def _learn_from_refused_credentials(self, access: Access, outcome: Refused) -> Lesson:
        channel = access.channel
        try:
            stored = self.credentials.refreshed(channel)
        except ChannelUnusable as unusable:
            # An operator has just taken them away.
            return Lesson(self.operational(str(unusable)))
        if stored != access.credentials:
            # An operator has just stored others, and the next attempt takes those.
            return Lesson()
        if outcome.perhaps_of_order and self.platform.probe(channel, access.credentials) is None:
            # One order that a platform's firewall takes for an attack must not pause everybody's channel.
            return Lesson(is_well=True)
        reason = f"{CREDENTIALS_REFUSED}: {outcome.reason}"
        self.directory.pause(channel, reason, to_iso(self.clock()))
        return Lesson(self.operational(reason))

    def _access(self, channel: Channel) -> Access:
        credentials = self.credentials.credentials(channel)
        try:
            self.platform.require_usable(channel, credentials)
        except ChannelUnusable:
            # An operator may have put them right since they were read.
            credentials = self.credentials.refreshed(channel)
            self.platform.require_usable(channel, credentials)
        return Access(channel, credentials)

    def _save(self, channel: Channel, learnt: Breaker) -> str | None:
        """Keep what was learnt; the time of the next probe where that opened the breaker."""
        if learnt == channel.breaker:
            return None
        # A lost race means that another worker has learnt something at this very moment: one count less is fine.
        with suppress(LostRace):
            self.directory.save_breaker(channel, learnt)
            return learnt.open_until
        return None

    def _probe(self, access: Access) -> Access | Blocked:
        channel = access.channel
        try:
            probing = self.directory.save_breaker(channel, begin_probe(channel.breaker, self.clock()))
        except LostRace:
            return Blocked(
                "another worker probes the channel", self.slow_recheck_seconds, open_until=to_iso(self.clock())
            )
        trouble = self.platform.probe(channel, access.credentials)
        if trouble is None:
            recovered = self.directory.save_breaker(probing, closed(probing.breaker))
            return Access(recovered, access.credentials, has_recovered=True)
        opened = after_failed_probe(probing.breaker, trouble, self.clock(), self._probe_s(channel))
        return self._blocked(self.directory.save_breaker(probing, opened), next_probe=opened.open_until)

    def _blocked(self, channel: Channel, next_probe: str | None = None) -> Blocked:
        breaker = channel.breaker
        reason = f"the channel failed {breaker.failures} times in a row, last: {breaker.reason}"
        return Blocked(reason, self.slow_recheck_seconds, open_until=breaker.open_until, next_probe=next_probe)

    def _probe_s(self, channel: Channel) -> float:
        return float(self.platform.settings(channel).probe_s)


def seconds_until(time: str, clock: Clock) -> float:
    """How far ahead a time is; 0 where it is over."""
    return max((from_iso(time) - clock()).total_seconds(), 0.0)
