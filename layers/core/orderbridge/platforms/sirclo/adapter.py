"""Sends to SIRCLO: signs the bytes that go out, and reads an order back that it says it has already."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from orderbridge.calls.asking import AskFailed, outcome_of_failure
from orderbridge.calls.paging import ListFailed
from orderbridge.calls.turns import Turns
from orderbridge.channels.channel import Channel
from orderbridge.channels.lookups import Finding, Foreign, Found, FoundMappings, LookFailed
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Rejected, Unknown
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed, NothingSent
from orderbridge.http.transport import Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.adapter import MappingAdapter, attempt_deadline, probe_deadline, secrets_of
from orderbridge.platforms.sirclo import DEFINITION, Credentials, Settings, mapper
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.identity import SentOrder
from orderbridge.values.times import from_iso, utc_now


class SircloAdapter(MappingAdapter[Settings, Credentials]):
    """`ports.Platform` for SIRCLO. What only some orders need, looking and cancelling, is imported for them."""

    can_look = DEFINITION.can_look
    can_cancel = DEFINITION.can_cancel

    def __init__(self, transport: Transport, turns: Turns) -> None:
        super().__init__(DEFINITION, mapper, transport, turns)

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        deadline, sent = attempt_deadline(), SentOrder.in_request(request)
        try:
            with self.client(channel, credentials, deadline) as client:
                outcome = mapper.read_reply(
                    client.send(request),
                    sent.order_id,
                    sent.otherwise,
                    refuses_with_503=client.settings.refuses_with_503,
                    unwanted=[*secrets_of(client.credentials), *mapper.personal_texts(request)],
                )
        except AskFailed as failed:
            return failed.outcome
        except CallFailed as failure:
            return outcome_of_failure(failure)
        if not isinstance(outcome, mapper.AlreadyThere):
            return outcome
        match self._find(sent, channel, credentials, deadline):
            case Found(external_id):
                return Accepted(external_id)
            case Foreign(external_id, difference):
                reason = f"SIRCLO has another order ({external_id}) under this order_id: {difference}"
                return Unknown(reason, says_held=True)
        reason = f"SIRCLO says that it has this order, and its id could not be read back: {outcome.words}"
        return Unknown(reason, says_held=True)

    def look_for(
        self, order: Order, channel: Channel, credentials: Mapping[str, Any], request: FrozenRequest | None = None
    ) -> Finding:
        """Whether SIRCLO holds the order, by Get Order over its order_date."""
        sent = SentOrder(order.code, from_iso(order.created_at)) if request is None else SentOrder.in_request(request)
        return self._find(sent, channel, credentials, attempt_deadline())

    def cancel_order(
        self, order: Order, external_id: str | None, channel: Channel, credentials: Mapping[str, Any]
    ) -> Outcome:
        """Cancel by Update Order, which wants SIRCLO's own id; an id that was never learnt is looked up first."""
        from orderbridge.platforms.sirclo.updates import Move, read_update, update_request

        deadline = attempt_deadline()
        if external_id is None:
            finding = self._find(SentOrder(order.code, from_iso(order.created_at)), channel, credentials, deadline)
            if not isinstance(finding, Found):
                return NotSent(f"cancelling needs SIRCLO's id of the order: {finding}")
            external_id = finding.external_id
        if not external_id.isdecimal():
            return Rejected(f"{external_id!r} is no id of an order at SIRCLO")
        reason = order.cancel_reason or "cancelled by the partner"
        move = Move("cancelled", int(external_id), order.code, {"cancel_reason": reason})
        try:
            with self.client(channel, credentials, deadline) as client:
                reply = client.reply_to(update_request([move], client.settings.revision, utc_now()))
                unwanted = [*secrets_of(client.credentials), order.cancel_reason or ""]
                return read_update(reply, [move], unwanted)[move.id]
        except AskFailed as failed:
            return failed.outcome
        except CallFailed as failure:
            return outcome_of_failure(failure)

    def find_mappings(
        self,
        wanted: Collection[MappingKey],
        known: Mappings,  # noqa: ARG002 - what is known says nothing more about the rest
        channel: Channel,
        credentials: Mapping[str, Any],
    ) -> FoundMappings:
        """What the platform itself tells of missing mappings; never raises for what it does."""
        from orderbridge.platforms.sirclo.sources import find_mappings

        try:
            with self.client(channel, credentials) as client:
                return find_mappings(client, wanted)
        except NothingSent as failure:
            return FoundMappings({}, (str(failure),))

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        """Read one page of orders, which tries the signature, and one row of stock.

        Where the stock is depends on the account (traps C9): a channel without a part in keeping stock is well
        without it.
        """
        from orderbridge.platforms.sirclo.lookup import OrderList
        from orderbridge.platforms.sirclo.stock import StockList

        try:
            with self.client(channel, credentials, probe_deadline()) as client:
                OrderList(client, utc_now()).first_page()
                stock, reply = StockList(client), StockList(client).reply(limit=1, offset=0)
                part = client.settings.stock
                if reply.status not in (404, 405) or part.source or part.push:
                    stock.page_of(reply, offset=0, limit=1)
        except (CallFailed, AskFailed, ListFailed) as failed:
            return str(failed)
        return None

    @contextmanager
    def client(
        self, channel: Channel, credentials: Mapping[str, Any], deadline: Deadline | None = None
    ) -> Iterator[SircloClient]:
        """The channel's account on one connection, by default with the time of one attempt; raises `NothingSent`."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        with self._transport.conversation(settings.base_url) as conversation:
            yield SircloClient(conversation, settings, account, deadline or attempt_deadline())

    def _find(self, sent: SentOrder, channel: Channel, credentials: Mapping[str, Any], deadline: Deadline) -> Finding:
        from orderbridge.platforms.sirclo.lookup import OrderList

        try:
            with self.client(channel, credentials, deadline) as client:
                return OrderList(client, sent.order_date).find(sent)
        except NothingSent as failure:
            return LookFailed(str(failure))
