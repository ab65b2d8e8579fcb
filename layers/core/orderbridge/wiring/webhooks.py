"""The use case behind the queue of webhooks."""

from __future__ import annotations

import random

from orderbridge.aws import clients
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.entrypoints.settings import WebhookSenderSettings, load
from orderbridge.http.public_post import PublicPost
from orderbridge.values.times import utc_now
from orderbridge.webhooks.sending import SPARE_SECONDS, SendDelivery
from orderbridge.webhooks.table import SecretWebhookSecrets, TableDeliveries, queues_of_lanes
from orderbridge.webhooks.webhook import CALL_SECONDS

SECONDS_PER_DELIVERY = CALL_SECONDS["slow"] + SPARE_SECONDS
"""The longest one message may take."""


def send_delivery() -> SendDelivery:
    settings = load(WebhookSenderSettings)
    secrets = SecretWebhookSecrets(clients.secrets_manager(), settings.stack, settings.partner_cache_seconds, utc_now)
    return SendDelivery(
        deliveries=TableDeliveries(clients.dynamodb(), settings.table_name),
        secrets=secrets,
        post=PublicPost(allow_loopback_http=settings.allow_loopback_http),
        queues=queues_of_lanes(clients.sqs(), settings.queue_webhooks, settings.queue_webhooks_slow),
        publish=EventBridgeBus(clients.events(), settings.bus_name, settings.optional_events).publish,
        clock=utc_now,
        jitter=random.random,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )
