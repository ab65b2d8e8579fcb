"""One account at a platform and how it is asked; each platform says how its calls are let in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, SecretStr

from orderbridge.calls.asking import AskFailed, outcome_of_failure, send
from orderbridge.calls.endpoints import Request, wire
from orderbridge.calls.reading import document_in, list_failure
from orderbridge.channels.channel import CommonSettings
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed
from orderbridge.http.transport import Conversation, Reply, Transport

SettingsT = TypeVar("SettingsT", bound=CommonSettings)
CredentialsT = TypeVar("CredentialsT", bound=BaseModel)


@contextmanager
def connected(transport: Transport, base_url: str) -> Iterator[Conversation]:
    """Calls one after the other to one base_url; raises `AskFailed` for one that no call can be made to."""
    try:
        conversation = transport.conversation(base_url)
    except CallFailed as failure:
        raise AskFailed(outcome_of_failure(failure)) from None
    with conversation:
        yield conversation


@dataclass(frozen=True, slots=True)
class PlatformClient(Generic[SettingsT, CredentialsT]):
    """One account, on one connection; `deadline` is for all its calls together."""

    conversation: Conversation
    settings: SettingsT
    credentials: CredentialsT
    deadline: Deadline

    def headers(self, request: FrozenRequest, access: str) -> Mapping[str, str]:
        """What lets a call in; `access` is the endpoint's."""
        raise NotImplementedError

    def paths(self) -> Mapping[str, str]:
        """The paths that the channel's settings know, by their names in endpoints."""
        return {}

    def send(self, request: FrozenRequest, access: str = "") -> Reply:
        """The answer to bytes that are made, whatever its status; raises `AskFailed` where there is none."""
        return send(self.conversation, wire(request, self.headers(request, access)), self.call_deadline())

    def reply_to(self, request: Request[Any]) -> Reply:
        """As `send`, of a call that is described."""
        return self.send(request.frozen(self.paths()), request.endpoint.access)

    def document(self, request: Request[Any]) -> Any:
        """The JSON of a read; raises `ListFailed`."""
        try:
            reply = self.reply_to(request)
        except AskFailed as failed:
            raise list_failure(failed) from None
        return self.document_in(reply)

    def document_in(self, reply: Reply) -> Any:
        """The JSON of a 2xx answer; raises `ListFailed` for another status and for what is not JSON."""
        return document_in(reply, self.unwanted())

    def unwanted(self) -> list[str]:
        """The secrets of this account, so that a platform's echo of one is not kept."""
        return [value.get_secret_value() for _, value in self.credentials if isinstance(value, SecretStr)]

    def call_deadline(self) -> Deadline:
        """The end of a call that begins now."""
        return self.deadline.sooner(float(self.settings.timeout_s))
