"""The use case behind the health report; it knows no partner, so it starts without tokens and signatures."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.clients import ANSWERING
from orderbridge.channels.table import TableChannelOverview
from orderbridge.entrypoints.settings import ApiInfoSettings, load
from orderbridge.reading.health import ReportHealth
from orderbridge.values.times import utc_now

HEALTH_CACHE_SECONDS = 10


def report_health() -> ReportHealth:
    settings = load(ApiInfoSettings)
    return ReportHealth(
        TableChannelOverview(clients.dynamodb(ANSWERING), settings.table_name, HEALTH_CACHE_SECONDS, utc_now)
    )
