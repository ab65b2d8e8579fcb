"""The use case behind the stock sync; it carries every platform, because a level goes from one to the others."""

from __future__ import annotations

import uuid

from orderbridge.aws import clients
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.aws.channel_overview import TableChannelOverview
from orderbridge.aws.channels import SecretCredentials, TableChannels
from orderbridge.aws.stock_levels import TableStockLevels
from orderbridge.aws.stock_runs import TableStockRuns
from orderbridge.domain.times import utc_now
from orderbridge.platforms.stock import PlatformStock
from orderbridge.platforms.transport import Transport
from orderbridge.runtime.settings import StockSyncSettings, load
from orderbridge.usecases.stock_rounds import SyncRound
from orderbridge.usecases.stock_sync import SyncStock


def sync_round() -> SyncRound:
    settings = load(StockSyncSettings)
    table = clients.dynamodb()
    # Read anew at every invocation: what an operator has set a moment ago counts.
    credentials = SecretCredentials(clients.secrets_manager(), settings.stack, 0, utc_now)
    return SyncRound(
        sync=SyncStock(
            levels=TableStockLevels(table, settings.table_name),
            runs=TableStockRuns(table, settings.table_name),
            platforms=PlatformStock(Transport(allow_loopback_http=settings.allow_loopback_http), credentials),
            publish=EventBridgeBus(clients.events(), settings.bus_name).publish,
            clock=utc_now,
            new_run_id=lambda: uuid.uuid4().hex,
        ),
        overview=TableChannelOverview(table, settings.table_name, 0, utc_now),
        find_channel=TableChannels(table, settings.table_name).find_named,
    )
