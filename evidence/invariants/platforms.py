"""Platforms: each has an order once, the same each time, and no other; what they say of it is known."""

from __future__ import annotations

from collections import defaultdict

from evidence.afterwards import UNKNOWN_WORD
from evidence.invariants.found import Found, Invariant, Wrong
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.order_status import channel_status
from orderbridge.stock.table import read_stock_level


def no_order_is_at_a_platform_twice(found: Found) -> Wrong:
    for channel, by_code in found.held.items():
        for code, held in by_code.items():
            if len(held) > 1:
                yield f"{code} at {channel}: {len(held)} times"


def no_order_is_at_a_platform_that_was_not_accepted(found: Found) -> Wrong:
    for channel, by_code in found.held.items():
        for code in by_code:
            order = found.orders.get(code or "")
            if order is None or channel not in {each.name for each in order.channels}:
                yield f"{code} at {channel}: no such order, or not for this channel"


def what_is_sent_again_is_the_same(found: Found) -> Wrong:
    for (channel, code), bodies in found.world.watch.bodies.items():
        if len(bodies) > 1:
            yield f"{code} at {channel}: {len(bodies)} different bodies"


def every_write_and_every_call_was_allowed(found: Found) -> Wrong:
    """Forwards move along their transitions, by one revision at a time; SENDING is stored before anything leaves."""
    yield from found.world.watch.wrong


def statuses_are_what_the_platforms_say_or_are_reported(found: Found) -> Wrong:
    by_id = {
        (found.world.label_of(each.channel.name), each.external_id): each
        for each in found.all_forwards()
        if each.state is ForwardState.SENT
    }
    for key, status in found.done.told.items():
        forward = by_id.get(key)
        if forward is None or channel_status(forward) != status:
            yield f"{key}: the platform says {status}, we {forward and channel_status(forward)}"
    for key in found.done.waybills:
        if key not in by_id or by_id[key].awb_number is None:
            yield f"{key}: no waybill"
    for key in found.done.unknown:
        words = [word for _, word in by_id[key].platform_status_raw] if key in by_id else []
        if UNKNOWN_WORD not in words:
            yield f"{key}: a word that nobody knows was not kept: {words}"
    for report in found.done.reports:
        if not report["ok"] and not found.row.rounds_may_fail:
            yield f"{report['channel']}: {report['problems']}"


def stock_is_what_the_platforms_say_or_is_reported(found: Found) -> Wrong:
    levels: dict[str, dict[str, int]] = defaultdict(dict)
    for item in found.world.aws.table.items("STOCK#"):
        level = read_stock_level(item)
        levels[level.channel][level.product_code] = level.available
    for label, sandbox in found.world.sandboxes.items():
        known = levels[found.world.channel_of(label)]
        true = {product: int(level) for product, level in sandbox.platform.stock().items()}
        if not known:
            yield f"{label}: no level was ever read"
        for product, available in known.items():
            if true[product] != available:
                yield f"{label}: {product} is {available}, and at the platform {true[product]}"
    for report in found.done.stock_reports:
        if not report["ok"] and not found.row.rounds_may_fail:
            yield f"{report['channel']}: {report['problems']}"


INVARIANTS: tuple[Invariant, ...] = (
    no_order_is_at_a_platform_twice,
    no_order_is_at_a_platform_that_was_not_accepted,
    what_is_sent_again_is_the_same,
    every_write_and_every_call_was_allowed,
    statuses_are_what_the_platforms_say_or_are_reported,
    stock_is_what_the_platforms_say_or_is_reported,
)
