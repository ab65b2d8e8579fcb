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
from typing import Any

from orderbridge.calls.content import speaks_of_trouble
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.channels.outcomes import Outcome, Refused, Rejected, TurnedAway, Unknown
from orderbridge.http.retry_after import retry_after_seconds
from orderbridge.http.transport import Reply
from orderbridge.values.text import bounded, one_line

_WORD_KEYS = ("message", "errors", "error", "detail", "details", "reason", "msg")
MAX_WORDS = 4096
"""So many characters of what a platform says are looked at; fewer are kept (`MAX_DETAIL_LENGTH`)."""

_LONGEST_NAME = 60
_MASK = "***"
_SHORTEST_MASKED = 3


# Every pattern here is linear: nothing is looked at again for each place at which a match might begin
# (tests/unit/test_patterns.py).
_MARKUP = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_SECRET_LOOKING = (  # the secret is the group
    re.compile(
        r"\b(?:team_token|token|access_token|secret|api_key|api_secret|password|mac)\"?\s*[=:]\s*\"?([^\s\"&,;]+)",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:Bearer|Basic)\s+([A-Za-z0-9._~+/=-]+)", re.IGNORECASE),
    re.compile(r"((?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+)"),  # an email address
    re.compile(r"((?<![\w-])(?:\+?62[ -]?|0)8[\d -]{6,14}\d\b)"),  # an Indonesian mobile number
    # a token of two or three parts
    re.compile(r"((?<![A-Za-z0-9_-])[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}(?:\.[A-Za-z0-9_-]+)?)"),
    re.compile(r"((?<![\w/+])[A-Za-z0-9+/]{32,}={0,2}(?![\w/+]))"),  # a key or signature
)
_LONGEST_SHORT_SECRET = 64
"""No pattern needs to see more than this of a secret that has spaces in it."""

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
    words = summary_of(reply, unwanted)
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


def summary_of(reply: Reply, unwanted: Iterable[str] = ()) -> str:
    """`<status>: <the platform's words>`, redacted and bounded."""
    words = redacted("; ".join(words_of(reply)), unwanted)
    return bounded(f"{reply.status}: {words}" if words else str(reply.status))


def words_of(reply: Reply) -> list[str]:
    """What the platform said, as separate texts: of a JSON body its messages, of another text what is left of it.

    All together are little longer than `MAX_WORDS`. They are not fit to be kept: `redacted` makes them so.
    """
    try:
        return list(flat_words(read_json(reply.body)))
    except NotJson:
        text = one_line(_MARKUP.sub(" ", reply.body.decode("utf-8", "replace")))
        return [text[: MAX_WORDS + 1]] if text else []


def flat_words(document: Any) -> Iterator[str]:
    """The texts in an answer of any shape: a string, a list, or a dict of fields with their texts (traps D22).

    They end soon behind `MAX_WORDS` characters, so that `redacted` sees that there was more.
    """
    length = 0
    for text in _all_words(document):
        yield text[: MAX_WORDS + 1]
        length += len(text)
        if length > MAX_WORDS:
            return


def _all_words(document: Any) -> Iterator[str]:
    if isinstance(document, Mapping):
        spoken = [document[key] for key in _WORD_KEYS if document.get(key) not in (None, "", [], {})]
        for part in spoken or [document]:
            yield from _flat(part, "")
    else:
        yield from _flat(document, "")


def _flat(document: Any, name: str) -> Iterator[str]:
    if isinstance(document, Mapping):
        for key, item in document.items():
            yield from _flat(item, f"{name}.{_short(key)}" if name else _short(key))
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for item in document:
            yield from _flat(item, name)
    elif document is not None and document != "":
        yield f"{name}: {document}" if name else str(document)


def _short(key: str) -> str:
    # A member's name is said with each value below it. A long one is no name, and cut it might be half a secret.
    return key.strip() if len(key) <= _LONGEST_NAME else "…"


def redacted(text: str, unwanted: Iterable[str] = ()) -> str:
    """`text` fit to be kept: without the unwanted texts, and what looks like a secret, a token, an email or a phone.

    On one line and at most `MAX_DETAIL_LENGTH` characters long. Of a text longer than `MAX_WORDS` only the beginning is
    looked at, and of that the end is not kept: what was cut off may have been the rest of a secret.
    """
    pieces = sorted({flat for piece in unwanted if len(flat := one_line(piece)) >= _SHORTEST_MASKED})
    seen = one_line(text[:MAX_WORDS])
    end = len(seen) if len(text) <= MAX_WORDS else _end_of_whole_words(seen, pieces)
    kept: list[str] = []
    place = 0
    for start, stop in sorted([*_unwanted_in(seen, pieces), *_secrets_in(seen)]):
        if start >= end:
            break
        if start >= place:
            kept += [seen[place:start], _MASK]
        place = max(place, stop)
    return bounded("".join([*kept, seen[place:end], "…" if len(text) > MAX_WORDS else ""]))


def _end_of_whole_words(seen: str, pieces: Sequence[str]) -> int:
    """Behind which character of a text that was cut off a secret may begin that is not there as a whole."""
    last_word = seen.rfind(" ") + 1
    longest = max((len(piece) for piece in pieces if " " in piece), default=0)
    return max(0, min(last_word, len(seen) - max(longest, _LONGEST_SHORT_SECRET)))


def _unwanted_in(text: str, pieces: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where one of these pieces is as whole words, whatever its case."""
    folded = _folded(text)
    for piece in map(_folded, pieces):
        start = folded.find(piece)
        while start >= 0:
            stop = start + len(piece)
            if not (_is_within_a_word(folded, start) or _is_within_a_word(folded, stop)):
                yield start, stop
            start = folded.find(piece, start + 1)


def _folded(text: str) -> str:
    """`text` in lower case, each character in its place."""
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)


def _is_within_a_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and _is_of_a_word(text[place - 1]) and _is_of_a_word(text[place])


def _is_of_a_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _secrets_in(text: str) -> Iterator[tuple[int, int]]:
    for pattern in _SECRET_LOOKING:
        for matched in pattern.finditer(text):
            yield matched.span(1)
