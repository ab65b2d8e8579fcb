"""Whether a channel may be sent to now, and what its answers say about it (DESIGN sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from orderbridge.domain.breakers import Breaker, after_failed_probe, after_look, after_outcome, begin_probe, close
from orderbridge.domain.channels import Channel
from orderbridge.domain.lookups import Finding
from orderbridge.domain.orders import ChannelRef
from orderbridge.domain.outcomes import Outcome, Refused
from orderbridge.domain.times import Clock, from_iso, to_iso
from orderbridge.ports import ChannelDirectory, ChannelUnusable, CredentialSource, LostRace, Platform

PAUSED_RECHECK_SECONDS = 600
SPREAD_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing may be sent to a channel now, and in how many seconds it is worth asking again."""

    reason: str
    recheck_seconds: float
    passes_by_itself: bool = True
    """Whether time alone may remove it; a paused channel waits for a person."""


@dataclass(frozen=True, slots=True)
class Access:
    """A channel with what it takes to log in there, both of the form that its platform needs."""

    channel: Channel
    credentials: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChannelWatch:
    """Keeps orders away from a channel that is paused or whose breaker is open, and notices when it recovers."""

    directory: ChannelDirectory
    platform: Platform
    credentials: CredentialSource
    clock: Clock
    jitter: Callable[[], float]
    paused_recheck_seconds: float = PAUSED_RECHECK_SECONDS

    def access(self, ref: ChannelRef) -> Access:
        """What is needed to ask the channel anything; raises `ChannelUnusable` where it cannot be asked at all."""
        return self._access(self._existing(ref))

    def way_to(self, ref: ChannelRef) -> Access | Obstacle:
        """The access to a channel that may be sent to now, or what stands against it.

        Where the breaker's time is over, one caller probes, by a read. Raises `ChannelUnusable`.
        """
        channel = self._existing(ref)
        if channel.state == "paused":
            return self.waits_for_a_person(channel.paused_reason or "the channel is paused")
        access = self._access(channel)
        if channel.breaker.is_closed:
            return access
        obstacle = self._open(channel) if channel.breaker.blocks_at(self.clock()) else self._probe(access)
        return obstacle or access

    def waits_for_a_person(self, reason: str) -> Obstacle:
        """The obstacle that only a person removes: a paused channel, or one that is not set up as it should be."""
        return Obstacle(reason, self.paused_recheck_seconds, passes_by_itself=False)

    def needs_nobody(self, ref: ChannelRef) -> bool:
        """Whether nothing stands against the channel that only a person removes."""
        try:
            return self.access(ref).channel.state == "active"
        except ChannelUnusable:
            return False

    def learn(self, access: Access, outcome: Outcome) -> Obstacle | None:
        """Take an outcome into account: pause on refused credentials, count failures, close after a success.

        The obstacle is that the channel is paused from now on.
        """
        channel = access.channel
        if isinstance(outcome, Refused) and outcome.credentials:
            try:
                stored = self.credentials.refreshed(channel)
            except ChannelUnusable as unusable:
                # An operator has just taken them away.
                return self.waits_for_a_person(str(unusable))
            if stored != access.credentials:
                # An operator has just stored others, and the next attempt takes those.
                return None
            if outcome.perhaps_of_order and self.platform.probe(channel, access.credentials) is None:
                # One order that a platform's firewall takes for an attack must not pause everybody's channel.
                self._save(channel, after_outcome(channel.breaker, outcome, self.clock()))
                return None
            reason = f"the platform refuses the credentials: {outcome.reason}"
            self.directory.pause(channel, reason, to_iso(self.clock()))
            return self.waits_for_a_person(reason)
        self._save(channel, after_outcome(channel.breaker, outcome, self.clock()))
        return None

    def learn_from_look(self, channel: Channel, finding: Finding) -> None:
        """Take a look's result into account: a platform that answers is alive, whatever became of the order."""
        self._save(channel, after_look(channel.breaker, finding, self.clock()))

    def _existing(self, ref: ChannelRef) -> Channel:
        channel = self.directory.find(ref)
        if channel is None:
            raise ChannelUnusable(f"there is no channel {ref.name} on {ref.platform}")
        return channel

    def _access(self, channel: Channel) -> Access:
        credentials = self.credentials.credentials(channel)
        try:
            self.platform.require_usable(channel, credentials)
        except ChannelUnusable:
            # An operator may have put them right since they were read.
            credentials = self.credentials.refreshed(channel)
            self.platform.require_usable(channel, credentials)
        return Access(channel, credentials)

    def _save(self, channel: Channel, learnt: Breaker) -> None:
        if learnt != channel.breaker:
            # A lost race means that another worker has learnt something at this very moment: one count less is fine.
            with suppress(LostRace):
                self.directory.save_breaker(channel, learnt)

    def _probe(self, access: Access) -> Obstacle | None:
        channel = access.channel
        try:
            probing = self.directory.save_breaker(channel, begin_probe(channel.breaker, self.clock()))
        except LostRace:
            return Obstacle("another worker probes the channel", self.jitter() * SPREAD_SECONDS + 1)
        trouble = self.platform.probe(channel, access.credentials)
        if trouble is None:
            self.directory.save_breaker(probing, close(probing.breaker))
            return None
        opened = after_failed_probe(probing.breaker, trouble, self.clock())
        return self._open(self.directory.save_breaker(probing, opened))

    def _open(self, channel: Channel) -> Obstacle:
        breaker = channel.breaker
        seconds = (from_iso(breaker.open_until or "") - self.clock()).total_seconds()
        reason = f"the channel failed {breaker.failures} times in a row, last: {breaker.reason}"
        # Spread out, so that what waited does not come back in one instant.
        return Obstacle(reason, max(seconds, 0) + self.jitter() * SPREAD_SECONDS)
