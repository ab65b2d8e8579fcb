"""The use cases behind webhooks: sending a message, and finding those that were left behind."""

from __future__ import annotations

import random
from collections.abc import Mapping

from orderbridge.aws import clients
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.entrypoints.settings import SweeperSettings, WebhookSenderSettings, load
from orderbridge.http.public_post import PublicPost
from orderbridge.values import sweeps
from orderbridge.values.times import utc_now
from orderbridge.webhooks.ports import DeliveryQueue
from orderbridge.webhooks.sending import SPARE_SECONDS, SendDelivery, SweepDeliveries
from orderbridge.webhooks.table import SecretWebhookSecrets, SqsDeliveryQueue, TableDeliveries, TableDueDeliveries
from orderbridge.webhooks.webhook import CALL_SECONDS, Lane

SECONDS_PER_DELIVERY = CALL_SECONDS["slow"] + SPARE_SECONDS
"""The longest one message may take."""


def send_delivery() -> SendDelivery:
    settings = load(WebhookSenderSettings)
    secrets = SecretWebhookSecrets(clients.secrets_manager(), settings.stack, settings.partner_cache_seconds, utc_now)
    return SendDelivery(
        deliveries=TableDeliveries(clients.dynamodb(), settings.table_name),
        secrets=secrets,
        post=PublicPost(allow_loopback_http=settings.allow_loopback_http),
        queues=_queues(settings),
        publish=EventBridgeBus(clients.events(), settings.bus_name).publish,
        clock=utc_now,
        jitter=random.random,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )


def sweep_deliveries() -> SweepDeliveries:
    settings = load(SweeperSettings)
    table = clients.dynamodb()
    return SweepDeliveries(
        due=TableDueDeliveries(table, settings.table_name),
        deliveries=TableDeliveries(table, settings.table_name),
        queues=_queues(settings),
        clock=utc_now,
        at_once=sweeps.AT_ONCE,
    )


def _queues(settings: WebhookSenderSettings | SweeperSettings) -> Mapping[Lane, DeliveryQueue]:
    return {
        "quick": SqsDeliveryQueue(clients.sqs(), settings.queue_webhooks),
        "slow": SqsDeliveryQueue(clients.sqs(), settings.queue_webhooks_slow, "slow"),
    }
