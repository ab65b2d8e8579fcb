"""What the platforms' adapters share: one budget of time for all calls of one attempt, and outcomes of calls that
brought no reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from orderbridge.domain.channels import Channel
from orderbridge.domain.outcomes import NotSent, Unknown
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.transport import CallFailed, Deadline, NothingSent
from orderbridge.platforms.values import InvalidValue
from orderbridge.ports import ChannelUnusable

ATTEMPT_SECONDS = 40.0
"""All calls of one attempt together, logins included; the wiring's time for one forward (45 s) is longer."""


def attempt_deadline() -> Deadline:
    """The end of an attempt that begins now."""
    return Deadline.after(ATTEMPT_SECONDS)


def require_usable(definition: PlatformDefinition[Any, Any], channel: Channel, credentials: Mapping[str, Any]) -> None:
    """Raises `ChannelUnusable` for a channel that was set up for another version of this code, or by hand."""
    for part, read, document in (
        ("settings", definition.read_settings, channel.settings),
        ("credentials", definition.read_credentials, credentials),
    ):
        try:
            read(document)
        except InvalidValue as invalid:
            raise ChannelUnusable(f"the {part} of the channel {channel.name} cannot be used: {invalid}") from None


def outcome_of_failure(failure: CallFailed) -> NotSent | Unknown:
    """What a create call without a reply means: a repeat is safe exactly where no byte left."""
    return NotSent(str(failure)) if isinstance(failure, NothingSent) else Unknown(str(failure))


def secrets_of(credentials: BaseModel) -> list[str]:
    """The secret texts in credentials, so that a platform's echo of one is not kept."""
    return [value.get_secret_value() for _, value in credentials if isinstance(value, SecretStr)]
