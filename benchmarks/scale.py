"""``python -m benchmarks.scale``: what the system does under 10, 100 and 1,000 orders a second, on paper.

What an order costs in calls and write units is counted by `benchmarks.life`; how long calls take, what AWS allows and
what is deployed stands in `benchmarks.hops`; which keys are shared in `benchmarks.keys`. From these come

- ceilings: the orders a second at which each hop is full, which one is first, and what is turned for more;
- the hottest key of every index against the limit of a partition;
- settings, quotas and the bill for each rate;
- a day of orders, and six hours of outage of every hop (`benchmarks.flow`): what waits, and until when it has gone.

``--write`` puts the tables into docs/scale.md.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from pathlib import Path

from benchmarks import flow
from benchmarks.bill import bill, memory_mb, milliseconds, prices
from benchmarks.counted import Count
from benchmarks.dynamodb_units import TABLE
from benchmarks.hops import MB_OF_A_PROCESSOR, Durations, Limits, Settings, Traffic
from benchmarks.keys import KEYS
from benchmarks.life import SWEPT, dollars, life, swept
from orderbridge.calls.pace import CALLS_PER_SECOND
from orderbridge.platforms.names import platform_names

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scale.md"
RATES = (10, 100, 1_000)
HEADROOM = Decimal("1.5")
"""What is turned is turned so far above the rate, so that what has waited can go."""
OUTAGE_SECONDS = 6 * 3600
OUTAGE_BEGINS = 3600
BILLED_DAYS = 30
BACKLOG_RATE = 50
"""Whose backlog of six hours the sweeper is to send in twelve, alone and while as many go on arriving."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of each function's time for one order, from counted calls."""

    intake: Decimal
    publisher: Decimal
    forwards: Mapping[str, Decimal]
    messages: int
    message: Decimal
    """Of one message to a webhook."""
    carried: Decimal
    carried_processor: Decimal
    relayed: Decimal
    relayed_processor: Decimal
    plain: Count
    told: Count

    def concurrency(self) -> Decimal:
        """Executions at once for each order a second."""
        return self.intake + self.publisher + sum(self.forwards.values()) + self.messages * self.message


def _processor(count: Count, durations: Durations) -> Decimal:
    own = durations.processor_per_call * count.of_function("sweeper")
    return own * MB_OF_A_PROCESSOR / min(memory_mb("sweeper"), MB_OF_A_PROCESSOR) / 1000


def costs(durations: Durations) -> Costs:
    """Of an order with one webhook, whose life is that of `benchmarks.life`."""
    told, sweeps = life(has_webhook=True), swept()

    def seconds(count: Count, function: str) -> Decimal:
        return milliseconds(count, function, durations) / 1000

    return Costs(
        intake=seconds(told.whole, "order_intake"),
        publisher=seconds(told.whole, "event_publisher"),
        forwards={name: seconds(told.whole, f"forward_{name}") for name in platform_names()},
        messages=told.messages,
        message=seconds(told.whole, "webhook_sender") / told.messages,
        carried=seconds(sweeps.carried, "sweeper") / SWEPT,
        carried_processor=_processor(sweeps.carried, durations) / SWEPT,
        relayed=seconds(sweeps.relayed, "sweeper") / SWEPT,
        relayed_processor=_processor(sweeps.relayed, durations) / SWEPT,
        plain=life().whole,
        told=told.whole,
    )


# --- ceilings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ceiling:
    """At how many orders a second a hop is full, and what is turned there."""

    hop: str
    orders: Decimal
    turn: str
    is_fallback: bool = False
    """Whether it counts only while something else is down."""


def swept_per_second(wall: Decimal, processor: Decimal, seconds: int, settings: Settings) -> Decimal:
    """Orders a second of a sweep that begins new ones for so many seconds of each tick.

    Each of its parts is bounded by what its workers wait for, or by its one processor.
    """
    each = min(settings.sweeps_at_once / wall, 1 / processor)
    return settings.sweep_parts * each * seconds / settings.tick_seconds


def shards(orders: Decimal | int, cost: Costs, limits: Limits, settings: Settings) -> int:
    """Shards of the stream: one for each partition that the writes need, and those of a new table at least."""
    return max(
        settings.first_writes // limits.key_write_units,
        _up(Decimal(orders) * cost.told.write_units[TABLE] / limits.key_write_units),
    )


def capacities(orders: int, settings: Settings, cost: Costs, limits: Limits) -> flow.Capacities:
    """What each hop can do in a second, at the size that the table has for so many orders; its quota is granted."""
    publishers = shards(orders, cost, limits, settings) * settings.parallelization
    stream = publishers / cost.publisher
    forwarding = by_keys("forwarding", cost, limits)
    return flow.Capacities(
        accept=min(Decimal(min(settings.stage_requests, limits.api_requests)), by_keys("accepting", cost, limits)),
        stream=stream,
        forwards={name: min(settings.workers / seconds, forwarding) for name, seconds in cost.forwards.items()},
        tell=min(stream, by_keys("telling", cost, limits)),
        sweep=swept_per_second(cost.carried, cost.carried_processor, settings.sweep_seconds, settings),
        relay=swept_per_second(cost.relayed, cost.relayed_processor, settings.relay_seconds, settings),
        webhooks=settings.webhook_workers / (cost.messages * cost.message),
        oldest_record_seconds=settings.oldest_record_seconds,
    )


def by_keys(hop: str, cost: Costs, limits: Limits) -> Decimal:
    """All orders a second at which the hottest key of a hop is at its limit."""
    loads = [key.units(cost.told) * Traffic().share(key.of) for key in KEYS if key.hop == hop]
    return limits.key_write_units / max(loads) if any(loads) else Decimal("Infinity")


def ceilings(settings: Settings, cost: Costs, limits: Limits) -> list[Ceiling]:
    """Every hop's, the first that is reached first."""
    can = capacities(0, settings, cost, limits)
    forwards = {name: settings.workers / seconds for name, seconds in cost.forwards.items()}
    found = [
        Ceiling("one partner's calls", Decimal(settings.partner_calls), "PartnerCallsPerSecond"),
        Ceiling("the API's stage", Decimal(settings.stage_requests), "ThrottlingRateLimit of the stage"),
        Ceiling("API Gateway", Decimal(limits.api_requests), "quota of API Gateway"),
        Ceiling("Lambda at once", limits.concurrency / cost.concurrency(), "quota of Lambda, concurrent executions"),
        Ceiling(
            f"publisher, a new table's {shards(0, cost, limits, settings)} shards",
            can.stream,
            "FirstWritesPerSecond; more shards come with the writes",
        ),
        Ceiling(
            "PutEvents", limits.put_events / Decimal(_calls(cost.told, "PutEvents")), "quota of EventBridge, PutEvents"
        ),
        Ceiling(
            "events to queues",
            limits.event_invocations / Decimal(cost.told.deliveries),
            "quota of EventBridge, invocations",
        ),
        Ceiling("webhook sender", can.webhooks, "WebhookWorkers"),
        Ceiling("sweeper alone", can.sweep, "parts of the sweep, SweeperMemory", is_fallback=True),
        Ceiling("sweeper alone, telling", can.relay, "parts of the sweep, SweeperMemory", is_fallback=True),
        Ceiling(
            "table and indexes, quota",
            limits.table_write_units / _hottest_place(cost),
            "quota of DynamoDB, write units of a table",
        ),
        Ceiling(
            "a new table's first writes",
            _first_writes(settings, cost, limits),
            "FirstWritesPerSecond",
        ),
    ]
    found += [Ceiling(f"forwarder of {name}", each, "Workers of the platform") for name, each in forwards.items()]
    for key in KEYS:
        whose = "" if key.of == "all" else f", one {key.of}"
        if units := key.units(cost.told):
            orders = limits.key_write_units / units
            found.append(Ceiling(f"key of {key.place}, {key.name}{whose}", orders, "the data model"))
    return sorted(found, key=lambda each: each.orders)


def _calls(count: Count, operation: str) -> int:
    return count.of_operations(operation)


def _first_writes(settings: Settings, cost: Costs, limits: Limits) -> Decimal:
    """Orders a second that a new table and its indexes take."""
    units = cost.told.write_units
    at_indexes = max(units[place] for place in units if place != TABLE)
    return min(settings.first_writes / Decimal(units[TABLE]), limits.first_write_units / Decimal(at_indexes))


def _hottest_place(cost: Costs) -> Decimal:
    """Write units of an order at the table, or at the index, that has most of them: the quota is of each."""
    return Decimal(max(cost.told.write_units.values()))


# --- settings for a rate ----------------------------------------------------------------------------------------------


