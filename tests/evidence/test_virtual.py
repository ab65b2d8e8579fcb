"""In a virtual world nothing of the layer reaches the real time, chance or AWS, but for the sockets of `http`."""

from __future__ import annotations

import ast
import inspect
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import pytest

from evidence.processes.machine import Machine
from evidence.processes.virtual import REAL_TIME, exceptions_of, modules, virtual
from orderbridge.aws import clients, reads, writes
from orderbridge.aws.clients import ANSWERING
from orderbridge.calls.pace import Pace, pace_beside_orders
from orderbridge.calls.turns import LONGEST_WAIT_SECONDS, Turns
from orderbridge.channels.channel import Channel
from orderbridge.http.transport import Transport
from orderbridge.platforms.stock import PlatformStock
from orderbridge.values import times
from orderbridge.webhooks.signing import new_webhook_secret

NOW = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
REAL = (time.time, time.monotonic, time.sleep, time.perf_counter)
SERVICES = ("dynamodb", "sqs", "events", "secretsmanager")


def world_of(seed: int = 1) -> Machine:
    return Machine(NOW, seed)


@contextmanager
def nobody_sleeps() -> Iterator[None]:
    """Whoever calls `time.sleep` by its name fails; what is bound as a default is looked at below."""
    with pytest.MonkeyPatch.context() as patched:

        def refused(_seconds: float) -> None:
            raise AssertionError("somebody sleeps in earnest")

        patched.setattr(time, "sleep", refused)
        yield


# --- time -------------------------------------------------------------------------------------------------------------


def test_the_present_time_is_the_machines_and_whatever_else_a_time_has_is_as_it_was() -> None:
    machine = world_of()
    with virtual(machine, {}):
        assert times.utc_now() == NOW
        machine.now += timedelta(hours=1)
        assert times.to_iso(times.utc_now()) == "2031-05-06T08:08:00.000Z"
        assert times.from_iso("2025-01-01T00:00:00.000Z") == datetime(2025, 1, 1, tzinfo=UTC)
    assert times.utc_now() != machine.now


def test_turns_are_waited_for_on_the_machine() -> None:
    machine = world_of()
    with virtual(machine, {}), nobody_sleeps():
        turns, shop = Turns(), Channel("shop", "sirclo", {})
        rate, timeout_s = Decimal("1.25"), Decimal(10)
        assert [turns.take(shop, rate, timeout_s) for _ in range(3)] == [0.0] * 3
        assert machine.ran_for == pytest.approx(2.0)
        machine.now += timedelta(seconds=60)
        assert turns.take(shop, rate, timeout_s) == 0.0
        assert machine.ran_for == pytest.approx(62.0)
    assert LONGEST_WAIT_SECONDS > 2


@pytest.mark.parametrize("make", [Pace, pace_beside_orders])
def test_a_pace_is_kept_on_the_machine(make: Callable[[Decimal], Pace]) -> None:
    machine = world_of()
    with virtual(machine, {}), nobody_sleeps():
        pace = make(Decimal(2))
        for _ in range(3):
            pace.wait()
        once = machine.ran_for
        pace.wait()
    assert once >= 1.0
    assert machine.ran_for == pytest.approx(once * 1.5)


def test_a_platforms_stock_looks_at_the_machines_clock_and_sleeps_on_it() -> None:
    machine = world_of()
    with virtual(machine, {}):
        stock = PlatformStock(Transport(), SimpleNamespace())  # type: ignore[arg-type]
        assert stock.clock() == machine.seconds()
        stock.sleep(7.0)
    assert machine.ran_for == 7.0


def test_a_write_that_meets_others_is_tried_again_on_the_machines_time_and_chance() -> None:
    conflict = exceptions_of("dynamodb").TransactionConflictException({"Error": {}}, "UpdateItem")
    client: Any = SimpleNamespace(exceptions=exceptions_of("dynamodb"))

    def waited(seed: int) -> float:
        machine, tries = world_of(seed), iter([conflict, conflict, None])

        def write() -> None:
            failure = next(tries)
            if failure is not None:
                raise failure

        with virtual(machine, {}), nobody_sleeps():
            writes.despite_conflicts(client, write)
        return machine.ran_for

    low, high = writes.CONFLICT_PAUSE_SECONDS
    assert 2 * low <= waited(1) <= 2 * high
    assert waited(1) == waited(1)
    assert waited(1) != waited(2)


