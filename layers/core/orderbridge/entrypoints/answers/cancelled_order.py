"""The answer to a cancel."""

from __future__ import annotations

from pydantic import Field

from orderbridge.entrypoints.answers.answer import CODE, STATUS, Answer
from orderbridge.forwarding.forward.cancelling import CancelAnswer
from orderbridge.orders.order import OrderStatus
from orderbridge.reading.cancelling import CancelledOrder


class ChannelCancelled(Answer):
    """What cancelling came to at one channel."""

    channel: str
    cancel: CancelAnswer = Field(
        description="`cancelled`: nothing goes or remains there. `requested`: the platform is asked, or is asked as "
        "soon "
        "as it is known whether it has the order. `not_possible`: it stays there."
    )
    detail: str = Field(description="The same in words.")


class CancelledSalesOrder(Answer):
    """An order after it was to be cancelled."""

    code: str = CODE
    status: OrderStatus = STATUS
    channels: list[ChannelCancelled]


class CancellationRecorded(Answer):
    """What cancelling came to."""

    message: str
    data: CancelledSalesOrder

    @classmethod
    def of(cls, cancelled: CancelledOrder) -> CancellationRecorded:
        data = CancelledSalesOrder.model_construct(
            code=cancelled.order.code,
            status=cancelled.status,
            channels=[
                ChannelCancelled.model_construct(channel=each.channel, cancel=each.cancel, detail=each.detail)
                for each in cancelled.channels
            ],
        )
        return cls.model_construct(message="Cancellation recorded", data=data)
