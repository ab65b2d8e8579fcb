"""The bodies of the API's answers, as models; tests hold every answer against them. Requests have theirs already."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from orderbridge.forwarding.forward.cancelling import CancelAnswer
from orderbridge.forwarding.forward.states import PaymentStatus, ShipmentProblem
from orderbridge.orders.order import MAX_LINES, MAX_QUANTITY, OrderStatus
from orderbridge.reading.health import Wellbeing
from orderbridge.reading.views import PARTNER_EVENTS

TIME = Field(
    description="ISO 8601, UTC, with milliseconds.",
    json_schema_extra={"format": "date-time", "examples": ["2025-01-01T00:00:00.000Z"]},
)
CODE = Field(description="The order's code; it never changes.", pattern=r"^SO-\d{8}-\d{5,}$")
STATUS = Field(description="With several channels the least advanced of those that are still alive.")
REFERENCE = Field(description="Your own number of the order, where you have given one.")
EVENTS = ", ".join(f"`{event}`" for event in ("OrderAccepted", *dict.fromkeys(PARTNER_EVENTS.values())))
NEXT_CURSOR = Field(
    description="Send it as `cursor` for the next page; null on the last one. A page may be short and still have a "
    "next."
)


class Answer(BaseModel):
    """What every answer has in common: nothing that is not described."""

    model_config = ConfigDict(extra="forbid")


class Token(Answer):
    """An access token."""

    token: str = Field(description="Send it as `Authorization: Bearer <token>`.")
    expired_at: int = Field(description="When the token expires, in unix seconds: twelve hours after it was issued.")


class CreatedSalesOrder(Answer):
    """What is known of an order the moment it is accepted."""

    code: str = CODE
    status: Literal["DRAFT"] = Field(description="Accepted, and nothing sent to a platform yet.")
    created_at: str = TIME


class SalesOrderCreated(Answer):
    """An accepted order. The same order again has the very same answer."""

    message: str
    data: CreatedSalesOrder


class OrderedProduct(Answer):
    """One line of an order."""

    product_code: str = Field(description="Your code of the product.")
    quantity: int = Field(ge=1, le=MAX_QUANTITY, description="Whole pieces.")


class OrderAtChannel(Answer):
    """How far the order has come at one channel."""

    channel: str = Field(description="The account on a commerce platform that the order goes to.")
    status: OrderStatus
    external_id: str | None = Field(description="The platform's own id of the order, once it is known.")
    awb_number: str | None = Field(description="The air waybill, once the goods are shipped.")
    shipment_problem: ShipmentProblem | None = Field(
        default=None,
        description="What went wrong on the way; there as long as the platform says so. The status stays as it was.",
    )
    payment_status: PaymentStatus | None = Field(
        default=None,
        description="What the platform tells of the payment, once that is more than open. It moves no order.",
    )


class OrderEvent(Answer):
    """What happened to an order, and when."""

    at: str = TIME
    event: str = Field(description=f"{EVENTS}; there may be more later.")


class SalesOrderDetails(Answer):
    """An order with all that happened to it."""

    code: str = CODE
    status: OrderStatus = STATUS
    created_at: str = TIME
    purchase_order_no: str | None = REFERENCE
    customer_code: str
    site_code: str
    sales_name: str
    address: str
    products: list[OrderedProduct] = Field(min_length=1, max_length=MAX_LINES)
    channels: list[OrderAtChannel] = Field(description="Empty until the order is on its way.")
    timeline: list[OrderEvent] = Field(description="Oldest first.")


class SalesOrderFound(Answer):
    """One order."""

    message: str
    data: SalesOrderDetails


class ListedSalesOrder(Answer):
    """An order in a list."""

    code: str = CODE
    status: OrderStatus = STATUS
    created_at: str = TIME
    purchase_order_no: str | None = REFERENCE


class SalesOrdersFound(Answer):
    """A page of orders, newest first."""

    message: str
    data: list[ListedSalesOrder]
    next_cursor: str | None = NEXT_CURSOR


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


class Stock(Answer):
    """What is in stock of one product."""

    product_code: str = Field(description="Your code of the product.")
    available: int = Field(description="Pieces at the source of record.")
    as_of: str = TIME


class StockFound(Answer):
    """A page of stock levels, by product code."""

    message: str
    data: list[Stock]
    next_cursor: str | None = NEXT_CURSOR


class ChannelHealth(Answer):
    """How one channel is."""

    channel: str
    state: Wellbeing = Field(
        description="`active`; `paused`: orders for it wait for a person; `degraded`: its platform fails, orders "
        "wait for it."
    )


class HealthReport(Answer):
    """How the channels are. Orders are accepted in either case, and wait for their channel."""

    status: Literal["ok", "degraded"]
    channels: list[ChannelHealth]


class InvalidField(Answer):
    """What is wrong with one field."""

    pointer: str = Field(description="JSON Pointer (RFC 6901) into the body, or to the query's parameter.")
    message: str


class Problem(Answer):
    """Why a request was not accepted (RFC 9457)."""

    type: str = Field(
        description="The code as a URI, e.g. `urn:orderbridge:error:not_found`.", json_schema_extra={"format": "uri"}
    )
    title: str = Field(description="The status in words.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    detail: str = Field(description="What is wrong, in words for a developer. It may change.")
    code: str = Field(description="What is wrong, for a program. It never changes its meaning.")
    message: str = Field(description="The same words as `detail`.")
    request_id: str = Field(description="Quote it when you ask us.")
    errors: list[InvalidField] = Field(default=[], description="Every field that is wrong, at once.")
