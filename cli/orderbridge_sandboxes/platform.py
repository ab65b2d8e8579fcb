"""What every sandboxed platform has: routes, one lock, a clock, the orders it holds and a log of its requests.

A platform is a state machine without sockets: `handle(Request) -> Reply`, safe to call from many threads, the same
answer for the same state and clock. A new platform is one subclass: its routes, its authorisation and the form of
its refusals.
"""

from __future__ import annotations

import re
import traceback
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import RLock
from typing import Any, ClassVar, TypeVar

from orderbridge_sandboxes.exchange import MASK, JsonObject, NotJson, Refused, Reply, Request, read_json

Clock = Callable[[], datetime]
REQUESTS_KEPT = 10_000


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that does not move until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Call:
    """A request that found its route, with the values of the route's `{placeholders}`."""

    request: Request
    values: Mapping[str, str]

    def document(self) -> Any:
        """The JSON body; raises NotJson."""
        return read_json(self.request.body)


Handler = Callable[[Any, Call], Reply]


@dataclass(frozen=True)
class Route:
    """One documented endpoint. `path` may hold placeholders: `/orders/{id}`."""

    method: str
    path: str
    handler: Handler
    open: bool = False  # True: answers without the platform's usual authorisation

    def pattern(self) -> re.Pattern[str]:
        """The path as a pattern; a placeholder never spans a slash."""
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path)))


class Routes:
    """Finds the route of a request: literal paths first, so that `/order/details` is no order's id."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._literal: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            if "{" in route.path:
                self._patterns.append((route.pattern(), route))
            elif self._literal.setdefault(route.path, {}).setdefault(route.method, route) is not route:
                raise ValueError(f"{route.method} {route.path} is declared twice")

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | set[str]:
        """The route and its values, or the methods that the path does have (none: no such path)."""
        literal = self._literal.get(path, {})
        if method in literal:
            return literal[method], {}
        methods = set(literal)
        for pattern, route in self._patterns:
            if matched := pattern.fullmatch(path):
                if route.method == method:
                    return route, matched.groupdict()
                methods.add(route.method)
        return methods


@dataclass
class HeldOrder:
    """An order that the platform holds.

    `body` is the order as it was sent, `raw_body` the whole request's bytes, `headers` and `target` the request's
    with secrets masked; `status`, `awb_number` and `view` are the platform's own and change later.
    """

    id: int
    reference: str | None
    received_at: datetime
    target: str
    headers: Mapping[str, str]
    raw_body: bytes
    body: JsonObject
    status: str
    awb_number: str | None = None
    view: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Booked:
    """What the platform takes an order for: our reference, who receives it, pieces by product code, rupiah in all."""

    reference: str | None
    receiver: str
    pieces: Mapping[str, int]
    total: Decimal


@dataclass(frozen=True)
class LoggedRequest:
    """One line of the request log: what was asked (secrets masked), the answer's status, and the fault if one struck.

    `status` is None when no answer was sent.
    """

    at: datetime
    method: str
    target: str
    status: int | None
    fault: str | None = None


@dataclass(frozen=True)
class Settings:
    """What can be changed about a platform while it runs; each platform adds its own."""

    job_seconds: float = 0.2  # how long a background job of the platform takes
    failing_job_message: str = ""  # background jobs fail with these words, where the platform can say so
    lookup_lag_seconds: float = 0.0  # a new order is missing from the lists for so long
    orders_take_stock: bool = False  # an order lowers the stock of what it orders, where that is a whole number


SettingsType = TypeVar("SettingsType", bound=Settings)


def changed(settings: SettingsType, changes: Mapping[str, Any]) -> SettingsType:
    """`settings` with `changes`; raises ValueError for an unknown name or another type than the present value's."""
    for name, value in changes.items():
        if name not in {field.name for field in fields(settings)}:
            raise ValueError(f"there is no setting {name}")
        present = getattr(settings, name)
        kinds = (int, float, Decimal) if isinstance(present, float) else (type(present),)
        if not isinstance(value, kinds) or (isinstance(value, bool) and not isinstance(present, bool)):
            raise ValueError(f"{name} is a {type(present).__name__}")
    numbers: dict[str, Any] = {
        name: float(value) if isinstance(value, Decimal) else value for name, value in changes.items()
    }
    return replace(settings, **numbers)


@dataclass(order=True)
class _Job:
    due: datetime
    number: int
    finish: Callable[[], None] = field(compare=False)


