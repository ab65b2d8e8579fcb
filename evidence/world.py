"""The whole system for one row: the template's functions on the simulated AWS, the sandboxes, a partner, an operator.

Time goes on only when nobody has anything to do, to the moment at which somebody has.
"""

from __future__ import annotations

import heapq
import itertools
import json
import re
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from evidence.aws.bus import Bus, EventBridge, Rule
from evidence.aws.patterns import matches
from evidence.aws.queues import Message, Queue, Sqs
from evidence.aws.secrets import SecretsManager
from evidence.aws.table import DynamoDb, Record, Table
from evidence.aws_calls import AwsCalls
from evidence.functions import STACK, Function, physical_names, variables_of
from evidence.machine import Died, Machine, Worker
from evidence.operator import Operator
from evidence.partner import Partner, Receiver
from evidence.virtual import exceptions_of, short_pages, virtual
from evidence.watching import Watch
from evidence.weather import Row
from orderbridge.calls.turns import Turns
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import NoAnswer
from orderbridge.http.public_post import PublicPost
from orderbridge.http.transport import Call, Conversation, Transport
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.times import from_iso, to_iso
from orderbridge_sandboxes import DEMO_CREDENTIALS, SANDBOXES, Request, Sandbox, demo_mappings, demo_settings
from orderbridge_sandboxes.faults import list_of
from tests.conformance.facts import PlatformFacts, facts_of
from tests.contract.template import template

NOW = datetime(2025, 3, 3, 3, 0, tzinfo=UTC)
DARK_FROM = timedelta(seconds=1)
LONGEST = timedelta(days=4)
OPERATOR_COMES = timedelta(minutes=10)
SHARDS = 4
STREAM_KEEPS = timedelta(hours=24)
NOBODY = "http://127.0.0.1:1"
"""A port that needs rights nobody here has, so that nobody listens at it."""
CODE = re.compile(rb"SO-[0-9]{8}-[0-9]{5,}")
SETTLE_SECONDS = 30
TOO_LATE = NoAnswer("ReadTimeout after the request left", None, "ReadTimeout")
API = ("auth_login", "auth_refresh", "order_intake", "order_read", "order_cancel")
API_SKEW_SECONDS = 15


@dataclass
class Shard:
    """A shard of the stream: what its publisher has not handled yet, and how often it has failed at the first of it."""

    records: deque[tuple[datetime, Record]] = field(default_factory=deque)
    batch: int = 25
    tries: int = 0
    not_before: datetime = datetime.min.replace(tzinfo=UTC)
    is_busy: bool = False


