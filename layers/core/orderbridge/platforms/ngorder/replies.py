"""Ngorder's many ways of saying the same, read into one (traps D; the numbers below are of that part).

Success comes as ``Success``, ``success``, ``Sukses`` and ``sukses`` (D20), with a ``Failed`` inside a 200 (D21);
``message`` is a text, a list, or a dict of fields (D22); bodies lack ``response`` or ``data``, and Get Cost has
``status: {code, message}`` in their place (D23, D47); keys carry spaces (D27); numbers come as ``" 1"`` (D25).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orderbridge.calls.answers import flat_words
from orderbridge.calls.documents import exact_number
from orderbridge.calls.paging import ListFailed, Page, Row
from orderbridge.values.text import bounded

SUCCESSES = frozenset({"success", "sukses"})
DOCUMENTED_FAILURE = "failed"
FAILURES = frozenset({DOCUMENTED_FAILURE, "fail", "failure", "gagal", "error", "false"})

_DIGITS = frozenset("0123456789")


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
        return Answer(failed=False, messages=(), data=_stripped(document))
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


def _shown(value: Any) -> str:
    return bounded(repr(value), 40)


def truth(value: Any) -> bool:
    """A flag from true, 1, ``"1"``, ``"Y"`` and their opposites; None and an empty text are false (D41)."""
    if value is None or isinstance(value, bool):
        return bool(value)
    text = str(value).strip().lower()
    if text in ("1", "y", "yes", "true"):
        return True
    if text in ("0", "n", "no", "false", ""):
        return False
    raise Unreadable(f"{_shown(text)} is no flag")


def phone_digits(value: str) -> str:
    """A phone number's digits with the country code: ``0812...``, ``+62 812...`` and ``62812...`` are one (D43)."""
    digits = "".join(sign for sign in value if sign in _DIGITS)
    return "62" + digits[1:] if digits.startswith("0") else digits


def page_in(document: Any, number: int, per_page: int) -> Page:
    """A page of a list whose answer counts its pages; `number` from 1. Raises `ListFailed` for anything odd.

    `links` is not read: it lacks filters, parts of the path, or is another type altogether (D15, D16). ``data: null``
    is an empty page where the answer counts rows, and behind the first page.
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
