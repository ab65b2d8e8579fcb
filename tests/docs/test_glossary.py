"""The glossary names what is in the code by its present names, and nothing twice."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.docs.pages import DOCS, texts

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and line.count("|") == 4
]


@cache
def code() -> str:
    return "\n".join(text for file, text in texts() if file.suffix in (".py", ".yaml") and "tests" not in file.parts)


@pytest.mark.parametrize("name", [name for row in ROWS for name in re.findall(r"`([^`]+)`", row[2])])
def test_a_name_of_the_glossary_is_in_the_code(name: str) -> None:
    assert all(re.search(rf"\b{re.escape(word)}\b", code()) for word in name.split())


def test_a_word_is_explained_once() -> None:
    words = [row[0] for row in ROWS]

    assert len(words) > 40
    assert len(words) == len(set(words))