def test_what_dynamodb_leaves_unprocessed_is_asked_again_on_the_machines_time() -> None:
    answers = iter([{"Responses": {}, "UnprocessedKeys": {"t": {"Keys": [{}]}}}, {"Responses": {"t": [{}]}}])
    machine = world_of()
    with virtual(machine, {}), nobody_sleeps():
        client: Any = SimpleNamespace(batch_get_item=lambda **_: next(answers))
        assert list(reads.batch_get(client, "t", [{}])) == [{}]
    assert machine.ran_for == reads.FIRST_PAUSE_SECONDS


# --- chance, AWS ------------------------------------------------------------------------------------------------------


def test_the_same_seed_brings_the_same_random_words_and_another_one_others() -> None:
    with_random, with_secrets, with_uuid = (those_with(chance) for chance in (random, secrets, uuid))
    assert all((with_random, with_secrets, with_uuid))

    def words(seed: int) -> list[Any]:
        with virtual(world_of(seed), {}):
            return [
                new_webhook_secret(),
                *(each.secrets.token_hex(8) for each in with_secrets),
                *(each.random.random() for each in with_random),
                *(each.uuid.uuid4() for each in with_uuid),
            ]

    assert words(1) == words(1)
    assert len(words(1)) > 6
    assert not {str(word) for word in words(1)} & {str(word) for word in words(2)}


def those_with(chance: ModuleType) -> list[Any]:
    """The modules of the layer that import one of Python's sources of chance."""
    return [module for module in modules() if vars(module).get(chance.__name__) is chance]


def test_every_client_of_aws_is_the_simulations() -> None:
    services = {name: object() for name in SERVICES}
    with virtual(world_of(), services):
        assert clients.dynamodb() is clients.dynamodb(ANSWERING) is services["dynamodb"]
        assert (clients.sqs(), clients.events()) == (services["sqs"], services["events"])
        assert clients.secrets_manager() is services["secretsmanager"]


# --- everything of it -------------------------------------------------------------------------------------------------


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
    """Every function that a module defines, methods of every kind among them."""
    for value in vars(module).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield value
        elif inspect.isclass(value):
            for each in list(vars(value).values()):
                method = each.__func__ if isinstance(each, staticmethod | classmethod) else each
                if inspect.isfunction(method):
                    yield method


def is_virtual(module: ModuleType) -> bool:
    return not module.__name__.startswith(REAL_TIME)


def state() -> dict[str, Any]:
    """The attributes of every module of the layer, and the defaults of its functions."""
    found: dict[str, Any] = {}
    for module in modules():
        found |= {f"{module.__name__}.{name}": id(value) for name, value in vars(module).items()}
        for function in functions_of(module):
            name = f"{module.__name__}.{function.__qualname__}"
            found[f"{name}()"] = tuple(map(id, function.__defaults__ or ()))
            found[f"{name}(*)"] = {key: id(value) for key, value in (function.__kwdefaults__ or {}).items()}
    return found


