"""The use cases behind login and refresh."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.clients import ANSWERING
from orderbridge.entrypoints.settings import AuthLoginSettings, AuthRefreshSettings, load
from orderbridge.partners.login import LogIn, RefreshToken
from orderbridge.partners.login_throttle import LoginThrottle, ThrottledLogIn
from orderbridge.partners.secrets import SecretPepper
from orderbridge.partners.table import TableFailureCounter, TablePartnerProfiles, TablePartners
from orderbridge.values.times import utc_now
from orderbridge.wiring.intake import call_limit, key_ring


def log_in() -> ThrottledLogIn:
    settings = load(AuthLoginSettings)
    table = clients.dynamodb(ANSWERING)
    return ThrottledLogIn(
        LogIn(
            # Nothing is remembered here: a new secret or a suspension counts at once.
            partners=TablePartnerProfiles(table, settings.table_name),
            pepper=SecretPepper(clients.secrets_manager(ANSWERING), settings.pepper_secret),
            keys=key_ring(settings.jwt_keys_secret),
            clock=utc_now,
            limit=call_limit(settings),
        ),
        LoginThrottle(
            failures=TableFailureCounter(table, settings.table_name),
            per_client=settings.login_failures_per_client,
            per_address=settings.login_failures_per_address,
            clock=utc_now,
        ),
    )


def refresh_token() -> RefreshToken:
    settings = load(AuthRefreshSettings)
    return RefreshToken(
        partners=TablePartners(
            clients.dynamodb(ANSWERING), settings.table_name, settings.partner_cache_seconds, utc_now
        ),
        keys=key_ring(settings.jwt_keys_secret),
        clock=utc_now,
        limit=call_limit(settings),
    )
