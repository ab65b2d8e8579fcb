"""The API's document against the code: what it says is what is deployed, raised, sent and answered."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from orderbridge.entrypoints.answers.answer import Answer
from orderbridge.entrypoints.published import OPENAPI, PAGE, documentation_page, openapi_document
from orderbridge.values import refusals
from orderbridge_cli.catalogue.error_catalogue import WORDS
from orderbridge_cli.openapi import examples
from orderbridge_cli.openapi.__main__ import stale
from orderbridge_cli.openapi.document import build
from orderbridge_cli.openapi.endpoints import ALIASES, ENDPOINTS
from orderbridge_cli.openapi.errors import BY_CODE, CASES
from tests.contract.template import PROJECT, template

DOCUMENT = build()
OPERATIONS = [
    (method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
ANSWERS = [
    (f"{method} {path} {status}", int(status), answer)
    for method, path, operation in OPERATIONS
    for status, answer in operation["responses"].items()
]


def problems_of(value: Any, schema: dict[str, Any]) -> list[str]:
    """What is wrong with a value by a schema of the document."""
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    return [error.message for error in validator.iter_errors(value)]


def test_what_is_served_and_what_is_in_docs_says_what_the_code_says() -> None:
    assert stale() == [], "run: make openapi"


def test_the_document_is_valid() -> None:
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


def test_the_documented_calls_are_those_that_are_deployed() -> None:
    deployed = {
        (each["Properties"]["Method"].lower(), each["Properties"]["Path"])
        for function in template().functions().values()
        for each in function.get("Events", {}).values()
        if each["Type"] == "Api"
    }
    documented = {(method, path) for method, path, _ in OPERATIONS}
    heads = {("head", path) for method, path in documented if method == "get"}
    assert documented | heads | {("post", alias) for alias in ALIASES} == deployed
    assert set(ALIASES.values()) <= {path for _, path in documented}


def test_every_call_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    for _, path, operation in OPERATIONS:
        assert operation["summary"], path
        assert len(operation["description"]) > 20, path
        assert operation["tags"], path


@pytest.mark.parametrize(("name", "status", "answer"), ANSWERS, ids=[name for name, _, _ in ANSWERS])
def test_every_answer_has_an_example_that_is_valid_and_the_headers_that_go_with_it(
    name: str, status: int, answer: dict[str, Any]
) -> None:
    ((media_type, content),) = answer["content"].items()
    if status >= 400:
        assert media_type == "application/problem+json"
        given = [DOCUMENT["components"]["examples"][code]["value"] for code in content["examples"]]
        assert {each["status"] for each in given} == {status}
    else:
        given = [content["example"]] if "example" in content else []
        assert given or path_of(name) in ("/api/v1/docs", "/api/v1/openapi.json")
    for example in given:
        assert problems_of(example, content["schema"]) == []
    expected = {401: {"WWW-Authenticate"}, 429: {"Retry-After"}, 503: {"Retry-After"}}.get(status, set())
    assert set(answer["headers"]) - {"Idempotent-Replay"} == {"X-Request-Id", *expected}


def path_of(name: str) -> str:
    return name.split(" ")[1]


def test_the_replay_header_is_where_an_order_can_be_answered_again() -> None:
    having = [name for name, _, answer in ANSWERS if "Idempotent-Replay" in answer["headers"]]
    assert having == ["post /api/v1/sales-orders 200"]


def test_examples_of_requests_and_parameters_are_valid() -> None:
    for _, path, operation in OPERATIONS:
        for parameter in operation.get("parameters", ()):
            assert parameter["required"] or parameter["in"] != "path"
            if "example" in parameter:
                assert problems_of(parameter["example"], parameter["schema"]) == [], (path, parameter["name"])
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            assert problems_of(content["example"], content["schema"]) == [], path


def test_signed_calls_name_what_is_signed_and_reading_asks_for_a_token_alone() -> None:
    for method, path, operation in OPERATIONS:
        needed = [name for each in operation["security"] for name in each]
        required = {
            each["name"] for each in operation.get("parameters", ()) if each["in"] == "header" and each["required"]
        }
        if "signature" in needed:
            assert (method, required) == ("post", {"X-CLIENT-ID", "X-TIMESTAMP"}), path
        else:
            assert required == set(), path
            assert needed in ([], ["token"]), path


def test_the_fields_that_a_partner_sends_are_all_explained() -> None:
    bodies = {endpoint.body.__name__ for endpoint in ENDPOINTS if endpoint.body is not None} | {"ProductLine"}
    for name in bodies:
        for field, schema in DOCUMENT["components"]["schemas"][name]["properties"].items():
            assert schema.get("description"), f"{name}.{field}"


def test_requests_are_closed_and_answers_are_open() -> None:
    for answer in Answer.__subclasses__():
        assert "additionalProperties" not in DOCUMENT["components"]["schemas"][answer.__name__]
    for name in ("SalesOrder", "ProductLine", "CancelBody"):
        assert DOCUMENT["components"]["schemas"][name]["additionalProperties"] is False


# --- errors -----------------------------------------------------------------------------------------------------------


def raised() -> Iterator[tuple[str, str | None]]:
    """Code and words of every problem that is made in the code; None for words that are put together."""
    for path in (PROJECT / "layers/core/orderbridge").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                kinds = {type(case.refusal).__name__ for case in CASES}
                if node.func.id in kinds and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    words = node.args[1] if len(node.args) > 1 else None
                    yield first.value, words.value if isinstance(words, ast.Constant) else None


def test_every_code_that_is_raised_has_an_example_and_every_example_is_raised() -> None:
    gateway = set(re.findall(r'"code": "([a-z_]+)"', (PROJECT / "template.yaml").read_text()))
    in_code = {code for code, _ in raised()} | {"internal_error", "unavailable"}
    assert set(BY_CODE) == in_code | gateway == set(WORDS)


def test_an_example_has_the_very_words_of_the_code() -> None:
    words: dict[str, set[str]] = {}
    for code, text in raised():
        if text is not None:
            words.setdefault(code, set()).add(text)
    checked = [code for code, case in BY_CODE.items() if code in words and case.refusal.detail in words[code]]
    # Those whose words are put together at run time, or are beside others that are.
    free = {"missing_header", "invalid_header", "invalid_parameter", "body_too_large", "too_many_requests"}
    assert set(checked) | free == set(BY_CODE) - {"internal_error", "unavailable", "request_refused"}


def test_the_tree_of_refusals_has_every_code_at_its_kind() -> None:
    listed = {
        code: kind
        for kind, codes in re.findall(r"─ (\w+) +([a-z_, ]+)", refusals.__doc__ or "")
        for code in codes.split(", ")
    }
    by_kind = {code: type(case.refusal).__name__ for code, case in BY_CODE.items()}
    of_entry_points = {
        "body_too_large", "unsupported_content_type", "unsupported_content_encoding", "internal_error",
        "request_refused",
    }  # fmt: skip
    assert listed == {code: kind for code, kind in by_kind.items() if code not in of_entry_points}


# --- the page ---------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What is in the page that matters here."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.loaded: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.feed(PAGE.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "href":
                self.links.append(value or "")
            elif name in ("src", "srcset", "data", "action"):
                self.loaded.append(value or "")
            elif name.startswith("on") or name == "style":
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = Page()
    assert not page.tags & {"script", "img", "iframe", "object", "embed", "form", "link", "base"}
    assert page.loaded == []
    assert page.handlers == []
    assert "@import" not in PAGE.read_text()
    assert "url(" not in PAGE.read_text()


def test_every_link_of_the_page_leads_somewhere_on_it_or_to_the_document() -> None:
    page = Page()
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links:
        assert link == "openapi.json" or link.removeprefix("#") in page.ids, link


def test_the_type_of_every_error_is_absolute_and_the_page_explains_it() -> None:
    """A path alone would leave out the stage, and lead to another place from every path it is answered at."""
    ids, text = Page().ids, " ".join(Page().text)
    for case in CASES:
        said = case.problem.type
        assert said == f"urn:orderbridge:error:{case.code}"
        assert said in text
        assert f"error-{case.code}" in ids


def test_the_page_has_every_call_field_and_code() -> None:
    text = " ".join(Page().text)
    for method, path, operation in OPERATIONS:
        assert path in text, path
        assert operation["operationId"] in Page().ids, method
    for name in examples.SALES_ORDER:
        assert name in text, name
    assert "%" + "MAX_LINES" not in text


def test_the_page_is_sent_with_a_policy_that_lets_only_its_own_style_in() -> None:
    answer = documentation_page()
    policy = answer.headers["Content-Security-Policy"]
    assert answer.content_type == "text/html; charset=utf-8"
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_document_is_sent_as_it_was_made() -> None:
    answer = openapi_document()
    assert answer.content_type == "application/json"
    assert isinstance(answer.body, str)
    assert json.loads(answer.body) == json.loads(OPENAPI.read_text()) == DOCUMENT
    assert len(answer.body.encode()) < 1024 * 1024
