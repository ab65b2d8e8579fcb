"""The catalogues as a page, docs/platforms/endpoints.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from orderbridge.platforms.names import platform_names
from orderbridge_cli.catalogue import Catalogue, Endpoint, catalogue_of
from orderbridge_cli.catalogue.used import users_of

HEAD = """# Endpoints of the platforms

Every call that the platforms' documents name, and which of our modules makes it. The parameters of each are in
`cli/orderbridge_cli/catalogue/<platform>.json`, from which `make openapi` makes this page. The calls that are made are
types in `layers/core/orderbridge/platforms/<platform>/`; "used by" names the modules there. Repeatable: asking twice is
the same as asking once. A path may begin with another one by the channel's setting that is named.
"""


def page() -> str:
    """The page, in Markdown."""
    lines = [HEAD, *_summary(), ""]
    for platform in platform_names():
        lines += _platform(catalogue_of(platform), _users(platform))
    return "\n".join(lines)


def _users(platform: str) -> dict[tuple[str, str], list[str]]:
    return {(each.endpoint.group, each.endpoint.title): users for each, users in users_of(platform).items()}


def _summary() -> Iterator[str]:
    yield "| platform | calls | made by us | not documented in part | of which guesses | never to be made |"
    yield "|---|---|---|---|---|---|"
    for platform in platform_names():
        catalogue = catalogue_of(platform)
        counts = (
            len(catalogue.endpoints),
            len(_users(platform)),
            sum(bool(each.undocumented) for each in catalogue.endpoints),
            sum(each.guess for each in catalogue.endpoints),
            sum(each.forbidden is not None for each in catalogue.endpoints),
        )
        yield f"| {catalogue.title} | {' | '.join(map(str, counts))} |"


def _platform(catalogue: Catalogue, users: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    yield f"## {catalogue.title}\n\nDocument: {catalogue.document}."
    for group, endpoints in groupby(catalogue.endpoints, key=lambda each: each.group):
        yield f"\n### {group}\n"
        yield "| call | method and path | section | repeatable | used by | remarks |"
        yield "|---|---|---|---|---|---|"
        for each in endpoints:
            used = ", ".join(f"`{name}`" for name in users.get((each.group, each.name), [])) or "nobody"
            yield (
                f"| {each.name} | `{each.method} {each.path}` | {each.section} "
                f"| {'yes' if each.repeatable else 'no'} | {used} | {_remarks(each)} |"
            )
    yield ""


def _remarks(endpoint: Endpoint) -> str:
    remarks = []
    if endpoint.forbidden is not None:
        remarks.append(f"**never to be made**: {endpoint.forbidden}")
    if endpoint.setting is not None:
        remarks.append(f"setting `{endpoint.setting}`")
    if endpoint.undocumented:
        what = " and ".join(endpoint.undocumented)
        remarks.append(f"{what} not documented, {'a guess' if endpoint.guess else 'known'} from: {endpoint.source}")
    return "; ".join(remarks)
