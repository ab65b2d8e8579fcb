"""Rows of the rounds of statuses and stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evidence.rows.strikes import MINUTE
from evidence.weather import LISTS, STOCK, AwsFault, Row, Strike
from orderbridge.forwarding.order_status import channel_status

if TYPE_CHECKING:
    from evidence.system.world import World

PAID_IN_PART = {"ngorder": "INSTALLMENT"}
"""By platform its word for that, which moves no order: a change of the forward that is no news."""
TICKS = 8
"""How many sweeps of the dark stream the statuses change among."""
ROUNDS_PER_SWEEP = 12
"""So many rounds, one every two seconds, find changes while a sweep is at work."""


def _change(world: World, label: str, word: str, share: float, what: str) -> None:
    """Some of a platform's orders that nothing was said of yet get a word, and a round reads it."""
    channel, sandbox = world.channel_of(label), world.sandboxes[label]
    known = {each.external_id: each for each in world.forwards() if each.channel.name == channel}
    for order in sandbox.orders:
        forward = known.get(str(order.id))
        if forward is None or channel_status(forward) != "SUBMITTED" or world.machine.draw.random() >= share:
            continue
        sandbox.set_status(order.id, word, raw=True)
        world.machine.struck[what] += 1
    world.lanes.invoke("status_sync", {"platform": world.facts[label].name})


def pay_in_part(world: World) -> None:
    for label, facts in world.facts.items():
        if facts.name in PAID_IN_PART:
            _change(world, label, PAID_IN_PART[facts.name], 1.0, "paid in part")


def ship_some(world: World) -> None:
    """Not where orders are paid in part: who hears of a later change has heard of the ones before."""
    for label, facts in world.facts.items():
        if facts.name not in PAID_IN_PART:
            _change(world, label, facts.shipped, 0.1, "shipped early")


ROUNDS = (
    Row(
        "rounds killed at any step",
        killed={"status_sync": 0.01, "stock_sync": 0.01},
        rounds_are_bad=True,
        hours=24.0,
        weight=0.5,
    ),
    Row(
        "rounds whose lists fail",
        (
            Strike("status", LISTS, share=0.3),
            Strike("status", STOCK, share=0.3),
            Strike("truncate", STOCK, share=0.3),
            Strike("wrong_shape", LISTS, share=0.2),
        ),
        rounds_are_bad=True,
        weight=0.5,
    ),
    Row(
        "two rounds of everything at once",
        rounds_are_bad=True,
        rounds_at_once=2,
        weight=0.5,
        killed={"status_sync": 0.003, "stock_sync": 0.003},
    ),
    Row(
        "rounds that AWS throttles",
        aws=(
            AwsFault("refused", "", "status_sync", 0.05),
            AwsFault("refused", "", "stock_sync", 0.05),
            AwsFault("lost", "", "status_sync", 0.05),
            AwsFault("conflict", "", "status_sync", 0.1),
        ),
        rounds_are_bad=True,
        weight=0.5,
    ),
    Row(
        "statuses change while nothing but the sweeper tells of them",
        aws=(AwsFault("slow", "PutEvents", "sweeper", 0.7),),
        stream_dark_hours=25.0,
        hours=26.0,
        script=(
            *((tick * MINUTE + 30, pay_in_part) for tick in range(1, TICKS)),
            # While a sweep is at work, slowly, so that a change comes between what it has read and what it takes away.
            *((tick * MINUTE + 2 * n, ship_some) for tick in range(4, TICKS) for n in range(ROUNDS_PER_SWEEP)),
        ),
        expected=("records given up", "paid in part", "shipped early"),
    ),
)
