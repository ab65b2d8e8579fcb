"""What a platform says about itself, without a socket: its settings, credentials and the mapping values it takes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from orderbridge.channels.channel import CommonSettings
from orderbridge.channels.mapping import MappingKind
from orderbridge.platforms.values import InvalidValue, read_value

if TYPE_CHECKING:
    from orderbridge.calls.turns import Turns
    from orderbridge.forwarding.ports import Platform
    from orderbridge.http.transport import Transport

SettingsT = TypeVar("SettingsT", bound=CommonSettings)
CredentialsT = TypeVar("CredentialsT", bound=BaseModel)


@dataclass(frozen=True)
class PlatformDefinition(Generic[SettingsT, CredentialsT]):
    """A platform's models. `values` has, per kind that its mapper may ask for, the reader of a value of that kind.

    `adapter` names the class that sends, as ``module:Class``; it is imported only where something is sent.
    `cannot_look` and `cannot_cancel` say why the platform cannot be looked at, or asked to take an order back; None: it
    can. `warehouse_of` makes of a site's mapping (None: it has none) the warehouse that an order for it names, None
    where it names none; without it there are no warehouses.
    """

    name: str
    title: str
    settings: type[SettingsT]
    credentials: type[CredentialsT]
    values: Mapping[MappingKind, Callable[[Any, SettingsT], Any]]
    adapter: str
    cannot_look: str | None = None
    cannot_cancel: str | None = None
    warehouse_of: Callable[[Any | None, SettingsT], int | None] | None = None

    @property
    def can_look(self) -> bool:
        return self.cannot_look is None

    @property
    def can_cancel(self) -> bool:
        return self.cannot_cancel is None

    def read_settings(self, document: Mapping[str, Any]) -> SettingsT:
        """A channel's settings, validated; raises `InvalidValue` naming every member that is wrong."""
        settings = read_value(self.settings, document)
        if settings.stock.warehouses is not None and self.warehouse_of is None:
            raise InvalidValue(f"stock.warehouses: {self.title} keeps no stock by warehouse")
        return settings

    def warehouse_of_site(self, site: Any | None, document: Mapping[str, Any]) -> int | None:
        """The warehouse that an order for a site goes out from, by the site's mapping (None: it has none).

        None where the order names none, or where there are none.
        """
        if self.warehouse_of is None:
            return None
        settings = self.read_settings(document)
        return self.warehouse_of(None if site is None else self.read_mapping("site", site, settings), settings)

    def read_credentials(self, document: Mapping[str, Any]) -> CredentialsT:
        """A channel's credentials, validated; raises `InvalidValue`, which never shows a value."""
        return read_value(self.credentials, document)

    def read_mapping(self, kind: MappingKind, value: Any, settings: SettingsT) -> Any:
        """A mapping value as the mapper uses it; raises `InvalidValue` for one the mapper could not use."""
        reader = self.values.get(kind)
        if reader is None:
            raise InvalidValue(f"{self.title} takes no {kind} mappings, only {', '.join(sorted(self.values))}")
        return reader(value, settings)

    def client_maker(self, transport: Transport) -> Callable[..., Any]:
        """Makes clients of this platform's accounts: its module ``client`` says how."""
        module = importlib.import_module(f"orderbridge.platforms.{self.name}.client")
        made: Callable[..., Any] = module.client_maker(transport)
        return made

    def make_adapter(self, transport: Transport, turns: Turns) -> Platform:
        """The platform with its sockets, and this worker's part of its channels' rate limits."""
        module, _, name = self.adapter.partition(":")
        made: Platform = getattr(importlib.import_module(module), name)(transport, turns)
        return made
