"""Why a request is not accepted, as exceptions. What HTTP makes of them is in `entrypoints.problems`.

::

    Refusal
    ├── MalformedRequest   malformed_json, missing_header, invalid_header, invalid_parameter
    ├── Unauthenticated    invalid_credentials, invalid_token, invalid_signature, stale_timestamp
    ├── Forbidden          client_mismatch, partner_suspended
    ├── NotFound           not_found
    ├── Conflict           purchase_order_conflict
    ├── InvalidFields      invalid_fields, idempotency_key_reused
    ├── TooManyRequests    too_many_requests
    └── Unavailable        unavailable

`code` is stable and machine-readable; `detail` says what to do; neither tells which half of a credential was wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CallField = Literal["client_id", "timestamp", "signature", "idempotency_key"]
"""A part of a partner's call that a refusal can be about. The entry point knows what partners call it."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field: an RFC 6901 pointer into the request body and what is wrong there."""

    pointer: str
    message: str


class Refusal(Exception):
    """A request that is not accepted: a stable code, and words for the partner.

    Where the refusal is `about` a part of the call, `detail` is what is said of it, without its name. `retry_after` is
    in seconds.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        about: CallField | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.about = about
        self.errors = tuple(errors)
        self.retry_after = retry_after


class MalformedRequest(Refusal):
    """The request cannot be read: broken JSON, or a required part missing or unparsable."""


class Unauthenticated(Refusal):
    """The caller has not shown who it is."""


class Forbidden(Refusal):
    """The caller is known and may not do this."""


class NotFound(Refusal):
    """There is no such thing for this caller; another partner's order is one of these."""


class Conflict(Refusal):
    """The reference is taken by an order with other content."""


class InvalidFields(Refusal):
    """The JSON is well-formed and its content is not valid; `errors` names every field at once."""


class TooManyRequests(Refusal):
    """The caller's rate is above its limit; `retry_after` says when to come back."""

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail, retry_after=retry_after)


class Unavailable(Refusal):
    """Something Orderbridge depends on did not answer; the same request may be sent again."""

    def __init__(self) -> None:
        detail = "The service cannot take the request now. Send the same request again."
        super().__init__("unavailable", detail, retry_after=5)
