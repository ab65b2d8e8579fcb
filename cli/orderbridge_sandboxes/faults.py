"""Faults: what a platform or the network between does wrong, and when.

A rule matches requests by method and path prefix and strikes some of them: the next N, every one, after skipping k,
or a seeded share. Rules are asked in the order they were added; delays add up, and at most one other fault strikes
a request.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, Literal, get_args

from orderbridge_sandboxes.exchange import Reply, Request

FaultKind = Literal[
    "close_before",  # the connection ends and nothing was processed
    "commit_then_close",  # processed, then the connection ends without an answer
    "commit_then_status",  # processed, then another status than the true one
    "status",  # a status, nothing processed
    "delay",  # the answer comes `seconds` later; processed before or after the pause
    "garbage",  # 200 with bytes that nobody can read
    "truncate",  # half of the true answer, then the end
    "page_repeat",  # another page of a list is answered with the page before once more
    "wrong_shape",  # 200 with JSON of another shape
]
KINDS: tuple[str, ...] = get_args(FaultKind)
GARBAGE = b"\x1f\x8b\xff\xfe<html><body>502 Bad Gateway\x00\x00"


@dataclass(frozen=True)
class Fault:
    """One rule.

    - `method` (None: any), `path` (a prefix of the decoded path) and `holds` (a text in the body) say which requests it
      matches.
    - `skip` matching requests pass first, then `count` are struck (None: every one); `probability` strikes only that
      share of them, drawn from `seed`.
    - `status`, `retry_after` (seconds or an HTTP date) and `body` shape `status` and `commit_then_status`; `body` is
      also the answer of `wrong_shape` and `garbage` if given. A text is sent as it is, anything else as JSON; `raw`
      is a body as Base64, also an empty one. `content_type` and `headers` say what it is called.
    - `seconds` and `when` ("before" or "after" processing) shape `delay`.
    - `process` says whether `garbage`, `truncate` and `wrong_shape` process the request first.
    - `reset` ends a closed connection with a TCP reset instead of an orderly end.
    """

    kind: FaultKind
    method: str | None = None
    path: str = "/"
    holds: str | None = None
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    status: int = 500
    retry_after: str | int | None = None
    body: Any = None
    raw: str | None = None
    content_type: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    when: Literal["before", "after"] = "before"
    process: bool = True
    reset: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if self.when not in ("before", "after"):
            raise ValueError("when must be before or after")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability lies between 0 and 1")
        if not 100 <= self.status <= 599:
            raise ValueError("status lies between 100 and 599")
        if self.raw is not None and not _is_base64(self.raw):
            raise ValueError("raw is Base64")
        if not isinstance(self.headers, Mapping):
            raise ValueError("headers is an object")
        texts = [self.holds or "", self.content_type or "", *self.headers.values()]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("holds, content_type and headers are texts")
        if min(self.skip, self.seconds) < 0 or (self.count is not None and self.count < 0):
            raise ValueError("skip, seconds and count are not negative")

    @classmethod
    def read(cls, document: Any) -> Fault:
        """A fault from its JSON form; raises ValueError for anything that is none."""
        if not isinstance(document, Mapping) or "kind" not in document:
            raise ValueError("a fault is an object with a kind")
        unknown = set(document) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        values: dict[str, Any] = {
            name: float(value) if name in _FRACTIONS else value for name, value in document.items()
        }
        try:
            return cls(**values)
        except TypeError as problem:
            raise ValueError(str(problem)) from None

    def matches(self, request: Request) -> bool:
        """Whether the rule is about this request at all."""
        holds = self.holds is None or self.holds.encode() in request.body
        return self.method in (None, request.method) and request.path.startswith(self.path) and holds


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


_FRACTIONS = ("probability", "seconds")
_PAGES = frozenset({"page", "pagination_offset", "offset"})


def list_of(request: Request) -> tuple[Any, ...]:
    """What two pages of one list have in common: everything but the number of the page, in the path or in the query."""
    steps = [step for step in request.path.split("/") if not step.isdecimal()]
    return request.method, steps, {name: value for name, value in request.query.items() if name not in _PAGES}


class Rule:
    """A fault at work: how often it matched and struck, and the last page that passed it unharmed."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.matched = 0
        self.struck = 0
        self.last_page: Reply | None = None
        self._last_request: Request | None = None
        self._draw = random.Random(fault.seed)  # noqa: S311 - repeatable, not secret

    def strikes(self, request: Request) -> bool:
        """Counts one matching request and says whether the fault strikes it."""
        self.matched += 1
        fault = self.fault
        if self.matched <= fault.skip or (fault.count is not None and self.struck >= fault.count):
            return False
        if fault.probability < 1 and self._draw.random() >= fault.probability:
            return False
        if fault.kind == "page_repeat" and not self._is_another_page(request):
            return False
        self.struck += 1
        return True

    def remember(self, request: Request, reply: Reply) -> None:
        """Notes an unharmed page."""
        self.last_page, self._last_request = reply, request

    def _is_another_page(self, request: Request) -> bool:
        last = self._last_request
        return last is not None and last.target != request.target and list_of(last) == list_of(request)


class Faults:
    """The rules of one sandbox, safe to use from many threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = Lock()
        self._rules: list[Rule] = []
        self._count = 0
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> int:
        """Adds a rule; returns its number."""
        with self._lock:
            self._count += 1
            self._rules.append(Rule(self._count, fault))
            return self._count

    def clear(self, number: int | None = None) -> None:
        """Removes one rule, or all."""
        with self._lock:
            self._rules = [rule for rule in self._rules if number is not None and rule.number != number]

    def take(self, request: Request) -> list[Rule]:
        """The rules that strike this request: any number of delays and at most one of another kind."""
        with self._lock:
            taken: list[Rule] = []
            for rule in self._rules:
                hit = any(other.fault.kind != "delay" for other in taken)
                if rule.fault.matches(request) and not (hit and rule.fault.kind != "delay") and rule.strikes(request):
                    taken.append(rule)
            return taken

    def remember(self, request: Request, reply: Reply) -> None:
        """Notes an unharmed answer for the rules that repeat pages."""
        with self._lock:
            for rule in self._rules:
                if rule.fault.kind == "page_repeat" and rule.fault.matches(request) and reply.status == 200:
                    rule.remember(request, reply)

    def listed(self) -> list[dict[str, Any]]:
        """Every rule with its counts, as JSON."""
        with self._lock:
            return [
                {"id": rule.number, **asdict(rule.fault), "matched": rule.matched, "struck": rule.struck}
                for rule in self._rules
            ]