def test_no_function_of_the_layer_waits_or_looks_at_a_clock_in_earnest_by_default() -> None:
    with virtual(world_of(), {}):
        real = [
            f"{module.__name__}.{function.__qualname__}"
            for module in filter(is_virtual, modules())
            for function in functions_of(module)
            for default in [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
            if any(default is each for each in REAL)
        ]
    assert real == []


def test_no_module_of_the_layer_has_real_chance() -> None:
    with virtual(world_of(), {}):
        real = [
            f"{module.__name__}.{name}"
            for module in filter(is_virtual, modules())
            for name, value in vars(module).items()
            if any(value is each for each in (random, secrets, uuid))
        ]
    assert real == []


def test_afterwards_everything_is_as_it_was() -> None:
    before = state()
    with virtual(world_of(), {}):
        assert state() != before
    assert state() == before


def test_afterwards_everything_is_as_it_was_also_where_it_failed() -> None:
    before = state()
    with pytest.raises(ZeroDivisionError), virtual(world_of(), {}):
        raise ZeroDivisionError
    assert state() == before


# --- the source -------------------------------------------------------------------------------------------------------

CHANCE = {"secrets": ("token_bytes", "token_hex", "token_urlsafe"), "uuid": ("uuid4",)}
"""What stands in for these modules has nothing else."""
MODULES = ("time", "random", "secrets", "uuid")


def in_earnest(source: str, *, may_ask_datetime: bool = False) -> list[str]:
    """What in a module's source reaches real time or chance in a way that nothing replaces."""
    tree = ast.parse(source)
    defaults = {node for each in ast.walk(tree) for default in _defaults(each) for node in ast.walk(default)}
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Attribute)
        and node not in defaults
        and _is_in_earnest(node, may_ask_datetime=may_ask_datetime)
    ]


def _defaults(node: ast.AST) -> list[ast.expr]:
    """Defaults of parameters, and of the fields of a dataclass, which become its parameters'."""
    if isinstance(node, ast.FunctionDef):
        return node.args.defaults
    if isinstance(node, ast.ClassDef):
        return [each.value for each in node.body if isinstance(each, ast.AnnAssign) and each.value is not None]
    return []


def _is_in_earnest(node: ast.ImportFrom | ast.Attribute, *, may_ask_datetime: bool) -> bool:
    match node:
        case ast.ImportFrom(module=module):
            return module in MODULES
        case ast.Attribute(value=ast.Name(id="time")):
            return True
        case ast.Attribute(value=ast.Name(id="secrets" | "uuid" as module), attr=name):
            return name not in CHANCE[module]
        case ast.Attribute(value=ast.Name(id="os"), attr="urandom" | "getrandom"):
            return True
        case ast.Attribute(value=ast.Name(id="datetime"), attr="now"):
            return not may_ask_datetime
        case ast.Attribute(attr="utcnow" | "today"):
            return True
    return False


@pytest.mark.parametrize("module", [each for each in modules() if is_virtual(each)], ids=lambda each: each.__name__)
def test_no_module_reaches_real_time_or_chance_but_where_it_is_replaced(module: ModuleType) -> None:
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert in_earnest(source, may_ask_datetime=module is times) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\ndef f():\n    return time.monotonic()",
        "import time\ndef f(a=1):\n    time.sleep(a)",
        "import time\nBEGAN = time.time()",
        "import time\ndef f():\n    return Cache(time.time)",
        "import time\ndef f(*, clock=time.time):\n    ...",
        "from time import sleep",
        "from random import random",
        "from datetime import datetime, UTC\ndef f():\n    return datetime.now(UTC)",
        "import datetime\ndef f():\n    return datetime.datetime.utcnow()",
        "from datetime import date\ndef f():\n    return date.today()",
        "import uuid\ndef f():\n    return uuid.uuid1()",
        "import secrets\ndef f():\n    return secrets.choice('ab')",
        "import os\ndef f():\n    return os.urandom(4)",
    ],
)
def test_what_reaches_real_time_or_chance_is_found(source: str) -> None:
    assert in_earnest(source)


@pytest.mark.parametrize(
    "source",
    [
        "import time\ndef f(clock=time.time):\n    return clock()",
        "import time\nclass C:\n    def f(self, sleep=time.sleep):\n        sleep(1)",
        "import time\n@dataclass\nclass C:\n    clock: Callable[[], float] = time.monotonic",
        "import random, secrets, uuid\ndef f():\n    return random.random(), secrets.token_hex(4), uuid.uuid4()",
    ],
)
def test_what_is_replaced_is_let_be(source: str) -> None:
    assert in_earnest(source) == []
