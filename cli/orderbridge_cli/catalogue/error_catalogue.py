"""The error catalogue of the partner guide, generated: `python -m orderbridge_cli.catalogue.error_catalogue > FILE`.

Status and title come from `entrypoints.problems`, the codes from where they are raised in the code and in the
template's gateway responses; only the words are written here. A code without words, or words without a code, is an
error, so the page cannot fall behind.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from orderbridge.entrypoints.problems import KINDS, InternalError
from orderbridge.values.refusals import Refusal, Unavailable
from orderbridge_cli.local.machine.places import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "partner-guide" / "errors.md"
_PACKAGE = PROJECT_ROOT / "layers" / "core" / "orderbridge"
_TEMPLATE = PROJECT_ROOT / "template.yaml"
_CODE_OF_GATEWAY = re.compile(r'"title": "([^"]+)",(?: "status": (\d+),)? "code": "([a-z_]+)"')

Repeat = Literal["no", "after a fix", "the same, later", "new login"]
_REPEAT: Mapping[Repeat, str] = {
    "no": "No.",
    "after a fix": "Not as it is.",
    "the same, later": "Yes, the same request, after `Retry-After` seconds; with growing pauses where there is none.",
    "new login": "Yes, once, with a new token.",
}


class CatalogueOutOfDate(Exception):
    """The words here and the codes in the code are not the same set."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a code means, what a partner does about it, and whether the request is worth sending again."""

    meaning: str
    remedy: str
    repeat: Repeat


