"""No regular expression takes more than a multiple of its text's length: platforms and partners choose the text.

Every pattern of the layer is tried on texts made from its own parts, such as drive a pattern
that is not linear: what one of its parts takes, many times, and then something that it does not take. Processor time
is compared with a bound that a linear pattern misses by a factor of 50, and that the quickest of the others exceeds.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest

import orderbridge

LENGTHS = [16, 20, 24, 28, *(40 * 2**step for step in range(10))]
"""Each text is tried at all of them, so that a pattern that is far from linear is found before it takes for ever."""

SECONDS = 0.05
ROOT = Path(orderbridge.__file__).parent
ENDINGS = ("", "\x00", "!", "a", "<", " ")


def _modules() -> list[str]:
    return [module.name for module in pkgutil.walk_packages([str(ROOT)], "orderbridge.")]


def _patterns_in(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from _patterns_in(item)
    elif isinstance(value, dict):
        yield from _patterns_in(list(value.values()))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Every compiled pattern by module and name."""
    found: dict[str, re.Pattern[str]] = {}
    for name in _modules():
        for attribute, value in vars(importlib.import_module(name)).items():
            for number, pattern in enumerate(_patterns_in(value)):
                if isinstance(pattern.pattern, str):
                    found.setdefault(f"{name.removeprefix('orderbridge.')}.{attribute}.{number}", pattern)
    return {name: pattern for name, pattern in found.items() if name == _first_name(found, pattern)}


def _first_name(found: dict[str, re.Pattern[str]], pattern: re.Pattern[str]) -> str:
    return next(name for name, other in found.items() if other is pattern)


@cache
def _methods() -> dict[str, set[str]]:
    """How each pattern is used, by its name, wherever that is: ``match``, ``sub``, ..."""
    used: dict[str, set[str]] = {}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.setdefault(node.value.id, set()).add(node.attr)
    return used


def _tries(name: str, pattern: re.Pattern[str]) -> list[Any]:
    anchored = [method for method in ("fullmatch", "match") if method in _methods().get(name.split(".")[-2], ())]
    return [getattr(pattern, method) for method in anchored or ["search"]]


def _taken(parsed: Any) -> Iterator[str]:
    """A character for each part of a parsed pattern, in order."""
    for operation, argument in parsed:
        match str(operation):
            case "LITERAL":
                yield chr(argument)
            case "NOT_LITERAL" | "ANY":
                yield "a"
            case "IN":
                yield from _of_class(argument)
            case "BRANCH":
                for branch in argument[1]:
                    yield from _taken(branch)
            case "SUBPATTERN":
                yield from _taken(argument[3])
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from _taken(argument[2])
            case "ASSERT" | "ASSERT_NOT":
                yield from _taken(argument[1])
            case _:
                pass


def _of_class(items: Any) -> Iterator[str]:
    if str(items[0][0]) == "NEGATE":
        yield "a"
        return
    for operation, argument in items:
        if str(operation) == "LITERAL":
            yield chr(argument)
        elif str(operation) == "RANGE":
            yield chr(argument[0])
        else:
            yield {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "0"}.get(str(argument), "a")


def _texts(pattern: re.Pattern[str]) -> Iterator[Iterator[str]]:
    """Texts to try the pattern on, each from short to long."""
    parts = list(dict.fromkeys(_taken(re._parser.parse(pattern.pattern, pattern.flags))))[:40]  # type: ignore[attr-defined]
    # Whole words of the pattern, so that a text may begin as it does.
    words = re.findall(r"[A-Za-z<\[\"/:-]{2,}", re.sub(r"\\.|\(\?[a-zA-Z]*:?", "", pattern.pattern))[:4]
    units = dict.fromkeys([*words, *parts, *("".join(pair) for pair in product(parts[:5], repeat=2)), "0a", "a ", '"'])
    for unit in units:
        frames = [(start, "\x00") for start in ("", *parts[:3], *words[:2])] + [("", ending) for ending in ENDINGS]
        for start, ending in frames:
            yield (start + unit * (length // len(unit)) + ending for length in LENGTHS)


def _seconds(attempt: Any, text: str) -> float:
    began = time.thread_time()
    attempt(text)
    return time.thread_time() - began


def _slow_text(pattern: re.Pattern[str], attempt: Any) -> str | None:
    """A text for which the pattern takes too long."""
    for text in chain.from_iterable(_texts(pattern)):
        taken = _seconds(attempt, text)
        if taken > SECONDS and (taken := min(taken, _seconds(attempt, text))) > SECONDS:
            return f"{taken:.1f} s for {len(text)} characters, {text[:20]!r}...{text[-5:]!r}"
    return None


@pytest.mark.parametrize("name", sorted(_patterns()))
def test_a_pattern_takes_no_longer_than_its_text_is_long(name: str) -> None:
    pattern = _patterns()[name]
    for attempt in _tries(name, pattern):
        assert _slow_text(pattern, attempt) is None


def test_no_pattern_is_written_where_it_cannot_be_collected() -> None:
    """A pattern has a name in its module, unless its text is made by the caller."""
    inline = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr not in ("compile", "escape")
    ]
    assert inline == []


@pytest.mark.parametrize(
    "expression",
    [
        r"[\w.+-]+@[\w-]+\.[\w.-]+",  # what the email pattern was
        r"<(script|style).*?</\1>|<[^>]*>",  # what the markup pattern was
        r"-?\s*(?:rp\.?)?\s*-?\s*[\d.,]+",  # what the pattern of money was
        r"\b[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}(\.[A-Za-z0-9_-]+)?\b",
        r"(a+)+$",
    ],
)
def test_a_pattern_that_is_not_linear_is_found(expression: str) -> None:
    pattern = re.compile(expression, re.IGNORECASE | re.DOTALL)
    assert _slow_text(pattern, pattern.search) is not None
