"""SalesMania's way in: Basic for a bearer token, the list of databases, the team token of one of them.

Only the names of these calls and the path of the last are in the document, so answers are read under every name that
is likely (docs/interfaces.md#settings), and a token is kept until SalesMania no longer takes it.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from orderbridge.calls.answers import common_outcome, summary_of
from orderbridge.calls.asking import AskFailed
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.calls.endpoints import Request, wire
from orderbridge.calls.numbers import id_or_none
from orderbridge.channels.outcomes import NotSent, Refused
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed
from orderbridge.http.retry_after import retry_after_seconds
from orderbridge.http.transport import Conversation, Reply
from orderbridge.platforms.salesmania import Credentials, Settings
from orderbridge.platforms.salesmania.authentication import GetDatabases, GetTeamToken, GetToken

KEPT_SESSIONS = 64
_TOKEN_NAMES = ("token", "access_token", "team_token", "bearer_token")
_ID_NAMES = ("id", "db_id", "database_id")
_LONGEST_TOKEN = 8192


class LoginFailed(AskFailed):
    """No session; `outcome`, Refused or NotSent, is what that means for an order that was to be sent: nothing was."""


@dataclass(frozen=True, slots=True)
class Session:
    """Both tokens of one database."""

    bearer: str = field(repr=False)
    team_token: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        """The header of every call."""
        return {"Authorization": f"Bearer {self.bearer}"}

    def target(self, path: str) -> str:
        """A path, and the query that it may have, with the team token."""
        return f"{path}{'&' if '?' in path else '?'}team_token={quote(self.team_token, safe='')}"


class Sessions:
    """Sessions by account and database, at most `KEPT_SESSIONS`; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Session] = OrderedDict()

    def session(
        self, conversation: Conversation, settings: Settings, credentials: Credentials, deadline: Deadline
    ) -> Session:
        """The session that is kept, or a new one; raises `LoginFailed`."""
        kept = self.kept(settings, credentials)
        if kept is not None:
            return kept
        key = _key(settings, credentials)
        made = _Login(conversation, settings, credentials, deadline).session()
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_SESSIONS:
                self._kept.popitem(last=False)
        return made

    def kept(self, settings: Settings, credentials: Credentials) -> Session | None:
        """The session that is kept, if any."""
        with self._lock:
            return self._kept.get(_key(settings, credentials))

    def forget(self, settings: Settings, credentials: Credentials, session: Session) -> None:
        """Drop this session, unless somebody else has replaced it already."""
        key = _key(settings, credentials)
        with self._lock:
            if self._kept.get(key) is session:
                del self._kept[key]


def _key(settings: Settings, credentials: Credentials) -> str:
    # New credentials or another database are another session; the password itself is not kept.
    parts = (
        settings.base_url,
        str(settings.database_id),
        credentials.username,
        credentials.password.get_secret_value(),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Login:
    conversation: Conversation
    settings: Settings
    credentials: Credentials
    deadline: Deadline

    def session(self) -> Session:
        pair = f"{self.credentials.username}:{self.credentials.password.get_secret_value()}"
        basic = "Basic " + base64.b64encode(pair.encode()).decode()
        bearer = self._token(self._get(GetToken(), basic), "the bearer token")
        self._check_database(self._get(GetDatabases(), f"Bearer {bearer}"))
        chosen = GetTeamToken(database_id=self.settings.database_id, db_id=self.settings.database_id)
        team_token = self._get(chosen, f"Bearer {bearer}")
        return Session(bearer, self._token(team_token, "the team token"))

    def _get(self, request: Request[Any], authorization: str) -> Any:
        call = wire(request.frozen(self.settings.paths.by_name()), {"Authorization": authorization})
        try:
            reply = self.conversation.call(call, self.deadline.sooner(float(self.settings.timeout_s)))
        except CallFailed as failure:
            raise LoginFailed(NotSent(f"login: {failure}")) from None
        if not 200 <= reply.status < 300:
            raise LoginFailed(self._refusal(reply))
        try:
            return read_json(reply.body)
        except NotJson as unreadable:
            raise LoginFailed(NotSent(f"login: {unreadable}")) from None

    def _refusal(self, reply: Reply) -> Refused:
        unwanted = [self.credentials.password.get_secret_value()]
        outcome = common_outcome(reply, refuses_with_503=True, unwanted=unwanted)
        if isinstance(outcome, Refused):
            return Refused(f"login: {outcome.reason}", outcome.retry_after, outcome.credentials)
        return Refused(f"login: {summary_of(reply, unwanted)}", retry_after_seconds(reply.headers))

    def _token(self, document: Any, what: str) -> str:
        for token in _tokens(document):
            if 0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.isprintable() and " " not in token:
                return token
        raise LoginFailed(NotSent(f"login: no readable token where {what} should be"))

    def _check_database(self, document: Any) -> None:
        """A list that names databases and not ours is an account that was set up wrongly; any other list passes."""
        ids = (id_or_none(row.get(name)) for row in rows_of(document) for name in _ID_NAMES)
        known = {each for each in ids if each is not None}
        if known and str(self.settings.database_id) not in known:
            reason = f"login: database {self.settings.database_id} is not among those of this account"
            raise LoginFailed(Refused(reason, credentials=True))


def _tokens(document: Any) -> Iterator[str]:
    """Every place where a token may be: the document itself, `token`, `access_token`, and the same under `data`."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for name in _TOKEN_NAMES:
            if isinstance(document.get(name), str):
                yield document[name]
        yield from _tokens(document.get("data"))
    elif isinstance(document, Sequence) and len(document) == 1:
        yield from _tokens(document[0])


def rows_of(document: Any) -> list[Mapping[str, Any]]:
    """The objects of a list that comes as an array, under ``data``, or under its own name."""
    if isinstance(document, Mapping):
        inner = document.get("data")
        if inner is None:
            inner = next((value for value in document.values() if isinstance(value, list)), None)
        return rows_of(inner)
    if isinstance(document, list):
        return [row for row in document if isinstance(row, Mapping)]
    return []
