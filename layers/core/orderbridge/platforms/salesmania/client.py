"""Calls to one SalesMania account, logged in where needed, and once more where a token has run out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from orderbridge.calls.asking import send
from orderbridge.calls.client import PlatformClient, connected
from orderbridge.calls.endpoints import Request, wire
from orderbridge.calls.paging import ListFailed, Page
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Conversation, Reply, Transport
from orderbridge.platforms.salesmania import Credentials, Settings
from orderbridge.platforms.salesmania.session import Session, Sessions


@dataclass(frozen=True, slots=True)
class SalesmaniaClient(PlatformClient[Settings, Credentials]):
    """One account on one database. `conversation` is for logins; each call goes over a connection of its own."""

    transport: Transport
    sessions: Sessions

    def paths(self) -> Mapping[str, str]:
        return self.settings.paths.by_name()

    def send(self, request: FrozenRequest, access: str = "") -> Reply:  # noqa: ARG002 - all calls are alike
        """The answer to one call, whatever its status; raises `AskFailed`, a `LoginFailed` where nobody let us in.

        After a 401 or 403 it logs in again and calls once more: those two process nothing (traps B11).
        """
        session = self._session()
        reply = self._send(session, request)
        if reply.status not in (401, 403):
            return reply
        self.sessions.forget(self.settings, self.credentials, session)
        return self._send(self._session(), request)

    def unwanted(self) -> list[str]:
        session = self.sessions.kept(self.settings, self.credentials)
        tokens = (session.bearer, session.team_token) if session else ()
        return [self.credentials.password.get_secret_value(), *tokens]

    def _session(self) -> Session:
        return self.sessions.session(self.conversation, self.settings, self.credentials, self.deadline)

    def _send(self, session: Session, request: FrozenRequest) -> Reply:
        call = wire(replace(request, path=session.target(request.path)), session.headers())
        with connected(self.transport, self.settings.base_url) as conversation:
            return send(conversation, call, self.call_deadline())


def client_maker(transport: Transport) -> Callable[[Conversation, Settings, Credentials, Deadline], SalesmaniaClient]:
    """What makes clients of accounts; they share their sessions."""
    return partial(SalesmaniaClient, transport=transport, sessions=Sessions())


def list_in(document: Any) -> Any:
    """What should be a list: the document itself, its ``data``, or the one list in it (docs/interfaces.md#settings)."""
    if not isinstance(document, Mapping):
        return document
    if "data" in document:
        return document["data"]
    lists = [value for value in document.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def list_page(client: SalesmaniaClient, request: Request[Any], number: int, size: int) -> Page:
    """A page, from 0, of a list; raises `ListFailed`.

    Pages are not documented: one that is not full ends the list, and so does one larger than asked for, which is the
    whole list of an account that knows no pages. Null is the end of a list of which there was a page before.
    """
    document = client.document(request.model_copy(update={"page": number + 1, "per_page": size}))
    rows = list_in(document)
    if isinstance(rows, Mapping):
        rows = list_in(rows)
    if number and (document is None or (isinstance(document, Mapping) and document.get("data", ()) is None)):
        rows = []
    if not isinstance(rows, list):
        raise ListFailed("the answer is no list of objects")
    objects = [row for row in rows if isinstance(row, Mapping)]
    return Page(objects, len(rows) == size, None, len(rows) - len(objects))
