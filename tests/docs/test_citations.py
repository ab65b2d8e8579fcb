"""What a comment, a docstring or a page cites is in the repository.

Cited are: ``docs/<page>.md#<heading>``; ``traps D34`` and ``facts 3`` (docs/platforms), ``invariant 5``
(docs/architecture.md), ``decision 0025`` (docs/decisions); and what stays outside, the platforms' own documents, as
``Ngorder's document, Create Order``, where the name after the comma is one that docs/platforms knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.pages import DOCS, ROOT, anchors, named, texts

_LIST = r"(?:(?:, | and | to |, and )"
_TRAPS = re.compile(rf"\btraps ([A-E][0-9]*{_LIST}[A-E][0-9]+)*)", re.IGNORECASE)
_FACTS = re.compile(rf"\bfacts ([0-9]+{_LIST}[0-9]+)*)", re.IGNORECASE)
_INVARIANTS = re.compile(rf"\binvariants? ([0-9]+{_LIST}[0-9]+)*)", re.IGNORECASE)
_DECISIONS = re.compile(r"(?:\bdecision |\((?=00[0-9]{2}\)))([0-9]{4})\b", re.IGNORECASE)
_PAGES = re.compile(r"\bdocs/([\w./-]+\.(?:md|json))(?:#([\w-]+))?")
_DOCUMENTS = re.compile(r"\b(?:SalesMania|SIRCLO|Ngorder|Sales Order API)'s document(?: of 2019-07)?, ([A-Z][\w&' ]+)")

_OUTSIDE = re.compile(
    r"(?<![\w#\"'`.])(?:DESIGN|INTERFACES|SIRCLO-2021|FACTS(?! [0-9])|TRAPS(?! [A-E])|MAPPING)(?![\w#])"
    r"|\b(?:STYLE|LOCAL)\.md|\bdocument 00[0-9]\b|\bissue [0-9]+\b|\bthe seed(?: document)?\b|\bseed document\b"
)
"""Names of documents that are not in the repository, as comments used to cite them."""


def _flat(text: str) -> str:
    """A text on one line, so that a citation may be broken at a line's end, also behind a comment's mark."""
    return " ".join(re.sub(r"\n\s*(?:# )?", " ", text).split())


def _ids(name: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE))


TRAPS = _ids("platforms/traps.md", r"^- \*\*([A-E][0-9]+)\*\* ")
PARTS = _ids("platforms/traps.md", r"^## ([A-E])\. ")
FACTS = _ids("platforms/facts.md", r"^## ([0-9]+)\. ")
INVARIANTS = _ids("architecture.md", r"^([0-9]+)\. \*\*")
DECISIONS = {path.name[:4] for path in (DOCS / "decisions").glob("[0-9]*.md")}
PLATFORMS = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "platforms").glob("*.md")))


def _each(cited: str) -> list[str]:
    return re.split(r", and |, | and | to ", cited)


def dangling(text: str) -> Iterator[str]:
    """What a text cites and the repository has not."""
    flat = _flat(text)
    for pattern, known in (
        (_TRAPS, TRAPS | PARTS),
        (_FACTS, FACTS),
        (_INVARIANTS, INVARIANTS),
        (_DECISIONS, DECISIONS),
    ):
        for match in pattern.finditer(flat):
            yield from (match[0] for each in _each(match[1]) if each.upper() not in known)
    for match in _PAGES.finditer(flat):
        page = DOCS / match[1]
        if not page.exists() or (match[2] is not None and match[2] not in anchors(page)):
            yield match[0]
    for match in _DOCUMENTS.finditer(flat):
        if match[1].strip() not in PLATFORMS:
            yield match[0]
    yield from (match[0] for match in _OUTSIDE.finditer(flat))


ALL = [(file, text) for file, text in texts() if file != ROOT / "tests/docs/test_citations.py"]


@pytest.mark.parametrize("folder", sorted({named(file).split("/")[0] for file, _ in ALL}))
def test_everything_cited_is_in_the_repository(folder: str) -> None:
    found = {
        named(file): cited for file, text in ALL if named(file).split("/")[0] == folder if (cited := [*dangling(text)])
    }

    assert found == {}


def test_every_trap_fact_and_invariant_has_its_id_once_and_none_is_left_out() -> None:
    text = (DOCS / "platforms/traps.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \*\*([A-E])([0-9]+)\*\* ", text, re.MULTILINE)
    for part in PARTS:
        assert [int(number) for letter, number in listed if letter == part] == [
            *range(1, 1 + sum(letter == part for letter, _ in listed))
        ]
    assert len(listed) > 150
    assert sorted(map(int, FACTS)) == [*range(1, 1 + len(FACTS))]
    assert sorted(map(int, INVARIANTS)) == [*range(1, 1 + len(INVARIANTS))]


def test_citations_are_looked_for_where_they_are_made() -> None:
    """A pattern that finds nothing any more holds nothing."""
    everything = " ".join(_flat(text) for _, text in ALL)
    for pattern, least in ((_TRAPS, 60), (_FACTS, 5), (_INVARIANTS, 15), (_PAGES, 40), (_DOCUMENTS, 8)):
        assert len(pattern.findall(everything)) >= least, pattern.pattern


@given(st.sampled_from(["traps {}", "TRAPS {}", "(traps C1, {})", "(traps C1 and\n    # {})"]), st.integers(69, 999))
def test_a_trap_that_nobody_wrote_down_is_found(form: str, number: int) -> None:
    assert len([*dangling(form.format(f"D{number}"))]) == 1


@pytest.mark.parametrize(
    "cited",
    [
        "DESIGN section 4", "(DESIGN\n  invariant 99)", "INTERFACES section 5", "FACTS part", "(TRAPS)",
        "MAPPING: an account", "document 001", "issue 5", "SIRCLO-2021", "the seed document", "facts 9", "invariant 99",
        "decision 9999",
        "docs/nowhere.md", "docs/architecture.md#nowhere", "Ngorder's document, Make Coffee",
    ],
)  # fmt: skip
def test_a_citation_of_what_is_not_there_is_found(cited: str) -> None:
    assert [*dangling(f"A rule ({cited}).")] != []


@pytest.mark.parametrize("text", ["MAPPING#ngorder", '"MAPPING#*"', "the traps of TLS", "facts about it", "an issue"])
def test_what_cites_nothing_is_left_alone(text: str) -> None:
    assert [*dangling(text)] == []
