"""What Orderbridge publishes on its bus. Events carry ids only; consumers read the table (invariant 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orderbridge.domain.forwards import Forward, ForwardState
from orderbridge.domain.orders import ChannelRef, Order, OrderKey
from orderbridge.domain.statuses import channel_status

if TYPE_CHECKING:
    from orderbridge.domain.webhooks import Webhook

SOURCE = "orderbridge"
ORDER_CREATED = "OrderCreated"
FORWARD_QUEUED = "ForwardQueued"
LONGEST_MESSAGE_DELAY_SECONDS = 900
"""How long a queue can hold a message back; what is due later is left to the sweeper."""

_CHANGES: dict[ForwardState, str] = {
    ForwardState.SENT: "OrderForwarded",
    ForwardState.REJECTED: "ForwardRejected",
    ForwardState.NEEDS_MAPPING: "ForwardParked",
    ForwardState.IN_DOUBT: "ForwardParked",
    ForwardState.PAUSED: "ForwardParked",
    ForwardState.CANCELLED: "ForwardCancelled",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry for the bus: past tense, ids only."""

    detail_type: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ForwardMessage:
    """What stands in a platform's queue: which order is to be forwarded to which channel."""

    key: OrderKey
    code: str
    channel: ChannelRef

    def detail(self) -> dict[str, str]:
        return {
            "code": self.code,
            "client_id": self.key.client_id,
            "reference": self.key.reference,
            "channel": self.channel.name,
            "platform": self.channel.platform,
        }

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> ForwardMessage:
        """The message of a queue entry; KeyError or TypeError where it is not one."""
        return cls(
            key=OrderKey(str(detail["client_id"]), str(detail["reference"])),
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
            "reference": order.key.reference,
            "channels": [channel.name for channel in order.channels],
        },
    )


def forward_queued(forward: Forward) -> Event:
    """A forward is to be sent; the rule of its platform puts this event's detail into the platform's queue."""
    return Event(FORWARD_QUEUED, message_of(forward).detail())


def message_of(forward: Forward) -> ForwardMessage:
    """The queue message that makes a forwarder look at this forward."""
    return ForwardMessage(forward.key, forward.code, forward.channel)


def channel_paused(channel: ChannelRef) -> Event:
    """A channel stopped taking orders: the platform refuses its credentials, or an operator has said so."""
    return Event("ChannelPaused", {"channel": channel.name, "platform": channel.platform})


def webhook_disabled(webhook: Webhook) -> Event:
    """A partner's system wants no more messages at one of its addresses."""
    return Event("WebhookDisabled", {"client_id": webhook.client_id, "webhook": webhook.webhook_id})


def forward_changed(forward: Forward) -> Event | None:
    """The event of a forward's present state; None for the states that say nothing to others."""
    detail_type = _CHANGES.get(forward.state)
    if detail_type is None:
        return None
    detail = {**message_of(forward).detail(), "state": forward.state.value, "external_id": forward.external_id}
    if forward.state is ForwardState.SENT and forward.platform_status_raw:
        return Event("OrderStatusChanged", {**detail, "status": channel_status(forward)})
    return Event(detail_type, detail)