def turned(orders: int, cost: Costs, limits: Limits, deployed: Settings) -> Settings:
    """What an operator turns for so many orders a second; nothing is turned down, and nothing beyond what AWS takes."""
    wanted = orders * HEADROOM
    # A shard is a partition, and has so many publishers at most: more of them are to be had by more partitions alone.
    partitions = _up(wanted * cost.publisher / limits.parallelization)
    warm = replace(deployed, first_writes=max(deployed.first_writes, partitions * limits.key_write_units))
    publishers = _up(wanted * cost.publisher / shards(orders, cost, limits, warm))
    return replace(
        warm,
        workers=_between(deployed.workers, _up(wanted * max(cost.forwards.values())), limits.most_workers),
        parallelization=_between(deployed.parallelization, publishers, limits.parallelization),
        webhook_workers=_between(
            deployed.webhook_workers, _up(wanted * cost.messages * cost.message), limits.most_workers
        ),
        stage_requests=_between(deployed.stage_requests, _up(wanted), limits.api_requests),
        partner_calls=_between(deployed.partner_calls, _up(wanted * Traffic().largest_partner), limits.api_requests),
    )


def _between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))


def needs(orders: int, cost: Costs, first_writes: int) -> dict[str, int]:
    """What of AWS's quotas so many orders a second need, with headroom."""
    wanted = orders * HEADROOM
    return {
        "Lambda, concurrent executions": _up(wanted * cost.concurrency()),
        "DynamoDB, write units of a table": max(_up(wanted * _hottest_place(cost)), first_writes),
        "EventBridge, PutEvents": _up(wanted * _calls(cost.told, "PutEvents")),
        "EventBridge, invocations": _up(wanted * cost.told.deliveries),
        "API Gateway, requests": _up(wanted),
    }


def quotas(limits: Limits) -> dict[str, int]:
    return {
        "Lambda, concurrent executions": limits.concurrency,
        "DynamoDB, write units of a table": limits.table_write_units,
        "EventBridge, PutEvents": limits.put_events,
        "EventBridge, invocations": limits.event_invocations,
        "API Gateway, requests": limits.api_requests,
    }


# --- outages ----------------------------------------------------------------------------------------------------------


def outages() -> tuple[str, ...]:
    return ("stream", "bus", "queues", *platform_names(), flow.ALL_BUT_SWEEPER)


