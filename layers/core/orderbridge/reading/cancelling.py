"""A partner's request to cancel one of its orders: who asks, for which order, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from orderbridge.forwarding.cancelling import CancelOrder
from orderbridge.forwarding.forward.cancelling import ChannelCancellation
from orderbridge.orders.order import Order, OrderStatus, Reason
from orderbridge.partners.call import Call
from orderbridge.partners.callers import Callers
from orderbridge.reading.orders import FindOrder, order_not_found
from orderbridge.reading.ports import OrderReads
from orderbridge.values.documents import parse_document


class CancelBody(BaseModel):
    """The body of a cancel, which may say why; a blank reason is none."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class CancelledOrder:
    """What cancelling came to, channel by channel, and the order's own status after it."""

    order: Order
    status: OrderStatus
    channels: Sequence[ChannelCancellation]


@dataclass(frozen=True, slots=True)
class CancelSalesOrder:
    """Cancels a partner's own order as far as that is possible; asking again answers how far it has come."""

    callers: Callers
    find: FindOrder
    cancel: CancelOrder
    orders: OrderReads

    def __call__(self, call: Call, code: str) -> CancelledOrder:
        signed = self.callers.signer(call)
        body = parse_document(CancelBody, call.body) if call.body else CancelBody()
        order = self.find(signed.partner.client_id, code).order
        channels = self.cancel(order, body.reason or None)
        after = self.orders.view(order.key)
        if after is None:
            raise order_not_found()
        return CancelledOrder(order, after.status(), channels)
