"""What partners read, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.orders.order import Order
    from orderbridge.reading.views import OrderView
    from orderbridge.stock.levels import StockLevel
    from orderbridge.values.ids import ChannelRef, OrderKey


class OrderReads(Protocol):
    """Orders as their partners read them; what comes from an index may be a moment late."""

    def read_order(self, key: OrderKey) -> Order | None: ...

    def key_of_code(self, code: str) -> OrderKey | None: ...

    def view(self, key: OrderKey) -> OrderView | None: ...

    def of_day(self, client_id: str, day: date, after: str | None) -> Iterable[Order]:
        """A partner's orders of one business day, newest first, from behind the order with this created key."""
        ...


class StockReads(Protocol):
    """What the channels map, and the stock levels that a sync has written."""

    def mapped_products(self, channel: ChannelRef, after: str | None, limit: int) -> Sequence[str]:
        """Codes of products that a channel maps, in their order, from behind this one."""
        ...

    def is_mapped(self, channels: Collection[ChannelRef], product_code: str) -> bool:
        """Whether one of these channels maps this product."""
        ...

    def levels(self, channels: Collection[str], product_codes: Collection[str]) -> Iterable[StockLevel]:
        """The levels of these products at these channels, as far as they are known."""
        ...

    def sites(self, channels: Collection[Channel], site_code: str) -> Mapping[str, Any]:
        """The values of this site's mappings, by channel."""
        ...