def with_outage(hop: str, orders: int, can: flow.Capacities) -> flow.Flow:
    begins = OUTAGE_BEGINS // flow.STEP_SECONDS
    return flow.run(orders, can, flow.Outage(hop, begins, begins + OUTAGE_SECONDS // flow.STEP_SECONDS))


def by_formula(hop: str, orders: int, can: flow.Capacities) -> Decimal | None:
    """Seconds after an outage until what waited has gone, while orders go on arriving; None: never.

    What waits at its end, over what the hop behind it can do beyond what arrives.
    """
    rate, lasted = min(Decimal(orders), can.accept), Decimal(OUTAGE_SECONDS)
    forwarders = min(can.forwards.values()) - rate
    if hop not in ("stream", "bus"):
        slowest = forwarders if hop == "queues" else can.forwards.get(hop, min(can.sweep, rate + forwarders)) - rate
        return None if slowest <= 0 else rate * lasted / slowest
    # The sweeper carries on meanwhile; afterwards what arrives goes by the stream, and what is left by the sweeper, but
    # for what is young enough on the stream.
    waits = max((rate - can.sweep) * lasted, Decimal())
    young = rate * can.oldest_record_seconds if hop == "stream" else Decimal()
    if waits and min(can.sweep, forwarders) <= 0:
        return None
    return max(max(waits - young, Decimal()) / can.sweep, waits / forwarders) if waits else Decimal()


# --- figures ----------------------------------------------------------------------------------------------------------

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page: its name, its columns, its rows, the first column of which names the row."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Row]

    def figures(self) -> Iterator[tuple[str, str]]:
        """Every cell with its name."""
        for first, *rest in self.rows:
            for column, value in zip(self.columns[1:], rest, strict=True):
                yield f"{self.name}, {first}, {column}", str(value)

    def markdown(self) -> str:
        rows = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


@functools.cache
def tables() -> tuple[Table, ...]:
    """Every table, in the order of the page."""
    durations, limits, deployed = Durations(), Limits(), Settings.deployed()
    cost = costs(durations)
    return (
        _ceilings(cost, limits, deployed),
        _keys(cost, limits),
        _settings(cost, limits, deployed),
        _quotas(cost, limits, deployed),
        _bills(),
        _statuses(deployed),
        _days(cost, limits, deployed),
        _backlog(cost, limits, deployed),
        *(_outages(name, cost, limits, deployed, is_turned=is_turned) for name, is_turned in _KINDS),
    )


_KINDS = (("as deployed", False), ("turned", True))


def _ceilings(cost: Costs, limits: Limits, deployed: Settings) -> Table:
    rows = [(each.hop, _down(each.orders), each.turn) for each in ceilings(deployed, cost, limits)]
    return Table("ceiling", ("hop", "orders/s", "turn"), rows)


def _keys(cost: Costs, limits: Limits) -> Table:
    rows = []
    for key in KEYS:
        units = key.units(cost.told)
        loads = [f"{_up(units * rate * Traffic().share(key.of)):,}" for rate in RATES]
        name = f"{key.place}, {key.name}"
        rows.append((name, f"{units:.2f}", *loads, f"{limits.key_write_units:,}"))
    return Table(
        "hottest key", ("key", "write units an order", *(f"units/s at {rate}/s" for rate in RATES), "limit"), rows
    )


def _settings(cost: Costs, limits: Limits, deployed: Settings) -> Table:
    at = [turned(rate, cost, limits, deployed) for rate in RATES]
    names = {
        "WorkersSalesMania, WorkersSirclo, WorkersNgorder": "workers",
        "ParallelizationFactor of the publisher": "parallelization",
        "WebhookWorkers": "webhook_workers",
        "ThrottlingRateLimit of the API's stage": "stage_requests",
        "PartnerCallsPerSecond": "partner_calls",
        "FirstWritesPerSecond": "first_writes",
    }
    rows: list[Row] = [
        (name, getattr(deployed, field), *(getattr(each, field) for each in at)) for name, field in names.items()
    ]
    growth = [_up(Decimal(each.workers) / limits.poll_growth_per_minute) for each in (deployed, *at)]
    rows.append(("minutes until all Workers are there", *growth))
    rows.append(
        (
            "shards of the stream",
            *(shards(rate, cost, limits, each) for rate, each in zip((0, *RATES), (deployed, *at), strict=True)),
        )
    )
    return Table("setting", ("what", "deployed", *(f"{rate}/s" for rate in RATES)), rows)


def _quotas(cost: Costs, limits: Limits, deployed: Settings) -> Table:
    wanted = [needs(rate, cost, turned(rate, cost, limits, deployed).first_writes) for rate in RATES]
    rows = [
        (name, f"{given:,}", *(f"{each[name]:,}" + (" (ask)" if each[name] > given else "") for each in wanted))
        for name, given in quotas(limits).items()
    ]
    return Table("quota", ("a second, or at once", "default", *(f"{rate}/s" for rate in RATES)), rows)


def _bills() -> Table:
    bills, told = dollars(), bill(life(has_webhook=True).whole, Durations())
    orders = [rate * 86_400 * BILLED_DAYS for rate in RATES]
    rows = [
        (name, *(f"{price * count / 1_000_000:,.0f}" for count in orders))
        for name, price in [
            *bills.items(),
            ("all", sum(bills.values(), Decimal())),
            ("all, with a webhook", sum(told.values(), Decimal())),
        ]
    ]
    return Table("dollars a month", ("service", *(f"{rate}/s" for rate in RATES)), rows)


def _days(cost: Costs, limits: Limits, deployed: Settings) -> Table:
    rows: list[Row] = []
    for rate in RATES:
        for name, is_turned in _KINDS:
            can = capacities(rate, _set(rate, cost, limits, deployed, is_turned=is_turned), cost, limits)
            day = flow.run(rate, can)
            lags = {line: age for line, age in day.lag.items() if age > 2 * flow.STEP_SECONDS}
            behind = ", ".join(f"{line} {_hours(age)}" for line, age in lags.items()) or "nothing"
            rows.append((f"{rate}/s, {name}", f"{day.turned_away:,}", f"{day.backlog:,}", behind))
    return Table("a day", ("orders", "turned away", "not sent at its end", "behind at its end"), rows)


def _set(rate: int, cost: Costs, limits: Limits, deployed: Settings, *, is_turned: bool) -> Settings:
    return turned(rate, cost, limits, deployed) if is_turned else deployed


def _backlog(cost: Costs, limits: Limits, deployed: Settings) -> Table:
    """Six hours of orders that the sweeper finds, alone, as deployed, while as many go on arriving."""
    can = capacities(BACKLOG_RATE, deployed, cost, limits)
    waits = BACKLOG_RATE * OUTAGE_SECONDS
    after = with_outage(flow.ALL_BUT_SWEEPER, BACKLOG_RATE, can)
    rows = [
        (name, f"{BACKLOG_RATE}/s", f"{waits:,}", _down(each), _hours(_gone(each)), _hours(simulated))
        for name, each, simulated in (
            ("sent", min(can.sweep, *can.forwards.values()), after.drained),
            ("told", min(can.relay, can.sweep, *can.forwards.values()), after.told_drained),
        )
    ]
    return Table("backlog", ("until all are", "r", "r * T", "c", "r * T / (c - r)", "in the simulation"), rows)


def _gone(capacity: Decimal) -> int | None:
    """Seconds until the backlog has gone: the formula of the page."""
    beyond = capacity - BACKLOG_RATE
    return int(BACKLOG_RATE * OUTAGE_SECONDS / beyond) if beyond > 0 else None


def _outages(name: str, cost: Costs, limits: Limits, deployed: Settings, *, is_turned: bool) -> Table:
    rows: list[Row] = []
    for rate in RATES:
        can = capacities(rate, _set(rate, cost, limits, deployed, is_turned=is_turned), cost, limits)
        for hop in outages():
            after, computed = with_outage(hop, rate, can), by_formula(hop, rate, can)
            what = f"{hop} after 6 h" if hop == flow.ALL_BUT_SWEEPER else f"6 h without {hop}"
            counted = None if computed is None else int(computed)
            sent, told = _hours(after.drained), _hours(after.told_drained)
            rows.append((f"{rate}/s, {what}", f"{after.backlog:,}", sent, _hours(counted), told))
    columns = ("orders", "not sent at its end", "all sent after", "by the formula", "all told after")
    return Table(f"outage, {name}", columns, rows)


def _statuses(deployed: Settings) -> Table:
    traffic = Traffic()
    rows = []
    for rate in RATES:
        waiting = int(rate * 86_400 * traffic.days_open)
        seconds = waiting / (traffic.rows_of_a_page * CALLS_PER_SECOND)
        reads = waiting * life().round_reads * deployed.rounds_a_day * BILLED_DAYS
        price = prices()["dynamodb"]["read_units_per_million"] * reads / 1_000_000
        rows.append((f"{rate}/s", f"{waiting:,}", _hours(int(seconds)), f"{price:,.0f}"))
    return Table(
        "statuses", ("orders", "open orders", "a round takes", "dollars a month of reads, a round in time"), rows
    )


def _hours(seconds: int | None) -> str:
    if seconds is None:
        return "never"
    return f"{Decimal(seconds) / 3600:.1f} h" if seconds >= 3600 else f"{-(-seconds // 60)} min"


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def _down(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_FLOOR) if value < 100 else value.to_integral_value(ROUND_FLOOR)


def figures() -> Generator[tuple[str, str]]:
    """Every figure with its name."""
    found = ceilings(Settings.deployed(), costs(Durations()), Limits())
    for name, is_fallback in (("breaks first", False), ("breaks first without stream or bus", True)):
        first = next(each for each in found if each.is_fallback == is_fallback)
        yield name, first.hop
        yield f"{name}, orders/s", str(_down(first.orders))
        yield f"{name}, turn", first.turn
    for table in tables():
        yield from table.figures()


def written(page: str) -> str:
    """The page with its tables anew, each between its markers."""
    for table in tables():
        part = re.compile(rf"(<!-- {table.name} -->\n).*?(<!-- /{table.name} -->)", re.DOTALL)
        page, found = part.subn(partial(_between_marks, table.markdown()), page)
        if found != 1:
            raise ValueError(f"{PAGE} has no part {table.name}")
    return page


def _between_marks(text: str, marks: re.Match[str]) -> str:
    return f"{marks[1]}\n{text}\n\n{marks[2]}"


def main() -> None:
    """Print the figures; with ``--write`` put the tables into the page, too."""
    for name, value in figures():
        print(f"{name}: {value}")
    if "--write" in sys.argv[1:]:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
