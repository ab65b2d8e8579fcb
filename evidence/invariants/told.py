"""What is told: timelines, events on the bus, messages to the partner."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from evidence.invariants.found import Found, Invariant, Wrong, place
from orderbridge.aws.timeline import read_timeline_entry
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.order_status import channel_status, order_status
from orderbridge.values.timeline import TimelineEntry

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


def every_timeline_folds_to_the_state(found: Found) -> Wrong:
    entries = _timelines(found)
    for pk, listed in entries.items():
        for entry in listed:
            if entry.event not in FOLDED:
                yield f"{pk}: nobody knows what {entry.event} means"
    folded = {pk: _folded(listed) for pk, listed in entries.items()}
    for forward in found.all_forwards():
        told = folded.get(forward_items.forward_pk(forward.forward_key), {}).get(forward.channel.name)
        if told is not forward.state:
            yield f"{place(forward)}: {forward.state}, and its timeline ends with {told}"


def _timelines(found: Found) -> Mapping[str, list[TimelineEntry]]:
    """The lines of every order and of every forward, by partition."""
    entries: dict[str, list[TimelineEntry]] = defaultdict(list)
    for item in found.world.aws.table.items():
        pk, sk = item["PK"]["S"], item["SK"]["S"]
        if pk.startswith("ORDER#") and sk.startswith("EVENT#"):
            entries[pk].append(read_timeline_entry(item))
        elif pk.startswith("FORWARD#") and sk.startswith("EVENT#"):
            entries[pk] += forward_items.read_lines(item)
        elif sk == forward_items.FORWARD_SK:
            entries[pk] += forward_items.read_forward(item).log
    return entries


def _folded(entries: list[TimelineEntry]) -> dict[str | None, ForwardState]:
    """The state at each channel, by the lines in their order."""
    states: dict[str | None, ForwardState] = {}
    for entry in sorted(entries, key=lambda each: each.at):
        state = FOLDED.get(entry.event)
        if state is not None:
            states[entry.channel] = state
    return states


def every_change_that_is_promised_reached_the_bus(found: Found) -> Wrong:
    """`OrderCreated` of every order, and the last state of every forward that has come to an end (docs/events.md)."""
    published = found.world.aws.bus.published
    created = {detail["code"] for kind, detail in published if kind == "OrderCreated"}
    for code in found.orders:
        if code not in created:
            yield f"{code}: no OrderCreated"
    told = {(detail["code"], detail["channel"], detail["state"]) for _, detail in published if "state" in detail}
    statuses = {(detail["code"], detail["channel"], detail["status"]) for _, detail in published if "status" in detail}
    for forward in found.all_forwards():
        if forward.is_final and (forward.code, forward.channel.name, forward.state.value) not in told:
            yield f"{place(forward)}: {forward.state} was never published"
        has_moved = forward.platform_status is not None and forward.state is ForwardState.SENT
        if has_moved and (forward.code, forward.channel.name, channel_status(forward)) not in statuses:
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
        forwards = found.forwards[order.code]
        expected = order_status(order, forwards)
        if order.status != expected:
            yield f"{order.code}: {order.status}, and its forwards make it {expected}"
        if order.code not in latest:
            if expected != "DRAFT":
                yield f"{order.code}: nothing was told"
            continue
        data = latest[order.code]
        told = {each["channel"]: (each["status"], each["awb_number"]) for each in data["channels"]}
        true = {each.channel.name: (channel_status(each), each.awb_number) for each in forwards}
        if data["status"] != order.status or told != true:
            yield f"{order.code}: told {data['status']} {told}, it is {order.status} {true}"


INVARIANTS: tuple[Invariant, ...] = (
    every_timeline_folds_to_the_state,
    every_change_that_is_promised_reached_the_bus,
    the_partner_can_restore_every_order_from_its_webhook,
)
