"""The use cases behind what partners read, apart from the intake's, which imports none of this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orderbridge.aws import clients
from orderbridge.aws.clients import ANSWERING
from orderbridge.channels.channel import Channel
from orderbridge.channels.table import TableChannelOverview
from orderbridge.entrypoints.settings import OrderReadSettings, load
from orderbridge.partners.callers import Callers
from orderbridge.reading.orders import FindOrder, ListOrders
from orderbridge.reading.stock import ListStock
from orderbridge.reading.table import TableOrderReads
from orderbridge.stock.lists import UnusableMapping
from orderbridge.stock.table import TableStockReads
from orderbridge.values.times import utc_now
from orderbridge.wiring.intake import callers


@dataclass(frozen=True, slots=True)
class Reading:
    """What a partner may read, and who is reading."""

    callers: Callers
    find_order: FindOrder
    list_orders: ListOrders
    list_stock: ListStock


def reading() -> Reading:
    settings = load(OrderReadSettings)
    table = clients.dynamodb(ANSWERING)
    orders = TableOrderReads(table, settings.table_name)
    channels = TableChannelOverview(table, settings.table_name, settings.partner_cache_seconds, utc_now)
    return Reading(
        callers=callers(settings),
        find_order=FindOrder(orders, utc_now),
        list_orders=ListOrders(orders, utc_now, settings.business_time_zone),
        list_stock=ListStock(channels, TableStockReads(table, settings.table_name), warehouse_of),
    )


def warehouse_of(channel: Channel, site: Any | None) -> int | None:
    """Where a site's orders go out from (`ListStock.warehouse_of`)."""
    # Imported for the first site that is asked for, not for every cold start.
    from orderbridge.platforms.registry import definition_of
    from orderbridge.platforms.values import InvalidValue

    try:
        return definition_of(channel.platform).warehouse_of_site(site, channel.settings)
    except InvalidValue as invalid:
        raise UnusableMapping(str(invalid)) from None
