"""Calls to one SalesMania account, logged in where needed, and once more where a token has run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orderbridge.calls.endpoints import Request, wire
from orderbridge.calls.paging import ListFailed, Page
from orderbridge.calls.reading import document_in, list_failure
from orderbridge.channels.outcomes import Refused
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed
from orderbridge.http.transport import Reply, Transport
from orderbridge.platforms.adapter import secrets_of
from orderbridge.platforms.salesmania import Credentials, Settings
from orderbridge.platforms.salesmania.session import LoginFailed, Session, Sessions


@dataclass(frozen=True, slots=True)
class Account:
    """One account on one database. `deadline` is for all its calls together."""

    transport: Transport
    sessions: Sessions
    settings: Settings
    credentials: Credentials
    deadline: Deadline

    def send(self, request: FrozenRequest) -> Reply:
        """The answer to one call, whatever its status; raises `LoginFailed` or `CallFailed`.

        After a 401 or 403 it logs in anew and calls once more: those two process nothing (traps B11).
        """
        with self.transport.conversation(self.settings.base_url) as login:
            session = self.sessions.session(login, self.settings, self.credentials, self.deadline)
            reply = self._send(session, request)
            if reply.status not in (401, 403):
                return reply
            self.sessions.forget(self.settings, self.credentials, session)
            renewed = self.sessions.session(login, self.settings, self.credentials, self.deadline)
        return self._send(renewed, request)

    def reply_to(self, request: Request[Any]) -> Reply:
        """As `send`, of any call."""
        return self.send(request.frozen(self.settings.paths.by_name()))

    def document(self, request: Request[Any]) -> Any:
        """The JSON of a read; raises `ListFailed`."""
        try:
            reply = self.reply_to(request)
        except LoginFailed as failed:
            outcome = failed.outcome
            if isinstance(outcome, Refused):
                raise ListFailed(outcome.reason, outcome.retry_after, credentials=outcome.credentials) from None
            raise ListFailed(outcome.reason) from None
        except CallFailed as failure:
            raise list_failure(failure) from None
        return document_in(reply, self.unwanted())

    def unwanted(self) -> list[str]:
        """Every secret of this account, so that an echo of one is not kept."""
        session = self.sessions.kept(self.settings, self.credentials)
        return [*secrets_of(self.credentials), *((session.bearer, session.team_token) if session else ())]

    def _send(self, session: Session, request: FrozenRequest) -> Reply:
        call = wire(replace(request, path=session.target(request.path)), session.headers())
        return self.transport.call(self.settings.base_url, call, self.deadline.sooner(float(self.settings.timeout_s)))


def list_in(document: Any) -> Any:
    """What should be a list: the document itself, its ``data``, or the one list in it (docs/interfaces.md#settings)."""
    if not isinstance(document, Mapping):
        return document
    if "data" in document:
        return document["data"]
    lists = [value for value in document.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def list_page(account: Account, request: Request[Any], number: int, size: int) -> Page:
    """A page, from 0, of a list; raises `ListFailed`.

    Pages are not documented: one that is not full ends the list, and so does one larger than asked for, which is the
    whole list of an account that knows no pages. Null is the end of a list of which there was a page before.
    """
    document = account.document(request.model_copy(update={"page": number + 1, "per_page": size}))
    rows = list_in(document)
    if isinstance(rows, Mapping):
        rows = list_in(rows)
    if number and (document is None or (isinstance(document, Mapping) and document.get("data", ()) is None)):
        rows = []
    if not isinstance(rows, list):
        raise ListFailed("the answer is no list of objects")
    objects = [row for row in rows if isinstance(row, Mapping)]
    return Page(objects, len(rows) == size, None, len(rows) - len(objects))
