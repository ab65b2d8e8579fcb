"""The use cases behind the table's stream."""

from __future__ import annotations

from collections.abc import Callable

from orderbridge.aws import clients
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.aws.errors import AWS_FAILURES
from orderbridge.channels.channel import channel_paused
from orderbridge.entrypoints.log import log_failure
from orderbridge.entrypoints.settings import EventPublisherSettings, SweeperSettings, load
from orderbridge.forwarding.publishing import PublishForwardChange, PublishOrder
from orderbridge.forwarding.table import TableOrders
from orderbridge.orders.order import Order
from orderbridge.partners.table import TableKeyUse
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
from orderbridge.webhooks.table import SqsDeliveryQueue, TableWebhookDirectory


def publish_order() -> tuple[Callable[[Order], None], PublishForwardChange, Callable[[ChannelRef], None]]:
    """What the publisher does with a new order, with a forward that has changed, with a channel that was paused."""
    settings = load(EventPublisherSettings)
    publish_changed = publish_change(settings, settings.partner_cache_seconds)
    publish = PublishOrder(publish_changed.orders, publish_changed.bus, utc_now, settings.sweep_grace_seconds)
    key_use = TableKeyUse(clients.dynamodb(), settings.table_name)

    def publish_and_note(order: Order) -> None:
        publish(order)
        try:
            key_use.note(order.client_id, order.signed_by, order.order_date)
        except AWS_FAILURES as failure:
            # The order is published. Failing here would repeat the batch, and its events, for a date.
            log_failure("key_use_not_noted", failure, code=order.code, client_id=order.client_id)

    def publish_pause(channel: ChannelRef) -> None:
        publish_changed.bus.publish([channel_paused(channel)])

    return publish_and_note, publish_changed, publish_pause


def publish_change(settings: EventPublisherSettings | SweeperSettings, cache_seconds: float) -> PublishForwardChange:
    """What is done with a change, whoever has found it; a partner's webhooks are remembered so long."""
    table = clients.dynamodb()
    return PublishForwardChange(
        orders=TableOrders(table, settings.table_name),
        bus=EventBridgeBus(clients.events(), settings.bus_name, settings.optional_events),
        webhooks=TableWebhookDirectory(table, settings.table_name, cache_seconds, utc_now),
        queue=SqsDeliveryQueue(clients.sqs(), settings.queue_webhooks),
        clock=utc_now,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )
