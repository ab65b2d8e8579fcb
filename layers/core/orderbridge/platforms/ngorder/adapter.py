"""Sends to Ngorder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from orderbridge.calls.asking import AskFailed, outcome_of_failure
from orderbridge.calls.paging import ListFailed
from orderbridge.calls.turns import Turns
from orderbridge.channels.channel import Channel
from orderbridge.channels.lookups import Finding, Found, FoundMappings, LookFailed
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Rejected
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed, NothingSent
from orderbridge.http.transport import Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.adapter import MappingAdapter, attempt_deadline, probe_deadline, secrets_of
from orderbridge.platforms.ngorder import DEFINITION, Credentials, Settings, mapper
from orderbridge.platforms.ngorder.client import NgorderClient


class NgorderAdapter(MappingAdapter[Settings, Credentials]):
    """`ports.Platform` for Ngorder. What only some orders need, looking and cancelling, is imported for them."""

    can_look = DEFINITION.can_look
    can_cancel = DEFINITION.can_cancel

    def __init__(self, transport: Transport, turns: Turns) -> None:
        super().__init__(DEFINITION, mapper, transport, turns)

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        try:
            with self.client(channel, credentials) as client:
                reply = client.send(request)
        except AskFailed as failed:
            return failed.outcome
        except CallFailed as failure:
            return outcome_of_failure(failure)
        unwanted = [*secrets_of(client.credentials), *mapper.personal_texts(request)]
        return mapper.read_reply(reply, refuses_with_503=client.settings.refuses_with_503, unwanted=unwanted)

    def look_for(
        self,
        order: Order,
        channel: Channel,
        credentials: Mapping[str, Any],
        request: FrozenRequest | None = None,  # noqa: ARG002 - the note carries the mark, and people write around it
    ) -> Finding:
        """Whether Ngorder holds the order, by its mark on the lists of orders and cancelled orders."""
        return self._find(order, channel, credentials, attempt_deadline())

    def cancel_order(
        self, order: Order, external_id: str | None, channel: Channel, credentials: Mapping[str, Any]
    ) -> Outcome:
        """Cancel an Order, by Ngorder's own id; an order that it will not cancel may be cancelled already."""
        from orderbridge.platforms.ngorder.endpoints import CancelOrder
        from orderbridge.platforms.ngorder.lookup import OrderLists

        deadline = attempt_deadline()
        if external_id is None:
            finding = self._find(order, channel, credentials, deadline)
            if not isinstance(finding, Found):
                return NotSent(f"cancelling needs Ngorder's id of the order: {finding}")
            external_id = finding.external_id
        if not external_id.isdecimal():
            return Rejected(f"{external_id!r} is no id of an order at Ngorder")
        try:
            with self.client(channel, credentials, deadline) as client:
                try:
                    client.ask(CancelOrder(id=int(external_id)))
                except AskFailed as failed:
                    lists = OrderLists(client, order.date_in(client.settings.timezone))
                    if not isinstance(failed.outcome, Rejected) or not lists.has_cancelled(external_id):
                        return failed.outcome
                return Accepted(external_id)
        except CallFailed as failure:
            return outcome_of_failure(failure)
        except ListFailed as failed:
            return NotSent(f"whether the order is cancelled already: {failed.reason}")

    def find_mappings(
        self,
        wanted: Collection[MappingKey],
        known: Mappings,
        channel: Channel,
        credentials: Mapping[str, Any],
    ) -> FoundMappings:
        """What the platform itself tells of missing mappings; never raises for what it does."""
        from orderbridge.platforms.ngorder.sources import find_mappings

        try:
            with self.client(channel, credentials) as client:
                return find_mappings(client, wanted, known)
        except NothingSent as failure:
            return FoundMappings({}, (str(failure),))

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        """Read one product variant with its stock."""
        from orderbridge.platforms.ngorder.endpoints import GetVariations

        try:
            with self.client(channel, credentials, probe_deadline()) as client:
                client.ask(GetVariations(per_page=1))
        except (CallFailed, AskFailed) as failed:
            return str(failed)
        return None

    @contextmanager
    def client(
        self, channel: Channel, credentials: Mapping[str, Any], deadline: Deadline | None = None
    ) -> Iterator[NgorderClient]:
        """The channel's account on one connection, by default with the time of one attempt; raises `NothingSent`."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        with self._transport.conversation(settings.base_url) as conversation:
            yield NgorderClient(conversation, settings, account, deadline or attempt_deadline())

    def _find(self, order: Order, channel: Channel, credentials: Mapping[str, Any], deadline: Deadline) -> Finding:
        from orderbridge.platforms.ngorder.lookup import OrderLists

        try:
            with self.client(channel, credentials, deadline) as client:
                return OrderLists(client, order.date_in(client.settings.timezone)).find(order.code)
        except NothingSent as failure:
            return LookFailed(str(failure))
