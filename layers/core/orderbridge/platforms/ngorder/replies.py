"""Ngorder's many ways of saying the same, read into one (traps D).

Success comes as ``Success``, ``success``, ``Sukses`` and ``sukses`` (traps D20), with a ``Failed`` inside a 200 (traps
D21); ``message`` is a text, a list, or a dict of fields (traps D22); bodies lack ``response`` or ``data``, and Get Cost
has ``status: {code, message}`` in their place (traps D23, D47); keys carry spaces (traps D27); numbers come as ``" 1"``
(traps D25), money as ``Rp9.693.125`` (traps D26) and dates in five forms (traps D53).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from orderbridge.domain.outcomes import bounded
from orderbridge.platforms.answers import flat_words
from orderbridge.platforms.documents import MAX_DIGITS, exact_number
from orderbridge.platforms.paging import ListFailed, Page, Row

SUCCESSES = frozenset({"success", "sukses"})
DOCUMENTED_FAILURE = "failed"
FAILURES = frozenset({DOCUMENTED_FAILURE, "fail", "failure", "gagal", "error", "false"})
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "januari"), ("feb", "februari"), ("mar", "maret"), ("apr", "april"), ("mei", "may"),
            ("jun", "juni"), ("jul", "juli"), ("ags", "agu", "agt", "agustus", "aug"), ("sep", "sept", "september"),
            ("okt", "oktober", "oct"), ("nov", "november"), ("des", "desember", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_LONGEST_VALUE = 100
"""No amount, date or flag in a text is longer; a longer text is none, and is not looked into."""

_DIGITS = frozenset("0123456789")
_PROSE_DATE = re.compile(
    r"(?:\w+,\s*)?([0-9]{1,2})\s+([a-z]+)\.?\s+([0-9]{4})(?:\s+([0-9]{1,2})[:.]([0-9]{2}))?", re.IGNORECASE
)
_MONEY = re.compile(r"(-?)\s*(?:(rp)\.?\s*)?(?:(-)\s*)?([0-9.,]+)", re.IGNORECASE)
_PLAIN_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]{1,2})?")
_WRITTEN_AMOUNT = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]+)?")


class Unreadable(ValueError):
    """A value that says nothing that can be relied on; it is never taken for 0."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in one form: whether it tells a failure, its texts, and its data (None where it has none)."""

    failed: bool
    messages: tuple[str, ...]
    data: Any


def read_answer(document: Any) -> Answer:
    """The answer in a JSON document of a 2xx; raises `Unreadable` where it is no object or array."""
    if isinstance(document, list):
        return Answer(failed=False, messages=(), data=document)
    if not isinstance(document, Mapping):
        raise Unreadable("JSON that is no object")
    body = stripped(document)
    message = body.get("message", body.get("error", body.get("errors")))
    envelope = body.get("status")
    if isinstance(envelope, Mapping):  # Get Cost: {"status": {"code": 1, "message": "..."}}
        failed = str(envelope.get("code", "1")).strip() != "1"
        message = envelope.get("message") if message is None else message
    else:
        failed = _says_failed(body)
    return Answer(failed, tuple(flat_words({"message": message})) if message else (), body.get("data"))


def _says_failed(body: Mapping[str, Any]) -> bool:
    word = body.get("response")
    if word is None:
        return bool(body.get("error") or body.get("errors"))
    return str(word).strip().lower() in FAILURES


def stripped(document: Mapping[Any, Any]) -> dict[str, Any]:
    """The object with the spaces around its keys removed, all the way down."""
    return {str(key).strip(): _stripped(value) for key, value in document.items()}


def _stripped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return stripped(value)
    return [_stripped(item) for item in value] if isinstance(value, list) else value


def whole(value: Any) -> int:
    """A whole number from ``1``, ``1.0``, ``"1"`` or ``" 1"``; raises `Unreadable` for anything else, None too."""
    number = quantity(value)
    if number != number.to_integral_value():
        raise Unreadable(f"{_shown(value)} is no whole number")
    return int(number)


