"""Records of the table's stream to what the publisher does with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orderbridge.aws import items
from orderbridge.channels import table as channel_table
from orderbridge.entrypoints.invocation import invocations
from orderbridge.entrypoints.log import log
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.publishing import PublishForwardChange
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef, OrderKey


@dataclass(slots=True)
class _Batch:
    """What a batch of records says, with what came of one order together."""

    orders: dict[OrderKey, Order] = field(default_factory=dict)
    cancelled: dict[OrderKey, Order] = field(default_factory=dict)
    """Those that were while no channel took them."""
    changes: dict[OrderKey, list[Forward]] = field(default_factory=dict)
    paused: list[ChannelRef] = field(default_factory=list)

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> _Batch:
        batch = cls()
        for record in records:
            image = record["dynamodb"].get("NewImage")
            if image is not None:
                batch._take(image, is_new=record["eventName"] == "INSERT")
        return batch

    def _take(self, image: Mapping[str, Any], *, is_new: bool) -> None:
        sort_key, has_news = image["SK"]["S"], order_table.NEWS in image
        if sort_key == "ORDER" and (is_new or has_news):
            order = order_table.read_order(items.from_stream(image))
            (self.orders if is_new else self.cancelled)[order.key] = order
        elif sort_key == forward_items.FORWARD_SK and has_news:
            forward = forward_items.read_forward(items.from_stream(image))
            self.changes.setdefault(forward.key, []).append(forward)
        elif image["PK"]["S"].startswith("BREAKER#") and channel_table.NEWS in image:
            self.paused.append(channel_table.channel_ref(image))


def stream_handler(
    publish_order: Callable[[Order], None],
    publish_change: PublishForwardChange,
    publish_pause: Callable[[ChannelRef], None],
) -> Callable[[Mapping[str, Any], Any], None]:
    """A stream handler that raises on any failure, so that the whole batch is repeated in its order.

    What came of one order is handled together: `publish_change` takes all changes of its forwards. Partial responses
    are not used here: the local engine forgets the records they name, and with BisectBatchOnFunctionError raising is
    right on AWS too.
    """

    invocation = invocations("event_publisher")

    def handler(event: Mapping[str, Any], context: Any) -> None:
        with invocation(context):
            batch = _Batch.of(event["Records"])
            for channel in batch.paused:
                publish_pause(channel)
                log("channel_paused", channel=channel.name, platform=channel.platform)
            # An order is older than what became of it and of its forwards.
            for order in batch.orders.values():
                publish_order(order)
                log("order_published", code=order.code, client_id=order.client_id)
            for order in batch.cancelled.values():
                publish_change.of_order(order)
                log("order_published", code=order.code, client_id=order.client_id)
            for changes in batch.changes.values():
                publish_change(*changes)
                for forward in changes:
                    log("forward_published", code=forward.code, channel=forward.channel.name, state=forward.state.value)

    return handler
