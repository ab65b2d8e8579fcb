"""The use case behind a platform's queue; the one function, beside the syncs, that carries a platform."""

from __future__ import annotations

import random
import uuid

from orderbridge.aws import clients
from orderbridge.calls.turns import Turns
from orderbridge.channels.credentials import SecretCredentials
from orderbridge.channels.table import TableChannels, TableMappings, TableTurnBook
from orderbridge.entrypoints.log import log_failure
from orderbridge.entrypoints.settings import ForwarderSettings, load
from orderbridge.forwarding.channel_gate import ChannelGate
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.queues import PlatformQueues
from orderbridge.forwarding.recently_asked import RecentlyAsked
from orderbridge.forwarding.releasing import ReleaseForwards, ReleaseInBatches
from orderbridge.forwarding.sending import ForwardOrder
from orderbridge.forwarding.table import TableOrders
from orderbridge.platforms.registry import platform_named
from orderbridge.values.times import utc_now


def forward_order() -> ForwardOrder:
    settings = load(ForwarderSettings)
    table = clients.dynamodb()
    turns = Turns(TableTurnBook(table, settings.table_name), int(settings.workers))
    platform = platform_named(settings.platform, allow_loopback_http=settings.allow_loopback_http, turns=turns)
    queues = PlatformQueues(clients.sqs(), settings.stack, {settings.platform: settings.queue_url})
    orders = TableOrders(table, settings.table_name)
    return ForwardOrder(
        orders=orders,
        channels=ChannelGate(
            directory=TableChannels(table, settings.table_name),
            platform=platform,
            credentials=SecretCredentials(
                clients.secrets_manager(), settings.stack, settings.partner_cache_seconds, utc_now
            ),
            clock=utc_now,
        ),
        mappings=TableMappings(table, settings.table_name),
        platform=platform,
        queues=queues,
        release_in_batches=ReleaseInBatches(
            orders, ReleaseForwards(orders, queues, utc_now, settings.sweep_grace_seconds), queues
        ),
        asked=RecentlyAsked(utc_now),
        note_failure=_note_failure,
        clock=utc_now,
        new_attempt_id=lambda: uuid.uuid4().hex,
        jitter=random.random,
        function_timeout_seconds=settings.function_timeout_seconds,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )


def _note_failure(failure: Exception, forward: Forward) -> None:
    """Counted as a metric by the template; what it means for the order is on the forward."""
    channel = forward.channel
    log_failure("forward_failed", failure, code=forward.code, channel=channel.name, platform=channel.platform)
