"""What comes once the orders are where they go: platforms move them on, stock changes, rounds take it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.order_status import channel_status
from orderbridge.platforms.names import platform_names
from tests.conformance.facts import LEVELS

if TYPE_CHECKING:
    from evidence.system.world import World

WAYBILL = "JP8507716855"
UNKNOWN_WORD = "nobody documented this"
SAMPLE = 12
"""How many orders of each platform are moved on."""
ROUNDS = 2
BETWEEN_ROUNDS = timedelta(minutes=16)
BAD_ROUNDS = 10


@dataclass
class Afterwards:
    """What the platforms were made to say, and what was reported of it."""

    told: dict[tuple[str, str], str] = field(default_factory=dict)
    """By label and order id: the status that follows from the platform's words."""
    waybills: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    reports: list[dict[str, Any]] = field(default_factory=list)
    stock_reports: list[dict[str, Any]] = field(default_factory=list)


def move_on(world: World, label: str, done: Afterwards) -> None:
    """Some of a platform's orders are shipped, some completed behind that, some cancelled; one has an odd word."""
    facts, sandbox = world.facts[label], world.sandboxes[label]
    known = {forward.external_id: forward for forward in at(world, label) if forward.external_id is not None}
    orders = [order for order in sandbox.orders if str(order.id) in known]
    chosen = world.machine.draw.sample(orders, min(SAMPLE, len(orders)))
    for number, order in enumerate(chosen):
        if channel_status(known[str(order.id)]) != "SUBMITTED":
            continue
        match number % 4:
            case 0 | 1:
                sandbox.set_status(order.id, facts.shipped, awb_number=WAYBILL)
                done.told[label, str(order.id)] = "SHIPPED"
                if facts.tells_waybill:
                    done.waybills.add((label, str(order.id)))
            case 2:
                sandbox.set_status(order.id, facts.cancelled)
                done.told[label, str(order.id)] = "CANCELLED"
            case 3:
                sandbox.set_status(order.id, UNKNOWN_WORD, raw=True)
                done.unknown.add((label, str(order.id)))


def complete(world: World, label: str, done: Afterwards) -> None:
    """What was shipped first is completed now."""
    facts, sandbox = world.facts[label], world.sandboxes[label]
    for number, (of, order) in enumerate([key for key, status in done.told.items() if status == "SHIPPED"]):
        if of == label and number % 2 == 0:
            sandbox.set_status(int(order), facts.completed)
            done.told[label, order] = "COMPLETED"


def status_round(world: World, done: Afterwards, at_once: int = 1) -> None:
    """Ask every platform, as its schedule would."""
    done.reports += rounds(world, "status_sync", at_once)


def stock_round(world: World, done: Afterwards, at_once: int = 1) -> None:
    done.stock_reports += rounds(world, "stock_sync", at_once)


def rounds(world: World, function: str, at_once: int) -> list[dict[str, Any]]:
    """What each channel's round reported."""
    reports: list[dict[str, Any]] = []
    for platform in platform_names():
        workers = [world.lanes.invoke(function, {"platform": platform}) for _ in range(at_once)]
        world.go_on_until(lambda workers=workers: not set(workers) & set(world.machine.workers))  # type: ignore[misc]
        for worker in workers:
            if worker.failure is None and worker.result is not None:
                reports += worker.result["channels"]
    return reports


def set_stock(world: World) -> None:
    for sandbox in world.sandboxes.values():
        for product, level in LEVELS.items():
            sandbox.set_stock(product, level)


def go_through(world: World) -> Afterwards:
    """Everything of this, with the orders' partners told of it in the end."""
    done = Afterwards()
    for label in world.facts:
        move_on(world, label, done)
    set_stock(world)
    if world.row.rounds_are_bad:
        bad = Afterwards()
        for _ in range(BAD_ROUNDS):
            status_round(world, bad, world.row.rounds_at_once)
            stock_round(world, bad, world.row.rounds_at_once)
            world.machine.now += BETWEEN_ROUNDS
        world.harm.end()
        world.machine.now += BETWEEN_ROUNDS
    status_round(world, done)
    for label in world.facts:
        complete(world, label, done)
    for _ in range(ROUNDS - 1):
        world.machine.now += BETWEEN_ROUNDS
        status_round(world, done)
    for _ in range(ROUNDS):
        world.machine.now += BETWEEN_ROUNDS
        stock_round(world, done)
    world.go_on_until(world.is_settled)
    return done


def at(world: World, label: str) -> list[Forward]:
    """The forwards at a platform that are SENT."""
    name = world.channel_of(label)
    return [each for each in world.forwards() if each.channel.name == name and each.state is ForwardState.SENT]