def quantity(value: Any) -> Decimal:
    """A number from a number or its digits in a text; raises `Unreadable` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unreadable(f"{type(value).__name__} is no number")
    try:
        return exact_number(value.strip() if isinstance(value, str) else value)
    except ValueError:
        raise Unreadable(f"{_shown(value)} is no number") from None


def money(value: Any) -> Decimal:
    """Rupiah from a number, or from ``Rp100.000``: dots part thousands, a comma parts the fraction; may be negative."""
    if not isinstance(value, str):
        return quantity(value)
    matched = _MONEY.fullmatch(_short(value))
    if matched is None or (matched[1] and matched[3]):
        raise Unreadable("a text that is no amount")
    minus, rupiah, other_minus, digits = matched.groups()
    if rupiah is None and _PLAIN_AMOUNT.fullmatch(digits):
        amount = digits  # a plain number in a text, such as "109900" or "10.5"
    elif _WRITTEN_AMOUNT.fullmatch(digits):
        amount = digits.replace(".", "").replace(",", ".")
    else:
        raise Unreadable("a text that is no amount")
    if len(amount) > MAX_DIGITS:
        raise Unreadable("a text that is no amount")
    return Decimal(f"-{amount}" if minus or other_minus else amount)


def moment(value: Any, zone: str = "Asia/Jakarta") -> datetime:
    """A time in UTC from any of Ngorder's forms; those without a zone are in `zone`. Raises `Unreadable`.

    ``2020-10-08``, ``2020-10-08 09:26:45``, ``2020-06-23T04:46:15.755000Z``, ``2021-08-09T10:44:08+07:00``,
    ``{"$date": {"$numberLong": "1592816651000"}}`` and ``Senin, 9 Ags 2021``.
    """
    try:
        if isinstance(value, Mapping):
            inner = value.get("$date", value)
            number = inner.get("$numberLong") if isinstance(inner, Mapping) else inner
            return datetime.fromtimestamp(whole(number) / 1000, UTC)
        if not isinstance(value, str):
            raise Unreadable(f"{type(value).__name__} is no time")
        read = _date_in(_short(value))
        return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (OverflowError, OSError, ValueError) as beyond:  # before the year 1, behind the year 9999
        raise Unreadable(str(beyond) if isinstance(beyond, Unreadable) else f"{_shown(value)} is no time") from None


def _date_in(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _prose_date(text)


def _short(value: str) -> str:
    text = value.strip()
    if len(text) > _LONGEST_VALUE:
        raise Unreadable(f"{_shown(text)} is too long")
    return text


def _shown(value: Any) -> str:
    return bounded(repr(value), 40)


def _prose_date(text: str) -> datetime:
    matched = _PROSE_DATE.fullmatch(text)
    month = _MONTHS.get(matched[2].lower()) if matched else None
    if matched is None or month is None:
        raise Unreadable(f"{_shown(text)} is no time")
    try:
        hour, minute = int(matched[4] or 0), int(matched[5] or 0)
        return datetime(int(matched[3]), month, int(matched[1]), hour, minute)  # noqa: DTZ001 - the caller knows the zone
    except ValueError:
        raise Unreadable(f"{_shown(text)} is no time") from None


def truth(value: Any) -> bool:
    """A flag from true, 1, ``"1"``, ``"Y"`` and their opposites; None and an empty text are false (traps D41)."""
    if value is None or isinstance(value, bool):
        return bool(value)
    text = str(value).strip().lower()
    if text in ("1", "y", "yes", "true"):
        return True
    if text in ("0", "n", "no", "false", ""):
        return False
    raise Unreadable(f"{_shown(text)} is no flag")


def phone_digits(value: str) -> str:
    """A phone's digits with the country code: ``0812...``, ``+62 812...`` and ``62812...`` are one (traps D43)."""
    digits = "".join(sign for sign in value if sign in _DIGITS)
    return "62" + digits[1:] if digits.startswith("0") else digits


def page_in(document: Any, number: int, per_page: int) -> Page:
    """A page of a list whose answer counts its pages; `number` from 1. Raises `ListFailed` for anything odd.

    `links` is not read: it lacks filters, parts of the path, or is another type altogether (traps D15, D16). ``data:
    null`` is an empty page where the answer counts rows, and behind the first page.
    """
    rows = _data_in(document)
    counts = _pagination(document)
    if rows is None and ("total" in counts or number > 1):
        rows = []
    if not isinstance(rows, list):
        raise ListFailed("the answer is no list of objects")
    objects: list[Row] = [stripped(row) for row in rows if isinstance(row, Mapping)]
    current, last = counts["current_page"], counts["total_pages"]
    if current != number:
        raise ListFailed(f"page {number} was asked for, and page {current} came")
    if counts.get("count", len(rows)) != len(rows):
        raise ListFailed(f"page {number} says {counts['count']} rows and has {len(rows)}")
    if counts.get("per_page", per_page) > per_page:
        raise ListFailed(f"page {number} is larger than asked for")
    size = counts.get("per_page") or None
    return Page(objects, current < last, counts.get("total"), len(rows) - len(objects), size)


def rows_in(document: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; raises `ListFailed` for a failure or for anything that is no list of objects."""
    rows = _data_in(document)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ListFailed("the answer is no list of objects")
    return [stripped(row) for row in rows]


def _data_in(document: Any) -> Any:
    """The data of an answer; raises `ListFailed` for a failure."""
    try:
        answer = read_answer(document)
    except Unreadable as unreadable:
        raise ListFailed(str(unreadable)) from None
    if answer.failed:
        raise ListFailed("; ".join(answer.messages) or "the answer tells a failure")
    return answer.data


def _pagination(document: Any) -> dict[str, int]:
    meta = document.get("meta") if isinstance(document, Mapping) else None
    pagination = meta.get("pagination") if isinstance(meta, Mapping) else None
    if not isinstance(pagination, Mapping):
        raise ListFailed("the list does not say how many pages it has")
    try:
        counts = dict(_counts(pagination))
    except Unreadable as unreadable:
        raise ListFailed(f"the list's page numbers: {unreadable}") from None
    if "current_page" not in counts or "total_pages" not in counts:
        raise ListFailed("the list does not say how many pages it has")
    return counts


def _counts(pagination: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name in ("total", "count", "per_page", "current_page", "total_pages"):
        if pagination.get(name) is not None:
            yield name, whole(pagination[name])
