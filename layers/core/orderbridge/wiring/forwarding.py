"""The use cases behind the stream, the queues and the schedule; apart from the API's, which import none of this."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable

from orderbridge.aws import clients
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.aws.errors import AWS_FAILURES
from orderbridge.channels.channel import channel_paused
from orderbridge.channels.credentials import SecretCredentials
from orderbridge.channels.table import TableChannelOverview, TableChannels, TableMappings
from orderbridge.entrypoints.log import log_failure
from orderbridge.entrypoints.settings import EventPublisherSettings, ForwarderSettings, SweeperSettings, load
from orderbridge.forwarding.channel_gate import ChannelGate
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.publishing import PublishForwardChange, PublishOrder
from orderbridge.forwarding.queues import PlatformQueues
from orderbridge.forwarding.recently_asked import RecentlyAsked
from orderbridge.forwarding.releasing import ReleaseForwards, ReleaseInBatches, ReleaseRecovered, RouteOrders
from orderbridge.forwarding.sending import ForwardOrder
from orderbridge.forwarding.sweeping import Sweep
from orderbridge.forwarding.table import TableDueIndex, TableOrders
from orderbridge.orders.order import Order
from orderbridge.partners.table import TableCurrentPartners, TableKeyUse
from orderbridge.platforms.registry import platform_named
from orderbridge.values import sweeps
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
from orderbridge.webhooks.table import SqsDeliveryQueue, TableWebhookDirectory


def publish_order() -> tuple[Callable[[Order], None], PublishForwardChange, Callable[[ChannelRef], None]]:
    """What the publisher does with a new order, with a forward that has changed, with a channel that was paused."""
    settings = load(EventPublisherSettings)
    publish_change = _publish_change(settings, settings.partner_cache_seconds)
    publish = PublishOrder(publish_change.orders, publish_change.bus, utc_now, settings.sweep_grace_seconds)
    key_use = TableKeyUse(clients.dynamodb(), settings.table_name)

    def publish_and_note(order: Order) -> None:
        publish(order)
        try:
            key_use.note(order.client_id, order.signed_by, order.order_date)
        except AWS_FAILURES as failure:
            # The order is published. Failing here would repeat the batch, and its events, for a date.
            log_failure("key_use_not_noted", failure, code=order.code, client_id=order.client_id)

    def publish_pause(channel: ChannelRef) -> None:
        publish_change.bus.publish([channel_paused(channel)])

    return publish_and_note, publish_change, publish_pause


def _publish_change(settings: EventPublisherSettings | SweeperSettings, cache_seconds: float) -> PublishForwardChange:
    table = clients.dynamodb()
    return PublishForwardChange(
        orders=TableOrders(table, settings.table_name),
        bus=EventBridgeBus(clients.events(), settings.bus_name),
        webhooks=TableWebhookDirectory(table, settings.table_name, cache_seconds, utc_now),
        queue=SqsDeliveryQueue(clients.sqs(), settings.queue_webhooks),
        clock=utc_now,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )


def forward_order() -> ForwardOrder:
    settings = load(ForwarderSettings)
    table = clients.dynamodb()
    platform = platform_named(
        settings.platform, allow_loopback_http=settings.allow_loopback_http, workers=int(settings.workers)
    )
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
        release_in_batches=_release_in_batches(orders, queues, settings.sweep_grace_seconds),
        asked=RecentlyAsked(utc_now),
        note_failure=_note_failure,
        clock=utc_now,
        new_attempt_id=lambda: uuid.uuid4().hex,
        jitter=random.random,
        function_timeout_seconds=settings.function_timeout_seconds,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )


def _release_in_batches(orders: TableOrders, queues: PlatformQueues, grace_seconds: float) -> ReleaseInBatches:
    return ReleaseInBatches(orders, ReleaseForwards(orders, queues, utc_now, grace_seconds), queues)


def _note_failure(failure: Exception, forward: Forward) -> None:
    """Counted as a metric by the template; what it means for the order is on the forward."""
    channel = forward.channel
    log_failure("forward_failed", failure, code=forward.code, channel=channel.name, platform=channel.platform)


def release_recovered() -> ReleaseRecovered:
    settings = load(SweeperSettings)
    table = clients.dynamodb()
    orders = TableOrders(table, settings.table_name)
    release_in_batches = _release_in_batches(
        orders, PlatformQueues(clients.sqs(), settings.stack), settings.sweep_grace_seconds
    )
    return ReleaseRecovered(TableChannelOverview(table, settings.table_name, 0, utc_now), release_in_batches, utc_now)


def sweep() -> Sweep:
    settings = load(SweeperSettings)
    table = clients.dynamodb()
    orders = TableOrders(table, settings.table_name)
    queues = PlatformQueues(clients.sqs(), settings.stack)
    bus = EventBridgeBus(clients.events(), settings.bus_name)
    partners = TableCurrentPartners(table, settings.table_name)
    return Sweep(
        due_index=TableDueIndex(table, settings.table_name),
        orders=orders,
        queues=queues,
        publish=PublishOrder(orders, bus, utc_now, settings.sweep_grace_seconds),
        relay=_publish_change(settings, 0),  # they are few whose stream record was lost: no webhook is remembered
        route=RouteOrders(orders, partners, queues, utc_now, settings.sweep_grace_seconds).route_one,
        clock=utc_now,
        at_once=sweeps.AT_ONCE,
    )
