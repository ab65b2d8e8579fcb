"""Published test vectors, which are beside the repository where they are at all."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "vectors"


class Case(NamedTuple):
    """One vector: its group (keys), itself, and the verdict it asks for."""

    name: str
    group: dict[str, Any]
    test: dict[str, Any]
    is_valid: bool


def load(name: str) -> Any:
    """A vector file, or a skip that says which one is missing."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"shared/vectors/{name} is not here")
    return json.loads(path.read_text())


def wycheproof(name: str) -> Iterator[Case]:
    """The cases of a Wycheproof file; "acceptable" is not valid, since a verifier may refuse it."""
    for group in load(f"wycheproof/{name}")["testGroups"]:
        for test in group["tests"]:
            yield Case(f"tcId {test['tcId']} {test['comment']}", group, test, test["result"] == "valid")


def base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
