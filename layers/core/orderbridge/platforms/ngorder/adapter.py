"""Sends to Ngorder."""

from __future__ import annotations

from orderbridge.calls.asking import AskFailed
from orderbridge.calls.turns import Turns
from orderbridge.channels.lookups import Finding
from orderbridge.channels.outcomes import Accepted, Outcome, Rejected
from orderbridge.forwarding.ports import FrozenRequest, Sought
from orderbridge.http.transport import Reply, Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.adapter import PlatformAdapter
from orderbridge.platforms.ngorder import DEFINITION, Credentials, Settings, mapper
from orderbridge.platforms.ngorder.client import NgorderClient, client_maker


class NgorderAdapter(PlatformAdapter[Settings, Credentials, NgorderClient]):
    """`forwarding.ports.Platform` for Ngorder."""

    def __init__(self, transport: Transport, turns: Turns) -> None:
        super().__init__(DEFINITION, mapper, client_maker(transport), transport, turns)

    def read_created(self, client: NgorderClient, request: FrozenRequest, reply: Reply) -> Outcome:
        unwanted = [*client.unwanted(), *mapper.personal_texts(request)]
        return mapper.read_reply(reply, refuses_with_503=client.settings.refuses_with_503, unwanted=unwanted)

    def find(self, client: NgorderClient, sought: Sought) -> Finding:
        """By our mark in the note, on the lists of orders and of cancelled orders.

        The request is not compared: people write around the mark.
        """
        from orderbridge.platforms.ngorder.lookup import OrderLists

        order = sought.order
        return OrderLists(client, order.date_in(client.settings.timezone)).find(order.code)

    def cancel(self, client: NgorderClient, order: Order, number: int) -> Outcome:
        """Cancel an Order; one that Ngorder will not cancel may be cancelled already."""
        from orderbridge.platforms.ngorder.endpoints import CancelOrder
        from orderbridge.platforms.ngorder.lookup import OrderLists

        try:
            client.ask(CancelOrder(id=number))
        except AskFailed as failed:
            lists = OrderLists(client, order.date_in(client.settings.timezone))
            if not isinstance(failed.outcome, Rejected) or not lists.has_cancelled(str(number)):
                return failed.outcome
        return Accepted(str(number))

    def try_out(self, client: NgorderClient) -> None:
        from orderbridge.platforms.ngorder.endpoints import GetVariations

        client.ask(GetVariations(per_page=1))
