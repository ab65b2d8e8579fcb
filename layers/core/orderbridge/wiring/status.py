"""The use case behind the status sync; a platform is imported when one of its channels is asked."""

from __future__ import annotations

import functools
import uuid

from orderbridge.aws import clients
from orderbridge.channels.credentials import SecretCredentials
from orderbridge.channels.table import TableChannelOverview, TableChannels
from orderbridge.entrypoints.settings import StatusSyncSettings, load
from orderbridge.forwarding.table import TableOrders
from orderbridge.platforms.status_reads import status_platform
from orderbridge.status.ports import StatusPlatform
from orderbridge.status.rounds import SyncStatusRound
from orderbridge.status.sync import SyncStatuses
from orderbridge.status.table import TableOpenForwards, TableStatusRuns
from orderbridge.values.times import utc_now


def sync_status_round() -> SyncStatusRound:
    settings = load(StatusSyncSettings)
    table = clients.dynamodb()
    # Read again at every invocation: what an operator has set a moment ago counts.
    credentials = SecretCredentials(clients.secrets_manager(), settings.stack, 0, utc_now)

    @functools.cache
    def platform(name: str) -> StatusPlatform:
        return status_platform(name, credentials.credentials, allow_loopback_http=settings.allow_loopback_http)

    return SyncStatusRound(
        sync=SyncStatuses(
            open_forwards=TableOpenForwards(table, settings.table_name),
            orders=TableOrders(table, settings.table_name),
            channels=TableChannels(table, settings.table_name),
            runs=TableStatusRuns(table, settings.table_name),
            clock=utc_now,
            new_run_id=lambda: uuid.uuid4().hex,
        ),
        overview=TableChannelOverview(table, settings.table_name, 0, utc_now),
        platform=platform,
    )
