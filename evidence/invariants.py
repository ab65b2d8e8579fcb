"""What has to hold after every run, whatever was done to it: each invariant says what breaks it, order by order."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from evidence.afterwards import UNKNOWN_WORD, Afterwards
from orderbridge.aws import timeline as timelines
from orderbridge.forwarding.forward.states import UNROUTED, Forward, ForwardState
from orderbridge.forwarding.order_status import channel_status, order_status
from orderbridge.platforms.registry import can_cancel, can_look
from orderbridge.stock.table import read_stock_level
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import from_iso
from orderbridge_sandboxes import HeldOrder

if TYPE_CHECKING:
    from evidence.world import World

Wrong = Iterator[str]

LIMITS: Mapping[ForwardState, timedelta] = {
    # Between two attempts lie 50 s, or what the platform asked for, an hour at most (retry_after).
    ForwardState.QUEUED: timedelta(minutes=75),
    # A lease of 70 s, then looks: two that count, `settle_s` apart, and a minute of waiting for the sweeper each time.
    ForwardState.SENDING: timedelta(minutes=15),
    # Until a probe succeeds, or the operator comes, and once more round by the slow recheck.
    ForwardState.PAUSED: timedelta(minutes=75),
}
"""How long a forward may stay where something moves it, once nothing bad is done any more."""

FOLDED: Mapping[str, ForwardState | None] = {
    "ForwardQueued": ForwardState.QUEUED,
    "ForwardNeedsMapping": ForwardState.NEEDS_MAPPING,
    "ForwardPaused": ForwardState.PAUSED,
    "ForwardReleased": ForwardState.QUEUED,
    "AttemptStarted": ForwardState.SENDING,
    "AttemptUnanswered": ForwardState.SENDING,
    "LookFailed": ForwardState.SENDING,
    "PlatformLookedAt": ForwardState.SENDING,
    "AttemptFailed": ForwardState.QUEUED,
    "ForwardSent": ForwardState.SENT,
    "ForwardRejected": ForwardState.REJECTED,
    "ForwardInDoubt": ForwardState.IN_DOUBT,
    "ForwardCancelled": ForwardState.CANCELLED,
    # These say something about the order and leave its state as it was.
    "ForwardPutOff": None,
    "CancelRequested": None,
    "CancelWaits": None,
    "CancelUnanswered": None,
    "CancelRejected": None,
    "CancelUnconfirmed": None,
    "StatusChanged": None,
    "ShipmentChanged": None,
    "PaymentChanged": None,
    "StatusUnknown": None,
    "StatusKept": None,
    "OrderRouted": None,
}
"""The state that follows from each line of the timeline."""


class Found:
    """What a run left, read once: orders, forwards, what the platforms hold, what was told to whom."""

    def __init__(self, world: World, done: Afterwards) -> None:
        self.world, self.done, self.row = world, done, world.row
        self.orders = {order.code: order for order in world.orders()}
        self.forwards: dict[str, list[Forward]] = defaultdict(list)
        for forward in world.forwards():
            self.forwards[forward.code].append(forward)
        self.held: dict[str, dict[str | None, list[HeldOrder]]] = {}
        for label, sandbox in world.sandboxes.items():
            by_code: dict[str | None, list[HeldOrder]] = defaultdict(list)
            for order in sandbox.orders:
                by_code[order.reference].append(order)
            self.held[world.channel_of(label)] = by_code

    def all_forwards(self) -> Iterator[Forward]:
        """Those of orders that are there, to channels."""
        for code in self.orders:
            yield from (each for each in self.forwards[code] if each.channel != UNROUTED)

    def held_of(self, forward: Forward) -> list[HeldOrder]:
        return self.held[forward.channel.name].get(forward.code, [])


def place(forward: Forward) -> str:
    return f"{forward.code} at {forward.channel.name}"


# --- orders -----------------------------------------------------------------------------------------------------------


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
    items = [item for item in found.world.table.items("ORDER#") if item["SK"]["S"] == "ORDER"]
    for code, times in Counter(item["code"]["S"] for item in items).items():
        if times > 1:
            yield f"{code} is on {times} orders"


def every_order_ends_or_waits_with_its_reason(found: Found) -> Wrong:
    """Every order has a forward for each of its channels, and each is where it stays, for a reason that is true."""
    for order in found.orders.values():
        names = {forward.channel.name for forward in found.forwards[order.code] if forward.channel != UNROUTED}
        if names != {channel.name for channel in order.channels}:
            yield f"{order.code}: forwards {sorted(names)}, channels {[channel.name for channel in order.channels]}"
        says_why = any(each.missing or each.state is ForwardState.CANCELLED for each in found.forwards[order.code])
        if not order.channels and not says_why:
            yield f"{order.code}: no channel, and nothing that says so"
        if order.due_at is not None:
            yield f"{order.code}: still due"
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


# --- platforms --------------------------------------------------------------------------------------------------------


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


# --- time -------------------------------------------------------------------------------------------------------------


def nothing_stays_longer_than_its_state_may(found: Found) -> Wrong:
    """Once nothing bad is done; what the row itself leaves broken counts from its own end."""
    watch, ended = found.world.watch, found.world.harm_ended_at
    stays = [*watch.stays, *((state, since, found.world.machine.now) for state, since in watch.since.values())]
    longest: dict[ForwardState, timedelta] = {}
    for state, since, until in stays:
        stayed = until - max(since, ended)
        longest[state] = max(longest.get(state, timedelta()), stayed)
    for state, limit in LIMITS.items():
        if longest.get(state, timedelta()) > limit * found.row.patience:
            yield f"a forward stayed {state} for {longest[state]}, and may for {limit * found.row.patience}"


# --- timelines --------------------------------------------------------------------------------------------------------


def every_timeline_folds_to_the_state(found: Found) -> Wrong:
    events: dict[str, list[tuple[str, TimelineEntry]]] = defaultdict(list)
    for item in found.world.table.items("ORDER#"):
        if item["SK"]["S"].startswith("EVENT#"):
            events[item["PK"]["S"]].append((item["SK"]["S"], timelines.read_timeline_entry(item)))
    for pk in {f"ORDER#{order.client_id}#{order.key.reference}" for order in found.orders.values()}:
        listed = sorted(events[pk], key=lambda each: each[0])
        folded: dict[str | None, ForwardState] = {}
        for _, entry in listed:
            if entry.event not in FOLDED:
                yield f"{pk}: nobody knows what {entry.event} means"
            state = FOLDED.get(entry.event)
            if state is not None:
                folded[entry.channel] = state
        rows = found.world.table.rows[pk]
        for sort_key, item in rows.items():
            if sort_key.startswith("FORWARD#"):
                name, state = item["channel"]["S"], item["state"]["S"]
                told = folded.get(None if name == UNROUTED.name else name)
                if told is not None and told.value != state and name != UNROUTED.name:
                    yield f"{item['forward_code']['S']} at {name}: {state}, and its timeline ends with {told}"
                if told is None and name != UNROUTED.name:
                    yield f"{item['forward_code']['S']} at {name}: no line on its timeline"


# --- what others are told ---------------------------------------------------------------------------------------------


def every_change_that_is_promised_reached_the_bus(found: Found) -> Wrong:
    """`OrderCreated` of every order, and the last state of every forward that has come to an end (docs/events.md)."""
    published = found.world.bus.published
    created = {detail["code"] for kind, detail in published if kind == "OrderCreated"}
    for code in found.orders:
        if code not in created:
            yield f"{code}: no OrderCreated"
    told = {(detail["code"], detail["channel"], detail["state"]) for _, detail in published if "state" in detail}
    statuses = {(detail["code"], detail["channel"], detail["status"]) for _, detail in published if "status" in detail}
    for forward in found.all_forwards():
        if forward.is_final and (forward.code, forward.channel.name, forward.state.value) not in told:
            yield f"{place(forward)}: {forward.state} was never published"
        if forward.platform_status is not None and forward.state is ForwardState.SENT:
            if (forward.code, forward.channel.name, channel_status(forward)) not in statuses:
                yield f"{place(forward)}: {channel_status(forward)} was never published"


def the_partner_can_restore_every_order_from_its_webhook(found: Found) -> Wrong:
    """Every change came at least once, signed, and the message with the highest number says how the order is."""
    receiver = found.world.receiver
    yield from receiver.broken
    latest: dict[str, Mapping[str, Any]] = {}
    numbers: dict[str, set[int]] = defaultdict(set)
    bodies: dict[str, str] = {}
    for message_id, document in receiver.came:
        data = document["data"]
        numbers[data["code"]].add(data["sequence"])
        if data["sequence"] >= latest.get(data["code"], data)["sequence"]:
            latest[data["code"]] = data
        text = json.dumps(document, sort_keys=True)
        if bodies.setdefault(message_id, text) != text:
            yield f"{message_id} came with two bodies"
    for order in found.orders.values():
        if numbers[order.code] != set(range(1, order.changes + 1)):
            yield f"{order.code}: {order.changes} changes, told {sorted(numbers[order.code])}"
            continue
        forwards = [each for each in found.forwards[order.code] if each.channel != UNROUTED]
        expected = order_status(found.forwards[order.code])
        if order.status != expected:
            yield f"{order.code}: {order.status}, and its forwards make it {expected}"
        if order.code not in latest:
            if any(channel_status(each) != "DRAFT" for each in forwards):
                yield f"{order.code}: nothing was told"
            continue
        data = latest[order.code]
        told = {each["channel"]: (each["status"], each["awb_number"]) for each in data["channels"]}
        true = {each.channel.name: (channel_status(each), each.awb_number) for each in forwards}
        if data["status"] != order.status or told != true:
            yield f"{order.code}: told {data['status']} {told}, it is {order.status} {true}"


# --- what platforms say -----------------------------------------------------------------------------------------------


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
    for item in found.world.table.items("STOCK#"):
        level = read_stock_level(item)
        levels[level.channel][level.product_code] = level.available
    for label, sandbox in found.world.sandboxes.items():
        known = levels[found.world.channel_of(label)]
        true = {product: int(level) for product, level in sandbox.platform.stock().items()}
        if not known:
            yield f"{label}: no level was ever read"
        for product, level in known.items():
            if true[product] != level:
                yield f"{label}: {product} is {level}, and at the platform {true[product]}"
    for report in found.done.stock_reports:
        if not report["ok"] and not found.row.rounds_may_fail:
            yield f"{report['channel']}: {report['problems']}"


# --- the row itself ---------------------------------------------------------------------------------------------------


def everything_that_the_row_names_struck(found: Found) -> Wrong:
    struck = found.world.machine.struck
    for name in found.world.expected_strikes():
        if not struck[name]:
            yield f"{name} never struck"


def lists_had_several_pages(found: Found) -> Wrong:
    """Of platforms that tell of orders in lists, and hold more than a page: the statuses alone are read from those.

    Not where partners take orders back: those are asked about no more.
    """
    if found.row.cancelled:
        return
    for label, facts in found.world.facts.items():
        held = sum(map(len, found.held[found.world.channel_of(label)].values()))
        if facts.can_look and held > 2 * found.world.rows_per_page and found.world.pages[label] < 2:
            yield f"{label}: no list had a second page"


INVARIANTS: tuple[Callable[[Found], Wrong], ...] = (
    every_order_that_was_answered_is_stored_under_that_code,
    codes_are_unique,
    every_order_ends_or_waits_with_its_reason,
    only_what_nobody_can_look_for_is_in_doubt,
    nothing_waits_for_what_is_there,
    every_wish_to_cancel_is_settled,
    no_order_is_at_a_platform_twice,
    no_order_is_at_a_platform_that_was_not_accepted,
    what_is_sent_again_is_the_same,
    every_write_and_every_call_was_allowed,
    nothing_stays_longer_than_its_state_may,
    every_timeline_folds_to_the_state,
    every_change_that_is_promised_reached_the_bus,
    the_partner_can_restore_every_order_from_its_webhook,
    statuses_are_what_the_platforms_say_or_are_reported,
    stock_is_what_the_platforms_say_or_is_reported,
    everything_that_the_row_names_struck,
    lists_had_several_pages,
)
DOUBLED = (no_order_is_at_a_platform_twice,)
LOST = (
    every_order_that_was_answered_is_stored_under_that_code,
    every_order_ends_or_waits_with_its_reason,
)


def longest_delay(world: World) -> timedelta:
    """From an order's acceptance to the last of its channels that has it."""
    created = {(f"ORDER#{each.client_id}#{each.key.reference}"): from_iso(each.created_at) for each in world.orders()}
    return max((at - created[pk] for (pk, _), at in world.watch.sent.items()), default=timedelta())
