"""Calls to one SalesMania account, logged in where needed, and once more where a token has run out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from orderbridge.domain.outcomes import Refused
from orderbridge.platforms.adapter import outcome_of_failure, secrets_of
from orderbridge.platforms.answers import flat_words
from orderbridge.platforms.asking import AskFailed, json_in, read_as, require_success, rows_as
from orderbridge.platforms.endpoints import Done, Request, Rows, Undocumented
from orderbridge.platforms.paging import ListFailed, Page
from orderbridge.platforms.reading import document_in, list_failure
from orderbridge.platforms.salesmania import Credentials, Settings
from orderbridge.platforms.salesmania.session import LoginFailed, Session, Sessions
from orderbridge.platforms.transport import Call, CallFailed, Deadline, Reply, Transport

AnswerT = TypeVar("AnswerT")


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

        After a 401 or 403 it logs in anew and calls once more: those two process nothing (traps B11).
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
            raise list_failure(failure) from None
        return document_in(reply, self.unwanted())

    def ask(self, request: Request[AnswerT]) -> AnswerT:
        """What the endpoint answers, in the request's own type; raises `AskFailed`."""
        call = request.call(paths=self.settings.paths.by_name())
        path, _, query = call.target.partition("?")
        try:
            reply = self.call(call.method, path, dict(parse_qsl(query)), call.body)
        except LoginFailed as failed:
            raise AskFailed(failed.outcome) from None
        except CallFailed as failure:
            raise AskFailed(outcome_of_failure(failure)) from None
        require_success(reply, self.unwanted())
        return cast("AnswerT", _read(request, reply))

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


def _read(request: Request[Any], reply: Reply) -> Any:
    """The answer as the request's type: an object stands by itself or under ``data``, a list in three ways."""
    kind = request.answer_type()
    document = json_in(reply) if reply.body.strip() else {}
    if kind is Done:
        return Done(tuple(flat_words(document)) if isinstance(document, Mapping) and document.get("message") else ())
    if kind is Undocumented:
        return Undocumented(document)
    if (row := request.row_type()) is not None:
        return Rows(rows_as(row, list_in(document)))
    inner = document.get("data", document) if isinstance(document, Mapping) else document
    return read_as(kind, inner)


def list_in(document: Any) -> Any:
    """What should be a list: the document itself, its ``data``, or the one list in it (docs/interfaces.md#settings)."""
    if not isinstance(document, Mapping):
        return document
    if "data" in document:
        return document["data"]
    lists = [value for value in document.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def list_page(account: Account, path: str, number: int, size: int) -> Page:
    """A page, from 0, of a list; raises `ListFailed`.

    Pages are not documented: one that is not full ends the list, and so does one larger than asked for, which is the
    whole list of an account that knows no pages. Null is the end of a list of which there was a page before.
    """
    document = account.read(path, {"page": number + 1, "per_page": size})
    rows = list_in(document)
    if isinstance(rows, Mapping):
        rows = list_in(rows)
    if number and (document is None or (isinstance(document, Mapping) and document.get("data", ()) is None)):
        rows = []
    if not isinstance(rows, list):
        raise ListFailed("the answer is no list of objects")
    objects = [row for row in rows if isinstance(row, Mapping)]
    return Page(objects, len(rows) == size, None, len(rows) - len(objects))
