"""Sends to SalesMania."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from orderbridge.calls.asking import outcome_of_failure
from orderbridge.calls.paging import ListFailed
from orderbridge.calls.reading import document_in
from orderbridge.calls.turns import Turns
from orderbridge.channels.channel import Channel
from orderbridge.channels.lookups import CannotLook, Finding, FoundMappings
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.outcomes import Outcome, Rejected
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed
from orderbridge.http.transport import Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.adapter import MappingAdapter, attempt_deadline, probe_deadline
from orderbridge.platforms.salesmania import DEFINITION, Credentials, Settings, mapper
from orderbridge.platforms.salesmania.account import Account
from orderbridge.platforms.salesmania.session import LoginFailed, Sessions

NO_LIST = "SalesMania has no call that lists or searches orders"
NO_CANCEL = "SalesMania has no call that cancels an order; it is cancelled by hand in its own application"


class SalesmaniaAdapter(MappingAdapter[Settings, Credentials]):
    """`ports.Platform` for SalesMania."""

    can_look = DEFINITION.can_look
    can_cancel = DEFINITION.can_cancel

    def __init__(self, transport: Transport, turns: Turns) -> None:
        super().__init__(DEFINITION, mapper, transport, turns)
        self._sessions = Sessions()

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        account = self.account(channel, credentials)
        try:
            reply = account.send(request)
        except LoginFailed as failed:
            return failed.outcome
        except CallFailed as failure:
            return outcome_of_failure(failure)
        unwanted = [*account.unwanted(), *mapper.personal_texts(request)]
        return mapper.read_reply(reply, refuses_with_503=account.settings.refuses_with_503, unwanted=unwanted)

    def look_for(
        self,
        order: Order,  # noqa: ARG002
        channel: Channel,  # noqa: ARG002
        credentials: Mapping[str, Any],  # noqa: ARG002
        request: FrozenRequest | None = None,  # noqa: ARG002
    ) -> Finding:
        """SalesMania lists no orders, so nothing can be looked for (traps B18)."""
        return CannotLook(NO_LIST)

    def cancel_order(
        self,
        order: Order,  # noqa: ARG002
        external_id: str | None,  # noqa: ARG002
        channel: Channel,  # noqa: ARG002
        credentials: Mapping[str, Any],  # noqa: ARG002
    ) -> Outcome:
        """Update order takes `ext_order_status_name` and nothing else, so nothing can be cancelled (traps B19)."""
        return Rejected(NO_CANCEL)

    def find_mappings(
        self,
        wanted: Collection[MappingKey],
        known: Mappings,  # noqa: ARG002 - what is known says nothing more about the rest
        channel: Channel,
        credentials: Mapping[str, Any],
    ) -> FoundMappings:
        """What the platform itself tells of missing mappings; never raises for what it does."""
        from orderbridge.platforms.salesmania.sources import find_mappings

        return find_mappings(self.account(channel, credentials), wanted)

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        """Log in and read one page of products with their stock.

        The path of that list is inferred: an account that has none there is well all the same, once it lets us in.
        """
        from orderbridge.platforms.salesmania.endpoints import GetProducts

        account = self.account(channel, credentials, probe_deadline())
        try:
            reply = account.reply_to(GetProducts(page=1, per_page=1))
            if reply.status not in (404, 405):
                document_in(reply, account.unwanted())
        except (LoginFailed, CallFailed, ListFailed) as failed:
            return str(failed)
        return None

    def account(self, channel: Channel, credentials: Mapping[str, Any], deadline: Deadline | None = None) -> Account:
        """The channel's account, by default with the time of one attempt from now."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        return Account(self._transport, self._sessions, settings, account, deadline or attempt_deadline())
