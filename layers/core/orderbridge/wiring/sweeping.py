"""The use cases behind the sweeper's schedule."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.channels.table import TableChannelOverview
from orderbridge.entrypoints.settings import SweeperSettings, load
from orderbridge.forwarding.publishing import PublishOrder
from orderbridge.forwarding.queues import PlatformQueues
from orderbridge.forwarding.releasing import ReleaseForwards, ReleaseInBatches, ReleaseRecovered, RouteOrders
from orderbridge.forwarding.sweeping import Sweep
from orderbridge.forwarding.table import TableDueIndex, TableOrders
from orderbridge.partners.table import TableCurrentPartners
from orderbridge.values import sweeps
from orderbridge.values.times import utc_now
from orderbridge.webhooks.sending import SweepDeliveries
from orderbridge.webhooks.table import TableDeliveries, TableDueDeliveries, queues_of_lanes
from orderbridge.wiring.publishing import publish_change


def release_recovered() -> ReleaseRecovered:
    settings = load(SweeperSettings)
    table = clients.dynamodb()
    orders = TableOrders(table, settings.table_name)
    queues = PlatformQueues(clients.sqs(), settings.stack)
    release_in_batches = ReleaseInBatches(
        orders, ReleaseForwards(orders, queues, utc_now, settings.sweep_grace_seconds), queues
    )
    return ReleaseRecovered(TableChannelOverview(table, settings.table_name, 0, utc_now), release_in_batches, utc_now)


def sweep() -> Sweep:
    settings = load(SweeperSettings)
    table = clients.dynamodb()
    orders = TableOrders(table, settings.table_name)
    queues = PlatformQueues(clients.sqs(), settings.stack)
    bus = EventBridgeBus(clients.events(), settings.bus_name, settings.optional_events)
    partners = TableCurrentPartners(table, settings.table_name)
    return Sweep(
        due_index=TableDueIndex(table, settings.table_name),
        orders=orders,
        queues=queues,
        publish=PublishOrder(orders, bus, utc_now, settings.sweep_grace_seconds),
        relay=publish_change(settings, 0),  # they are few whose stream record was lost: no webhook is remembered
        route=RouteOrders(orders, partners, queues, utc_now, settings.sweep_grace_seconds).route_one,
        clock=utc_now,
        at_once=sweeps.AT_ONCE,
    )


def sweep_deliveries() -> SweepDeliveries:
    settings = load(SweeperSettings)
    table = clients.dynamodb()
    return SweepDeliveries(
        due=TableDueDeliveries(table, settings.table_name),
        deliveries=TableDeliveries(table, settings.table_name),
        queues=queues_of_lanes(clients.sqs(), settings.queue_webhooks, settings.queue_webhooks_slow),
        clock=utc_now,
        at_once=sweeps.AT_ONCE,
    )
