"""Which partition keys the orders share, and over how many of them a kind of writes is spread: the model of the data.

What an order writes under each is counted (`Count.key_units`), so a change of the data model changes this table alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.counted import Count
from benchmarks.dynamodb_units import TABLE
from orderbridge.aws.items import DUE_SHARDS
from orderbridge.forwarding.items import WAITING_SHARDS
from orderbridge.orders.table import DAY_SHARDS


@dataclass(frozen=True, slots=True)
class SharedKey:
    """Keys of the table or an index, by a pattern of all of the key, that many orders write under.

    `spread`: over how many keys those orders are spread evenly. `of` is whose orders they are: all, of one channel, of
    one partner. `hop`: what waits where a key is at its limit: accepting, forwarding, telling.
    """

    name: str
    place: str
    pattern: str
    spread: int = 1
    of: str = "all"
    hop: str = "accepting"

    def units(self, count: Count) -> Decimal:
        """Write units of one order at the hottest of these keys, once spread."""
        found = [
            units
            for (place, key), units in count.key_units.items()
            if place == self.place and re.fullmatch(self.pattern, key)
        ]
        return Decimal(max(found, default=0)) / self.spread


KEYS: Sequence[SharedKey] = (
    SharedKey("orders and forwards that are due", "due", "[0-9]{2}", spread=DUE_SHARDS),
    SharedKey("due messages to webhooks", "due", "W[0-9]{2}", spread=DUE_SHARDS, of="partner", hop="telling"),
    SharedKey("messages to one webhook", TABLE, "DELIVERY#.*", spread=DUE_SHARDS, of="partner", hop="telling"),
    SharedKey("orders of a partner's day", "by_partner_day", ".*", spread=DAY_SHARDS, of="partner"),
    SharedKey(
        "open forwards of a channel",
        "waiting",
        ".*#OPEN#[0-9]",
        spread=WAITING_SHARDS,
        of="channel",
        hop="forwarding",
    ),
)
"""An order's own keys (its partition, its code) are shared with nobody. The counter of codes is written once for a
block of up to 512."""
