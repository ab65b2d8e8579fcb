"""Asks SIRCLO's endpoints (`endpoints`), signed or keyed as each wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from orderbridge.calls.asking import json_in, read_as, require_success
from orderbridge.calls.client import PlatformClient
from orderbridge.calls.endpoints import Request
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Transport
from orderbridge.platforms.sirclo import Credentials, Settings
from orderbridge.platforms.sirclo.signing import keyed_headers, signed_headers

AnswerT = TypeVar("AnswerT")
SIGNED = "signed"
KEYED = "keyed"
"""How an endpoint lets a call in: by partner id and MAC, or by api_key and api_secret."""


class SircloClient(PlatformClient[Settings, Credentials]):
    """One account; what is signed is what goes out."""

    __slots__ = ()

    def headers(self, request: FrozenRequest, access: str) -> Mapping[str, str]:
        if access == KEYED:
            return keyed_headers(self.credentials)
        uri = self.conversation.path_prefix + request.path
        return signed_headers(self.settings.revision, self.credentials, uri, request.body)

    def paths(self) -> Mapping[str, str]:
        return {"stock_path": self.settings.stock_path}

    def ask(self, request: Request[AnswerT]) -> AnswerT:
        """What the endpoint answers, in the request's own type; raises `AskFailed`."""
        reply = self.reply_to(request)
        require_success(reply, self.unwanted())
        document = json_in(reply)
        data = document.get("data", document) if isinstance(document, Mapping) else document
        return cast("AnswerT", read_as(request.answer_type(), data))


def client_maker(transport: Transport) -> type[SircloClient]:  # noqa: ARG001 - its conversation is all that it needs
    """What makes a client of an account."""
    return SircloClient
