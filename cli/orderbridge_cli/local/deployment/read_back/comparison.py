"""How a property of the template is held against what was read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What names an entry of a list of objects: such lists are sets on AWS, and come back in any order.
_NAMES = ("IndexName", "AttributeName", "PolicyName", "Id", "Key", "Name", "ResourcePath", "Sid")
_ABSENT = object()


def differences(path: str, expected: Any, actual: Any = _ABSENT) -> Iterator[tuple[str, str]]:
    """(property path, words) for every value of the template that was not read back as it is.

    What the engine holds beyond the template (its defaults) is no difference, except more entries in a list.
    """
    if actual is _ABSENT:
        yield path, f"the template says {_words(expected)}; the engine holds nothing"
    elif isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            yield path, f"the template says {_words(expected)}; the engine holds {_words(actual)}"
            return
        for key, value in expected.items():
            yield from differences(f"{path}.{key}" if path else str(key), value, actual.get(key, _ABSENT))
    elif isinstance(expected, Sequence) and not isinstance(expected, str):
        yield from _list_differences(path, expected, actual)
    elif not _same(expected, actual):
        yield path, f"the template says {_words(expected)}; the engine holds {_words(actual)}"


def _list_differences(path: str, expected: Sequence[Any], actual: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(actual, Sequence) or isinstance(actual, str) or len(actual) != len(expected):
        yield path, f"the template says {_words(expected)}; the engine holds {_words(actual)}"
        return
    name = next((name for name in _NAMES if _all_named(expected, name) and _all_named(actual, name)), None)
    if name:
        found = {item[name]: item for item in actual}
        for item in expected:
            yield from differences(path, item, found.get(item[name], _ABSENT))
        return
    if all(isinstance(item, str) for item in (*expected, *actual)):
        expected, actual = sorted(expected), sorted(actual)
    for left, right in zip(expected, actual, strict=True):
        yield from differences(path, left, right)


def _all_named(items: Sequence[Any], name: str) -> bool:
    names = [item[name] for item in items if isinstance(item, Mapping) and isinstance(item.get(name), str)]
    return len(names) == len(items) == len(set(names)) > 0


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return str(expected).lower() == str(actual).lower()
    if isinstance(expected, int | float) or isinstance(actual, int | float):
        try:
            return float(expected) == float(actual)
        except (TypeError, ValueError):
            return False
    return bool(expected == actual)


def _words(value: Any, limit: int = 200) -> str:
    text = json.dumps(value, default=str, sort_keys=True)
    return text if len(text) <= limit else f"{text[:limit]}..."
