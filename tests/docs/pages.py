"""The project's own pages, and what comments and pages cite of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCES = ("layers", "functions", "cli", "benchmarks", "tests")
_GENERATED = ("orderbridge/entrypoints/documents/",)


def pages() -> list[Path]:
    """Every Markdown page: the root's, those of docs/ and the map of the tests."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "tests/README.md"]


def texts() -> Iterator[tuple[Path, str]]:
    """Every file in which a comment may cite something, with its text: code, template, scripts and pages."""
    files = [*pages(), ROOT / "template.yaml", ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / ".ci/run"]
    for folder in SOURCES:
        files += sorted(
            path
            for path in (ROOT / folder).rglob("*")
            if path.suffix in (".py", ".yaml", ".in", ".txt", ".css") or path.name == "Makefile"
        )
    for file in files:
        if not any(part in file.as_posix() for part in _GENERATED):
            yield file, file.read_text(encoding="utf-8")


def named(file: Path) -> str:
    """A file as it is called in reports: its path in the project."""
    return file.relative_to(ROOT).as_posix()


def links(page: Path) -> list[str]:
    """The targets of a page's links and pictures, as written."""
    found = []
    for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target is not None:
                found.append(str(target))
    return found


def headings(page: Path) -> list[str]:
    """A page's headings in its order, without their marks."""
    tokens = MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))
    return [tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "heading_open"]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them: a heading's second twin ends with ``-1``."""
    found: set[str] = set()
    for heading in headings(page):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        twins = sum(1 for other in found if other == anchor or re.fullmatch(rf"{re.escape(anchor)}-[0-9]+", other))
        found.add(f"{anchor}-{twins}" if twins else anchor)
    return found
