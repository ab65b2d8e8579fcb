"""The use case behind the health report; it knows no partner, so it starts without tokens and signatures."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.channel_overview import TableChannelOverview
from orderbridge.aws.clients import ANSWERING
from orderbridge.domain.times import utc_now
from orderbridge.runtime.settings import ApiInfoSettings, load
from orderbridge.usecases.health import ReportHealth

HEALTH_CACHE_SECONDS = 10


def report_health() -> ReportHealth:
    settings = load(ApiInfoSettings)
    return ReportHealth(
        TableChannelOverview(clients.dynamodb(ANSWERING), settings.table_name, HEALTH_CACHE_SECONDS, utc_now)
    )
