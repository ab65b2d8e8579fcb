"""The platforms by name. Each is imported when it is asked for, so a forwarder carries its own and no other."""

from __future__ import annotations

import importlib
from typing import Any, cast

from orderbridge import platforms
from orderbridge.calls.turns import Turns
from orderbridge.forwarding.ports import Platform
from orderbridge.http.transport import Transport
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.names import platform_names as platform_names
from orderbridge.platforms.values import InvalidValue


def definition_of(name: str) -> PlatformDefinition[Any, Any]:
    """What the platform says about itself; raises `InvalidValue` for a name that is none."""
    if name not in platform_names():
        raise InvalidValue(f"{name!r} is not a platform; there are {', '.join(platform_names())}")
    module = importlib.import_module(f"{platforms.__name__}.{name}")
    return cast("PlatformDefinition[Any, Any]", module.DEFINITION)


def can_cancel(name: str) -> bool:
    """Whether a platform can be asked to take an order back; one that is gone cannot."""
    return name in platform_names() and definition_of(name).can_cancel


def can_look(name: str) -> bool:
    """Whether an order can be looked for at a platform; at one that is gone it cannot."""
    return name in platform_names() and definition_of(name).can_look


def platform_named(name: str, *, allow_loopback_http: bool = False, turns: Turns | None = None) -> Platform:
    """The platform, ready to send when its channels' turns are. Raises `InvalidValue` for no name."""
    return definition_of(name).make_adapter(Transport(allow_loopback_http=allow_loopback_http), turns or Turns())
