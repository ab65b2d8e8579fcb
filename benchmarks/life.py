"""``python -m benchmarks.life``: what one order's life costs at AWS, counted from the real handlers.

The functions of the template run on the simulated AWS of the evidence. Forty orders warm them up, so that what an
environment remembers (keys, partners, credentials, a block of codes) is there, as it is under load; then one order is
counted, each record and each message handled by itself, one after the other, so that the count depends on no chance and
on no batch:

- until sent: accepted through the signed API, published, forwarded to three channels (one on each platform), and each
  forward's SENT told to the order and the bus.
- its life: and four status changes. Ngorder, which has a word for each, says ACCEPTED, IN_PROCESS, SHIPPED, COMPLETED,
  each found by a round of the status sync of its own. What a round costs by itself is shared by all orders that are
  open and stands beside.
- its life with a webhook: and a message to the partner's webhook for each of these seven changes of a channel.
- every platform to its end: and the same of SIRCLO, which has three words. (SalesMania cannot report: it tells no id.)

The order is that of `benchmarks.intake`: three lines. A larger one costs more: a request of more than 1 KB, two units
and one more.

An earlier count by hand of the model before came to 83 units until sent, 125 for the life, 152 with a webhook. There
two of the three SENT, and all four status changes, were published in one batch, which brings the order up once for all
of them and makes one message of them; here each is one: 84 = 83 + 1, 129 = 125 + 1 + 3, 192 = 129 + 7 * 9.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from benchmarks.bill import bill, gb_seconds
from benchmarks.counted import Count, Counting
from benchmarks.dynamodb_units import TABLE
from benchmarks.hops import Durations
from benchmarks.intake import ORDER
from evidence.system.world import World
from evidence.weather import Row
from orderbridge.platforms.names import platform_names
from orderbridge_sandboxes.faults import Fault

SWEPT_AFTER = timedelta(seconds=61)
"""More than the time after which the sweeper takes what has not gone on."""
WARMING = 40
"""Orders before the one that is counted: in so few milliseconds that a block of codes is reserved."""
SWEPT = 40
"""Orders that a sweep is counted by."""
ROWS_PER_PAGE = 50
"""Each list of a platform is one page."""
CHANGES: Mapping[str, Sequence[str]] = {
    "ngorder": ("PAID", "DROPOFF", "ON PROCESS", "DELIVERED"),
    "sirclo": ("accepted", "packed", "completed"),
}
"""By platform the words for the changes of an order, in their order."""
COUNTED = "PO-1"
REFUSAL_BYTES = 8192
"""More than what is kept of an answer."""
LIFE = "ngorder"
"""Whose changes belong to the life that is counted."""


@dataclass(frozen=True, slots=True)
class Life:
    """What one order cost."""

    sent: Count
    changes: Count
    """Ngorder's four."""
    others: Count
    """SIRCLO's three."""
    idle_rounds: Count
    """A round at each platform, at which nothing is new."""
    messages: int
    """That came to the webhook until the end of Ngorder's."""
    round_reads: Decimal
    """Read units of a round at each platform for each order that is open."""

    @property
    def whole(self) -> Count:
        return self.sent + self.changes


class Run:
    """One world, in which one thing happens at a time."""

    def __init__(self, stack: ExitStack, *, has_webhook: bool) -> None:
        self.is_dark = False
        """Whether the stream is: nothing of it comes."""
        # Remembered for as long as can be: what is read once a minute, whatever the load, is of no single order.
        remembered = {"OptionalEvents": "none", "PartnerCacheSeconds": "300"}
        row = Row("life", has_webhook=has_webhook, stream_batch=1, parameters=remembered)
        self.world = World(row, tuple(platform_names()), 1, stack, rows_per_page=ROWS_PER_PAGE)
        self.counting = Counting(self.world)
        stack.enter_context(self.counting.logged())

    def place(self, *numbers: str) -> None:
        def place() -> None:
            for number in numbers:
                self.world.partner.place(number, ORDER)

        self.world.begin("partner", place)
        self._to_its_end()

    def rounds(self, *platforms: str) -> None:
        for platform in platforms:
            worker = self.world.lanes.invoke("status_sync", {"platform": platform})
            self._to_its_end()
            if worker.failure is not None or not all(each["finished"] for each in worker.result["channels"]):
                raise AssertionError(f"a round at {platform} did not come to its end")

    def changes(self, platform: str) -> None:
        """Have the counted order change at its platform word by word, each found by a round."""
        (code,) = self.world.partner.placed[COUNTED].codes
        for word in CHANGES[platform]:
            self.world.sandboxes[platform].set_status(code, word)
            self.rounds(platform)

    def _to_its_end(self) -> None:
        machine, lanes = self.world.machine, self.world.lanes
        while machine.run_one() or machine.workers or self._begin_one():
            if machine.next_wake is not None:
                machine.now = machine.next_wake
        if not (lanes.is_streamed and lanes.is_empty):
            raise AssertionError("something waits for a later time")

    def sweep(self) -> None:
        """A minute later, the sweeper."""
        self.world.machine.now += SWEPT_AFTER
        self.world.lanes.invoke("sweeper", {})
        self._to_its_end()

    def _begin_one(self) -> bool:
        if self.is_dark:
            self.world.aws.table.stream.clear()
        return self.world.lanes.begin_one()


