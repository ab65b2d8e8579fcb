"""The map of the tests leads from behaviours to every file of tests, and to nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

TESTS = ROOT / "tests"
PATTERNS = sorted(set(re.findall(r"`([\w*/]+\.py)`", (TESTS / "README.md").read_text(encoding="utf-8"))))


def matching(pattern: str) -> set[Path]:
    return set(TESTS.glob(pattern))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_entry_of_the_map_names_tests_that_are_there(pattern: str) -> None:
    assert matching(pattern)


def test_every_file_of_tests_is_on_the_map() -> None:
    on_the_map = set().union(*(matching(pattern) for pattern in PATTERNS))

    assert {file for file in TESTS.rglob("test_*.py") if "project" not in file.parts} - on_the_map == set()
