"""The answers about orders that a partner reads."""

from __future__ import annotations

from pydantic import Field

from orderbridge.entrypoints.answers.answer import CODE, NEXT_CURSOR, REFERENCE, STATUS, TIME, Answer
from orderbridge.forwarding.forward.states import Forward, PaymentStatus, ShipmentProblem
from orderbridge.forwarding.order_status import channel_status
from orderbridge.orders.order import MAX_LINES, MAX_QUANTITY, Order, OrderStatus
from orderbridge.reading.orders import OrderPage
from orderbridge.reading.views import EVENTS, OrderView


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

    @classmethod
    def of(cls, forward: Forward) -> OrderAtChannel:
        at_channel = cls.model_construct(
            channel=forward.channel.name,
            status=channel_status(forward),
            external_id=forward.external_id,
            awb_number=forward.awb_number,
        )
        if forward.shipment_problem is not None:
            at_channel.shipment_problem = forward.shipment_problem
        if forward.payment_status is not None:
            at_channel.payment_status = forward.payment_status
        return at_channel


class OrderEvent(Answer):
    """What happened to an order, and when."""

    at: str = TIME
    event: str = Field(description=f"{', '.join(f'`{event}`' for event in EVENTS)}; there may be more later.")


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

    @classmethod
    def of(cls, view: OrderView) -> SalesOrderFound:
        content = view.order.content
        details = SalesOrderDetails.model_construct(
            code=view.order.code,
            status=view.status(),
            created_at=view.order.created_at,
            purchase_order_no=content.purchase_order_no,
            customer_code=content.customer_code,
            site_code=content.site_code,
            sales_name=content.sales_name,
            address=content.address,
            products=[
                OrderedProduct.model_construct(product_code=line.product_code, quantity=line.quantity)
                for line in content.products
            ],
            channels=[OrderAtChannel.of(forward) for forward in view.forwards],
            timeline=[OrderEvent.model_construct(at=at, event=event) for at, event in view.told_to_partner()],
        )
        return cls.model_construct(message="Sales order found", data=details)


class ListedSalesOrder(Answer):
    """An order in a list."""

    code: str = CODE
    status: OrderStatus = STATUS
    created_at: str = TIME
    purchase_order_no: str | None = REFERENCE

    @classmethod
    def of(cls, order: Order) -> ListedSalesOrder:
        return cls.model_construct(
            code=order.code,
            status=order.status,
            created_at=order.created_at,
            purchase_order_no=order.content.purchase_order_no,
        )


class SalesOrdersFound(Answer):
    """A page of orders, newest first."""

    message: str
    data: list[ListedSalesOrder]
    next_cursor: str | None = NEXT_CURSOR

    @classmethod
    def of(cls, page: OrderPage) -> SalesOrdersFound:
        return cls.model_construct(
            message="Sales orders found",
            data=[ListedSalesOrder.of(order) for order in page.orders],
            next_cursor=page.next_cursor.encode() if page.next_cursor else None,
        )
