"""HTTP's words are in the entry points alone, as far as partners' calls go (decision 0035)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from orderbridge.entrypoints.problems import HEADER_NAMES, KINDS
from tests.contract.template import PROJECT

LAYER = PROJECT / "layers" / "core" / "orderbridge"
PACKAGES = ("values", "partners", "orders", "channels", "forwarding", "stock", "status", "reading")
"""All that is between the entry points and the outgoing calls; those have headers and statuses of their own."""

HEADERS = {
    *(name.lower() for name in HEADER_NAMES.values()),
    *(name.lower() for kind in KINDS.values() for name in kind.headers),
    "authorization", "content-type",
}  # fmt: skip
TITLES = {kind.title for kind in KINDS.values()}


def words_of_http(source: str) -> Iterator[str]:
    """What a module says of headers, statuses and bodies of answers, docstrings and words to partners aside."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if text.lower() in HEADERS or text in TITLES:
                yield f"line {node.lineno}: {text!r}"
            case ast.Attribute(attr="headers" | "status_code"):
                yield f"line {node.lineno}: .{node.attr}"
            case ast.FunctionDef(name="body"):
                yield f"line {node.lineno}: def body"
            case ast.Dict(keys=[ast.Constant(value="message" | "data"), *_]):
                yield f"line {node.lineno}: the body of an answer"
            case _:
                pass


@pytest.mark.parametrize("package", PACKAGES)
def test_no_use_case_and_no_rule_names_a_header_a_status_or_a_body(package: str) -> None:
    files = sorted((LAYER / package).rglob("*.py"))
    found = {file.name: words for file in files if (words := list(words_of_http(file.read_text(encoding="utf-8"))))}
    assert files
    assert found == {}


def test_every_package_below_the_entry_points_is_looked_at_but_those_that_make_calls_themselves() -> None:
    there = {folder.name for folder in LAYER.iterdir() if (folder / "__init__.py").exists()}
    outgoing = {"http", "calls", "platforms", "webhooks"}
    assert there - set(PACKAGES) == {"aws", "entrypoints", "wiring", *outgoing}


@pytest.mark.parametrize(
    "source",
    [
        'request.headers["x"]', 'sent.get("X-TIMESTAMP")', 'sent["authorization"]', 'title = "Not Found"',
        "def body(self):\n    pass", 'return_ = {"message": "found", "data": []}', "answer.status_code",
    ],
)  # fmt: skip
def test_what_is_looked_for_is_found(source: str) -> None:
    assert list(words_of_http(source))
