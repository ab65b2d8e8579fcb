"""What an answer means where every platform agrees, and the platform's words made fit to keep.

==========================  ===========================================================================================
2xx                         None: the platform's own reader decides
401                         `Refused`, and it speaks against the credentials
403                         `Refused`, and it speaks against the credentials unless others are let through with them
429                         `Refused`, with Retry-After where given
503                         `Refused` only where the channel says so (`refuses_with_503`), else `Unknown`
404, 405, 413, 421, 425     `TurnedAway`
400, 409, 410, 422          `Rejected` where JSON says what is wrong with the content, else `Unknown`
every other status          `Unknown`
==========================  ===========================================================================================

The whole table, with its premises, is in ``docs/platforms/README.md``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from orderbridge.domain.outcomes import (
    LONGEST_RETRY_AFTER_SECONDS,
    Outcome,
    Refused,
    Rejected,
    TurnedAway,
    Unknown,
    bounded,
)
from orderbridge.domain.times import Clock, utc_now
from orderbridge.platforms.content import speaks_of_trouble
from orderbridge.platforms.documents import NotJson, read_json
from orderbridge.platforms.transport import Reply

_WORD_KEYS = ("message", "errors", "error", "detail", "details", "reason", "msg")
_MARKUP = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_MASK = "***"
_SHORTEST_MASKED = 3
_SECRET_LOOKING = (
    re.compile(
        r"(?i)\b(team_token|token|access_token|secret|api_key|api_secret|password|mac)(\"?\s*[=:]\s*\"?)[^\s\"&,;]+"
    ),
    re.compile(r"(?i)\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]+"),
)
_PERSONAL_LOOKING = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),  # an email address
    re.compile(r"(?<![\w-])(?:\+?62[ -]?|0)8[\d -]{6,14}\d\b"),  # an Indonesian mobile number
    re.compile(r"\b[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}(\.[A-Za-z0-9_-]+)?\b"),  # a token of two or three parts
    re.compile(r"(?<![\w/+])[A-Za-z0-9+/]{32,}={0,2}(?![\w/+])"),  # a key or signature
)


TURNED_AWAY = frozenset({404, 405, 413, 421, 425})
"""There is nothing under this address, or not for this method, this size, this host, this early."""

OF_CONTENT = frozenset({400, 409, 410, 422})


def is_no_trouble(words: str) -> bool:
    """Whether there are words, and none that speak of something else than what was asked for."""
    return bool(words) and not speaks_of_trouble(words)


def common_outcome(
    reply: Reply,
    *,
    refuses_with_503: bool,
    unwanted: Iterable[str] = (),
    refuses_content: Callable[[str], bool] = is_no_trouble,
) -> Outcome | None:
    """What every platform's answer of this status means; None for a 2xx.

    `unwanted` are texts that must not be kept: credentials, and what is personal in the request. `refuses_content` says
    of the words in a JSON answer whether they refuse the content of what was sent.
    """
    status = reply.status
    if 200 <= status < 300:
        return None
    words = told(reply, unwanted)
    if status in (401, 403):
        return Refused(words, credentials=True, perhaps_of_order=status == 403)
    if status == 429 or (status == 503 and refuses_with_503):
        return Refused(words, retry_after=retry_after_seconds(reply.headers))
    if status in TURNED_AWAY:
        return TurnedAway(words, by_application=_may_be_json(reply), retry_after=retry_after_seconds(reply.headers))
    if (
        status in OF_CONTENT
        and isinstance(_document_in(reply), Mapping | list)
        and refuses_content("; ".join(words_of(reply)))
    ):
        return Rejected(words)
    return Unknown(words, of_order=status != 503)


def _document_in(reply: Reply) -> Any:
    """The JSON of an answer; None where it is none, or null."""
    try:
        return read_json(reply.body)
    except NotJson:
        return None


def _may_be_json(reply: Reply) -> bool:
    """Whether an application may have written the answer: JSON, also of another kind, cut short or out of bounds."""
    begins = reply.body.lstrip().removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    says_json = "json" in reply.headers.get("content-type", "").lower()
    return says_json or begins in (b"{", b"[", b'"') or _document_in(reply) is not None


def told(reply: Reply, unwanted: Iterable[str] = ()) -> str:
    """`<status>: <the platform's words>`, redacted and bounded."""
    words = redacted("; ".join(words_of(reply)), unwanted)
    return bounded(f"{reply.status}: {words}" if words else str(reply.status))


def retry_after_seconds(headers: Mapping[str, str], clock: Clock = utc_now) -> float | None:
    """Retry-After in seconds, whether it was written as seconds or as an HTTP date; None where absent or unreadable."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,10}", text):
        return float(min(int(text), LONGEST_RETRY_AFTER_SECONDS))
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return _seconds_until(moment if moment.tzinfo else moment.replace(tzinfo=UTC), clock())


def _seconds_until(moment: datetime, now: datetime) -> float:
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_SECONDS)


def words_of(reply: Reply) -> list[str]:
    """What the platform said, as separate texts: of a JSON body its messages, of another text what is left of it."""
    try:
        return list(flat_words(read_json(reply.body)))
    except NotJson:
        text = _MARKUP.sub(" ", reply.body[:4096].decode("utf-8", "replace"))
        printable = "".join(character if character.isprintable() else " " for character in text)
        return [flat] if (flat := bounded(printable, 300)) else []


def flat_words(document: Any) -> Iterator[str]:
    """The texts in an answer of any shape: a string, a list, or a dict of fields with their texts (TRAPS D22)."""
    if isinstance(document, Mapping):
        spoken = [document[key] for key in _WORD_KEYS if document.get(key) not in (None, "", [], {})]
        for part in spoken or [document]:
            yield from _flat(part, "")
    else:
        yield from _flat(document, "")


def _flat(document: Any, name: str) -> Iterator[str]:
    if isinstance(document, Mapping):
        for key, item in document.items():
            yield from _flat(item, f"{name}.{key.strip()}" if name else key.strip())
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for item in document:
            yield from _flat(item, name)
    elif document is not None and document != "":
        yield f"{name}: {document}" if name else str(document)


def redacted(text: str, unwanted: Iterable[str] = ()) -> str:
    """`text` without the unwanted texts and without what looks like a secret, a token, an email or a phone number."""
    for piece in sorted({piece for piece in unwanted if len(piece) >= _SHORTEST_MASKED}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(piece)}(?!\w)", _MASK, text, flags=re.IGNORECASE)
    for pattern in _SECRET_LOOKING:
        text = pattern.sub(rf"\1\2{_MASK}", text)
    for pattern in _PERSONAL_LOOKING:
        text = pattern.sub(_MASK, text)
    return text
