"""Every link of every page leads to a file that is there, and to a heading that it has; tables are whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, anchors, links, named, pages


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere in the project."""
    found = []
    for link in links(page):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_to_no_file_or_to_no_heading_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n\n[a](#one) [b](#two) [c](other.md) [d](page.md#three) `[e](f.md)`\n\n## One\n\n[f](#one-1)\n"
    )

    assert broken(page) == ["#two", "other.md", "page.md#three"]


def test_every_record_of_a_decision_is_in_the_list_under_its_own_title() -> None:
    listed = (DOCS / "decisions/README.md").read_text(encoding="utf-8")

    for record in sorted((DOCS / "decisions").glob("00*.md")):
        number, _, title = record.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(": ")
        assert record.name.startswith(number)
        assert f"| [{number}]({record.name}) | {title} |" in listed


@pytest.mark.parametrize("page", pages(), ids=named)
def test_the_rows_of_a_table_have_as_many_cells_as_its_head(page: Path) -> None:
    """Where a row has fewer, or a bar in a cell, the forge leaves words out."""
    for table in re.findall(r"(?:^ *\|.*\n)+", page.read_text(encoding="utf-8"), re.MULTILINE):
        rows = [line.replace("\\|", "").strip() for line in table.splitlines()]
        assert {row.count("|") for row in rows} == {rows[0].count("|")}, rows[0]
