"""What the platforms' adapters share: settings and mapping, one budget of time for all calls of an attempt, and what a
call without a reply means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, SecretStr

from orderbridge.calls.turns import LONGEST_WAIT_SECONDS, Turns
from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import InvalidValue

SettingsT = TypeVar("SettingsT", bound=CommonSettings)
SettingsT_contra = TypeVar("SettingsT_contra", bound=CommonSettings, contravariant=True)
CredentialsT = TypeVar("CredentialsT", bound=BaseModel)

ATTEMPT_SECONDS = 40.0
"""All calls of one attempt together, logins included: of a create call, a look, a cancel."""

PROBE_SECONDS = 10.0
"""All calls of a probe; an attempt may come after it."""

SECONDS_PER_FORWARD = PROBE_SECONDS + LONGEST_WAIT_SECONDS + ATTEMPT_SECONDS
"""The longest that a platform may take of one message; less than the forwarders' timeout in the template."""


class OrderMapper(Protocol[SettingsT_contra]):
    """A platform's pure half, the module ``mapper`` of its package."""

    def mapping_keys(self, order: Order) -> Collection[MappingKey]: ...

    def to_request(self, order: Order, settings: SettingsT_contra, mappings: Mappings) -> FrozenRequest: ...


class MappingAdapter(Generic[SettingsT, CredentialsT]):
    """The part of `ports.Platform` that opens no socket and is alike everywhere: reading settings, and mapping."""

    def __init__(
        self,
        definition: PlatformDefinition[SettingsT, CredentialsT],
        mapper: OrderMapper[SettingsT],
        transport: Transport,
        turns: Turns,
    ) -> None:
        self.name = definition.name
        self._definition = definition
        self._mapper = mapper
        self._transport = transport
        self._turns = turns

    def require_usable(self, channel: Channel, credentials: Mapping[str, Any]) -> None:
        """Raises `ChannelUnusable` for a channel that was set up for another version of this code, or by hand."""
        for part, read, document in (
            ("settings", self._definition.read_settings, channel.settings),
            ("credentials", self._definition.read_credentials, credentials),
        ):
            try:
                read(document)
            except InvalidValue as invalid:
                raise ChannelUnusable(f"the {part} of the channel {channel.name} cannot be used: {invalid}") from None

    def settings(self, channel: Channel) -> SettingsT:
        return self._definition.read_settings(channel.settings)

    def take_turn(self, channel: Channel) -> float:
        """0 once it is this worker's turn at the channel, or in how many seconds it is; see `Turns`."""
        return self._turns.take(channel.name, self.settings(channel).rate_limit)

    def mapping_keys(self, order: Order, channel: Channel) -> Collection[MappingKey]:  # noqa: ARG002
        return self._mapper.mapping_keys(order)

    def to_request(self, order: Order, channel: Channel, mappings: Mappings) -> FrozenRequest:
        return self._mapper.to_request(order, self.settings(channel), mappings)


def attempt_deadline() -> Deadline:
    """The end of an attempt that begins now."""
    return Deadline.after(ATTEMPT_SECONDS)


def probe_deadline() -> Deadline:
    """The end of a probe that begins now."""
    return Deadline.after(PROBE_SECONDS)


def secrets_of(credentials: BaseModel) -> list[str]:
    """The secret texts in credentials, so that a platform's echo of one is not kept."""
    return [value.get_secret_value() for _, value in credentials if isinstance(value, SecretStr)]
