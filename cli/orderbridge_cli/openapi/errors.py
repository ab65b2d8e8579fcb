"""An example of every error. What a code means, and what to do about it, is in `catalogue.error_catalogue`.

A contract test holds the examples against the code: what is raised is here, in the same words, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orderbridge.entrypoints.problems import (
    BodyTooLarge,
    InternalError,
    Problem,
    UnsupportedContentType,
    problem_headers,
)
from orderbridge.entrypoints.requests import MAX_BODY_BYTES
from orderbridge.partners.callers import invalid_token, suspended
from orderbridge.reading.orders import order_not_found
from orderbridge.values.refusals import (
    Conflict,
    FieldError,
    Forbidden,
    InvalidFields,
    MalformedRequest,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from orderbridge_cli.catalogue.error_catalogue import WORDS

REQUEST_ID = "0d6ae0f0-1c2f-4b5e-9f0e-6a5a4a0a9d10"
_LINK = re.compile(r"\[([^]]+)]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """One code, with an example of its refusal. Texts are Markdown of one paragraph."""

    refusal: Refusal

    @property
    def code(self) -> str:
        return self.refusal.code

    @property
    def problem(self) -> Problem:
        return Problem.of(self.refusal, REQUEST_ID)

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def headers(self) -> dict[str, str]:
        return problem_headers(self.refusal)

    @property
    def meaning(self) -> str:
        return WORDS[self.code].meaning

    @property
    def remedy(self) -> str:
        """What to do; links to other pages of the guide are plain words here."""
        return _LINK.sub(r"\1", WORDS[self.code].remedy)


CASES = tuple(
    ErrorCase(refusal)
    for refusal in (
        MalformedRequest("malformed_json", "The body is not valid JSON."),
        MalformedRequest("missing_header", "is required.", about="timestamp"),
        MalformedRequest(
            "invalid_header",
            "must be the unix time in seconds (or 13 digits of milliseconds).",
            about="timestamp",
        ),
        MalformedRequest("invalid_parameter", "The parameter limit must be sent once."),
        Unauthenticated("invalid_credentials", "The client_id or the client_secret is not right."),
        invalid_token(),
        Unauthenticated(
            "invalid_signature", "is not valid for this client, timestamp and signature profile.", about="signature"
        ),
        Unauthenticated("stale_timestamp", "is more than 300 seconds away from the present time.", about="timestamp"),
        Forbidden("client_mismatch", "is not the client of the access token.", about="client_id"),
        suspended(),
        # What the gateway in front of the functions refuses by itself (template.yaml, GatewayResponses).
        Forbidden("request_refused", "The request was refused."),
        order_not_found(),
        Conflict("purchase_order_conflict", "This purchase_order_no belongs to an order with other content."),
        BodyTooLarge("body_too_large", f"The body is larger than {MAX_BODY_BYTES} bytes."),
        UnsupportedContentType("unsupported_content_type", "Send the body as application/json."),
        UnsupportedContentType("unsupported_content_encoding", "Send the body as it is, without a Content-Encoding."),
        InvalidFields(
            "invalid_fields",
            "The request has invalid fields; see errors.",
            errors=[
                FieldError("/products/0/quantity", "Input should be greater than or equal to 1"),
                FieldError("/site_code", "Field required"),
            ],
        ),
        InvalidFields("idempotency_key_reused", "This Idempotency-Key belongs to an order with other content."),
        TooManyRequests(
            "too_many_requests",
            "You may send 100 requests a second, and 1000 at once. Send this request again after Retry-After seconds.",
            retry_after=2,
        ),
        InternalError(),
        Unavailable(),
    )
)

BY_CODE = {case.code: case for case in CASES}

EVERYWHERE = ("invalid_header", "request_refused", "too_many_requests", "internal_error", "unavailable")
"""What any call may be answered with."""
EVERY_TOKEN = ("invalid_token", "client_mismatch", "partner_suspended")
"""What a call with a token may be answered with."""
EVERY_BODY = (
    "malformed_json", "body_too_large", "unsupported_content_type", "unsupported_content_encoding", "invalid_fields",
)  # fmt: skip
"""What a call with a body may be answered with."""
EVERY_SIGNATURE = ("missing_header", "invalid_signature", "stale_timestamp")
"""What a signed call may be answered with."""