WORDS: Mapping[str, Words] = {
    "malformed_json": Words(
        "The body is not JSON in UTF-8, or has a member twice in one object, which `detail` then names.",
        "Send one JSON object in UTF-8. `errors` is absent, since nothing could be read.",
        "after a fix",
    ),
    "missing_header": Words(
        "A required header is missing or blank; `detail` names it.",
        "Send `X-CLIENT-ID`, `X-TIMESTAMP` and `X-SIGNATURE` with every signed request.",
        "after a fix",
    ),
    "invalid_header": Words(
        "A header cannot be read, or was sent twice; `detail` names it.",
        "`X-TIMESTAMP` is unix time in seconds (10 digits) or milliseconds (13 digits), not ISO 8601. "
        "`Idempotency-Key` is 1 to 128 printable ASCII characters, in quotes (a string of RFC 8941) or bare.",
        "after a fix",
    ),
    "invalid_parameter": Words(
        "A query parameter was sent more than once; `detail` names it.",
        "Send it once.",
        "after a fix",
    ),
    "invalid_credentials": Words(
        "`client_id` or `client_secret` is wrong. Which of the two is not said.",
        "Compare both with what you received: they are case-sensitive, and a copied space or newline counts. After a "
        "rotation only the new secret is right.",
        "after a fix",
    ),
    "invalid_token": Words(
        "The access token is missing, malformed, expired, revoked, or not ours.",
        "Send `Authorization: Bearer TOKEN` once. Log in again and repeat the request with the new token; if that is "
        "refused too, stop and look.",
        "new login",
    ),
    "invalid_signature": Words(
        "`X-SIGNATURE` is not a signature by one of your active keys over the expected string, or is not Base64.",
        "See [why a signature is refused](signing.md#why-a-signature-is-refused).",
        "after a fix",
    ),
    "stale_timestamp": Words(
        "`X-TIMESTAMP` is more than 300 seconds away from our clock, in the past or ahead.",
        "Set the machine's clock by NTP; take the time when you send, not when you queue; sign each try anew.",
        "after a fix",
    ),
    "client_mismatch": Words(
        "`X-CLIENT-ID` is not the client of the access token.",
        "Use the token, the client id and the key of one and the same client.",
        "after a fix",
    ),
    "partner_suspended": Words(
        "Your access is suspended. Login says so only to the right secret.",
        "Talk to the integration team. Tokens of before a suspension stay void after it.",
        "no",
    ),
    "not_found": Words(
        "There is no such order of yours, or no such path or method.",
        "Check the code and the path. Another partner's order is answered in the same way.",
        "no",
    ),
    "purchase_order_conflict": Words(
        "Your `purchase_order_no` stands on an order with other content. It stays taken, also when that order was "
        "cancelled or rejected.",
        "If you meant the same order, post what you posted first. If it is another one, give it another number.",
        "after a fix",
    ),
    "body_too_large": Words(
        "The body is larger than 256 KB (262,144 bytes).",
        "Send smaller orders; at most 200 lines fit anyway.",
        "after a fix",
    ),
    "unsupported_content_type": Words(
        "The body is not declared as JSON.",
        "Send `Content-Type: application/json`.",
        "after a fix",
    ),
    "unsupported_content_encoding": Words(
        "The body is declared as compressed.",
        "Send the body as it is, and no `Content-Encoding`, or `identity`.",
        "after a fix",
    ),
    "invalid_fields": Words(
        "The JSON is well-formed, and fields or query parameters are not valid. `errors` names all of them at once.",
        "Correct each `pointer` (RFC 6901). A field that the API does not know is an error too; so is a blank filter.",
        "after a fix",
    ),
    "idempotency_key_reused": Words(
        "Your `Idempotency-Key` stands on an order with other content.",
        "Make a new key for each new order, and keep it for every retry of that order.",
        "after a fix",
    ),
    "too_many_requests": Words(
        "Too many requests, or too many failed logins, in a short time.",
        "Wait as long as `Retry-After` says. Log in once for many requests, not once for each.",
        "the same, later",
    ),
    "request_refused": Words(
        "The gateway in front of the API has refused the request before it was read. The status says more.",
        "Compare the request with this guide. If it is as the guide says, tell us the `request_id`.",
        "after a fix",
    ),
    "internal_error": Words(
        "A defect on our side.",
        "Send the same request again. An order that was stored all the same is found by its reference, and you get its "
        "code. Tell us the `request_id` if it stays so.",
        "the same, later",
    ),
    "unavailable": Words(
        "Something that the API depends on did not answer.",
        "Send the same request again. An order that was stored all the same is found by its reference.",
        "the same, later",
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One kind of refusal as partners see it; the status is 0 where it differs from case to case."""

    status: int
    code: str
    title: str


def entries() -> list[Entry]:
    """Every refusal that the API can answer, by status and code; raises `CatalogueOutOfDate`."""
    found = {*_raised(), *_built_in(), *_of_the_gateway()}
    codes = {entry.code for entry in found}
    if codes != WORDS.keys():
        missing = ", ".join(sorted(codes - WORDS.keys())) or "none"
        spare = ", ".join(sorted(WORDS.keys() - codes)) or "none"
        raise CatalogueOutOfDate(f"{__file__}: codes without words: {missing}; words without a code: {spare}")
    if len(found) != len(codes):
        raise CatalogueOutOfDate(f"a code has two statuses or titles: {sorted(found)}")
    return sorted(found)


def _raised() -> Iterator[Entry]:
    """The codes in calls such as ``Conflict("purchase_order_conflict", ...)``, anywhere in the package."""
    kinds = {kind.__name__: kind for kind in KINDS}
    for file in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(code)), *_]):
                    if name in kinds:
                        yield _entry(kinds[name], code)


def _built_in() -> Iterator[Entry]:
    """The codes that a kind of refusal always has."""
    yield _entry(Unavailable, Unavailable().code)
    yield _entry(InternalError, InternalError().code)


def _entry(kind: type[Refusal], code: str) -> Entry:
    return Entry(KINDS[kind].status, code, KINDS[kind].title)


def _of_the_gateway() -> Iterator[Entry]:
    """The codes of the problem documents in the template, which a request gets that reaches no function."""
    for title, status, code in _CODE_OF_GATEWAY.findall(_TEMPLATE.read_text(encoding="utf-8")):
        if code == "request_refused":
            yield Entry(0, code, "Request refused")
        else:
            yield Entry(int(status), code, title)


def page() -> str:
    """The catalogue as Markdown."""
    listed = entries()
    return _HEAD + "".join(map(_row, listed)) + "".join(map(_section, listed))


def _row(entry: Entry) -> str:
    again = {"no": "no", "after a fix": "no", "the same, later": "yes", "new login": "with a new token"}
    return f"| {entry.status or '4xx'} | [{entry.code}](#{entry.code}) | {again[WORDS[entry.code].repeat]} |\n"


def _section(entry: Entry) -> str:
    words = WORDS[entry.code]
    return (
        f"\n## {entry.code}\n\n"
        f"{f'{entry.status} {entry.title}' if entry.status else 'A 4xx status'}. {words.meaning}\n\n"
        f"- What to do: {words.remedy}\n"
        f"- Send it again? {_REPEAT[words.repeat]}\n"
    )


_HEAD = """\
# Errors

<!-- Generated by `make openapi` from cli/orderbridge_cli/catalogue/error_catalogue.py; change it there. -->

Every refusal is a problem document (RFC 9457) with `Content-Type: application/problem+json`:

```json
{
  "type": "urn:orderbridge:error:invalid_fields",
  "title": "Unprocessable Content",
  "status": 422,
  "detail": "The request has invalid fields; see errors.",
  "code": "invalid_fields",
  "message": "The request has invalid fields; see errors.",
  "request_id": "3f1c7a52-6f0e-4b1c-9b0a-2f4d0c1e5a77",
  "errors": [
    {"pointer": "/products/0/quantity", "message": "Input should be greater than or equal to 1"}
  ]
}
```

- Decide by `code`. It is stable: a code keeps its meaning and its status, new codes may come.
- `type` is `urn:orderbridge:error:` and the code: the same as a URI, a name and no address, and as stable. The page of
  the API itself, `GET /docs`, explains each.
- `detail` and `message` are the same words, for people. They may change at any time.
- `errors` stands in `invalid_fields` only, with every field that is wrong. For a query parameter the pointer
  is its name.
- `request_id` is also in the header `X-Request-Id`. Name it when you ask us about a request. (The firewall in front of
  the API cannot write it, and answers with `Content-Type: application/json`.)
- What you do not know, treat by its status: 4xx is for you to correct, 429 and 5xx are to be sent again.

No answer at all (a timeout, a broken connection) is not an error in this list: nobody knows then whether the order was
stored. Post the same order again; see [after a timeout](orders.md#after-a-timeout).

| Status | Code | Send the same again? |
|---|---|---|
"""


if __name__ == "__main__":
    sys.stdout.write(page())
