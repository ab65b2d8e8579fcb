"""Sends to SIRCLO, and reads an order back that it says it has already."""

from __future__ import annotations

from orderbridge.calls.turns import Turns
from orderbridge.channels.lookups import Finding, Foreign, Found
from orderbridge.channels.outcomes import Accepted, Outcome, Unknown
from orderbridge.forwarding.ports import FrozenRequest, Sought
from orderbridge.http.transport import Reply, Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.adapter import PlatformAdapter
from orderbridge.platforms.sirclo import DEFINITION, Credentials, Settings, mapper
from orderbridge.platforms.sirclo.client import SircloClient, client_maker
from orderbridge.platforms.sirclo.identity import SentOrder
from orderbridge.values.times import from_iso, utc_now


class SircloAdapter(PlatformAdapter[Settings, Credentials, SircloClient]):
    """`forwarding.ports.Platform` for SIRCLO, in either revision."""

    def __init__(self, transport: Transport, turns: Turns) -> None:
        super().__init__(DEFINITION, mapper, client_maker(transport), transport, turns)

    def read_created(self, client: SircloClient, request: FrozenRequest, reply: Reply) -> Outcome:
        sent = SentOrder.in_request(request)
        outcome = mapper.read_reply(
            reply,
            sent.order_id,
            sent.otherwise,
            refuses_with_503=client.settings.refuses_with_503,
            unwanted=[*client.unwanted(), *mapper.personal_texts(request)],
        )
        if not isinstance(outcome, mapper.AlreadyThere):
            return outcome
        match _find(client, sent):
            case Found(external_id):
                return Accepted(external_id)
            case Foreign(external_id, difference):
                reason = f"SIRCLO has another order ({external_id}) under this order_id: {difference}"
                return Unknown(reason, says_held=True)
        reason = f"SIRCLO says that it has this order, and its id could not be read back: {outcome.words}"
        return Unknown(reason, says_held=True)

    def find(self, client: SircloClient, sought: Sought) -> Finding:
        """By Get Order over the window of its order_date."""
        order, request = sought.order, sought.request
        sent = SentOrder(order.code, from_iso(order.created_at)) if request is None else SentOrder.in_request(request)
        return _find(client, sent)

    def cancel(self, client: SircloClient, order: Order, number: int) -> Outcome:
        """By Update Order."""
        from orderbridge.platforms.sirclo.updates import Move, read_update, update_request

        reason = order.cancel_reason or "cancelled by the partner"
        move = Move("cancelled", number, order.code, {"cancel_reason": reason})
        reply = client.reply_to(update_request([move], client.settings.revision, utc_now()))
        return read_update(reply, [move], [*client.unwanted(), order.cancel_reason or ""])[move.id]

    def try_out(self, client: SircloClient) -> None:
        """Read one page of orders, which tries the signature, and one row of stock.

        Where the stock is depends on the account (traps C9): a channel without a part in keeping stock is well
        without it.
        """
        from orderbridge.platforms.sirclo.lookup import OrderList
        from orderbridge.platforms.sirclo.stock import StockList

        OrderList(client, utc_now()).first_page()
        stock = StockList(client)
        reply, part = stock.reply(limit=1, offset=0), client.settings.stock
        if reply.status not in (404, 405) or part.source or part.push:
            stock.page_of(reply, offset=0, limit=1)


def _find(client: SircloClient, sent: SentOrder) -> Finding:
    from orderbridge.platforms.sirclo.lookup import OrderList

    return OrderList(client, sent.order_date).find(sent)
