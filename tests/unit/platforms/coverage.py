"""docs/platforms/endpoints.md, made from the requests themselves: ``python -m tests.unit.platforms.coverage``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from orderbridge.platforms.endpoints import Done, File, Request, Rows, Undocumented
from tests.unit.platforms.every_endpoint import requests_of
from tests.unit.platforms.left_out import ENDPOINTS, GROUPS

PAGE = "docs/platforms/endpoints.md"
TITLES = {"salesmania": "SalesMania", "sirclo": "SIRCLO", "ngorder": "Ngorder"}
LATER_REVISION = "2021-02"
"""The group of SIRCLO's requests that the document of 2019-07 has not."""

HEAD = """# Endpoints of the platforms

Every endpoint of the platforms' documents that Orderbridge can call, as a typed request in
`layers/core/orderbridge/platforms/<platform>/`; and those that it leaves alone, with the reason. A name in `<...>` is
a path of the channel's settings. Repeatable: asking twice is the same as asking once.

This page is made from the code by `python -m tests.unit.platforms.coverage`; a test holds it to the code, and another
holds the code to the list of every documented endpoint.
"""


def coverage_page() -> str:
    """The page."""
    platforms = (line for platform in TITLES for line in _platform(platform))
    return "\n".join([HEAD, *coverage_table(), "", *platforms, *_left_out()])


def coverage_table() -> list[str]:
    """How many endpoints each document has, and what became of them."""
    lines = [
        "| platform | documented endpoints | with a request | left out on purpose | requests of a later revision |",
        "|---|---|---|---|---|",
    ]
    for platform, title in TITLES.items():
        later = sum(request.endpoint.group == LATER_REVISION for request in requests_of(platform))
        covered = len(requests_of(platform)) - later
        left_out = sum(group.endpoints for (name, _), group in GROUPS.items() if name == platform)
        left_out += sum(name == platform for name, _, _ in ENDPOINTS)
        lines.append(f"| {title} | {covered + left_out} | {covered} | {left_out} | {later} |")
    return lines


def _platform(platform: str) -> Iterator[str]:
    yield f"## {TITLES[platform]}"
    for group, requests in groupby(requests_of(platform), key=lambda request: request.endpoint.group):
        yield f"\n### {group}\n"
        yield "| endpoint | call | request | answers | repeatable |"
        yield "|---|---|---|---|---|"
        for request in requests:
            endpoint = request.endpoint
            repeatable = "yes" if endpoint.may_be_repeated else "no"
            yield (
                f"| {endpoint.title} | `{endpoint.method} {endpoint.path}` | `{request.__name__}` "
                f"| {_answer(request)} | {repeatable} |"
            )
    yield ""


def _answer(request: type[Request[Any]]) -> str:
    kind, row = request.answer_type(), request.row_type()
    if row is not None:
        return f"{Rows.__name__} of `{row.__name__}`"
    told = {Done: "that it was done", Undocumented: "not documented", File: "a file"}
    return told.get(kind, f"`{kind.__name__}`")


def _left_out() -> Iterator[str]:
    yield "## Left out on purpose\n"
    yield "| platform | what | why |"
    yield "|---|---|---|"
    for (platform, group), left_out in GROUPS.items():
        yield f"| {TITLES[platform]} | every endpoint of {group} ({left_out.endpoints}) | {left_out.reason} |"
    for (platform, group, title), reason in ENDPOINTS.items():
        yield f"| {TITLES[platform]} | {group}: {title} | {reason} |"
    yield ""


if __name__ == "__main__":
    page = Path(__file__).resolve().parents[3] / PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(coverage_page())
