"""The answer to a posted order."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orderbridge.entrypoints.answers.answer import CODE, TIME, Answer
from orderbridge.orders.order import Order


class CreatedSalesOrder(Answer):
    """What is known of an order the moment it is accepted."""

    code: str = CODE
    status: Literal["DRAFT"] = Field(description="Accepted, and nothing sent to a platform yet.")
    created_at: str = TIME


class SalesOrderCreated(Answer):
    """An accepted order. The same order again has the very same answer."""

    message: str
    data: CreatedSalesOrder

    @classmethod
    def of(cls, order: Order) -> SalesOrderCreated:
        return cls.model_construct(
            message="Sales order created successfully",
            data=CreatedSalesOrder.model_construct(code=order.code, status="DRAFT", created_at=order.created_at),
        )