@functools.cache
def life(*, has_webhook: bool = False) -> Life:
    """Count the life of one order."""
    with ExitStack() as stack:
        run = Run(stack, has_webhook=has_webhook)
        world, counting, platforms = run.world, run.counting, tuple(platform_names())
        run.rounds(*platforms)
        counting.taken()
        run.rounds(*platforms)
        of_nothing = counting.taken().round_read_units
        run.place(*(f"WARM-{number}" for number in range(WARMING)))
        run.rounds(*platforms)
        counting.taken()
        came = len(world.receiver.came)
        run.place(COUNTED)
        sent = counting.taken()
        run.rounds(*platforms)
        idle = counting.taken()
        run.changes(LIFE)
        changes, messages = counting.taken(), len(world.receiver.came) - came
        for platform in CHANGES.keys() - {LIFE}:
            run.changes(platform)
        for_each = (idle.round_read_units - of_nothing) / (WARMING + 1)
        return Life(sent, changes, counting.taken(), idle, messages, for_each)


@dataclass(frozen=True, slots=True)
class Swept:
    """What `SWEPT` orders cost the sweeper where the stream is dark; it sends the messages of several together."""

    carried: Count
    """From accepted to its forwards in their queues."""
    relayed: Count
    """The three SENT, told to order and bus."""
    idle: Count
    """A sweep that finds nothing."""


@functools.cache
def swept() -> Swept:
    """Count the life of orders, until their SENTs are told, that nothing but the sweeper carries."""
    with ExitStack() as stack:
        run = Run(stack, has_webhook=False)
        run.is_dark = True
        run.place(*(f"WARM-{number}" for number in range(WARMING)))
        run.sweep()
        run.sweep()
        run.counting.taken()
        run.sweep()
        idle = run.counting.taken()
        run.place(*(f"SWEPT-{number}" for number in range(SWEPT)))
        run.counting.taken()
        run.sweep()
        carried = run.counting.taken() - idle
        run.sweep()
        return Swept(carried, run.counting.taken() - idle, idle)


@functools.cache
def refused() -> Count:
    """Count an order whose create call Ngorder refuses, with an answer that is larger than what is kept of one."""
    with ExitStack() as stack:
        run = Run(stack, has_webhook=False)
        run.place(*(f"WARM-{number}" for number in range(WARMING)))
        run.counting.taken()
        create = run.world.facts[LIFE].create
        answer = {"message": "customer not found", "detail": "." * REFUSAL_BYTES}
        run.world.sandboxes[LIFE].faults.add(
            Fault("status", method=create.method, path=create.path, status=422, body=answer)
        )
        run.place(COUNTED)
        return run.counting.taken()


def message_units() -> Decimal:
    """Write units of one message to a webhook."""
    with_webhook = life(has_webhook=True)
    return Decimal(with_webhook.whole.units - life().whole.units) / with_webhook.messages


def dollars(durations: Durations | None = None) -> dict[str, Decimal]:
    """Of a million orders without a webhook, by service."""
    return bill(life().whole, durations or Durations())


def figures() -> Generator[tuple[str, object]]:
    """Every figure with its name."""
    plain, told, durations = life(), life(has_webhook=True), Durations()
    whole, bills = plain.whole, dollars(durations)
    yield "write units until sent", plain.sent.units
    yield "write units for the life", whole.units
    yield "write units for the life with a webhook", told.whole.units
    yield "dollars per million orders", f"{sum(bills.values()):.2f}"
    yield "webhook messages", told.messages
    yield "write units per webhook message", message_units()
    yield "write units with every platform to its end", whole.units + plain.others.units
    yield "write units of an order that one platform refused", refused().units
    for phase, count in (("until sent", plain.sent), ("for the life", whole), ("with a webhook", told.whole)):
        for place in (TABLE, *sorted(whole.write_units.keys() - {TABLE})):
            yield f"write units {phase}, {place if place == TABLE else f'index {place}'}", count.write_units[place]
    yield "read units until sent", plain.sent.read_units
    yield "read units for the life", whole.read_units
    yield "AWS calls per accepted order", f"{Decimal(plain.sent.of_function('order_intake')):.2f}"
    for function in sorted(whole.invocations):
        yield f"AWS calls for the life, {function}", whole.of_function(function)
    for kind in ("send", "receive", "delete"):
        yield f"SQS requests for the life, {kind}", whole.sqs_requests[kind]
    yield "SQS requests for the life with a webhook", told.whole.sqs_requests.total()
    yield "EventBridge events for the life", whole.events
    yield "EventBridge deliveries for the life", whole.deliveries
    yield "Secrets Manager calls for the life", plain.sent.of_operations("GetSecretValue")
    yield "Lambda invocations for the life", whole.invocations.total() - whole.invocations["status_sync"]
    yield "Lambda GB-seconds for the life", f"{gb_seconds(whole, durations):.3f}"
    yield "log bytes for the life", sum(whole.log_bytes.values()) - whole.log_bytes["status_sync"]
    yield "read units for an open order, a round at each platform", f"{plain.round_reads:.3f}"
    yield f"write units of a round at each platform, {WARMING + 1} open orders", plain.idle_rounds.round_write_units
    yield f"read units of a round at each platform, {WARMING + 1} open orders", plain.idle_rounds.round_read_units
    for service, price in bills.items():
        yield f"dollars per million orders, {service}", f"{price:.2f}"
    yield "dollars per million orders with a webhook", f"{sum(bill(told.whole, durations).values()):.2f}"


def main() -> None:
    """Print each figure on a line of its own, ``name: value``."""
    for name, value in figures():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