class Platform(ABC):
    """The base of the sandboxed platforms."""

    name: ClassVar[str]
    settings_type: ClassVar[type[Settings]]

    def __init__(self, *, clock: Clock = system_clock, products: int = 10, customers: int = 3, **settings: Any) -> None:
        self.clock = clock
        self.lock = RLock()
        self._first_settings = changed(self.settings_type(), settings)
        self._first_size = (products, customers)
        self.crashes: list[str] = []
        self._requests: deque[LoggedRequest] = deque(maxlen=REQUESTS_KEPT)
        self.routes = Routes(self.declare_routes())
        self.reset()

    # --- what a platform says about itself ---

    @abstractmethod
    def declare_routes(self) -> Iterable[Route]:
        """Every endpoint that the platform has."""

    @abstractmethod
    def authorise(self, call: Call) -> None:
        """Raises Refused unless the call carries what the document demands."""

    @abstractmethod
    def refusal(self, status: int, message: str) -> Reply:
        """An error in the platform's own form."""

    @abstractmethod
    def begin(self) -> None:
        """Sets the state of a platform that nobody has called yet."""

    # --- one exchange ---

    def handle(self, request: Request) -> Reply:
        """Processes one request to its end."""
        with self.lock:
            self.settle()
            try:
                return self._answer(request)
            except Refused as refused:
                return refused.reply
            except NotJson as problem:
                return self.not_json(str(problem))
            except Exception:  # noqa: BLE001 - a bug in the sandbox must not look like a platform's own 500
                self.crashes.append(f"{request.method} {request.masked_target()}\n{traceback.format_exc()}")
                return self.refusal(500, "the sandbox itself failed")

    def _answer(self, request: Request) -> Reply:
        found = self.routes.find(request.method, request.path)
        if isinstance(found, set):
            if not found:
                return self.refusal(404, "The specified endpoint could not be found.")
            reply = self.refusal(405, "You tried to access endpoint with an invalid method.")
            return replace(reply, headers=(*reply.headers, ("Allow", ", ".join(sorted(found)))))
        route, values = found
        call = Call(request, values)
        if not route.open:
            self.authorise(call)
        return route.handler(self, call)

    def not_json(self, why: str) -> Reply:
        """The answer to a body that is not JSON."""
        return self.refusal(400, f"The request body is not JSON: {why}")

    def reset(self) -> None:
        """Forgets everything that happened."""
        with self.lock:
            self.held: dict[int, HeldOrder] = {}
            self._jobs: list[_Job] = []
            self._numbers: dict[str, int] = {}
            self._requests.clear()
            self.settings = self._first_settings
            self.begin()
            self.extend(*self._first_size)

    # --- for the platforms ---

    def number(self, sequence: str, first: int = 1) -> int:
        """The next number of a sequence."""
        self._numbers[sequence] = self._numbers.get(sequence, first - 1) + 1
        return self._numbers[sequence]

    def hold(self, request: Request, order_id: int, reference: str | None, body: JsonObject, status: str) -> HeldOrder:
        """Keeps an order, with the request that brought it."""
        order = HeldOrder(
            id=order_id,
            reference=reference,
            received_at=self.clock(),
            target=request.masked_target(),
            headers=request.masked_headers(),
            raw_body=request.body,
            body=body,
            status=status,
        )
        self.held[order_id] = order
        return order

    def later(self, seconds: float, finish: Callable[[], None]) -> None:
        """Runs `finish` once `seconds` have passed on the platform's clock (a background job of the platform)."""
        self._jobs.append(_Job(self.clock() + timedelta(seconds=seconds), self.number("job"), finish))

    def settle(self) -> None:
        """Finishes every background job that is due."""
        now = self.clock()
        while due := [job for job in self._jobs if job.due <= now]:
            job = min(due)
            self._jobs.remove(job)
            job.finish()

    # --- observation, and what a person at the platform may do ---

    @property
    def orders(self) -> tuple[HeldOrder, ...]:
        """The orders held, in the order of their arrival."""
        with self.lock:
            self.settle()
            return tuple(replace(order, view=dict(order.view)) for order in self.held.values())

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """The latest requests (10,000 are kept)."""
        with self.lock:
            return tuple(self._requests)

    def log(self, request: Request, status: int | None, fault: str | None = None) -> None:
        """Notes one exchange."""
        with self.lock:
            entry = LoggedRequest(self.clock(), request.method, request.masked_target(), status, fault)
            self._requests.append(entry)

    def find_order(self, order: int | str) -> HeldOrder:
        """The order with this id or this reference of ours (the first, if it was doubled); raises KeyError."""
        if isinstance(order, int):
            return self.held[order]
        for held in self.held.values():
            if held.reference == order:
                return held
        raise KeyError(order)

    @abstractmethod
    def set_stock(self, product: str, value: Any, warehouse_id: int | None = None) -> None:
        """Puts `value` on the product (by our product code), raw: `"20"`, `20`, `" 20 "`, None, `""` are all served."""

    @abstractmethod
    def stock(self) -> dict[str, Any]:
        """Every product's level as it is, by our product code."""

    @abstractmethod
    def set_status(self, order: int | str, status: str, **details: Any) -> None:
        """Moves an order (by id or our reference) to one of the platform's own statuses.

        `awb_number=` puts a waybill on it, `raw=True` takes any text as status, for values that nobody documented.
        Raises KeyError for an unknown order and ValueError for a status that the platform does not have.
        """

    @abstractmethod
    def booked(self, order: int | str) -> Booked:
        """An order (by id or our reference) as the platform has booked it, ids resolved to names and product codes."""

    def change(self, **settings: Any) -> None:
        """Changes how the platform behaves; raises ValueError for a setting that it does not have."""
        with self.lock:
            self.settings = changed(self.settings, settings)

    def shown_settings(self) -> JsonObject:
        """The settings, secrets masked."""
        secret = {field.name for field in fields(self.settings) if field.metadata.get("secret")}
        return {name: MASK if name in secret else value for name, value in asdict(self.settings).items()}

    def expire_tokens(self) -> None:
        """Makes every token that the platform gave out worthless; ValueError where it gives out none."""
        raise ValueError(f"{self.name} gives out no tokens")

    @abstractmethod
    def extend(self, products: int = 0, customers: int = 0) -> None:
        """Grows the catalogue to PROD-001..PROD-<products> and CUST-001..CUST-<customers>; never shrinks it."""

    def duplicates(self) -> JsonObject:
        """`{"count", "distinct", "duplicates": [{"reference", "ids"}]}` by our reference."""
        with self.lock:
            by_reference: dict[str, list[int]] = {}
            without = 0
            for order in self.held.values():
                if order.reference is None:
                    without += 1
                else:
                    by_reference.setdefault(order.reference, []).append(order.id)
            doubled = [{"reference": name, "ids": ids} for name, ids in by_reference.items() if len(ids) > 1]
            return {"count": len(self.held), "distinct": len(by_reference) + without, "duplicates": doubled}
