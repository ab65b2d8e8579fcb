"""What the platforms' adapters share: one budget of time for all calls of one attempt, and outcomes of calls that
brought no reply."""

from __future__ import annotations

from pydantic import BaseModel, SecretStr

from orderbridge.domain.outcomes import NotSent, Unknown
from orderbridge.platforms.transport import CallFailed, Deadline, NothingSent

ATTEMPT_SECONDS = 40.0
"""All calls of one attempt together, logins included; the wiring's time for one forward (45 s) is longer."""


def attempt_deadline() -> Deadline:
    """The end of an attempt that begins now."""
    return Deadline.after(ATTEMPT_SECONDS)


def outcome_of_failure(failure: CallFailed) -> NotSent | Unknown:
    """What a create call without a reply means: a repeat is safe exactly where no byte left."""
    return NotSent(str(failure)) if isinstance(failure, NothingSent) else Unknown(str(failure))


def secrets_of(credentials: BaseModel) -> list[str]:
    """The secret texts in credentials, so that a platform's echo of one is not kept."""
    return [value.get_secret_value() for _, value in credentials if isinstance(value, SecretStr)]
