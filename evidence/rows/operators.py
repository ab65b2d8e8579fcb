"""Rows of operators, and of hours in which a platform is down."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from evidence.rows.strikes import HOUR, MINUTE, OFTEN
from evidence.weather import ANY, AwsFault, Posts, Row, Strike
from orderbridge.platforms.names import platform_names
from orderbridge_sandboxes import demo_mappings

if TYPE_CHECKING:
    from evidence.system.world import World


def import_what_is_missing(world: World) -> None:
    for label, facts in world.facts.items():
        rows = [row for row in demo_mappings(facts.name) if row[0] in world.row.without_mappings]
        world.begin("operator", partial(world.operator.import_mappings, world.channel_of(label), rows))
    world.machine.struck["mappings imported"] += 1


def change_prices(world: World, by: int = 1) -> None:
    """Other prices are imported while orders wait between two attempts: what was frozen goes out as it was."""
    for label, facts in world.facts.items():
        dearer = [
            (kind, key, {**value, "price": value["price"] + by})
            for kind, key, value in demo_mappings(facts.name)
            if kind == "product" and "price" in value
        ]
        if dearer:
            world.begin("operator", partial(world.operator.import_mappings, world.channel_of(label), dearer))
    world.machine.struck["prices changed"] += 1


def import_routes(world: World) -> None:
    world.begin("operator", partial(world.operator.import_routes, {"SITE-001": ",".join(world.channels)}))
    world.machine.struck["routes imported"] += 1


def pause_all(world: World) -> None:
    for channel in world.channels:
        world.begin("operator", partial(world.operator.pause, channel))
    world.machine.struck["channels paused"] += 1


def resume_all(world: World) -> None:
    for channel in world.channels:
        world.begin("operator", partial(world.operator.resume, channel))


def redrive_twice(world: World) -> None:
    world.machine.struck["dead letters"] += world.operator.redrive(world.aws.queues, times=2)


def burst(world: World) -> None:
    """Ten times as many orders as came until now, within a minute."""
    count = len(world.partner.placed)
    for number in range(10 * count):
        world.place_later(f"PO/BURST/{number + 1}", world.machine.draw.uniform(0, MINUTE))
    world.machine.struck["burst"] += 1


def down(name: str) -> Row:
    """A platform answers nothing but 503 for six hours; then orders come in a burst."""
    return Row(
        f"{name} down for six hours, then ten times the orders",
        (Strike("status", ANY, details={"status": 503, "body": "<html>down</html>"}, at=(name,)),),
        posts=Posts(over_seconds=5.5 * HOUR),
        script=((6 * HOUR + MINUTE, burst),),
        expected=("burst",),
        weight=0.1,
    )


def racing(*scripts: Callable[[World], None]) -> tuple[tuple[float, Callable[[World], None]], ...]:
    """Scripts again and again while orders come."""
    return tuple((20.0 + 25 * number, script) for number, script in enumerate(scripts))


OPERATORS = (
    *(down(name) for name in platform_names()),
    Row(
        "mappings imported while orders come",
        (OFTEN,),
        without_mappings=("product",),
        settings={"look_up_mappings": False},
        script=racing(import_what_is_missing),
        expected=("mappings imported",),
    ),
    Row(
        "prices changed between two attempts",
        (Strike("close_before", most_per_order=1),),
        script=tuple((seconds, change_prices) for seconds in (30.0, 60.0, 90.0)),
        expected=("prices changed",),
    ),
    Row(
        "prices changed while several workers have the same order",
        (Strike("close_before", most_per_order=1),),
        messages_repeated=1.0,
        posts=Posts(over_seconds=4.0),
        # So often that two workers freeze two requests for one order before either has begun it.
        script=tuple((0.1 * number, partial(change_prices, by=number % 7)) for number in range(1, 80)),
        expected=("prices changed",),
    ),
    Row(
        "routes imported while orders come",
        is_unrouted=True,
        script=racing(import_routes),
        expected=("routes imported",),
    ),
    Row(
        "channels paused and resumed while orders come",
        (OFTEN,),
        posts=Posts(over_seconds=400.0),
        expected=("channels paused",),
        script=((20.0, pause_all), (150.0, resume_all), (170.0, pause_all), (300.0, resume_all)),
    ),
    Row(
        "import, cancel, route and pause at once",
        (OFTEN,),
        is_unrouted=True,
        without_mappings=("customer",),
        cancelled=0.3,
        script=racing(import_routes, pause_all, import_what_is_missing, resume_all),
        killed={"forward_": 0.01},
        expected=("mappings imported", "routes imported", "channels paused"),
    ),
    Row(
        "dead letters replayed twice under live traffic",
        (OFTEN,),
        posts=Posts(over_seconds=HOUR),
        aws=(AwsFault("before", "BatchGetItem", "forward_", 0.9, seconds=0.75 * HOUR),),
        script=((HOUR, redrive_twice), (1.2 * HOUR, redrive_twice)),
        expected=("dead letters",),
    ),
    Row(
        "the platforms' rates limited",
        (OFTEN,),
        settings={"rate_limit": 0.5},
        patience=2,
        expected=("turns waited for",),
    ),
)
