"""The fault matrix: every fault x many orders x every platform; how many orders were lost, and how many doubled.

``python -m benchmarks.faults [--orders 1000]``. Each fault has a `World` of its own for each platform; hours of retries
take seconds there, and the worlds are shared out over the processors.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks.bad_weather import BadWeather, faults
from benchmarks.world import NOW, World
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge_sandboxes import SANDBOXES, HeldOrder, ManualClock
from tests.conformance.facts import facts_of, labels

PLATFORMS = labels()
"""Each platform, in each of its revisions."""
ORDERS, FULL = 100, 1000


@dataclass(frozen=True)
class Measured:
    """What became of the orders of one fault at one platform."""

    platform: str
    fault: str
    orders: int
    lost: int
    doubled: int
    in_doubt: int
    held: int
    calls: int
    struck: int
    """How often the weather struck, among the latest 10,000 calls and our own steps."""
    seconds: float
    details: tuple[str, ...] = ()


def what_is_wrong(forward: Forward | None, held: Sequence[HeldOrder]) -> str | None:
    """Why an order counts as lost: no state with a reason, or a state that is not true; None where it is not lost."""
    match forward:
        case None:
            return "no forward"
        case Forward(state=ForwardState.SENT):
            ids = [str(order.id) for order in held]
            true = bool(held) and forward.external_id in (None, *ids)
            return None if true else f"SENT as {forward.external_id}, and the platform holds {ids}"
        case Forward(state=ForwardState.IN_DOUBT):
            return None if forward.error else "IN_DOUBT without a reason"
        case Forward(state=ForwardState.REJECTED):
            return None if forward.error and not held else f"REJECTED ({forward.error}), and the platform holds {held}"
        case _:
            return f"{forward.state} at the end: {forward.error}"


def measure(platform: str, weather: BadWeather, orders: int, seed: int = 1) -> Measured:
    """Sends so many orders to one platform in this weather."""
    began = time.monotonic()
    clock = ManualClock(NOW)
    with SANDBOXES[facts_of(platform).name](clock=clock, **weather.platform) as sandbox:
        for number, strike in enumerate(weather.strikes):
            sandbox.faults.add(strike.fault(platform, orders, seed + number))
        world = World(platform, weather, sandbox, clock, seed)
        accepted = world.run(orders)
        held: dict[str | None, list[HeldOrder]] = {}
        for each in sandbox.orders:
            held.setdefault(each.reference, []).append(each)
        struck = world.steps.strikes + sum(request.fault is not None for request in sandbox.requests)
    forwards = {order.code: world.store.forwards.get((order.key, "main")) for order in accepted}
    wrong = {code: what_is_wrong(forward, held.get(code, [])) for code, forward in forwards.items()}
    return Measured(
        platform=platform,
        fault=weather.name,
        orders=orders,
        lost=sum(trouble is not None for trouble in wrong.values()),
        doubled=sum(len(each) - 1 for each in held.values()),
        in_doubt=sum(forward is not None and forward.state is ForwardState.IN_DOUBT for forward in forwards.values()),
        held=sum(map(len, held.values())),
        calls=world.transport.calls,
        struck=struck,
        seconds=time.monotonic() - began,
        details=tuple(f"{code}: {trouble}" for code, trouble in wrong.items() if trouble)[:3],
    )


def measure_one(task: tuple[str, int, int]) -> Measured:
    """As `measure`, by the fault's number, for a process of its own."""
    platform, number, orders = task
    return measure(platform, faults()[number], orders, seed=number * 1000 + 1)


def matrix(orders: int, platforms: Iterable[str] = PLATFORMS) -> Iterator[Measured]:
    """Every fault at every platform, as each is done."""
    tasks = [(platform, number, orders) for number in range(len(faults())) for platform in platforms]
    # Twice as many as there are processors: some of the faults are waited out.
    with ProcessPoolExecutor(2 * (os.cpu_count() or 1), multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(measure_one, tasks)


def main(arguments: Sequence[str] = ()) -> int:
    """Prints what became of the orders; 1 where one was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS, help=f"for each fault and platform; in full {FULL}")
    parser.add_argument("--each", action="store_true", help="a line for each fault as well")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    done: list[Measured] = []
    for measured in matrix(options.orders):
        done.append(measured)
        if options.each:
            print(
                f"{measured.fault:46} {measured.platform:15} lost {measured.lost:4} doubled {measured.doubled:4} "
                f"in doubt {measured.in_doubt:5} struck {measured.struck:6} calls {measured.calls:6} "
                f"{measured.seconds:6.1f} s"
            )
    print(f"{len(faults())} faults, {options.orders} orders each; {time.monotonic() - began:.0f} s\n")
    print(f"{'':15} {'orders':>8} {'faults':>7} {'lost':>6} {'doubled':>8} {'in doubt':>9} {'calls per order':>16}")
    for platform in PLATFORMS:
        rows = [measured for measured in done if measured.platform == platform]
        orders, calls = sum(row.orders for row in rows), sum(row.calls for row in rows)
        print(
            f"{platform:15} {orders:8} {len(rows):7} {sum(row.lost for row in rows):6} "
            f"{sum(row.doubled for row in rows):8} {sum(row.in_doubt for row in rows):9} {calls / orders:16.2f}"
        )
    wrong = [measured for measured in done if measured.lost or measured.doubled]
    for measured in wrong:
        print(f"\n{measured.fault}, {measured.platform}: {', '.join(measured.details)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
