"""Records of the table's stream to what the publisher does with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orderbridge.aws import items
from orderbridge.channels import table as channel_table
from orderbridge.entrypoints.invocation import invocation
from orderbridge.entrypoints.log import log
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef, OrderKey


def stream_handler(
    publish_order: Callable[[Order], None],
    publish_changes: Callable[..., None],
    publish_pause: Callable[[ChannelRef], None],
) -> Callable[[Mapping[str, Any], Any], None]:
    """A stream handler that raises on any failure, so that the whole batch is repeated in its order.

    What came of one order is handled together: `publish_changes` takes all changes of its forwards. Partial responses
    are not used here: the local engine forgets the records they name, and with BisectBatchOnFunctionError raising is
    right on AWS too.
    """

    def handler(event: Mapping[str, Any], context: Any) -> None:
        with invocation("event_publisher", context):
            orders: dict[OrderKey, Order] = {}
            changes: dict[OrderKey, list[Forward]] = {}
            for record in event["Records"]:
                image = record["dynamodb"].get("NewImage")
                if image is None:
                    continue
                sort_key: str = image["SK"]["S"]
                if sort_key == "ORDER" and record["eventName"] == "INSERT":
                    order = order_table.read_order(items.from_stream(image))
                    orders[order.key] = order
                elif image["PK"]["S"].startswith("BREAKER#") and channel_table.NEWS in image:
                    channel = channel_table.channel_ref(image)
                    publish_pause(channel)
                    log("channel_paused", channel=channel.name, platform=channel.platform)
                elif sort_key.startswith("FORWARD#") and forward_items.NEWS in image:
                    forward = forward_items.read_forward(items.from_stream(image))
                    changes.setdefault(forward.key, []).append(forward)
            # An order is older than what became of its forwards.
            for order in orders.values():
                publish_order(order)
                log("order_published", code=order.code, client_id=order.client_id)
            for of_one in changes.values():
                publish_changes(*of_one)
                for forward in of_one:
                    log("forward_published", code=forward.code, channel=forward.channel.name, state=forward.state.value)

    return handler
