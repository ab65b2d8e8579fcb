"""Who is calling, and the use case behind the function that partners call all day: intake."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.clients import ANSWERING
from orderbridge.entrypoints.log import log, log_failure
from orderbridge.entrypoints.settings import CallerSettings, OrderIntakeSettings, TokenSettings, load
from orderbridge.orders.intake import AcceptOrder
from orderbridge.orders.numbering import CodeAllocator
from orderbridge.orders.table import TableCodeCounter, TableOrderIntake
from orderbridge.partners.call_limit import CallLimit
from orderbridge.partners.callers import Callers, TokenVerifier
from orderbridge.partners.secrets import SecretKeyRing
from orderbridge.partners.table import TableCallBuckets, TablePartners
from orderbridge.partners.token_bucket import RateLimit
from orderbridge.values.times import utc_now


def accept_order() -> AcceptOrder:
    settings = load(OrderIntakeSettings)
    table = clients.dynamodb(ANSWERING)
    return AcceptOrder(
        callers=callers(settings),
        codes=CodeAllocator(
            TableCodeCounter(table, settings.table_name),
            note_gap=lambda count: log("order_numbers_lost", count=count),
        ),
        orders=TableOrderIntake(table, settings.table_name),
        clock=utc_now,
        business_time_zone=settings.business_time_zone,
        sweep_grace_seconds=settings.sweep_grace_seconds,
    )


def callers(settings: CallerSettings) -> Callers:
    table = clients.dynamodb(ANSWERING)
    return Callers(
        partners=TablePartners(table, settings.table_name, settings.partner_cache_seconds, utc_now),
        tokens=TokenVerifier(key_ring(settings.jwt_keys_secret), utc_now),
        clock=utc_now,
        limit=call_limit(settings),
    )


def call_limit(settings: TokenSettings) -> CallLimit:
    return CallLimit(
        TableCallBuckets(clients.dynamodb(ANSWERING), settings.table_name),
        RateLimit(settings.partner_calls_per_second, settings.partner_calls_at_once),
        utc_now,
    )


def key_ring(secret: str) -> SecretKeyRing:
    return SecretKeyRing(
        lambda: clients.secrets_manager(ANSWERING),
        secret,
        utc_now,
        note_failure=lambda failure: log_failure("token_keys_not_read", failure),
    )
