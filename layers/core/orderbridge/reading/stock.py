"""Let a partner read what is in stock (docs/interfaces.md#http-api)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from orderbridge.channels.channel import Channel, StockSettings
from orderbridge.channels.ports import ChannelOverview
from orderbridge.partners.partner import Partner
from orderbridge.reading.cursors import StockCursor
from orderbridge.reading.orders import (
    CURSOR_EXPECTED,
    DEFAULT_LIMIT,
    LIMIT_EXPECTED,
    code_of_at_most,
    read_limit,
    read_query,
)
from orderbridge.reading.ports import StockReads
from orderbridge.stock.levels import StockLevel, level_of_record
from orderbridge.stock.lists import UnusableMapping
from orderbridge.values.ids import ChannelRef

LONGEST_CODE = 100


@dataclass(frozen=True, slots=True)
class StockFilter:
    """Which products a partner wants to see the stock of, and for which of its sites."""

    product_code: str | None = None
    site_code: str | None = None
    limit: int = DEFAULT_LIMIT
    cursor: StockCursor | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> StockFilter:
        """The filter in a query string; raises `InvalidFields` with every parameter that is wrong, at once."""
        return cls(
            **read_query(
                query,
                {
                    "product_code": code_of_at_most(LONGEST_CODE),
                    "site_code": code_of_at_most(LONGEST_CODE),
                    "limit": (read_limit, LIMIT_EXPECTED),
                    "cursor": (StockCursor.decode, CURSOR_EXPECTED),
                },
            )
        )


@dataclass(frozen=True, slots=True)
class StockPage:
    """Levels at their source of record, by product code, and where the list goes on."""

    levels: Sequence[StockLevel]
    next_cursor: StockCursor | None


@dataclass(frozen=True, slots=True)
class ListStock:
    """The stock of the products that a partner's channels map, a page at a time.

    For a site it is that of the products which the site's channels map: of those channels that are sources, else of
    all sources, and in the warehouse that its orders go out from. `warehouse_of` tells that warehouse from a channel
    and the site's mapping there (None: there is none); it raises `UnusableMapping` where no order can be made with it.

    A product of which no source has a level yet is left out, so a page may be short, even empty, and still have a
    next one.
    """

    channels: ChannelOverview
    stock: StockReads
    warehouse_of: Callable[[Channel, Any | None], int | None]

    def __call__(self, partner: Partner, wanted: StockFilter) -> StockPage:
        channels = sorted({*_channels_of(partner, wanted.site_code)}, key=lambda channel: channel.name)
        products, next_cursor = self._products(channels, wanted)
        sources = {c.name: c for c in self.channels.list_channels() if _stock_settings(c).source}
        ranks = {name: _stock_settings(source).rank for name, source in sources.items()}
        at_site = channels if wanted.site_code is not None else []
        own = {each.name: ranks[each.name] for each in at_site if each.name in ranks}
        found: dict[str, list[StockLevel]] = {}
        for level in self.stock.levels(sorted(ranks), products):
            found.setdefault(level.product_code, []).append(level)
        known = (found.get(product, ()) for product in products)
        of_record = (level_of_record(levels, own) or level_of_record(levels, ranks) for levels in known)
        levels = [level for level in of_record if level is not None]
        if wanted.site_code is not None:
            levels = self._at_site(levels, sources, wanted.site_code)
        return StockPage(levels, next_cursor)

    def _at_site(
        self, levels: Sequence[StockLevel], sources: Mapping[str, Channel], site_code: str
    ) -> list[StockLevel]:
        """The levels in the warehouses that the site's orders go out from; those that are not known are left out."""
        kept = sorted({level.channel for level in levels if level.in_warehouses})
        sites = self.stock.sites([sources[name] for name in kept], site_code) if kept else {}
        warehouses: dict[str, int | None] = {}
        for name in kept:
            with suppress(UnusableMapping):
                warehouses[name] = self.warehouse_of(sources[name], sites.get(name))
        here = (
            level.in_warehouse(warehouses.get(level.channel))
            for level in levels
            if not level.in_warehouses or level.channel in warehouses
        )
        return [level for level in here if level is not None]

    def _products(
        self, channels: Sequence[ChannelRef], wanted: StockFilter
    ) -> tuple[Sequence[str], StockCursor | None]:
        """A page of the product codes that these channels map."""
        if wanted.product_code is not None:
            return [wanted.product_code] if self.stock.is_mapped(channels, wanted.product_code) else [], None
        after = wanted.cursor.after if wanted.cursor is not None else None
        # One more than the page holds, of each channel: the first of all of them are surely among these.
        mapped = {
            product for channel in channels for product in self.stock.mapped_products(channel, after, wanted.limit + 1)
        }
        page = sorted(mapped)[: wanted.limit]
        return page, StockCursor(page[-1]) if len(mapped) > len(page) else None


def _channels_of(partner: Partner, site_code: str | None) -> Iterable[ChannelRef]:
    """The channels that the partner's orders go to: those for a site, or all."""
    if site_code is not None:
        return partner.channels_for(site_code)
    return chain(partner.channels, *partner.routes.values())


def _stock_settings(channel: Channel) -> StockSettings:
    return StockSettings.model_validate(channel.settings.get("stock") or {})
