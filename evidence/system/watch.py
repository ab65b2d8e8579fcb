"""What is checked at every moment of a run: each write of a forward, and each call that creates an order."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from evidence.aws.table import Key, Table
from orderbridge.channels.table import breaker_pk
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import TRANSITIONS, Forward, ForwardState
from orderbridge.orders.table import order_key
from orderbridge.values.ids import ChannelRef, ForwardKey
from orderbridge.values.times import from_iso

LONGEST_INVOCATION = timedelta(seconds=70)
"""Who has looked at a channel before it was paused may send one order more."""


class Watch:
    """Follows the forwards as they are written. `wrong` says what must not have been."""

    def __init__(self, table: Table, clock: Callable[[], datetime]) -> None:
        self.wrong: list[str] = []
        self.bodies: dict[tuple[str, str], set[str]] = defaultdict(set)
        """By channel and code: the hash of every body that was sent to create this order."""
        self.creates: Counter[tuple[str, str]] = Counter()
        self.since: dict[Key, tuple[ForwardState, datetime]] = {}
        self.stays: list[tuple[ForwardState, datetime, datetime]] = []
        """Every stay in a state that has ended: the state, from when, to when."""
        self.sent: dict[Key, datetime] = {}
        """When each forward was SENT, the first time."""
        self._table = table
        self._clock = clock
        write = table.write

        def watched(key: Key, item: dict[str, Any] | None) -> None:
            before = table.get(key)
            write(key, item)
            if key[1] == forward_items.FORWARD_SK:
                self._note(key, before, item)
            elif key[1] == "ORDER" and key[0].startswith("ORDER#"):
                self._note_order(before, item)

        table.write = watched  # type: ignore[method-assign]

    def _note(self, key: Key, before: Mapping[str, Any] | None, item: Mapping[str, Any] | None) -> None:
        if item is None:
            self.wrong.append(f"{key}: a forward was taken away")
            return
        after = forward_items.read_forward(item)
        now = self._clock()
        if before is None:
            if after.revision != 0 or after.state is not ForwardState.QUEUED:
                self.wrong.append(f"{after.code} at {after.channel.name}: begins as {after.state}")
            self.since[key] = after.state, now
            return
        was = forward_items.read_forward(before)
        place = f"{after.code} at {after.channel.name}"
        if not _is_next(was, after):
            self.wrong.append(f"{place}: from revision {was.revision} to {after.revision}")
        if was.body_hash not in (None, after.body_hash):
            self.wrong.append(f"{place}: another body")
        if after.state is was.state:
            return
        if after.state not in TRANSITIONS[was.state]:
            self.wrong.append(f"{place}: from {was.state} to {after.state}")
        state, since = self.since[key]
        self.stays.append((state, since, now))
        if after.state is ForwardState.SENT:
            self.sent.setdefault(key, now)
        self.since[key] = after.state, now

    def _note_order(self, before: Mapping[str, Any] | None, item: Mapping[str, Any] | None) -> None:
        if item is None:
            self.wrong.append("an order was taken away")
        elif before is not None:
            for name in ("code", "content", "content_hash", "created_at"):
                if item.get(name) != before.get(name):
                    self.wrong.append(f"{before['code']['S']}: its {name} was changed")

    def creating(self, channel: ChannelRef, code: str, body: bytes) -> None:
        """A create call is about to leave: its forward has to say so already, with this very body."""
        self.creates[channel.name, code] += 1
        hashed = hashlib.sha256(body).hexdigest()
        self.bodies[channel.name, code].add(hashed)
        keys = list(self._table.indexes["by_code"].rows.get(code, {}))
        place = ForwardKey(order_key(keys[0][0]), channel) if keys else None
        item = None if place is None else self._table.get((forward_items.forward_pk(place), forward_items.FORWARD_SK))
        if item is None:
            self.wrong.append(f"{code} at {channel.name}: sent without a forward")
            return
        forward = forward_items.read_forward(item)
        paused_for = self._paused_for(channel)
        if paused_for is not None and paused_for > LONGEST_INVOCATION:
            self.wrong.append(f"{code} at {channel.name}: sent though the channel has been paused for {paused_for}")
        if forward.state is not ForwardState.SENDING or forward.body_hash != hashed:
            self.wrong.append(
                f"{code} at {channel.name}: sent while {forward.state}, or with another body than the one stored"
            )

    def _paused_for(self, channel: ChannelRef) -> timedelta | None:
        state = self._table.get((breaker_pk(channel.platform, channel.name), "STATE")) or {}
        return self._clock() - from_iso(state["since"]["S"]) if "paused_reason" in state else None


def _is_next(was: Forward, after: Forward) -> bool:
    """Whether a forward is one revision further; a claim of the sweeper, and a relay, move what is due and no more."""
    if after.revision == was.revision:
        return replace(after, due_at=was.due_at, news_due_at=was.news_due_at) == was
    return after.revision == was.revision + 1