class World:
    """One run of one row."""

    def __init__(self, row: Row, labels: Sequence[str], seed: int, stack: ExitStack, rows_per_page: int = 10) -> None:
        """`rows_per_page`: how long the pages are that are asked for, so that lists have several."""
        self.row, self.rows_per_page = row, rows_per_page
        self.facts: dict[str, PlatformFacts] = {label: facts_of(label) for label in labels}
        self.machine = machine = Machine(NOW, seed)
        self.parameters = {"AllowLoopbackHttp": "true", "SweepGraceSeconds": "60", **row.parameters}
        self.is_over = False
        self.harm_ends = NOW + timedelta(hours=row.hours)
        self.harm_ended_at = NOW
        self.pages: Counter[str] = Counter()
        """The most pages that one list of a platform's orders had."""
        self._targets: dict[str, tuple[Any, set[str]]] = {}
        self.between_rounds = timedelta(minutes=16)
        self.calls = 0
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._routines: set[int] = set()
        """The numbers of what is on the agenda again and again."""
        self._numbers = itertools.count()
        self._shards = [Shard() for _ in range(SHARDS)]
        self._busy: Counter[str] = Counter()
        self._make_aws()
        self._make_functions()
        stack.enter_context(virtual(machine, self.clients))
        stack.enter_context(short_pages(rows_per_page))
        stack.enter_context(self._watched_calls())
        stack.callback(machine.close)
        self.sandboxes: dict[str, Sandbox[Any]] = {}
        for label, facts in self.facts.items():
            off = timedelta(seconds=row.skew_seconds * machine.draw.choice((-1, 1)))
            sandbox = SANDBOXES[facts.name](clock=lambda off=off: machine.now + off, **row.platform)
            self.sandboxes[label] = stack.enter_context(sandbox)
        self.labels_by_url = {sandbox.url: label for label, sandbox in self.sandboxes.items()}
        self.operator = Operator(self.clients, machine, self.parameters)
        self._set_up()

    # --- what it is made of -------------------------------------------------------------------------------------------

    def _make_aws(self) -> None:
        machine, row = self.machine, self.row
        resources = template()
        self.table = Table(resources.of_type("AWS::DynamoDB::Table")["Table"])
        self.watch = Watch(self.table, machine.true_clock)
        self.names = physical_names()
        queues = resources.of_type("AWS::SQS::Queue")
        self.queues = {self.names[name]: _queue(self.names[name], properties) for name, properties in queues.items()}
        for name, properties in queues.items():
            if "RedrivePolicy" in properties:
                target = properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
                self.queues[self.names[name]].dead_letters = self.queues[self.names[target]]
        rules = [
            Rule(
                properties["EventPattern"],
                self.queues[self.names[target["Arn"]["Fn::GetAtt"][0]]],
                target["InputPath"].removeprefix("$."),
            )
            for properties in resources.of_type("AWS::Events::Rule").values()
            for target in properties.get("Targets", ())
            if target["Arn"]["Fn::GetAtt"][0] in queues
        ]
        self.bus = Bus(rules, machine.true_clock, drops=partial(self.strikes, row.events_dropped, "events dropped"))
        self.clients: dict[str, Any] = {}
        self.dynamodb = DynamoDb(self.table, exceptions_of("dynamodb"), self._calls("dynamodb"))
        self.secrets = SecretsManager(exceptions_of("secretsmanager"), self._calls("secretsmanager"))
        refuses = partial(self.strikes, row.events_refused, "events refused")
        events = EventBridge(self.bus, exceptions_of("events"), self._calls("events"), refuses)
        sqs = Sqs(self.queues, machine.true_clock, exceptions_of("sqs"), self._calls("sqs"))
        self.clients |= {"dynamodb": self.dynamodb, "secretsmanager": self.secrets, "events": events, "sqs": sqs}

    def _calls(self, service: str) -> AwsCalls:
        return AwsCalls(service, self.machine, self.row.aws, lambda: self.is_bad, self._conflict)

    def _conflict(self, operation: str) -> Exception:
        if operation == "TransactWriteItems":
            return self.dynamodb.cancelled([{"Code": "TransactionConflict"}])
        response = {"Error": {"Code": "TransactionConflictException", "Message": ""}}
        failure: Exception = self.dynamodb.exceptions.TransactionConflictException(response, operation)
        return failure

    def _make_functions(self) -> None:
        self.functions = {
            name: Function(
                name,
                template().folder(name),
                {**variables_of(name, self.parameters), "POWERTOOLS_LOG_LEVEL": "CRITICAL"},
                template().number(properties.get("Timeout", 15)),
                self.machine,
                partial(self._skew, name),
            )
            for name, properties in template().functions().items()
        }
        pattern = template().functions()["event_publisher"]["Events"]["TableChanges"]["Properties"]
        self._stream = pattern
        self._filters = [json.loads(each["Pattern"]) for each in pattern["FilterCriteria"]["Filters"]]
        self.receiver = Receiver(self.machine, self.row.receiver_fails, lambda: self.is_bad)
        self.partner = Partner(self.machine, self.functions, self.row.posts, lambda: self.is_bad, self.row.skew_seconds)

    def _skew(self, function: str) -> timedelta:
        """How far off a new environment's clock is. A token that one function gives out has to be good at another."""
        most = API_SKEW_SECONDS if function in API else self.row.skew_seconds
        if not self.row.skew_seconds or not self.is_bad:
            return timedelta()
        self.machine.struck["clocks that are off"] += 1
        return timedelta(seconds=self.machine.draw.choice((-most, 0, most)))

    def _set_up(self) -> None:
        channels = []
        wanted = [label for label, facts in self.facts.items() if not self.row.at or facts.name in self.row.at]
        for label, sandbox in self.sandboxes.items():
            facts = self.facts[label]
            settings = {**demo_settings(facts.name, sandbox.url), "settle_s": SETTLE_SECONDS}
            settings |= {**self.row.settings, **facts.settings}
            self.operator.add_channel(channel_name(label), facts.name, settings, DEMO_CREDENTIALS[facts.name])
            rows = [row for row in demo_mappings(facts.name) if row[0] not in self.row.without_mappings]
            self.operator.import_mappings(channel_name(label), rows)
            if label in wanted:
                channels.append(channel_name(label))
        self.channels = channels
        self.operator.add_partner([] if self.row.is_unrouted else channels)
        self.receiver.secrets.append(self.operator.add_webhook("http://127.0.0.1:9/hook"))

    # --- harm ---------------------------------------------------------------------------------------------------------

    @property
    def is_bad(self) -> bool:
        """Whether the row's harm is still done."""
        return not self.is_over and (self.row.rounds_are_bad or self.machine.now < self.harm_ends)

    def strikes(self, share: float, name: str) -> bool:
        """Whether harm of this kind is done now; the first time surely."""
        if not share or not self.is_bad:
            return False
        if self.machine.draw.random() >= share and self.machine.struck[name]:
            return False
        self.machine.struck[name] += 1
        return True

    def _before_step(self, name: str, worker: Worker) -> None:
        for function, share in self.row.killed.items():
            if worker.name.startswith(function) and self.strikes(share, f"killed {function}"):
                raise Died

    @contextmanager
    def _watched_calls(self) -> Iterator[None]:
        """Calls to platforms and to the partner's webhook are steps too, and what is sent to create orders is kept."""
        call, conversation = Conversation.call, Transport.conversation
        self.machine.before_step = self._before_step

        def watched(talk: Conversation, request: Call, deadline: Any) -> Any:
            self.calls += 1
            worker = self.machine.current
            name = "operator" if worker is None else worker.name
            self._note(talk, request)
            self.machine.step(f"{name}: before call")
            if self._is_create(talk, request):
                if self.strikes(self.row.processed_late, "processed late"):
                    self.later(self.machine.draw.uniform(0.5, SETTLE_SECONDS - 2), partial(arrive, talk, request))
                    raise TOO_LATE
                if self.strikes(self.row.answered_late, "answered late"):
                    call(talk, request, deadline)
                    raise TOO_LATE
            reply = call(talk, request, deadline)
            self.machine.step(f"{name}: after call")
            return reply

        def arrive(talk: Conversation, request: Call) -> None:
            """The request that was given up arrives all the same."""
            again = conversation(Transport(allow_loopback_http=True), f"http://{talk._address.authority}")  # noqa: SLF001
            with again:
                call(again, request, Deadline.after(60))

        def elsewhere(transport: Transport, base_url: str) -> Conversation:
            is_lost = self.strikes(self.row.unreachable, "nobody listens")
            return conversation(transport, NOBODY if is_lost else base_url)

        def taken(turns: Turns, *asked: Any) -> float:
            began = self.machine.now
            ahead = take(turns, *asked)
            self.machine.struck["turns waited for"] += ahead > 0 or self.machine.now > began
            return ahead

        receiver, take = self.receiver, Turns.take
        with (
            patch.object(Conversation, "call", watched),
            patch.object(Transport, "conversation", elsewhere),
            patch.object(Turns, "take", taken),
            patch.object(PublicPost, "post", lambda _post, url, headers, body: receiver.post(url, headers, body)),
        ):
            yield

    def _note(self, talk: Conversation, request: Call) -> None:
        address = talk._address  # noqa: SLF001 - which platform is called
        label = self.labels_by_url.get(f"http://{address.authority}")
        if label is None:
            return
        orders = self.facts[label].orders
        if request.method == orders.method and request.target.startswith(orders.path):
            self._note_page(label, request)
        if self._is_create(talk, request):
            for code in set(CODE.findall(request.body)):
                self.watch.creating(channel_name(label), code.decode(), request.body)

    def _is_create(self, talk: Conversation, request: Call) -> bool:
        label = self.labels_by_url.get(f"http://{talk._address.authority}")  # noqa: SLF001
        create = None if label is None else self.facts[label].create
        return create is not None and (request.method, request.target.partition("?")[0]) == (create.method, create.path)

    def _note_page(self, label: str, request: Call) -> None:
        asked = list_of(Request(request.method, request.target, {}, b""))
        before, targets = self._targets.get(label, (None, set()))
        targets = {*targets, request.target} if asked == before else {request.target}
        self._targets[label] = asked, targets
        self.pages[label] = max(self.pages[label], len(targets))

    # --- what happens -------------------------------------------------------------------------------------------------

    def begin(self, name: str, act: Callable[[], object]) -> None:
        """Have somebody begin something now, beside all others."""
        self.machine.start(name, act)

    def later(self, seconds: float, act: Callable[[], None]) -> int:
        """Have something happen in so many seconds; its number on the agenda."""
        number = next(self._numbers)
        heapq.heappush(self._agenda, (self.machine.now + timedelta(seconds=seconds), number, act))
        return number

    def run(self, orders: int) -> None:
        """Place the orders and let time pass until nothing more happens to any of them."""
        self._begin_harm(orders)
        self._place(orders)
        for seconds, script in self.row.script:
            self.later(seconds, partial(script, self))
        for number in range(self.row.sweepers):
            self._every(60, number, lambda: self._sweep())
        self._every(60, 7, self._look_after)
        end = NOW + LONGEST
        while self.machine.now < end and not (self._is_quiet() and self.is_settled()):
            self._go_on(end)
        if not self.row.rounds_are_bad:
            self.end_harm()

    def go_on_until(self, is_done: Callable[[], bool], hours: float = 24) -> bool:
        """Let time pass until something has come about; False where it did not."""
        end = self.machine.now + timedelta(hours=hours)
        while not (self._is_quiet() and is_done()):
            if self.machine.now >= end:
                return False
            self._go_on(end)
        return True

    def _go_on(self, end: datetime) -> None:
        while self._agenda and self._agenda[0][0] <= self.machine.now:
            heapq.heappop(self._agenda)[2]()
        self._fill_lanes()
        if self.machine.run_one():
            return
        times = [self._agenda[0][0]] if self._agenda else []
        times += [queue.next_at for queue in self._served() if queue.next_at is not None]
        times += [self.machine.next_wake] if self.machine.next_wake is not None else []
        times += [
            max(shard.not_before, self._dark_until) for shard in self._shards if shard.records and not shard.is_busy
        ]
        self.machine.now = max(min(times, default=end), self.machine.now + timedelta(milliseconds=1))
        if not self.is_bad and not self.is_over:
            self.end_harm()

    def _place(self, orders: int) -> None:
        draw, over = self.machine.draw, self.row.posts.over_seconds
        for number in range(orders):
            self.place_later(f"PO/{number + 1}", draw.uniform(0, over))

    def place_later(self, number: str, seconds: float) -> None:
        """Have the partner place an order in so many seconds, and perhaps take it back again."""
        draw = self.machine.draw

        def place() -> None:
            self.machine.start("partner", lambda: self.partner.place(number))
            if self.strikes(self.row.cancelled, "orders taken back"):
                self.later(self.row.cancelled_within * draw.random() ** 4, cancel)

        def cancel() -> None:
            self.machine.start("partner", lambda: self.partner.cancel(number))

        self.later(seconds, place)

    def _every(self, seconds: float, first: float, act: Callable[[], None]) -> None:
        def again() -> None:
            act()
            self._routines.add(self.later(seconds, again))

        self._routines.add(self.later(first, again))

    # --- the platforms' faults ----------------------------------------------------------------------------------------

    def _begin_harm(self, orders: int) -> None:
        self._struck_by: list[tuple[str, str, int]] = []
        for strike_number, strike in enumerate(self.row.strikes):
            for label, facts in self.facts.items():
                if strike.is_about(facts) and channel_name(label) in self.channels:
                    for fault in strike.faults(facts, orders, self.machine.draw.getrandbits(30)):
                        number = self.sandboxes[label].faults.add(fault)
                        self._struck_by.append((f"strike {strike_number + 1} at {label}", label, number))

    def end_harm(self) -> None:
        """From now on nothing bad is done; how often it was is put down."""
        if self.is_over:
            return
        self.is_over, self.harm_ended_at = True, self.machine.now
        for name, label, number in self._struck_by:
            listed = {each["id"]: each["struck"] for each in self.sandboxes[label].faults.listed()}
            self.machine.struck[name] += listed.get(number, 0)
            self.machine.struck["any strike"] += listed.get(number, 0)
        for sandbox in self.sandboxes.values():
            sandbox.faults.clear()

    # --- lanes: stream, queues, schedules -----------------------------------------------------------------------------

    @property
    def _dark_until(self) -> datetime:
        return NOW + DARK_FROM + timedelta(hours=self.row.stream_dark_hours)

    def _fill_lanes(self) -> None:
        self._take_stream()
        for shard in self._shards:
            self._publish(shard)
        for queue, function, at_once in self._lanes():
            self._receive(queue, function, at_once)

    def _lanes(self) -> Iterator[tuple[Queue, Function, int]]:
        for name, function in self.functions.items():
            if name.startswith("forward_"):
                queue = self.queues[function.variables["QUEUE_URL"]]
                yield queue, function, int(function.variables["WORKERS"])
        yield self.queues[self.names["WebhookQueue"]], self.functions["webhook_sender"], 5

    def _served(self) -> list[Queue]:
        return [queue for queue, _, at_once in self._lanes() if self._busy[queue.name] < at_once]

    def _receive(self, queue: Queue, function: Function, at_once: int) -> None:
        while self._busy[queue.name] < at_once:
            message = queue.receive(self.machine.now)
            if message is None:
                return
            if self.strikes(self.row.messages_lost, "messages lost"):
                message.is_deleted = True
                continue
            copies = self.row.copies if self.strikes(self.row.messages_repeated, "messages repeated") else 1
            for _ in range(copies):
                self._busy[queue.name] += 1
                self.machine.start(
                    function.name,
                    partial(function.invoke, sqs_event(message)),
                    partial(self._received, queue, message),
                    seconds=function.timeout_seconds,
                )

    def _received(self, queue: Queue, message: Message, worker: Worker) -> None:
        self._busy[queue.name] -= 1
        if worker.failure is None and not worker.result["batchItemFailures"]:
            message.is_deleted = True

    def _take_stream(self) -> None:
        now = self.machine.now
        for record in self.table.stream:
            event = {"eventName": record.event_name, "dynamodb": {"Keys": record.keys, "NewImage": record.image}}
            if any(matches(pattern, event) for pattern in self._filters):
                shard = self._shards[zlib.crc32(record.keys["PK"]["S"].encode()) % SHARDS]
                shard.records.append((now, record))
        self.table.stream.clear()

    def _publish(self, shard: Shard) -> None:
        now = self.machine.now
        if shard.is_busy or not shard.records or now < shard.not_before:
            return
        if self.row.stream_dark_hours and NOW + DARK_FROM <= now < self._dark_until:
            self.machine.struck["stream dark"] += 1
            return
        oldest = timedelta(seconds=self._stream["MaximumRecordAgeInSeconds"])
        while shard.records and now - shard.records[0][0] > oldest:
            shard.records.popleft()  # into the stream's dead letters, as a position and nothing else
            self.machine.struck["records given up"] += 1
        if not shard.records:
            return
        shard.is_busy = True
        batch = [record for _, record in itertools.islice(shard.records, shard.batch)]
        function = self.functions["event_publisher"]
        self.machine.start(
            function.name,
            partial(function.invoke, stream_event(batch)),
            partial(self._published, shard, len(batch)),
            seconds=function.timeout_seconds,
        )

    def _published(self, shard: Shard, records: int, worker: Worker) -> None:
        shard.is_busy = False
        if worker.failure is not None:
            # BisectBatchOnFunctionError: half of it next, and one record by itself is tried so many times.
            shard.batch = max(records // 2, 1)
            shard.tries += records == 1
            shard.not_before = self.machine.now + timedelta(seconds=1)
            if shard.tries <= self._stream["MaximumRetryAttempts"]:
                return
            self.machine.struck["records given up"] += 1
        for _ in range(records):
            shard.records.popleft()
        shard.batch, shard.tries = self._stream["BatchSize"], 0

    def _sweep(self) -> None:
        due = self.table.earliest_due()
        if due is not None and from_iso(due) <= self.machine.now:
            self.start_function("sweeper", {})

    def start_function(self, name: str, event: Mapping[str, Any], seconds_left: float | None = None) -> Worker:
        """Invoke a function as a schedule does."""
        function = self.functions[name]
        act = partial(function.invoke, event, seconds_left)
        return self.machine.start(name, act, seconds=seconds_left or function.timeout_seconds)

    def _look_after(self) -> None:
        """The operator, who finds a paused channel after a while, and resumes it."""
        self.operator.resume_paused(OPERATOR_COMES)

    # --- what is there ------------------------------------------------------------------------------------------------

    def orders(self) -> list[Order]:
        return [order_table.read_order(item) for item in self.table.items("ORDER#") if item["SK"]["S"] == "ORDER"]

    def forwards(self) -> list[Forward]:
        return [
            forward_items.read_forward(item)
            for item in self.table.items("ORDER#")
            if item["SK"]["S"].startswith("FORWARD#")
        ]

    def channel_of(self, label: str) -> str:
        return channel_name(label)

    def label_of(self, channel: str) -> str:
        return next(label for label in self.facts if channel_name(label) == channel)

    def expected_strikes(self) -> list[str]:
        """The name of every kind of harm that the row speaks of."""
        row = self.row
        shares = {
            "nobody listens": row.unreachable,
            "messages lost": row.messages_lost,
            "messages repeated": row.messages_repeated,
            "events refused": row.events_refused,
            "events dropped": row.events_dropped,
            "stream dark": row.stream_dark_hours,
            "answered late": row.answered_late,
            "processed late": row.processed_late,
            "clocks that are off": row.skew_seconds,
            "receiver fails": row.receiver_fails,
            "answers to the partner lost": row.posts.answers_lost,
            "orders taken back": row.cancelled,
        }
        named = [name for name, share in shares.items() if share]
        named += [f"killed {function}" for function in row.killed]
        named += [fault.name for fault in row.aws]
        by_strike = dict.fromkeys(name for name, _, _ in self._struck_by)
        return [*named, *(by_strike if row.expects_each else ["any strike"] * bool(by_strike)), *row.expected]

    def _is_quiet(self) -> bool:
        return not self.machine.workers and not any(shard.records for shard in self._shards)

    def is_settled(self) -> bool:
        """Whether every order is where nothing moves it any more, and its partner has heard of it."""
        if any(number not in self._routines for _, number, _ in self._agenda) or any(self._due_items()):
            return False
        return all(queue.next_at is None for queue, _, _ in self._lanes())

    def _due_items(self) -> Iterator[str]:
        """What the sweeper would still carry on, but for what waits for a person."""
        for rows in self.table.indexes["due"].rows.values():
            for item in rows.values():
                if item.get("state", {}).get("S") != ForwardState.NEEDS_MAPPING.value:
                    yield item["due_at"]["S"]


def channel_name(label: str) -> str:
    """What the channel on a platform is called: its label without a blank."""
    return label.replace(" ", "-")


def _queue(name: str, properties: Mapping[str, Any]) -> Queue:
    number = template().number
    redrive = properties.get("RedrivePolicy")
    return Queue(
        name,
        number(properties.get("VisibilityTimeout", 30)),
        None if redrive is None else number(redrive["maxReceiveCount"]),
        keeps_seconds=number(properties["MessageRetentionPeriod"]),
    )


def sqs_event(message: Message) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": message.message_id,
                "receiptHandle": "handle",
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:ap-southeast-3:123456789012:{STACK}",
                "awsRegion": "ap-southeast-3",
            }
        ]
    }


def stream_event(records: Sequence[Record]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": record.event_name,
                "eventSource": "aws:dynamodb",
                "dynamodb": {"Keys": record.keys, "NewImage": record.image},
            }
            for record in records
        ]
    }
