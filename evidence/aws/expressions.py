"""DynamoDB's expressions: conditions, updates, keys and filters, read once and then called on items.

The grammar is that of the developer guide ("Using expressions in DynamoDB"), as far as the functions and the operator's
command use it; anything else raises `UnknownExpression`, so that nothing is taken for true that was not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

Attribute = Mapping[str, Any]
Item = Mapping[str, Attribute]
Names = Mapping[str, str]
Values = Mapping[str, Attribute]


class UnknownExpression(Exception):
    """An expression, or a part of one, that is not simulated."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is read against."""

    item: Item
    names: Names
    values: Values

    def attribute(self, path: str) -> Attribute | None:
        """What stands at a path: a name, or names within maps with dots between them."""
        found: Any = {"M": self.item}
        for name in path.split("."):
            if "M" not in found:
                return None
            found = found["M"].get(self.names[name] if name.startswith("#") else name)
            if found is None:
                return None
        return found  # type: ignore[no-any-return]


Condition = Callable[[Scope], bool]
Operand = Callable[[Scope], Attribute | None]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),+\-]|[:#]?[A-Za-z_][A-Za-z0-9_.]*)")
_WORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"}


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        matched = _TOKEN.match(text, position)
        if matched is None:
            raise UnknownExpression(f"{text!r} at {position}")
        word = matched[1]
        found.append(word.upper() if word.upper() in _WORDS else word)
        position = matched.end()
    return found


class _Reader:
    """Reads one expression from its left to its right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    @property
    def next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.next
        if not token or (expected and token != expected):
            raise UnknownExpression(f"{self._text!r}: {token or 'its end'} in place of {expected or 'more'}")
        self._at += 1
        return token

    def takes(self, token: str) -> bool:
        if self.next == token:
            self._at += 1
            return True
        return False

    def end(self) -> None:
        if self.next:
            raise UnknownExpression(f"{self._text!r}: {self.next} is too much")

    # --- conditions ---------------------------------------------------------------------------------------------------

    def condition(self) -> Condition:
        either = [self._all()]
        while self.takes("OR"):
            either.append(self._all())
        return either[0] if len(either) == 1 else lambda scope: any(each(scope) for each in either)

    def _all(self) -> Condition:
        each = [self._one()]
        while self.takes("AND"):
            each.append(self._one())
        return each[0] if len(each) == 1 else lambda scope: all(one(scope) for one in each)

    def _one(self) -> Condition:
        if self.takes("NOT"):
            negated = self._one()
            return lambda scope: not negated(scope)
        if self.takes("("):
            inner = self.condition()
            self.take(")")
            return inner
        if self.next in _TESTS:
            return self._test(self.take())
        left = self.operand()
        if self.takes("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return lambda scope: _compares(">=", left(scope), low(scope)) and _compares("<=", left(scope), high(scope))
        sign = self.take()
        if sign not in _SIGNS:
            raise UnknownExpression(f"{self._text!r}: {sign}")
        right = self.operand()
        return lambda scope: _compares(sign, left(scope), right(scope))

    def _test(self, name: str) -> Condition:
        self.take("(")
        if name != "begins_with":
            path = self.take()
            self.take(")")
            wanted = name == "attribute_exists"
            return lambda scope: (scope.attribute(path) is not None) is wanted
        whole = self.operand()
        self.take(",")
        beginning = self.operand()
        self.take(")")
        return lambda scope: _begins(whole(scope), beginning(scope))

    # --- operands -----------------------------------------------------------------------------------------------------

    def operand(self) -> Operand:
        word = self.take()
        if word == "size" and self.takes("("):
            path = self.take()
            self.take(")")
            return lambda scope: _size(scope.attribute(path))
        if word == "if_not_exists" and self.takes("("):
            path = self.take()
            self.take(",")
            otherwise = self.operand()
            self.take(")")
            return lambda scope: scope.attribute(path) or otherwise(scope)
        if word.startswith(":"):
            return lambda scope: scope.values[word]
        return lambda scope: scope.attribute(word)

    def sum(self) -> Operand:
        left = self.operand()
        if self.next not in ("+", "-"):
            return left
        sign, right = self.take(), self.operand()
        factor = 1 if sign == "+" else -1
        return lambda scope: {"N": str(_number(left(scope)) + factor * _number(right(scope)))}

    # --- updates ------------------------------------------------------------------------------------------------------

    def update(self) -> list[tuple[str, str, Operand | None]]:
        changes: list[tuple[str, str, Operand | None]] = []
        while self.next:
            clause = self.take()
            if clause not in ("SET", "REMOVE", "ADD"):
                raise UnknownExpression(f"{self._text!r}: {clause}")
            while True:
                path, value = self.take(), None
                if "." in path:
                    raise UnknownExpression(f"{self._text!r}: an update within a map")
                if clause == "SET":
                    self.take("=")
                    value = self.sum()
                elif clause == "ADD":
                    value = self.operand()
                changes.append((clause, path, value))
                if not self.takes(","):
                    break
        return changes


_TESTS = ("attribute_exists", "attribute_not_exists", "begins_with")
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "<>": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def _compares(sign: str, left: Attribute | None, right: Attribute | None) -> bool:
    """What is missing compares with nothing, but differs from everything; only values of one kind have an order."""
    if left is None or right is None:
        return sign == "<>" and (left is None) != (right is None)
    ((left_kind, left_value),), ((right_kind, right_value),) = left.items(), right.items()
    if left_kind != right_kind:
        return sign == "<>"
    return _SIGNS[sign](sortable(left_kind, left_value), sortable(right_kind, right_value))


def sortable(kind: str, value: Any) -> Any:
    """A value as DynamoDB sorts it: texts by their UTF-8 bytes."""
    match kind:
        case "N":
            return Decimal(value)
        case "S":
            return value.encode()
        case _:
            return value


def _begins(whole: Attribute | None, beginning: Attribute | None) -> bool:
    if whole is None or beginning is None or "S" not in whole:
        return False
    return bool(whole["S"].startswith(beginning["S"]))


def _size(attribute: Attribute | None) -> Attribute | None:
    if attribute is None:
        return None
    ((_, value),) = attribute.items()
    return {"N": str(len(value))}


def _number(attribute: Attribute | None) -> Decimal:
    if attribute is None:
        raise UnknownExpression("a sum with an attribute that is not there")
    return Decimal(attribute["N"])


@cache
def condition(text: str) -> Condition:
    """A condition, filter or key condition; a function of the item that says whether it holds."""
    reader = _Reader(text)
    found = reader.condition()
    reader.end()
    return found


@cache
def _update(text: str) -> list[tuple[str, str, Operand | None]]:
    return _Reader(text).update()


def updated(text: str, item: Item, names: Names, values: Values) -> tuple[dict[str, Attribute], list[str]]:
    """The item after an update, and the names of what was changed; every operand is read from the item before."""
    scope = Scope(item, names, values)
    changed, touched = dict(item), []
    for clause, path, operand in _update(text):
        name = names[path] if path.startswith("#") else path
        touched.append(name)
        if operand is None:
            changed.pop(name, None)
            continue
        value = operand(scope)
        if value is None:
            raise UnknownExpression(f"{text!r}: {path} from an attribute that is not there")
        if clause == "ADD":
            value = {"N": str(Decimal(item.get(name, {"N": "0"})["N"]) + _number(value))}
        changed[name] = value
    return changed, touched


_KEY = re.compile(r"\s*(\S+)\s*=\s*(:\w+)")


def hash_value(text: str, names: Names, values: Values) -> tuple[str, str]:
    """Name and value of the hash key in a key condition, which begins with it."""
    matched = _KEY.match(text)
    if matched is None:
        raise UnknownExpression(text)
    name = matched[1]
    return (names[name] if name.startswith("#") else name), values[matched[2]]["S"]
