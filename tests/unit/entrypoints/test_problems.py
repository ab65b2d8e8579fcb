"""What partners get for a refusal: one status and title per kind, and the document of RFC 9457."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from orderbridge.entrypoints.problems import HEADER_NAMES, KINDS, InternalError, Problem, problem_headers
from orderbridge.entrypoints.requests import read_call
from orderbridge.values import refusals
from orderbridge.values.refusals import (
    CallField,
    FieldError,
    InvalidFields,
    MalformedRequest,
    NotFound,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)


def kinds_of(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from kinds_of(each)


def test_every_kind_of_refusal_has_a_status_and_a_title_of_its_own() -> None:
    assert set(KINDS) == set(kinds_of(Refusal))
    assert [kind.status for kind in KINDS.values()] == [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503]
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)


def test_the_tree_of_refusals_names_every_kind_that_a_use_case_raises() -> None:
    listed = re.findall(r"─ (\w+) ", refusals.__doc__ or "")
    assert listed == [kind.__name__ for kind in KINDS if kind.__module__ == refusals.__name__]


def test_a_problem_document_has_what_rfc_9457_and_the_interface_ask_for() -> None:
    refusal = InvalidFields("invalid_fields", "Words.", errors=[FieldError("/a", "wrong")])

    assert list(Problem.of(refusal, "id-1").body().items()) == [
        ("type", "urn:orderbridge:error:invalid_fields"),
        ("title", "Unprocessable Content"),
        ("status", 422),
        ("detail", "Words."),
        ("code", "invalid_fields"),
        ("message", "Words."),
        ("request_id", "id-1"),
        ("errors", [{"pointer": "/a", "message": "wrong"}]),
    ]
    assert "errors" not in Problem.of(NotFound("not_found", "Words."), "id-1").body()


def test_who_may_come_back_is_reported_when_and_who_has_no_token_what_is_asked_for() -> None:
    assert problem_headers(TooManyRequests("too_many_requests", "Words.", retry_after=7)) == {"Retry-After": "7"}
    assert int(problem_headers(Unavailable())["Retry-After"]) > 0
    assert problem_headers(Unauthenticated("invalid_token", "Words.")) == {
        "WWW-Authenticate": 'Bearer realm="orderbridge"'
    }
    assert problem_headers(InternalError()) == {}


@pytest.mark.parametrize("field", get_args(CallField))
def test_a_refusal_that_is_about_a_part_of_the_call_names_its_header(field: CallField) -> None:
    missing = MalformedRequest("missing_header", "is required.", about=field)
    wrong = MalformedRequest("invalid_header", "is not what it must be.", about=field)

    assert (
        Problem.of(missing, "").detail
        == Problem.of(missing, "").message
        == f"The header {HEADER_NAMES[field]} is required."
    )
    assert Problem.of(wrong, "").detail == f"{HEADER_NAMES[field]} is not what it must be."


def test_a_call_is_read_from_the_very_headers_that_refusals_name() -> None:
    call = read_call({name.lower(): f"the {name}" for name in HEADER_NAMES.values()}, b"", method="POST", path="/")

    assert HEADER_NAMES.keys() == set(get_args(CallField))
    assert {field: getattr(call, field) for field in HEADER_NAMES} == {
        field: f"the {name}" for field, name in HEADER_NAMES.items()
    }
