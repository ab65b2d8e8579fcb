"""The use case behind what partners take back."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.clients import ANSWERING
from orderbridge.entrypoints.settings import OrderCancelSettings, load
from orderbridge.forwarding.cancelling import CancelOrder
from orderbridge.forwarding.queues import PlatformQueues
from orderbridge.forwarding.table import TableOrders
from orderbridge.reading.cancelling import CancelSalesOrder
from orderbridge.reading.orders import FindOrder
from orderbridge.reading.table import TableOrderReads
from orderbridge.values.times import utc_now
from orderbridge.wiring.intake import callers


def cancel_sales_order() -> CancelSalesOrder:
    settings = load(OrderCancelSettings)
    table = clients.dynamodb(ANSWERING)
    reads = TableOrderReads(table, settings.table_name)
    return CancelSalesOrder(
        callers=callers(settings),
        find=FindOrder(reads, utc_now),
        cancel=CancelOrder(
            orders=TableOrders(table, settings.table_name),
            queues=PlatformQueues(clients.sqs(ANSWERING), settings.stack),
            can_cancel=_can_cancel,
            clock=utc_now,
            sweep_grace_seconds=settings.sweep_grace_seconds,
        ),
        orders=reads,
    )


def _can_cancel(platform: str) -> bool:
    # Imported for the first order that is taken back, not for every cold start.
    from orderbridge.platforms.registry import can_cancel

    return can_cancel(platform)
