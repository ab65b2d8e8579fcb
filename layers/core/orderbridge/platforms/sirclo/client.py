"""Asks SIRCLO's endpoints (`endpoints`), signed or keyed as each wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from orderbridge.calls.asking import AskFailed, json_in, read_as, require_success, send
from orderbridge.calls.endpoints import Request, wire
from orderbridge.calls.reading import document_in, list_failure
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Conversation, Reply
from orderbridge.platforms.adapter import secrets_of
from orderbridge.platforms.sirclo import Credentials, Settings
from orderbridge.platforms.sirclo.signing import keyed_headers, signed_headers

AnswerT = TypeVar("AnswerT")
SIGNED = "signed"
KEYED = "keyed"
"""How an endpoint lets a call in: by partner id and MAC, or by api_key and api_secret."""


@dataclass(frozen=True, slots=True)
class SircloClient:
    """One account, on one connection; `deadline` is for all its calls together."""

    conversation: Conversation
    settings: Settings
    credentials: Credentials
    deadline: Deadline

    def ask(self, request: Request[AnswerT]) -> AnswerT:
        """What the endpoint answers, in the request's own type; raises `AskFailed`."""
        reply = self.reply_to(request)
        require_success(reply, secrets_of(self.credentials))
        document = json_in(reply)
        data = document.get("data", document) if isinstance(document, Mapping) else document
        return cast("AnswerT", read_as(request.answer_type(), data))

    def reply_to(self, request: Request[Any]) -> Reply:
        """The answer, whatever its status; raises `AskFailed` where there is none."""
        return self.send(request.frozen({"stock_path": self.settings.stock_path}), request.endpoint.access)

    def send(self, request: FrozenRequest, access: str = SIGNED) -> Reply:
        """As `reply_to`, of bytes that are made; what is signed is what goes out."""
        if access == KEYED:
            headers = keyed_headers(self.credentials)
        else:
            uri = self.conversation.path_prefix + request.path
            headers = signed_headers(self.settings.revision, self.credentials, uri, request.body)
        return send(self.conversation, wire(request, headers), self.deadline.sooner(float(self.settings.timeout_s)))

    def document(self, request: Request[Any]) -> Any:
        """The JSON of a read; raises `ListFailed`."""
        try:
            reply = self.reply_to(request)
        except AskFailed as failed:
            raise list_failure(failed) from None
        return document_in(reply, secrets_of(self.credentials))
