"""Answers to a create call: everything that platforms, and what is between, are known to say, and much besides.

What an answer proves is said a second time, from the table of answers alone (``docs/platforms/README.md``), in each
platform's record of facts: so that reader and table can disagree.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from orderbridge_sandboxes.faults import Fault
from tests.conformance.facts import CODE as ANY_CODE
from tests.conformance.facts import NO_BODY, facts_of
from tests.conformance.facts import VALUE as ANY_VALUE

REFUSED = (401, 403, 429)
TURNED_AWAY = (404, 405, 413, 421, 425)
OF_CONTENT = (400, 409, 410, 422)
STATUSES = (
    100, 102, 199, 200, 201, 202, 203, 204, 206, 207, 226, 299, 300, 301, 302, 304, 307, 308, *OF_CONTENT, *REFUSED,
    *TURNED_AWAY, 402, 406, 407, 408, 411, 412, 414, 415, 417, 418, 423, 424, 426, 428, 431, 444, 451, 499,
    500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 525, 526, 530, 599,
)  # fmt: skip

PAGES = (
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>",
    "<!DOCTYPE html><html><body>We are under maintenance</body></html>",
    "default backend - 404",
    "upstream connect error or disconnect/reset before headers",
    "OK",
    "success",
    "customer not found",
    "",
    "   ",
    "null and void",
)
TROUBLES: tuple[Any, ...] = (
    {"code": "IllegalAccessToken", "message": "Illegal access token"},
    {"status": "error"},
    {"success": "false"},
    {"message": "We are under maintenance"},
    {"message": "queued"},
    {"message": "Service Unavailable"},
    {"message": "no Route matched with those values"},
    {"message": "Forbidden"},
    {"Message": None},
    {"errorMessage": "Task timed out after 30.03 seconds"},
    {"fault": {"faultstring": "Rate limit quota violation", "detail": {"errorcode": "policies.ratelimit"}}},
    {"error": {"code": 503, "message": "The service is currently unavailable."}},
    {"data": None, "message": "", "reference": ""},
    {"response": "Failed", "message": "Server is busy, try again later", "data": None},
)
NAMES = (
    "id",
    "data",
    "order_id",
    "order_number",
    "response",
    "status",
    "success",
    "message",
    "error",
    "succeed",
    "failed",
)
VALUES = (
    0,
    1,
    -1,
    77,
    "77",
    "0",
    True,
    False,
    None,
    "",
    "Success",
    "success",
    "sukses",
    "Failed",
    "ok",
    "error",
    "Baru",
)


@dataclass(frozen=True)
class Answer:
    """One answer to a create call, and whether the platform has processed the call."""

    status: int
    content_type: str
    body: bytes
    processed: bool

    def fault(self, platform: str) -> Fault:
        return Fault(
            "commit_then_status" if self.processed else "status",
            method=facts_of(platform).create.method,
            path=facts_of(platform).create.path,
            status=self.status,
            raw=base64.b64encode(self.body).decode(),
            content_type=self.content_type,
        )

    @property
    def document(self) -> Any:
        try:
            return json.loads(self.body.decode("utf-8-sig"))
        except ValueError:
            return NotImplemented

    @property
    def is_json(self) -> bool:
        return self.document is not NotImplemented


def odd_documents(code: str) -> st.SearchStrategy[Any]:
    """JSON that looks like an answer, made of what answers are made of."""
    leaves = st.sampled_from([*VALUES, code])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=4), st.lists(inner, max_size=2)
        ),
        max_leaves=6,
    )


def success_like(platform: str, code: str) -> st.SearchStrategy[Any]:
    """The platform's own form of a success, with each part of the proof there, missing or odd."""
    kinds = {ANY_VALUE: st.sampled_from(VALUES), ANY_CODE: st.sampled_from([code, "SO-20250303-00002", None, 0])}

    def made(form: Any) -> st.SearchStrategy[Any]:
        if not isinstance(form, Mapping):
            return kinds[form]
        needed = {name: made(inner) for name, inner in form.items() if not name.endswith("?")}
        optional = {name.removesuffix("?"): made(inner) for name, inner in form.items() if name.endswith("?")}
        return st.fixed_dictionaries(needed, optional=optional)

    return made(facts_of(platform).success)


def refusals(platform: str) -> list[Any]:
    """The platform's own JSON about what is in an order."""
    return [each.body for each in facts_of(platform).rejects if each.status in OF_CONTENT]


def bodies(platform: str, code: str) -> st.SearchStrategy[tuple[bytes, str]]:
    """A body and its content type."""
    documents = st.one_of(
        st.sampled_from(TROUBLES),
        st.sampled_from(refusals(platform)),
        st.just({}),
        odd_documents(code),
    )
    written = documents.map(lambda document: json.dumps(document).encode())
    successes = success_like(platform, code).map(lambda document: json.dumps(document).encode())
    pages = st.sampled_from(PAGES).map(str.encode)
    return st.one_of(
        st.tuples(successes, st.just("application/json")),
        st.tuples(written, st.sampled_from(["application/json", "text/html", "application/problem+json"])),
        st.tuples(pages, st.sampled_from(["text/html", "text/plain", "application/json"])),
        st.tuples(written.map(lambda body: body[: len(body) // 2]), st.just("application/json")),
        st.tuples(written.map(lambda body: body.decode().encode("utf-16")), st.just("application/json")),
        st.tuples(written.map(lambda body: b"\xef\xbb\xbf" + body), st.just("application/json")),
        st.tuples(written.map(lambda body: gzip.compress(body, mtime=0)), st.just("application/json")),
        st.tuples(st.binary(max_size=20), st.just("application/octet-stream")),
    )


def answers(platform: str, code: str, *, can_look: bool) -> st.SearchStrategy[Answer]:
    """An answer, and independently of it whether the call was processed: false only by a premise of the table.

    The premises: nothing is processed behind 401, 403 and 429; where nobody can look, nor behind what turns a call away
    and is no JSON; and what the platform itself says, that an order is there or is refused for its content, is true.
    """

    def with_truth(status: int, body: tuple[bytes, str]) -> st.SearchStrategy[Answer]:
        answer = Answer(status, body[1], body[0], processed=False)
        if proves_acceptance(platform, answer, code):
            return st.just(Answer(status, body[1], body[0], processed=True))
        turned_away = status in TURNED_AWAY and not can_look and not answer.is_json
        if status in REFUSED or turned_away or may_prove_rejection(platform, answer, code):
            return st.just(answer)
        return st.booleans().map(lambda processed: Answer(status, body[1], body[0], processed))

    common = (200, 201, 202, 204, 400, 404, 408, 422)
    statuses = st.one_of(st.sampled_from((200, 201)), st.sampled_from(common), st.sampled_from(STATUSES))
    return st.tuples(statuses, bodies(platform, code)).flatmap(lambda pair: with_truth(*pair))


def proves_acceptance(platform: str, answer: Answer, code: str) -> bool:
    """Row 1 of the table."""
    document = answer.document if answer.body.strip() else NO_BODY
    return 200 <= answer.status < 300 and facts_of(platform).proves(answer.status, document, code)


def may_prove_rejection(platform: str, answer: Answer, code: str) -> bool:
    """Row 2 of the table, or what a generous reader might take for it."""
    document = answer.document
    if not answer.is_json or not (answer.status in OF_CONTENT or 200 <= answer.status < 300):
        return False
    is_refusal = answer.status in OF_CONTENT and document in refusals(platform)
    return is_refusal or facts_of(platform).may_refuse(answer.status, document, code)
