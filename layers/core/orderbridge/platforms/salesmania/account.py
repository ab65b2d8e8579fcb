"""Calls to one SalesMania account, logged in where needed, and once more where a token has run out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge.domain.outcomes import Refused
from orderbridge.platforms.adapter import secrets_of
from orderbridge.platforms.paging import ListFailed
from orderbridge.platforms.reading import document_in
from orderbridge.platforms.salesmania import Credentials, Settings
from orderbridge.platforms.salesmania.session import LoginFailed, Session, Sessions
from orderbridge.platforms.transport import Call, CallFailed, Deadline, Reply, Transport


@dataclass(frozen=True, slots=True)
class Account:
    """One account on one database. `deadline` is for all its calls together."""

    transport: Transport
    sessions: Sessions
    settings: Settings
    credentials: Credentials
    deadline: Deadline

    def call(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: bytes = b"") -> Reply:
        """The answer to one call, whatever its status; raises `LoginFailed` or `CallFailed`.

        After a 401 or 403 it logs in anew and calls once more: those two process nothing (TRAPS B11).
        """
        return self._renewing(lambda session: self._send(session, method, path, query, body))

    def read(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a read; raises `ListFailed`."""
        try:
            reply = self.call("GET", path, query)
        except LoginFailed as failed:
            outcome = failed.outcome
            if isinstance(outcome, Refused):
                raise ListFailed(outcome.reason, outcome.retry_after, credentials=outcome.credentials) from None
            raise ListFailed(outcome.reason) from None
        except CallFailed as failure:
            raise ListFailed(str(failure)) from None
        return document_in(reply, self.unwanted())

    def unwanted(self) -> list[str]:
        """Every secret of this account, so that an echo of one is not kept."""
        session = self.sessions.kept(self.settings, self.credentials)
        return [*secrets_of(self.credentials), *((session.bearer, session.team_token) if session else ())]

    def _renewing(self, send: Callable[[Session], Reply]) -> Reply:
        with self.transport.conversation(self.settings.base_url) as login:
            session = self.sessions.session(login, self.settings, self.credentials, self.deadline)
            reply = send(session)
            if reply.status not in (401, 403):
                return reply
            self.sessions.forget(self.settings, self.credentials, session)
            renewed = self.sessions.session(login, self.settings, self.credentials, self.deadline)
        return send(renewed)

    def _send(self, session: Session, method: str, path: str, query: Mapping[str, Any] | None, body: bytes) -> Reply:
        headers = {**({"Content-Type": "application/json"} if body else {}), **session.headers()}
        call = Call(method, session.target(path, query), headers, body)
        return self.transport.call(self.settings.base_url, call, self.deadline.sooner(float(self.settings.timeout_s)))
