"""What Orderbridge publishes on its bus. Events carry ids only; consumers read the table (invariant 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.order_status import channel_status
from orderbridge.orders.order import Order
from orderbridge.values.events import Event
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey

ORDER_CREATED = "OrderCreated"
FORWARD_QUEUED = "ForwardQueued"

_CHANGES: dict[ForwardState, str] = {
    ForwardState.SENT: "OrderForwarded",
    ForwardState.REJECTED: "ForwardRejected",
    ForwardState.NEEDS_MAPPING: "ForwardParked",
    ForwardState.IN_DOUBT: "ForwardParked",
    ForwardState.PAUSED: "ForwardParked",
    ForwardState.CANCELLED: "ForwardCancelled",
}


@dataclass(frozen=True, slots=True)
class ForwardMessage:
    """What is in a platform's queue: which order is to be forwarded to which channel."""

    key: OrderKey
    code: str
    channel: ChannelRef

    @property
    def forward_key(self) -> ForwardKey:
        return ForwardKey(self.key, self.channel)

    def detail(self) -> dict[str, str]:
        return {
            "code": self.code,
            "client_id": self.key.client_id,
            "reference_hash": self.key.reference_hash,
            "channel": self.channel.name,
            "platform": self.channel.platform,
        }

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> ForwardMessage:
        """The message of a queue entry; KeyError or TypeError where it is not one."""
        return cls(
            key=OrderKey(str(detail["client_id"]), str(detail["reference_hash"])),
            code=str(detail["code"]),
            channel=ChannelRef(str(detail["channel"]), str(detail["platform"])),
        )


def order_created(order: Order) -> Event:
    """A partner's order was stored."""
    return Event(
        ORDER_CREATED,
        {
            "code": order.code,
            "client_id": order.client_id,
            "reference_hash": order.key.reference_hash,
            "channels": [channel.name for channel in order.channels],
        },
    )


def forward_queued(message: ForwardMessage) -> Event:
    """A forward is to be sent; the rule of its platform puts this event's detail into the platform's queue."""
    return Event(FORWARD_QUEUED, message.detail())


def message_of(forward: Forward) -> ForwardMessage:
    """The queue message that makes a forwarder look at this forward."""
    return ForwardMessage(forward.key, forward.code, forward.channel)


def forward_changed(forward: Forward) -> Event | None:
    """The event of a forward's present state; None for the states that say nothing to others."""
    detail_type = _CHANGES.get(forward.state)
    if detail_type is None:
        return None
    detail = {**message_of(forward).detail(), "state": forward.state.value, "external_id": forward.external_id}
    if forward.state is ForwardState.SENT and forward.platform_status_raw:
        return Event("OrderStatusChanged", {**detail, "status": channel_status(forward)})
    return Event(detail_type, detail)
