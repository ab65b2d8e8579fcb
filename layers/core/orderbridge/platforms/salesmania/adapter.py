"""Sends to SalesMania."""

from __future__ import annotations

from orderbridge.calls.turns import Turns
from orderbridge.channels.outcomes import Outcome
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Reply, Transport
from orderbridge.platforms.adapter import PlatformAdapter
from orderbridge.platforms.salesmania import DEFINITION, Credentials, Settings, mapper
from orderbridge.platforms.salesmania.client import SalesmaniaClient, client_maker


class SalesmaniaAdapter(PlatformAdapter[Settings, Credentials, SalesmaniaClient]):
    """`forwarding.ports.Platform` for SalesMania, which can neither be looked at nor asked to cancel."""

    def __init__(self, transport: Transport, turns: Turns) -> None:
        super().__init__(DEFINITION, mapper, client_maker(transport), transport, turns)

    def read_created(self, client: SalesmaniaClient, request: FrozenRequest, reply: Reply) -> Outcome:
        unwanted = [*client.unwanted(), *mapper.personal_texts(request)]
        return mapper.read_reply(reply, refuses_with_503=client.settings.refuses_with_503, unwanted=unwanted)

    def try_out(self, client: SalesmaniaClient) -> None:
        """Log in and read one page of products with their stock.

        The path of that list is inferred: an account that has none there is well all the same, once it lets us in.
        """
        from orderbridge.platforms.salesmania.endpoints import GetProducts

        reply = client.reply_to(GetProducts(page=1, per_page=1))
        if reply.status not in (404, 405):
            client.document_in(reply)
