"""The use case behind the stock sync; it carries every platform, because a level goes from one to the others."""

from __future__ import annotations

import uuid

from orderbridge.aws import clients
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.channels.credentials import SecretCredentials
from orderbridge.channels.table import TableChannelOverview, TableChannels
from orderbridge.entrypoints.settings import StockSyncSettings, load
from orderbridge.http.transport import Transport
from orderbridge.platforms.stock import PlatformStock
from orderbridge.stock.rounds import SyncRound
from orderbridge.stock.runs_table import TableStockRuns
from orderbridge.stock.sync import SyncStock
from orderbridge.stock.table import TableStockLevels
from orderbridge.values.times import utc_now


def sync_round() -> SyncRound:
    settings = load(StockSyncSettings)
    table = clients.dynamodb()
    # Read again at every invocation: what an operator has set a moment ago counts.
    credentials = SecretCredentials(clients.secrets_manager(), settings.stack, 0, utc_now)
    return SyncRound(
        sync=SyncStock(
            levels=TableStockLevels(table, settings.table_name),
            runs=TableStockRuns(table, settings.table_name),
            platforms=PlatformStock(Transport(allow_loopback_http=settings.allow_loopback_http), credentials),
            publish=EventBridgeBus(clients.events(), settings.bus_name, settings.optional_events).publish,
            clock=utc_now,
            new_run_id=lambda: uuid.uuid4().hex,
        ),
        overview=TableChannelOverview(table, settings.table_name, 0, utc_now),
        find_channel=TableChannels(table, settings.table_name).find_named,
    )
