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

from evidence.aws.values import (
    SIGNS,
    Attribute,
    Invalid,
    UnknownExpression,
    added,
    begins,
    compares,
    number,
    size,
    written,
)

Item = Mapping[str, Attribute]
Names = Mapping[str, str]
Values = Mapping[str, Attribute]


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

_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),+\-]|[:#]?[A-Za-z_]\w*(?:\.#?[A-Za-z_]\w*)*)", re.ASCII)
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
            return lambda scope: compares(">=", left(scope), low(scope)) and compares("<=", left(scope), high(scope))
        sign = self.take()
        if sign not in SIGNS:
            raise UnknownExpression(f"{self._text!r}: {sign}")
        right = self.operand()
        return lambda scope: compares(sign, left(scope), right(scope))

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
        return lambda scope: begins(whole(scope), beginning(scope))

    # --- operands -----------------------------------------------------------------------------------------------------

    def operand(self) -> Operand:
        word = self.take()
        if word == "size" and self.takes("("):
            path = self.take()
            self.take(")")
            return lambda scope: size(scope.attribute(path))
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
        return lambda scope: {"N": written(added(_number(left(scope)), factor * _number(right(scope))))}

    # --- updates ------------------------------------------------------------------------------------------------------

    def update(self) -> list[tuple[str, str, Operand | None]]:
        changes: list[tuple[str, str, Operand | None]] = []
        while self.next:
            clause = self.take()
            if clause not in ("SET", "REMOVE", "ADD") or any(clause == before for before, _, _ in changes):
                raise UnknownExpression(f"{self._text!r}: {clause}")
            while True:
                path, value = self.take(), None
                if "." in path:
                    raise UnknownExpression(f"{self._text!r}: an update within a map")
                if any(path == before for _, before, _ in changes):
                    raise UnknownExpression(f"{self._text!r}: {path} twice")
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
_RANGE_SIGNS = ("=", "<", "<=", ">", ">=")


def _number(attribute: Attribute | None) -> Decimal:
    if attribute is None:
        raise Invalid("The provided expression refers to an attribute that does not exist in the item")
    if "N" not in attribute:
        raise Invalid("An operand in the update expression has an incorrect data type")
    return number(attribute["N"])


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
    """The item after an update, and the names of what was changed; every operand is read from the item before.

    Raises `Invalid` where the item does not have what the update needs.
    """
    scope = Scope(item, names, values)
    changed, touched = dict(item), []
    for clause, path, operand in _update(text):
        name = _name(path, names)
        touched.append(name)
        if operand is None:
            changed.pop(name, None)
            continue
        value = operand(scope)
        if value is None:
            raise Invalid("The provided expression refers to an attribute that does not exist in the item")
        if clause == "ADD":
            value = {"N": written(added(_number(item.get(name, {"N": "0"})), _number(value)))}
        changed[name] = value
    return changed, touched


@cache
def _key_condition(text: str) -> tuple[str, str, str]:
    """The key condition's hash key, its value, and its range key ("" where there is none), as they are written."""
    reader = _Reader(text)
    hash_path = reader.take()
    reader.take("=")
    value, range_path = reader.take(), ""
    if reader.takes("AND"):
        if reader.takes("begins_with"):
            reader.take("(")
            range_path = reader.take()
            reader.take(",")
            reader.take()
            reader.take(")")
        else:
            range_path = reader.take()
            if reader.takes("BETWEEN"):
                reader.take()
                reader.take("AND")
            elif reader.take() not in _RANGE_SIGNS:
                raise UnknownExpression(f"{text!r}: no condition of a key")
            reader.take()
    reader.end()
    return hash_path, value, range_path


def keys_asked(text: str, names: Names, values: Values) -> tuple[str, str, str | None]:
    """Name and value of the hash key in a key condition, which begins with it, and the name of its range key."""
    hash_path, value, range_path = _key_condition(text)
    return _name(hash_path, names), values[value]["S"], _name(range_path, names) if range_path else None


@cache
def mentioned(text: str) -> frozenset[str]:
    """The placeholders of an expression: names (``#``) and values (``:``)."""
    parts = (part for token in _tokens(text) for part in token.split("."))
    return frozenset(part for part in parts if part[0] in "#:")


@cache
def paths(text: str) -> frozenset[str]:
    """The attributes that an expression names outright, without a placeholder."""
    tokens = _tokens(text)
    functions = {token for token, behind in zip(tokens, [*tokens[1:], ""], strict=True) if behind == "("}
    parts = (part for token in tokens if token not in _WORDS | functions for part in token.split("."))
    return frozenset(part for part in parts if part[0].isalpha() or part[0] == "_")


def projected(text: str, item: Item, names: Names) -> dict[str, Attribute]:
    """Of an item what a projection names."""
    wanted = [_name(path.strip(), names) for path in text.split(",")]
    if any(not re.fullmatch(r"\w+", name) for name in wanted):
        raise UnknownExpression(f"{text!r}: a projection of more than names")
    return {name: item[name] for name in wanted if name in item}


def _name(path: str, names: Names) -> str:
    return names[path] if path.startswith("#") else path
