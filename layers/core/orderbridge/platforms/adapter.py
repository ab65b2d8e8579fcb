"""What every platform's adapter is made of. A platform states its requests, what replies mean, and how it is looked at.

Here is what is alike everywhere: settings and mapping, one connection and one budget of time for all calls of an
attempt, what a call without a reply means, a cancel by the platform's own id, and a probe.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from orderbridge import platforms
from orderbridge.calls.asking import AskFailed
from orderbridge.calls.client import PlatformClient, connected
from orderbridge.calls.paging import ListFailed
from orderbridge.calls.turns import LONGEST_WAIT_SECONDS, Turns
from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.channels.lookups import CannotLook, Finding, Found, FoundMappings, LookFailed
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.outcomes import NotSent, Outcome, Rejected
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.forwarding.ports import FrozenRequest, Sought
from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Conversation, Reply, Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import InvalidValue

SettingsT = TypeVar("SettingsT", bound=CommonSettings)
SettingsT_contra = TypeVar("SettingsT_contra", bound=CommonSettings, contravariant=True)
CredentialsT = TypeVar("CredentialsT", bound=BaseModel)
ClientT = TypeVar("ClientT", bound=PlatformClient[Any, Any])

ClientMaker = Callable[[Conversation, SettingsT, CredentialsT, Deadline], ClientT]
"""Makes a client of one account on one connection; a platform's client class, as a rule."""

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


class PlatformAdapter(Generic[SettingsT, CredentialsT, ClientT]):
    """`forwarding.ports.Platform`. What only some orders need, looking and cancelling, a platform imports for them."""

    def __init__(
        self,
        definition: PlatformDefinition[SettingsT, CredentialsT],
        mapper: OrderMapper[SettingsT],
        client: ClientMaker[SettingsT, CredentialsT, ClientT],
        transport: Transport,
        turns: Turns,
    ) -> None:
        self.name = definition.name
        self.can_look = definition.can_look
        self.can_cancel = definition.can_cancel
        self._definition = definition
        self._mapper = mapper
        self._client = client
        self._transport = transport
        self._turns = turns

    # --- what a platform states -----------------------------------------------------------------------------------

    def read_created(self, client: ClientT, request: FrozenRequest, reply: Reply) -> Outcome:
        """What became of a create call that was answered."""
        raise NotImplementedError

    def find(self, client: ClientT, sought: Sought) -> Finding:
        """Look for an order; never raises for what the platform does."""
        raise NotImplementedError

    def cancel(self, client: ClientT, order: Order, number: int) -> Outcome:
        """Ask to cancel the order of this id; raises `AskFailed`, or `ListFailed` where it has to be looked up."""
        raise NotImplementedError

    def try_out(self, client: ClientT) -> None:
        """Read a page of stock; raises `AskFailed` or `ListFailed` where the platform does not answer as it should."""
        raise NotImplementedError

    # --- settings and mapping: no socket --------------------------------------------------------------------------

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
        settings = self.settings(channel)
        return self._turns.take(channel, settings.rate_limit, settings.timeout_s)

    def mapping_keys(self, order: Order, channel: Channel) -> Collection[MappingKey]:  # noqa: ARG002
        return self._mapper.mapping_keys(order)

    def to_request(self, order: Order, channel: Channel, mappings: Mappings) -> FrozenRequest:
        return self._mapper.to_request(order, self.settings(channel), mappings)

    # --- calls ----------------------------------------------------------------------------------------------------

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        try:
            with self.client(channel, credentials) as client:
                return self.read_created(client, request, client.send(request))
        except AskFailed as failed:
            return failed.outcome

    def look_for(self, sought: Sought, channel: Channel, credentials: Mapping[str, Any]) -> Finding:
        return self._look_for(sought, channel, credentials, attempt_deadline())

    def cancel_order(
        self, order: Order, external_id: str | None, channel: Channel, credentials: Mapping[str, Any]
    ) -> Outcome:
        """Cancel by the platform's own id; one that was never learnt is looked up first."""
        title, deadline = self._definition.title, attempt_deadline()
        if self._definition.cannot_cancel is not None:
            return Rejected(self._definition.cannot_cancel)
        if external_id is None:
            finding = self._look_for(Sought(order), channel, credentials, deadline)
            if not isinstance(finding, Found):
                return NotSent(f"cancelling needs {title}'s id of the order: {finding}")
            external_id = finding.external_id
        if not external_id.isdecimal():
            return Rejected(f"{external_id!r} is no id of an order at {title}")
        try:
            with self.client(channel, credentials, deadline) as client:
                return self.cancel(client, order, int(external_id))
        except AskFailed as failed:
            return failed.outcome
        except ListFailed as failed:
            return NotSent(f"whether the order is cancelled already: {failed.reason}")

    def find_mappings(
        self, wanted: Collection[MappingKey], known: Mappings, channel: Channel, credentials: Mapping[str, Any]
    ) -> FoundMappings:
        """What the platform itself says of missing mappings, by its module ``sources``."""
        sources = importlib.import_module(f"{platforms.__name__}.{self.name}.sources")
        try:
            with self.client(channel, credentials) as client:
                found: FoundMappings = sources.find_mappings(client, wanted, known)
                return found
        except AskFailed as failed:
            return FoundMappings({}, (str(failed),))

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        try:
            with self.client(channel, credentials, probe_deadline()) as client:
                self.try_out(client)
        except (AskFailed, ListFailed) as failed:
            return str(failed)
        return None

    @contextmanager
    def client(
        self, channel: Channel, credentials: Mapping[str, Any], deadline: Deadline | None = None
    ) -> Iterator[ClientT]:
        """The channel's account on one connection, by default with the time of one attempt; raises `AskFailed`."""
        settings, account = self.settings(channel), self._definition.read_credentials(credentials)
        with connected(self._transport, settings.base_url) as conversation:
            yield self._client(conversation, settings, account, deadline or attempt_deadline())

    def _look_for(
        self, sought: Sought, channel: Channel, credentials: Mapping[str, Any], deadline: Deadline
    ) -> Finding:
        if self._definition.cannot_look is not None:
            return CannotLook(self._definition.cannot_look)
        try:
            with self.client(channel, credentials, deadline) as client:
                return self.find(client, sought)
        except AskFailed as failed:
            return LookFailed(str(failed))


def attempt_deadline() -> Deadline:
    """The end of an attempt that begins now."""
    return Deadline.after(ATTEMPT_SECONDS)


def probe_deadline() -> Deadline:
    """The end of a probe that begins now."""
    return Deadline.after(PROBE_SECONDS)
