"""The environment of each function as one validated value; the template sets exactly these variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from orderbridge.values.events import OPTIONAL_EVENTS

ValueT = TypeVar("ValueT")


class BadEnvironment(Exception):
    """A variable that the function needs is not set, or not readable."""


class NotAChoice(ValueError):
    """A value that is none of those there are; says which there are, and does not repeat it."""


def _number(text: str) -> float:
    value = float(text)
    if not value >= 0:
        raise ValueError(text)
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value == 0:
        raise ValueError(text)
    return value


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _events(text: str) -> frozenset[str]:
    names = frozenset(text.split(",")) if text != "none" else frozenset()
    if not names <= OPTIONAL_EVENTS:
        raise NotAChoice(f"only {', '.join(sorted(OPTIONAL_EVENTS))} can be chosen, or none")
    return names


class Variable(Generic[ValueT]):
    """A variable of the environment as an attribute of settings."""

    def __init__(self, name: str, read: Callable[[str], ValueT]) -> None:
        self.name = name
        self.read = read

    def __get__(self, settings: Any, owner: type[Any]) -> ValueT:
        # Only where the attribute itself is missing; `load` sets it.
        raise AttributeError(self.name)


def _text(name: str) -> Variable[str]:
    return Variable(name, str)


def _seconds(name: str) -> Variable[float]:
    return Variable(name, _number)


class Settings:
    """What one function reads. `load` makes one; plain classes, because a cold start makes all of them."""

    table_name = _text("TABLE_NAME")


class TokenSettings(Settings):
    """What it takes to issue a token or to know one, and how often its partner may call."""

    jwt_keys_secret = _text("JWT_KEYS_SECRET")
    partner_calls_per_second = Variable("PARTNER_CALLS_PER_SECOND", _positive)
    partner_calls_at_once = Variable("PARTNER_CALLS_AT_ONCE", int)


class AuthLoginSettings(TokenSettings):
    pepper_secret = _text("PEPPER_SECRET")
    login_failures_per_client = Variable("LOGIN_FAILURES_PER_CLIENT", int)
    login_failures_per_address = Variable("LOGIN_FAILURES_PER_ADDRESS", int)


class CallerSettings(TokenSettings):
    """What it takes to know whose a token is, and whether that partner is still active."""

    partner_cache_seconds = _seconds("PARTNER_CACHE_SECONDS")


class AuthRefreshSettings(CallerSettings):
    """No more than that."""


class OrderReadSettings(CallerSettings):
    business_time_zone = _text("BUSINESS_TIME_ZONE")


class OrderIntakeSettings(CallerSettings):
    business_time_zone = _text("BUSINESS_TIME_ZONE")
    sweep_grace_seconds = _seconds("SWEEP_GRACE_SECONDS")


class OrderCancelSettings(CallerSettings):
    stack = _text("ORDERBRIDGE_STACK")
    sweep_grace_seconds = _seconds("SWEEP_GRACE_SECONDS")


class ApiInfoSettings(Settings):
    """The table alone."""


class EventPublisherSettings(Settings):
    bus_name = _text("BUS_NAME")
    optional_events = Variable("OPTIONAL_EVENTS", _events)
    queue_webhooks = _text("QUEUE_WEBHOOKS")
    partner_cache_seconds = _seconds("PARTNER_CACHE_SECONDS")
    sweep_grace_seconds = _seconds("SWEEP_GRACE_SECONDS")


class SweeperSettings(Settings):
    stack = _text("ORDERBRIDGE_STACK")
    bus_name = _text("BUS_NAME")
    optional_events = Variable("OPTIONAL_EVENTS", _events)
    queue_webhooks = _text("QUEUE_WEBHOOKS")
    queue_webhooks_slow = _text("QUEUE_WEBHOOKS_SLOW")
    sweep_grace_seconds = _seconds("SWEEP_GRACE_SECONDS")


class OutwardSettings(Settings):
    """What it takes to call somebody: the stack, by which secrets are named, and whether plain http will do."""

    stack = _text("ORDERBRIDGE_STACK")
    allow_loopback_http = Variable("ALLOW_LOOPBACK_HTTP", _flag)


class ForwarderSettings(OutwardSettings):
    platform = _text("PLATFORM")
    queue_url = _text("QUEUE_URL")
    function_timeout_seconds = _seconds("FUNCTION_TIMEOUT_SECONDS")
    workers = Variable("WORKERS", _number)
    sweep_grace_seconds = _seconds("SWEEP_GRACE_SECONDS")
    partner_cache_seconds = _seconds("PARTNER_CACHE_SECONDS")


class StatusSyncSettings(OutwardSettings):
    """The table and the platforms."""


class StockSyncSettings(OutwardSettings):
    bus_name = _text("BUS_NAME")
    optional_events = Variable("OPTIONAL_EVENTS", _events)


class WebhookSenderSettings(OutwardSettings):
    bus_name = _text("BUS_NAME")
    optional_events = Variable("OPTIONAL_EVENTS", _events)
    queue_webhooks = _text("QUEUE_WEBHOOKS")
    queue_webhooks_slow = _text("QUEUE_WEBHOOKS_SLOW")
    sweep_grace_seconds = _seconds("SWEEP_GRACE_SECONDS")
    partner_cache_seconds = _seconds("PARTNER_CACHE_SECONDS")


SettingsT = TypeVar("SettingsT", bound=Settings)

_SETTINGS: dict[str, type[Settings]] = {
    "auth_login": AuthLoginSettings,
    "auth_refresh": AuthRefreshSettings,
    "order_intake": OrderIntakeSettings,
    "order_read": OrderReadSettings,
    "order_cancel": OrderCancelSettings,
    "api_info": ApiInfoSettings,
    "event_publisher": EventPublisherSettings,
    "sweeper": SweeperSettings,
    "stock_sync": StockSyncSettings,
    "status_sync": StatusSyncSettings,
    "webhook_sender": WebhookSenderSettings,
}


def settings_of(function: str) -> type[Settings]:
    """What a function reads, by its name; the contract tests hold the template against it. Forwarders are alike."""
    return ForwarderSettings if function.startswith("forward_") else _SETTINGS[function]


def variables(settings: type[Settings]) -> frozenset[str]:
    """The names of the environment variables that a settings class reads."""
    return frozenset(variable.name for variable in _variables(settings).values())


def load(settings: type[SettingsT], environment: Mapping[str, str] = os.environ) -> SettingsT:
    """The settings in an environment; raises `BadEnvironment` naming everything that is wrong at once."""
    loaded = settings()
    wrong: list[str] = []
    for attribute, variable in _variables(settings).items():
        try:
            setattr(loaded, attribute, variable.read(environment[variable.name]))
        except KeyError:
            wrong.append(f"{variable.name} is not set")
        except NotAChoice as refused:
            wrong.append(f"{variable.name}: {refused}")
        except ValueError:
            wrong.append(f"{variable.name} is not readable")
    if wrong:
        raise BadEnvironment("; ".join(wrong))
    return loaded


def _variables(settings: type[Settings]) -> dict[str, Variable[Any]]:
    bases = reversed(settings.__mro__)
    return {name: value for base in bases for name, value in vars(base).items() if isinstance(value, Variable)}
