"""What an answer to a create call means where every platform agrees, and the platform's words made fit to keep.

==================  =======================================================================
401                 `Refused`, and it speaks against the credentials
403                 `Refused`, and it speaks against the credentials unless others are let through with them
429                 `Refused`, with Retry-After where given
503                 `Refused` only where the channel says so (`refuses_with_503`), else `Unknown`
another 4xx         `Rejected` in the platform's words
3xx, another 5xx    `Unknown`
2xx                 None: the platform's own reader decides
==================  =======================================================================

The table is DESIGN invariant 2 and INTERFACES section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from orderbridge.domain.outcomes import LONGEST_RETRY_AFTER_SECONDS, Outcome, Refused, Rejected, Unknown, bounded
from orderbridge.domain.times import Clock, utc_now
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


def common_outcome(reply: Reply, *, refuses_with_503: bool, unwanted: Iterable[str] = ()) -> Outcome | None:
    """What every platform's answer of this status means; None for a 2xx.

    `unwanted` are texts that must not be kept: credentials, and what is personal in the request.
    """
    status = reply.status
    if 200 <= status < 300:
        return None
    words = told(reply, unwanted)
    if status in (401, 403):
        return Refused(words, credentials=True, perhaps_of_order=status == 403)
    if status == 429 or (status == 503 and refuses_with_503):
        return Refused(words, retry_after=retry_after_seconds(reply.headers))
    if 400 <= status < 500:
        return Rejected(words)
    return Unknown(words)


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
