"""The environment of each function as one validated value; the template sets exactly these variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar


class BadEnvironment(Exception):
    """A variable that the function needs is not set, or not readable."""


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


def _variable(name: str, read: Callable[[str], Any] = str) -> Any:
    return field(metadata={"variable": name, "read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthLoginSettings:
    table_name: str = _variable("TABLE_NAME")
    jwt_keys_secret: str = _variable("JWT_KEYS_SECRET")
    pepper_secret: str = _variable("PEPPER_SECRET")
    login_failures_per_client: int = _variable("LOGIN_FAILURES_PER_CLIENT", int)
    login_failures_per_address: int = _variable("LOGIN_FAILURES_PER_ADDRESS", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthRefreshSettings:
    table_name: str = _variable("TABLE_NAME")
    jwt_keys_secret: str = _variable("JWT_KEYS_SECRET")
    partner_cache_seconds: float = _variable("PARTNER_CACHE_SECONDS", _number)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSettings:
    """What it takes to know who is calling, and how often they may."""

    table_name: str = _variable("TABLE_NAME")
    jwt_keys_secret: str = _variable("JWT_KEYS_SECRET")
    partner_cache_seconds: float = _variable("PARTNER_CACHE_SECONDS", _number)
    partner_calls_per_second: float = _variable("PARTNER_CALLS_PER_SECOND", _positive)
    partner_calls_at_once: int = _variable("PARTNER_CALLS_AT_ONCE", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntakeSettings(CallerSettings):
    business_time_zone: str = _variable("BUSINESS_TIME_ZONE")
    sweep_grace_seconds: float = _variable("SWEEP_GRACE_SECONDS", _number)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReadSettings(CallerSettings):
    business_time_zone: str = _variable("BUSINESS_TIME_ZONE")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelSettings(CallerSettings):
    queue_sirclo: str = _variable("QUEUE_SIRCLO")
    queue_ngorder: str = _variable("QUEUE_NGORDER")
    sweep_grace_seconds: float = _variable("SWEEP_GRACE_SECONDS", _number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiInfoSettings:
    table_name: str = _variable("TABLE_NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPublisherSettings:
    table_name: str = _variable("TABLE_NAME")
    bus_name: str = _variable("BUS_NAME")
    queue_webhooks: str = _variable("QUEUE_WEBHOOKS")
    partner_cache_seconds: float = _variable("PARTNER_CACHE_SECONDS", _number)
    sweep_grace_seconds: float = _variable("SWEEP_GRACE_SECONDS", _number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwarderSettings:
    stack: str = _variable("ORDERBRIDGE_STACK")
    table_name: str = _variable("TABLE_NAME")
    platform: str = _variable("PLATFORM")
    queue_url: str = _variable("QUEUE_URL")
    bus_name: str = _variable("BUS_NAME")
    function_timeout_seconds: float = _variable("FUNCTION_TIMEOUT_SECONDS", _number)
    workers: float = _variable("WORKERS", _number)
    sweep_grace_seconds: float = _variable("SWEEP_GRACE_SECONDS", _number)
    partner_cache_seconds: float = _variable("PARTNER_CACHE_SECONDS", _number)
    allow_loopback_http: bool = _variable("ALLOW_LOOPBACK_HTTP", _flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweeperSettings:
    table_name: str = _variable("TABLE_NAME")
    bus_name: str = _variable("BUS_NAME")
    queue_salesmania: str = _variable("QUEUE_SALESMANIA")
    queue_sirclo: str = _variable("QUEUE_SIRCLO")
    queue_ngorder: str = _variable("QUEUE_NGORDER")
    queue_webhooks: str = _variable("QUEUE_WEBHOOKS")
    sweep_grace_seconds: float = _variable("SWEEP_GRACE_SECONDS", _number)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSyncSettings:
    stack: str = _variable("ORDERBRIDGE_STACK")
    table_name: str = _variable("TABLE_NAME")
    bus_name: str = _variable("BUS_NAME")
    allow_loopback_http: bool = _variable("ALLOW_LOOPBACK_HTTP", _flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSenderSettings:
    stack: str = _variable("ORDERBRIDGE_STACK")
    table_name: str = _variable("TABLE_NAME")
    bus_name: str = _variable("BUS_NAME")
    queue_webhooks: str = _variable("QUEUE_WEBHOOKS")
    sweep_grace_seconds: float = _variable("SWEEP_GRACE_SECONDS", _number)
    partner_cache_seconds: float = _variable("PARTNER_CACHE_SECONDS", _number)
    allow_loopback_http: bool = _variable("ALLOW_LOOPBACK_HTTP", _flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSyncSettings:
    stack: str = _variable("ORDERBRIDGE_STACK")
    table_name: str = _variable("TABLE_NAME")
    bus_name: str = _variable("BUS_NAME")
    allow_loopback_http: bool = _variable("ALLOW_LOOPBACK_HTTP", _flag)


SettingsT = TypeVar("SettingsT")

SETTINGS: dict[str, type[Any]] = {
    "auth_login": AuthLoginSettings,
    "auth_refresh": AuthRefreshSettings,
    "order_intake": OrderIntakeSettings,
    "order_read": OrderReadSettings,
    "order_cancel": OrderCancelSettings,
    "api_info": ApiInfoSettings,
    "event_publisher": EventPublisherSettings,
    "forward_salesmania": ForwarderSettings,
    "forward_sirclo": ForwarderSettings,
    "forward_ngorder": ForwarderSettings,
    "sweeper": SweeperSettings,
    "stock_sync": StockSyncSettings,
    "status_sync": StatusSyncSettings,
    "webhook_sender": WebhookSenderSettings,
}
"""What each function reads, by the function's name; the contract tests hold the template against it."""


def variables(settings: type[Any]) -> frozenset[str]:
    """The names of the environment variables that a settings class reads."""
    return frozenset(each.metadata["variable"] for each in fields(settings))


def load(settings: type[SettingsT], environment: Mapping[str, str] = os.environ) -> SettingsT:
    """The settings in an environment; raises `BadEnvironment` naming everything that is wrong at once."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for each in fields(settings):  # type: ignore[arg-type]
        name, read = each.metadata["variable"], each.metadata["read"]
        try:
            values[each.name] = read(environment[name])
        except KeyError:
            wrong.append(f"{name} is not set")
        except ValueError:
            wrong.append(f"{name} is not readable")
    if wrong:
        raise BadEnvironment("; ".join(wrong))
    return settings(**values)
