"""What partners read, in memory: orders with an index that may be late, channels, stock; and the limits' counters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.orders.order import Order
from orderbridge.partners.token_bucket import RateLimit, Taking, TokenBucket
from orderbridge.reading.views import OrderView
from orderbridge.stock.levels import StockLevel
from orderbridge.values.ids import ChannelRef, OrderKey
from tests.fakes.store import Store


class Reads:
    """`OrderReads` on a `Store`. For `late_polls` more questions the index by code knows nothing."""

    def __init__(self, store: Store, late_polls: int = 0) -> None:
        self.store = store
        self.late_polls = late_polls
        self.orders_read = 0

    def read_order(self, key: OrderKey) -> Order | None:
        return self.store.orders.get(key)

    def key_of_code(self, code: str) -> OrderKey | None:
        if self.late_polls > 0:
            self.late_polls -= 1
            return None
        return next((order.key for order in self.store.orders.values() if order.code == code), None)

    def view(self, key: OrderKey) -> OrderView | None:
        order = self.store.orders.get(key)
        forwards = [forward for (of, _), forward in self.store.forwards.items() if of == key]
        return OrderView(order, forwards, self.store.timeline.get(key, [])) if order is not None else None

    def of_day(self, client_id: str, day: date, after: str | None) -> Iterator[Order]:
        listed = [
            (f"{order.created_at}#{order.code}", order)
            for order in self.store.orders.values()
            if order.client_id == client_id and order.order_date == day.isoformat()
        ]
        for created_key, order in sorted(listed, key=lambda each: each[0], reverse=True):
            if after is None or created_key < after:
                self.orders_read += 1
                yield order


class Overview:
    """`ChannelOverview` in memory."""

    def __init__(self, *channels: Channel) -> None:
        self.channels = channels

    def list_channels(self) -> Sequence[Channel]:
        return self.channels


class Shelf:
    """`StockReads` in memory."""

    def __init__(self, mapped: dict[str, list[str]], *levels: StockLevel) -> None:
        self.mapped = mapped
        self.known = levels
        self.site_mappings: dict[tuple[str, str], Any] = {}

    def mapped_products(self, channel: ChannelRef, after: str | None, limit: int) -> Sequence[str]:
        return [code for code in sorted(self.mapped.get(channel.name, ())) if after is None or code > after][:limit]

    def is_mapped(self, channels: Collection[ChannelRef], product_code: str) -> bool:
        return any(product_code in self.mapped.get(channel.name, ()) for channel in channels)

    def levels(self, channels: Collection[str], product_codes: Collection[str]) -> Sequence[StockLevel]:
        return [level for level in self.known if level.channel in channels and level.product_code in product_codes]

    def sites(self, channels: Collection[Channel], site_code: str) -> dict[str, Any]:
        mapped = {name: value for (name, site), value in self.site_mappings.items() if site == site_code}
        return {each.name: mapped[each.name] for each in channels if each.name in mapped}


class Buckets:
    """`CallBuckets` in memory; `writes` is what it would cost."""

    def __init__(self) -> None:
        self.full_at: dict[str, TokenBucket] = {}
        self.writes = 0

    def take(self, client_id: str, tokens: int, limit: RateLimit, now: float) -> Taking:
        self.writes += 1
        bucket = self.full_at.get(client_id, TokenBucket())
        if bucket.left(limit, now) < tokens:
            return Taking(given=False, left=bucket.left(limit, now))
        self.full_at[client_id] = bucket.without(tokens, limit, now)
        return Taking(given=True, left=self.full_at[client_id].left(limit, now))


class Failures:
    """`FailureCounter` in memory."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int], int] = {}
        self.writes = 0

    def add(self, scope: str, window: int, seconds: int) -> int:
        self.writes += 1
        self.counts[scope, window] = self.counts.get((scope, window), 0) + 1
        return self.counts[scope, window]
