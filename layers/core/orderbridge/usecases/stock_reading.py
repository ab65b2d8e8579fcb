"""Let a partner read what is in stock (INTERFACES section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orderbridge.domain.channels import Channel, StockSettings
from orderbridge.domain.cursors import StockCursor
from orderbridge.domain.partners import Partner
from orderbridge.domain.stock import StockLevel, level_of_record
from orderbridge.ports import ChannelOverview, StockReads
from orderbridge.usecases.reading import (
    CURSOR_EXPECTED,
    DEFAULT_LIMIT,
    LIMIT_EXPECTED,
    code_of_at_most,
    read_limit,
    read_query,
)

LONGEST_PRODUCT_CODE = 100


@dataclass(frozen=True, slots=True)
class StockFilter:
    """Which products a partner wants to see the stock of."""

    product_code: str | None = None
    limit: int = DEFAULT_LIMIT
    cursor: StockCursor | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> StockFilter:
        """The filter in a query string; raises `InvalidFields` with every parameter that is wrong, at once."""
        return cls(
            **read_query(
                query,
                {
                    "product_code": code_of_at_most(LONGEST_PRODUCT_CODE),
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

    def body(self) -> dict[str, Any]:
        return {
            "message": "Stock levels found",
            "data": [
                {"product_code": level.product_code, "available": int(level.available), "as_of": level.as_of}
                for level in self.levels
            ],
            "next_cursor": self.next_cursor.encode() if self.next_cursor else None,
        }


@dataclass(frozen=True, slots=True)
class ListStock:
    """The stock of the products that a partner's channels map, a page at a time.

    A product of which no source has told a level yet is left out, so a page may be short, even empty, and still have a
    next one.
    """

    channels: ChannelOverview
    stock: StockReads

    def __call__(self, partner: Partner, wanted: StockFilter) -> StockPage:
        products, next_cursor = self._products(partner, wanted)
        ranks = {c.name: s.rank for c in self.channels.list_channels() if (s := _stock_settings(c)).source}
        found: dict[str, list[StockLevel]] = {}
        for level in self.stock.levels(sorted(ranks), products):
            found.setdefault(level.product_code, []).append(level)
        of_record = (level_of_record(found.get(product, ()), ranks) for product in products)
        return StockPage([level for level in of_record if level is not None], next_cursor)

    def _products(self, partner: Partner, wanted: StockFilter) -> tuple[Sequence[str], StockCursor | None]:
        """A page of the product codes that the partner's channels map."""
        channels = sorted(set(_channels_of(partner)))
        if wanted.product_code is not None:
            return [wanted.product_code] if self.stock.is_mapped(channels, wanted.product_code) else [], None
        after = wanted.cursor.after if wanted.cursor is not None else None
        # One more than the page holds, of each channel: the first of all of them are surely among these.
        mapped = {
            product for channel in channels for product in self.stock.mapped_products(channel, after, wanted.limit + 1)
        }
        page = sorted(mapped)[: wanted.limit]
        return page, StockCursor(page[-1]) if len(mapped) > len(page) else None


def _channels_of(partner: Partner) -> Iterator[str]:
    for channels in (partner.channels, *partner.routes.values()):
        yield from (channel.name for channel in channels)


def _stock_settings(channel: Channel) -> StockSettings:
    return StockSettings.model_validate(channel.settings.get("stock") or {})
