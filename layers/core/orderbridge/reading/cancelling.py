"""A partner's request to cancel one of its orders: who asks, for which order, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from orderbridge.forwarding.cancelling import CancelOrder
from orderbridge.forwarding.forward.cancelling import ChannelCancellation
from orderbridge.forwarding.forward.states import UNROUTED
from orderbridge.orders.order import Order, OrderStatus, Reason
from orderbridge.partners.callers import ApiRequest, Callers
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

    def body(self) -> dict[str, Any]:
        return {
            "message": "Cancellation recorded",
            "data": {
                "code": self.order.code,
                "status": self.status,
                "channels": [
                    {"channel": each.channel, "cancel": each.cancel, "detail": each.detail}
                    for each in self.channels
                    if each.channel != UNROUTED.name
                ],
            },
        }


@dataclass(frozen=True, slots=True)
class CancelSalesOrder:
    """Cancels a partner's own order as far as that is possible; asking again answers how it stands."""

    callers: Callers
    find: FindOrder
    cancel: CancelOrder
    orders: OrderReads

    def __call__(self, request: ApiRequest) -> CancelledOrder:
        call = self.callers.signer(request)
        body = parse_document(CancelBody, request.body) if request.body else CancelBody()
        order = self.find(call.partner.client_id, request.path_parameters["code"]).order
        channels = self.cancel(order, body.reason or None)
        after = self.orders.view(order.key)
        if after is None:
            raise order_not_found()
        return CancelledOrder(order, after.status(), channels)
