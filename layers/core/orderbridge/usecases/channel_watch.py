"""Whether a channel may be sent to now, and what its answers say about it (DESIGN sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from orderbridge.domain.breakers import Breaker, after_failed_probe, after_look, after_outcome, begin_probe, close
from orderbridge.domain.channels import Channel
from orderbridge.domain.events import Event, channel_paused
from orderbridge.domain.lookups import Finding
from orderbridge.domain.outcomes import Outcome, Refused
from orderbridge.domain.times import Clock, from_iso, to_iso
from orderbridge.ports import ChannelDirectory, CredentialSource, LostRace, Platform

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
class ChannelWatch:
    """Keeps orders away from a channel that is paused or whose breaker is open, and notices when it recovers."""

    directory: ChannelDirectory
    platform: Platform
    credentials: CredentialSource
    publish: Callable[[Sequence[Event]], None]
    clock: Clock
    jitter: Callable[[], float]
    paused_recheck_seconds: float = PAUSED_RECHECK_SECONDS

    def find(self, name: str) -> Channel | None:
        return self.directory.find(name)

    def obstacle(self, channel: Channel) -> Obstacle | None:
        """What stands against sending now. Where the breaker's time is over, one caller probes, by a read."""
        if channel.state == "paused":
            return self.paused(channel.paused_reason or "the channel is paused")
        if channel.breaker.is_closed:
            return None
        if channel.breaker.blocks_at(self.clock()):
            return self._open(channel)
        return self._probe(channel)

    def paused(self, reason: str) -> Obstacle:
        """The obstacle that a paused channel is."""
        return Obstacle(reason, self.paused_recheck_seconds, passes_by_itself=False)

    def learn(self, channel: Channel, outcome: Outcome) -> None:
        """Take an outcome into account: pause on refused credentials, count failures, close after a success."""
        if isinstance(outcome, Refused) and outcome.credentials:
            at = to_iso(self.clock())
            if self.directory.pause(channel.name, f"the platform refuses the credentials: {outcome.reason}", at):
                self.publish([channel_paused(channel)])
            return
        self._save(channel, after_outcome(channel.breaker, outcome, self.clock()))

    def learn_from_look(self, channel: Channel, finding: Finding) -> None:
        """Take a look's result into account: a platform that answers is alive, whatever became of the order."""
        self._save(channel, after_look(channel.breaker, finding, self.clock()))

    def _save(self, channel: Channel, learnt: Breaker) -> None:
        if learnt != channel.breaker:
            # A lost race means that another worker has learnt something at this very moment: one count less is fine.
            with suppress(LostRace):
                self.directory.save_breaker(channel, learnt)

    def _probe(self, channel: Channel) -> Obstacle | None:
        try:
            probing = self.directory.save_breaker(channel, begin_probe(channel.breaker, self.clock()))
        except LostRace:
            return Obstacle("another worker probes the channel", self.jitter() * SPREAD_SECONDS + 1)
        trouble = self.platform.probe(channel, self.credentials.credentials(channel))
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
