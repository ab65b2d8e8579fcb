"""The use case behind each function, built once per environment from its settings."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.intake import TableCodeCounter, TableOrderIntake
from orderbridge.aws.partners import TablePartners
from orderbridge.aws.secrets import SecretKeyRing, SecretPepper
from orderbridge.domain.times import utc_now
from orderbridge.runtime.settings import AuthLoginSettings, AuthRefreshSettings, OrderIntakeSettings, load
from orderbridge.usecases.authentication import LogIn, RefreshToken, TokenVerifier
from orderbridge.usecases.callers import Callers
from orderbridge.usecases.codes import CodeAllocator
from orderbridge.usecases.intake import AcceptOrder


def log_in() -> LogIn:
    settings = load(AuthLoginSettings)
    return LogIn(
        # A login always reads the partner as it is now: a new secret or a suspension counts at once.
        partners=TablePartners(clients.dynamodb(), settings.table_name, 0, utc_now),
        pepper=SecretPepper(clients.secrets_manager(), settings.pepper_secret),
        keys=_key_ring(settings.jwt_keys_secret),
        clock=utc_now,
    )


def refresh_token() -> RefreshToken:
    settings = load(AuthRefreshSettings)
    return RefreshToken(
        partners=TablePartners(clients.dynamodb(), settings.table_name, settings.partner_cache_seconds, utc_now),
        keys=_key_ring(settings.jwt_keys_secret),
        clock=utc_now,
    )


def accept_order() -> AcceptOrder:
    settings = load(OrderIntakeSettings)
    table = clients.dynamodb()
    return AcceptOrder(
        callers=_callers(settings.table_name, settings.partner_cache_seconds, settings.jwt_keys_secret),
        codes=CodeAllocator(TableCodeCounter(table, settings.table_name)),
        orders=TableOrderIntake(table, settings.table_name),
        clock=utc_now,
        business_time_zone=settings.business_time_zone,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )


def _callers(table: str, partner_cache_seconds: float, jwt_keys_secret: str) -> Callers:
    return Callers(
        partners=TablePartners(clients.dynamodb(), table, partner_cache_seconds, utc_now),
        tokens=TokenVerifier(_key_ring(jwt_keys_secret), utc_now),
        clock=utc_now,
    )


def _key_ring(secret: str) -> SecretKeyRing:
    return SecretKeyRing(clients.secrets_manager(), secret, utc_now)
