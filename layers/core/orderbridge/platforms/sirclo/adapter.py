"""Sends to SIRCLO: signs the bytes that go out, and reads an order back that it says it has already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from orderbridge.domain.channels import Channel
from orderbridge.domain.lookups import Finding, Found, LookFailed
from orderbridge.domain.mapping import MappingKey, Mappings
from orderbridge.domain.orders import Order
from orderbridge.domain.outcomes import Accepted, NotSent, Outcome, Rejected, Unknown
from orderbridge.domain.times import from_iso, utc_now
from orderbridge.platforms.adapter import attempt_deadline, outcome_of_failure, secrets_of
from orderbridge.platforms.paging import ListFailed
from orderbridge.platforms.sirclo import DEFINITION, Credentials, Settings, mapper
from orderbridge.platforms.sirclo.lookup import OrderList
from orderbridge.platforms.sirclo.signing import signed_headers
from orderbridge.platforms.sirclo.stock import StockList
from orderbridge.platforms.sirclo.updates import Move, read_update, update_call
from orderbridge.platforms.transport import Call, CallFailed, Deadline, NothingSent, Transport
from orderbridge.ports import FrozenRequest


class SircloAdapter:
    """`ports.Platform` for SIRCLO."""

    name = DEFINITION.name
    can_look = True
    can_cancel = True

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def settings(self, channel: Channel) -> Settings:
        return DEFINITION.read_settings(channel.settings)

    def mapping_keys(self, order: Order, channel: Channel) -> Collection[MappingKey]:  # noqa: ARG002
        return mapper.mapping_keys(order)

    def to_request(self, order: Order, channel: Channel, mappings: Mappings) -> FrozenRequest:
        return mapper.to_request(order, self.settings(channel), mappings)

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        deadline = attempt_deadline()
        try:
            outcome = self._send(request, settings, account, deadline)
        except CallFailed as failure:
            return outcome_of_failure(failure)
        if not isinstance(outcome, mapper.AlreadyThere):
            return outcome
        sent = mapper.order_in(request)
        finding = self._find(str(sent["order_id"]), str(sent["order_date"]), settings, account, deadline)
        if isinstance(finding, Found):
            return Accepted(finding.external_id)
        return Unknown(f"SIRCLO says that it has this order, and its id could not be read back: {outcome.words}")

    def look_for(self, order: Order, channel: Channel, credentials: Mapping[str, Any]) -> Finding:
        """Whether SIRCLO holds the order, by Get Order over its order_date."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        return self._find(order.code, order.created_at, settings, account, attempt_deadline())

    def cancel_order(
        self, order: Order, external_id: str | None, channel: Channel, credentials: Mapping[str, Any]
    ) -> Outcome:
        """Cancel by Update Order, which wants SIRCLO's own id; an id that was never learnt is looked up first."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        deadline = attempt_deadline()
        if external_id is None:
            finding = self._find(order.code, order.created_at, settings, account, deadline)
            if not isinstance(finding, Found):
                return NotSent(f"cancelling needs SIRCLO's id of the order: {finding}")
            external_id = finding.external_id
        if not external_id.isdecimal():
            return Rejected(f"{external_id!r} is no id of an order at SIRCLO")
        move = Move("cancelled", int(external_id), order.code, {"cancel_reason": "cancelled by the partner"})
        try:
            with self._transport.conversation(settings.base_url) as conversation:
                call = update_call([move], settings, account, conversation.path_prefix, utc_now())
                reply = conversation.call(call, deadline.sooner(float(settings.timeout_s)))
        except CallFailed as failure:
            return outcome_of_failure(failure)
        return read_update(reply, [move], secrets_of(account))[move.id]

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        """Read one order, which tries the signature, and one page of stock.

        Where the stock is depends on the account (TRAPS C9): a channel without a part in keeping stock is well
        without it.
        """
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        deadline = attempt_deadline()
        try:
            with self._transport.conversation(settings.base_url) as conversation:
                OrderList(conversation, settings, account, utc_now(), deadline).first_page()
                stock = StockList(conversation, settings, account, deadline)
                reply = stock.reply(limit=1, offset=0)
                if reply.status not in (404, 405) or settings.stock.source or settings.stock.push:
                    stock.page_of(reply, offset=0)
        except (CallFailed, ListFailed) as failed:
            return str(failed)
        return None

    def _send(
        self, request: FrozenRequest, settings: Settings, account: Credentials, deadline: Deadline
    ) -> Outcome | mapper.AlreadyThere:
        with self._transport.conversation(settings.base_url) as conversation:
            uri = conversation.path_prefix + request.path
            headers = {
                "Content-Type": "application/json",
                **signed_headers(settings.revision, account, uri, request.body),
            }
            call = Call(request.method, request.path, headers, request.body)
            reply = conversation.call(call, deadline.sooner(float(settings.timeout_s)))
        return mapper.read_reply(
            reply,
            str(mapper.order_in(request)["order_id"]),
            refuses_with_503=settings.refuses_with_503,
            unwanted=[*secrets_of(account), *mapper.personal_texts(request)],
        )

    def _find(
        self, order_id: str, order_date: str, settings: Settings, account: Credentials, deadline: Deadline
    ) -> Finding:
        try:
            with self._transport.conversation(settings.base_url) as conversation:
                return OrderList(conversation, settings, account, from_iso(order_date), deadline).find(order_id)
        except NothingSent as failure:
            return LookFailed(str(failure))
