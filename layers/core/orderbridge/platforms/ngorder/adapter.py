"""Sends to Ngorder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from orderbridge.domain.channels import Channel
from orderbridge.domain.lookups import Finding, Found, LookFailed
from orderbridge.domain.mapping import MappingKey, Mappings
from orderbridge.domain.orders import Order
from orderbridge.domain.outcomes import Accepted, NotSent, Outcome, Rejected
from orderbridge.platforms.adapter import attempt_deadline, outcome_of_failure, secrets_of
from orderbridge.platforms.documents import compact_json
from orderbridge.platforms.ngorder import DEFINITION, Settings, mapper
from orderbridge.platforms.ngorder.lookup import OrderLists, headers
from orderbridge.platforms.ngorder.replies import rows_in
from orderbridge.platforms.paging import ListFailed
from orderbridge.platforms.reading import document_in, reply_to
from orderbridge.platforms.transport import Call, CallFailed, NothingSent, Transport
from orderbridge.ports import FrozenRequest

CANCEL_PATH = "/api/open/order/cancel"
VARIATIONS_PATH = "/api/open/product/variation"


class NgorderAdapter:
    """`ports.Platform` for Ngorder."""

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
        call = Call(
            request.method, request.path, {"Content-Type": "application/json", **headers(account)}, request.body
        )
        deadline = attempt_deadline().sooner(float(settings.timeout_s))
        try:
            reply = self._transport.call(settings.base_url, call, deadline)
        except CallFailed as failure:
            return outcome_of_failure(failure)
        unwanted = [*secrets_of(account), *mapper.personal_texts(request)]
        return mapper.read_reply(reply, refuses_with_503=settings.refuses_with_503, unwanted=unwanted)

    def look_for(self, order: Order, channel: Channel, credentials: Mapping[str, Any]) -> Finding:
        """Whether Ngorder holds the order, by its mark on the lists of orders and cancelled orders."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        order_date = date.fromisoformat(order.order_date)
        try:
            with self._transport.conversation(settings.base_url) as conversation:
                return OrderLists(conversation, settings, account, order_date, attempt_deadline()).find(order.code)
        except NothingSent as failure:
            return LookFailed(str(failure))

    def cancel_order(
        self, order: Order, external_id: str | None, channel: Channel, credentials: Mapping[str, Any]
    ) -> Outcome:
        """Cancel an Order, by Ngorder's own id; an order that it will not cancel may be cancelled already."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        deadline = attempt_deadline()
        if external_id is None:
            finding = self.look_for(order, channel, credentials)
            if not isinstance(finding, Found):
                return NotSent(f"cancelling needs Ngorder's id of the order: {finding}")
            external_id = finding.external_id
        if not external_id.isdecimal():
            return Rejected(f"{external_id!r} is no id of an order at Ngorder")
        body = compact_json({"id": int(external_id)})
        call = Call("POST", CANCEL_PATH, {"Content-Type": "application/json", **headers(account)}, body)
        try:
            with self._transport.conversation(settings.base_url) as conversation:
                reply = conversation.call(call, deadline.sooner(float(settings.timeout_s)))
                outcome = mapper.read_cancel(reply, external_id, secrets_of(account))
                if not isinstance(outcome, Rejected):
                    return outcome
                order_date = date.fromisoformat(order.order_date)
                lists = OrderLists(conversation, settings, account, order_date, deadline)
                return Accepted(external_id) if lists.has_cancelled(external_id) else outcome
        except CallFailed as failure:
            return outcome_of_failure(failure)
        except ListFailed as failed:
            return NotSent(f"whether the order is cancelled already: {failed.reason}")

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        """Read one product variant with its stock."""
        settings, account = self.settings(channel), DEFINITION.read_credentials(credentials)
        call = Call("GET", f"{VARIATIONS_PATH}?per_page=1", headers(account))
        try:
            with self._transport.conversation(settings.base_url) as conversation:
                deadline = attempt_deadline().sooner(float(settings.timeout_s))
                rows_in(document_in(reply_to(conversation, call, deadline), secrets_of(account)))
        except (CallFailed, ListFailed) as failed:
            return str(failed)
        return None
