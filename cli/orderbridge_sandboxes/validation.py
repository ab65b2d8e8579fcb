"""Checks for request bodies, written as data: each platform declares what its document allows.

A check looks at one value and appends every Problem it finds; nothing stops at the first. Types are JSON's own:
a boolean is no number, `1.0` is no integer, `"1"` is no integer, and a field that the document does not list is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Rule = Literal["required", "unknown", "type", "choice", "format", "range", "conflict", "exists"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a body. `path` is dotted (`products.0.qty`); `""` is the body itself."""

    path: str
    rule: Rule
    message: str


Problems = list[Problem]
Check = Callable[[Any, str, Problems], None]


@dataclass(frozen=True, slots=True)
class Field:
    """One member of an object: its check, and whether it must be there."""

    check: Check
    required: bool


def required(check: Check) -> Field:
    """A member that must be there."""
    return Field(check, required=True)


def optional(check: Check) -> Field:
    """A member that may be left out; `null` is not left out."""
    return Field(check, required=False)


def problems_in(check: Check, value: Any) -> Problems:
    """Everything that is wrong with `value`."""
    found: Problems = []
    check(value, "", found)
    return found


def objects_in(body: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, object) for every object in the list under `name`; nothing where there is no such list."""
    items = body.get(name) if isinstance(body, dict) else None
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield join(name, index), item


def is_unknown(value: Any, known: Container[Any]) -> bool:
    """Whether an id is well-formed and yet not among the known ones (a malformed one is its type's problem)."""
    return isinstance(value, int) and not isinstance(value, bool) and value not in known


def join(path: str, name: str | int) -> str:
    """`path` extended by a member's name or an index."""
    return f"{path}.{name}" if path else str(name)


def _number_of(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


LARGEST = 10**15  # no amount, quantity or id of a real shop; what is beyond is a mistake


def _in_range(value: Decimal, path: str, found: Problems, least: int | None, most: int | None) -> None:
    if abs(value) > LARGEST:
        found.append(Problem(path, "range", "is out of range"))
    if least is not None and value < least:
        found.append(Problem(path, "range", f"must be at least {least}"))
    if most is not None and value > most:
        found.append(Problem(path, "range", f"must not be greater than {most}"))


def integer(least: int | None = None, most: int | None = None) -> Check:
    """A JSON number without fraction or exponent."""

    def check(value: Any, path: str, found: Problems) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            found.append(Problem(path, "type", "must be an integer"))
        else:
            _in_range(Decimal(value), path, found, least, most)

    return check


def number(least: int | None = None, most: int | None = None, *, above_zero: bool = False) -> Check:
    """A JSON number."""

    def check(value: Any, path: str, found: Problems) -> None:
        amount = _number_of(value)
        if amount is None:
            found.append(Problem(path, "type", "must be a number"))
        elif above_zero and amount <= 0:
            found.append(Problem(path, "range", "must be greater than 0"))
        else:
            _in_range(amount, path, found, least, most)

    return check


def numeric(value: Any, path: str, found: Problems) -> None:
    """A number or a string of digits (the documents type phone numbers and ids so)."""
    if isinstance(value, str) and re.fullmatch(r"\+?[0-9]+", value):
        return
    if _number_of(value) is None:
        found.append(Problem(path, "type", "must be a number"))


def text(most: int | None = None, *, filled: bool = False) -> Check:
    """A JSON string of at most `most` characters."""

    def check(value: Any, path: str, found: Problems) -> None:
        if not isinstance(value, str):
            found.append(Problem(path, "type", "must be a string"))
        elif filled and not value.strip():
            found.append(Problem(path, "format", "must not be empty"))
        elif most is not None and len(value) > most:
            found.append(Problem(path, "range", f"may not be greater than {most} characters"))

    return check


def matching(pattern: str, message: str) -> Check:
    """A string that matches `pattern` as a whole."""
    compiled = re.compile(pattern)

    def check(value: Any, path: str, found: Problems) -> None:
        if not isinstance(value, str):
            found.append(Problem(path, "type", "must be a string"))
        elif not compiled.fullmatch(value):
            found.append(Problem(path, "format", message))

    return check


def boolean(value: Any, path: str, found: Problems) -> None:
    """`true` or `false`."""
    if not isinstance(value, bool):
        found.append(Problem(path, "type", "must be a boolean"))


def one_of(choices: Sequence[str], *, any_case: bool = False) -> Check:
    """One of the strings that the document lists."""
    allowed = {choice.lower() if any_case else choice for choice in choices}

    def check(value: Any, path: str, found: Problems) -> None:
        if not isinstance(value, str):
            found.append(Problem(path, "type", "must be a string"))
        elif (value.lower() if any_case else value) not in allowed:
            found.append(Problem(path, "choice", f"must be one of the following value : {', '.join(choices)}"))

    return check


def calendar_date(value: Any, path: str, found: Problems) -> None:
    """`yyyy-mm-dd`, a day that exists."""
    if not isinstance(value, str):
        found.append(Problem(path, "type", "must be a string"))
    elif parse_date(value) is None:
        found.append(Problem(path, "format", "does not match the format yyyy-mm-dd"))


def timestamp(value: Any, path: str, found: Problems) -> None:
    """An RFC 3339 timestamp with its offset."""
    if not isinstance(value, str):
        found.append(Problem(path, "type", "must be a string"))
    elif parse_timestamp(value) is None:
        found.append(Problem(path, "format", "must be an RFC3339 timestamp"))


def parse_date(value: str) -> date | None:
    """The day, or None if `value` is not `yyyy-mm-dd`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def parse_timestamp(value: str) -> datetime | None:
    """The aware moment, or None if `value` is not RFC 3339 with an offset."""
    shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
    matched = re.fullmatch(shape, value)
    if not matched:
        return None
    fraction, offset = matched[1] or "", matched[2]
    seconds = value[: len(value) - len(fraction) - len(offset)]
    try:
        return datetime.fromisoformat(f"{seconds}{fraction[:7]}{'+00:00' if offset == 'Z' else offset}")
    except ValueError:
        return None


def nullable(check: Check) -> Check:
    """`null`, or what `check` accepts."""

    def checked(value: Any, path: str, found: Problems) -> None:
        if value is not None:
            check(value, path, found)

    return checked


def array(of: Check, least: int = 0, most: int | None = None) -> Check:
    """A list of `of`, with at least `least` and at most `most` items."""

    def check(value: Any, path: str, found: Problems) -> None:
        if not isinstance(value, list):
            found.append(Problem(path, "type", "must be an array"))
            return
        if len(value) < least:
            found.append(Problem(path, "range", f"must have at least {least} items"))
        if most is not None and len(value) > most:
            found.append(Problem(path, "range", f"may not have more than {most} items"))
        for index, item in enumerate(value):
            of(item, join(path, index), found)

    return check


Together = Callable[[Mapping[str, Any], str, Problems], None]


def record(fields: Mapping[str, Field], *together: Together) -> Check:
    """An object with exactly these members; `together` are rules over several members at once."""

    def check(value: Any, path: str, found: Problems) -> None:
        if not isinstance(value, dict):
            found.append(Problem(path, "type", "must be an object"))
            return
        for name, field in fields.items():
            if name in value:
                field.check(value[name], join(path, name), found)
            elif field.required:
                found.append(Problem(join(path, name), "required", "field is required"))
        found.extend(
            Problem(join(path, name), "unknown", "is not a known field") for name in value if name not in fields
        )
        for rule in together:
            rule(value, path, found)

    return check


def either(one: str, other: str) -> Together:
    """At most one of two members, as in "either this or ..."."""

    def rule(value: Mapping[str, Any], path: str, found: Problems) -> None:
        if one in value and other in value:
            found.append(Problem(join(path, one), "conflict", f"either this or {other}, not both"))

    return rule


def required_when(name: str, switch: str, values: Sequence[str]) -> Together:
    """`name` must be there when the member `switch` has one of `values`."""

    def rule(value: Mapping[str, Any], path: str, found: Problems) -> None:
        if value.get(switch) in values and value.get(name) is None:
            message = f"field is required when {join(path, switch)} is {value[switch]}."
            found.append(Problem(join(path, name), "required", message))

    return rule
