"""Orders: every one that was answered ends, or waits with its reason; none of them longer than its state may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from evidence.invariants.found import Found, Invariant, Wrong, place
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.platforms.registry import can_cancel, can_look
from orderbridge_sandboxes import HeldOrder

LIMITS: Mapping[ForwardState, timedelta] = {
    # Between two attempts lie 50 s, or what the platform asked for, an hour at most (retry_after).
    ForwardState.QUEUED: timedelta(minutes=75),
    # A lease of 70 s, then looks: two that count, `settle_s` apart, and a minute of waiting for the sweeper each time.
    ForwardState.SENDING: timedelta(minutes=15),
    # Until a probe succeeds, or the operator comes, and once more round by the slow recheck.
    ForwardState.PAUSED: timedelta(minutes=75),
}
"""How long a forward may stay where something moves it, once nothing bad is done any more."""


def every_order_that_was_answered_is_stored_under_that_code(found: Found) -> Wrong:
    by_number = {order.content.purchase_order_no: order for order in found.orders.values()}
    for placed in found.world.partner.placed.values():
        order = by_number.get(placed.number)
        if not placed.codes:
            yield f"{placed.number}: the partner never had an answer"
        elif order is None or set(placed.codes) != {order.code}:
            yield f"{placed.number}: answered as {sorted(set(placed.codes))}, stored as {order and order.code}"
    yield from found.world.partner.refused


def codes_are_unique(found: Found) -> Wrong:
    items = [item for item in found.world.aws.table.items("ORDER#") if item["SK"]["S"] == "ORDER"]
    for code, times in Counter(item["code"]["S"] for item in items).items():
        if times > 1:
            yield f"{code} is on {times} orders"


def every_order_ends_or_waits_with_its_reason(found: Found) -> Wrong:
    """Every order has a forward for each of its channels, and each is where it stays, for a reason that is true."""
    for order in found.orders.values():
        names = {forward.channel.name for forward in found.forwards[order.code]}
        if names != {channel.name for channel in order.channels}:
            yield f"{order.code}: forwards {sorted(names)}, channels {[channel.name for channel in order.channels]}"
        waits = order.awaits_route and order.unrouted_since is not None
        if order.awaits_route and not waits:
            yield f"{order.code}: no channel, and nothing that says so"
        if order.has_news:
            yield f"{order.code}: its end was never told"
        if (order.due_at is not None) is not waits:
            yield f"{order.code}: due {order.due_at}, and {'waits for a route' if waits else 'nothing is to be done'}"
    for code in found.forwards.keys() - found.orders.keys():
        yield f"{code}: forwards without their order"
    for forward in found.all_forwards():
        tells_id = found.world.facts[found.world.label_of(forward.channel.name)].tells_id
        trouble = _untrue(forward, found.held_of(forward), tells_id=tells_id)
        if trouble is not None:
            yield f"{place(forward)}: {trouble}"


def _untrue(forward: Forward, held: list[HeldOrder], *, tells_id: bool) -> str | None:
    ids = [str(order.id) for order in held]
    match forward.state:
        case ForwardState.SENT:
            true = bool(held) and (forward.external_id in ids or (forward.external_id is None and not tells_id))
            return None if true else f"SENT as {forward.external_id}, and the platform holds {ids}"
        case ForwardState.REJECTED:
            return None if forward.error and not held else f"REJECTED ({forward.error}), and the platform holds {ids}"
        case ForwardState.CANCELLED:
            alive = [order for order in held if order.status.lower() not in ("canceled", "cancelled")]
            return None if not alive else f"CANCELLED, and the platform holds {ids} as {alive[0].status}"
        case ForwardState.IN_DOUBT:
            if forward.is_absent and held:
                return f"IN_DOUBT and certainly absent, and the platform holds {ids}"
            return None if forward.error else "IN_DOUBT without a reason"
        case ForwardState.NEEDS_MAPPING:
            return None if forward.missing and not held else f"NEEDS_MAPPING {forward.missing}, held {ids}"
        case _:
            return f"{forward.state} at the end: {forward.error}"


def only_what_nobody_can_look_for_is_in_doubt(found: Found) -> Wrong:
    """Where a platform can be looked at, no person is needed to find out whether it holds an order."""
    for forward in found.all_forwards():
        if forward.state is ForwardState.IN_DOUBT and can_look(forward.channel.platform) and not found.row.may_doubt:
            yield f"{place(forward)}: {forward.error}"


def nothing_waits_for_what_is_there(found: Found) -> Wrong:
    """In the end everything is mapped and routed, so nothing waits for that."""
    for forwards in found.forwards.values():
        for forward in forwards:
            if forward.state is ForwardState.NEEDS_MAPPING:
                yield f"{place(forward)}: {[f'{need.kind}:{need.key}' for need in forward.missing]}"
    for order in found.orders.values():
        if order.unrouted_since is not None:
            yield f"{order.code}: waits for a route"


def every_wish_to_cancel_is_settled(found: Found) -> Wrong:
    """Cancelled, or the platform's answer is on the forward; what is in doubt waits for a person with it."""
    for forward in found.all_forwards():
        if found.orders[forward.code].cancel_requested_at is None:
            continue
        is_settled = (
            forward.state in (ForwardState.CANCELLED, ForwardState.REJECTED)
            or (forward.state is ForwardState.IN_DOUBT and not forward.is_absent)
            or not can_cancel(forward.channel.platform)
            or forward.cancel_answer is not None
        )
        if not is_settled:
            yield f"{place(forward)}: {forward.state}, and its partner has taken the order back"
    for placed in found.world.partner.placed.values():
        order = found.orders.get(placed.codes[0]) if placed.cancelled else None
        if order is not None and order.cancel_requested_at is None:
            yield f"{placed.codes[0]}: taken back, and nobody wrote it down"


def nothing_stays_longer_than_its_state_may(found: Found) -> Wrong:
    """Once nothing bad is done; what the row itself leaves broken counts from its own end."""
    watch, ended = found.world.watch, found.world.harm.ended_at
    stays = [*watch.stays, *((state, since, found.world.machine.now) for state, since in watch.since.values())]
    longest: dict[ForwardState, timedelta] = {}
    for state, since, until in stays:
        stayed = until - max(since, ended)
        longest[state] = max(longest.get(state, timedelta()), stayed)
    for state, limit in LIMITS.items():
        if longest.get(state, timedelta()) > limit * found.row.patience:
            yield f"a forward stayed {state} for {longest[state]}, and may for {limit * found.row.patience}"


INVARIANTS: tuple[Invariant, ...] = (
    every_order_that_was_answered_is_stored_under_that_code,
    codes_are_unique,
    every_order_ends_or_waits_with_its_reason,
    only_what_nobody_can_look_for_is_in_doubt,
    nothing_waits_for_what_is_there,
    every_wish_to_cancel_is_settled,
    nothing_stays_longer_than_its_state_may,
)
