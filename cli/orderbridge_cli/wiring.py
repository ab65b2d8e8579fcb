"""The operator's use cases on the ports of one stack."""

from __future__ import annotations

import itertools

from orderbridge.forwarding.releasing import ReleaseForwards, RouteOrders
from orderbridge.platforms.registry import can_cancel, can_look
from orderbridge.values.times import utc_now
from orderbridge.webhooks.webhook import Webhook
from orderbridge_cli.operating.channels import OperateChannels
from orderbridge_cli.operating.forwards import MoveForward
from orderbridge_cli.operating.mappings import OperateMappings
from orderbridge_cli.operating.orders import LookUpOrders
from orderbridge_cli.operating.overview import TakeOverview
from orderbridge_cli.operating.partners import OperatePartners
from orderbridge_cli.operating.restores import SecureRestored
from orderbridge_cli.operating.stock import StockOverview
from orderbridge_cli.operating.webhooks import OperateWebhooks
from orderbridge_cli.target import Operations


def operate_partners(stack: Operations) -> OperatePartners:
    return OperatePartners(stack.partners, stack.channels, stack.pepper, utc_now)


def operate_channels(stack: Operations) -> OperateChannels:
    return OperateChannels(stack.channels, stack.vault, release_forwards(stack), utc_now)


def operate_mappings(stack: Operations) -> OperateMappings:
    return OperateMappings(
        table=stack.mapping_rows,
        channels=stack.channels,
        partners=stack.partners,
        orders=stack.desk,
        releasing=release_forwards(stack),
        routing=RouteOrders(stack.desk, stack.partners, stack.queues, utc_now, stack.sweep_grace_seconds),
        clock=utc_now,
    )


def release_forwards(stack: Operations) -> ReleaseForwards:
    return ReleaseForwards(stack.desk, stack.queues, utc_now, stack.sweep_grace_seconds)


def look_up_orders(stack: Operations) -> LookUpOrders:
    return LookUpOrders(
        reads=stack.order_reads,
        desk=stack.desk,
        partners=stack.partners,
        channels=stack.channels,
        clock=utc_now,
        business_time_zone=stack.business_time_zone,
        read_orders=stack.overview_reads.orders,
    )


def move_forward(stack: Operations) -> MoveForward:
    from orderbridge_cli.platform_calls import look_for

    return MoveForward(
        desk=stack.desk,
        queues=stack.queues,
        can_cancel=can_cancel,
        can_look=can_look,
        look=lambda record: look_for(stack, record),
        hasten=operate_channels(stack).hasten,
        clock=utc_now,
        sweep_grace_seconds=stack.sweep_grace_seconds,
        operator=stack.operator,
    )


def secure_restored(stack: Operations) -> SecureRestored:
    return SecureRestored(
        stack.desk, stack.codes, utc_now, stack.business_time_zone, stack.sweep_grace_seconds, stack.operator
    )


def stock_overview(stack: Operations) -> StockOverview:
    return StockOverview(stack.stock_levels, stack.stock_runs, stack.channels.list_channels(), utc_now)


def take_overview(stack: Operations) -> TakeOverview:
    from orderbridge_cli.platform_calls import unusable

    webhooks = operate_webhooks(stack)

    def given_up(webhook: Webhook, limit: int) -> int:
        return len(list(itertools.islice(webhooks.records(webhook.client_id, webhook.webhook_id, "FAILED"), limit)))

    return TakeOverview(
        reads=stack.overview_reads,
        list_channels=stack.channels.list_channels,
        list_webhooks=lambda: webhooks.of(None),
        given_up=given_up,
        missing=lambda limit: operate_mappings(stack).missing(None, limit),
        unusable=lambda channel: unusable(stack, channel),
        dead_letters=stack.dead_letters.counts,
        client_ids=stack.partners.client_ids,
        clock=utc_now,
        business_time_zone=stack.business_time_zone,
    )


def operate_webhooks(stack: Operations) -> OperateWebhooks:
    return OperateWebhooks(
        partners=stack.partners,
        registry=stack.webhook_registry,
        vault=stack.webhook_vault,
        deliveries=stack.deliveries,
        queue=stack.delivery_queue,
        clock=utc_now,
        allow_loopback_http=stack.is_on_this_machine,
        sweep_grace_seconds=stack.sweep_grace_seconds,
    )
