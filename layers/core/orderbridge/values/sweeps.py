"""How the sweeper sweeps: item by item, each for itself, and everything that one tick looks after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

from orderbridge.values.conflicts import LostRace
from orderbridge.values.times import Clock

CLAIM_SECONDS = 120
"""So long what a sweep has claimed is left to whoever it was handed to."""

AT_ONCE = 8
"""How many workers of a sweep carry items on at once: each item is a handful of short calls that mostly wait."""

TOGETHER = 10
"""The messages of how many items are sent together: SQS takes ten in one request."""

LIMIT = 20_000
"""More than one sweep has time for."""

Item = TypeVar("Item")
Message = TypeVar("Message")
CarriedOn = Generator[Sequence[Message], None, str]
"""An item's way: yields the messages that are to be sent for it, and goes on when they are in their queues; or is
thrown why one of them is not. Returns what became of the item, in a word."""
Send = Callable[[Sequence[Message]], Sequence[Exception | None]]
"""Sends messages together: for each of them in turn why it is not in its queue, or None where it is."""


class SweepIncomplete(Exception):
    """Some items could not be carried on; they stay due and are found again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of so many equal parts of what is due, each of which may be swept beside the others; the whole is one."""

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"part {self.number} of {self.of}")

    @property
    def is_first(self) -> bool:
        """Whether it is the one that looks after what is in no part."""
        return self.number == 0


WHOLE = Part()


def sweep_each(
    items: Iterable[Item],
    carry_on: Callable[[Item], CarriedOn[Message]],
    send: Send[Message],
    clock: Clock,
    seconds: float,
    at_once: int = 1,
) -> Counter[str]:
    """How many items were found, by what became of them: the words of `carry_on`, and lost_race.

    So many workers carry them on at the same time, and each sends the messages of up to `TOGETHER` of them at once.
    After so many seconds no further item is begun; what there is no time for is found by the next sweep. One item that
    cannot be carried on, or of which a message is not taken, holds up no other; `SweepIncomplete` is raised after the
    last.
    """
    share = _Share(iter(items), carry_on, send, clock, ends=clock() + timedelta(seconds=seconds))
    if at_once == 1:
        share.work()
    else:
        # Whoever sends and publishes imports this module too, at a cold start.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(at_once) as threads:
            for worker in [threads.submit(share.work) for _ in range(at_once)]:
                worker.result()
    if share.failures:
        count = len(share.failures)
        raise SweepIncomplete(f"{count} items; {dict(share.found)} carried on") from share.failures[0]
    return share.found


class _Share(Generic[Item, Message]):
    """One row of items that several workers take from."""

    def __init__(
        self,
        items: Iterator[Item],
        carry_on: Callable[[Item], CarriedOn[Message]],
        send: Send[Message],
        clock: Clock,
        ends: datetime,
    ) -> None:
        self.found: Counter[str] = Counter()
        self.failures: list[Exception] = []
        self._items = items
        self._carry_on = carry_on
        self._send = send
        self._clock = clock
        self._ends = ends
        self._lock = Lock()

    def work(self) -> None:
        """Carry on items, some together, until there is none left, or no time."""
        is_over = False
        while not is_over:
            begun: list[tuple[CarriedOn[Message], Sequence[Message]]] = []
            for _ in range(TOGETHER):
                carried = self._next()
                if carried is None:
                    is_over = True
                    break
                if (asked := self._asked(partial(next, carried))) is not None:
                    begun.append((carried, asked))
            while begun:
                failures = iter(self._sent([message for _, asked in begun for message in asked]))
                begun = [
                    (each, more)
                    for each, asked in begun
                    if (more := self._resumed(each, [next(failures) for _ in asked])) is not None
                ]

    def _next(self) -> CarriedOn[Message] | None:
        """The next item's way, not begun yet; None where there is no further item, or no time for one."""
        if self._clock() >= self._ends:
            return None
        with self._lock:
            item = next(self._items, _NONE_LEFT)
        return None if isinstance(item, _NoneLeft) else self._carry_on(item)

    def _asked(self, step: Callable[[], Sequence[Message]]) -> Sequence[Message] | None:
        """What an item wants sent next; None where it has come to its end, which is noted."""
        outcome: str | Exception
        try:
            return step()
        except StopIteration as end:
            outcome = str(end.value)
        except LostRace:
            outcome = "lost_race"
        except Exception as failure:  # noqa: BLE001 - raised together after the last item
            outcome = failure
        with self._lock:
            if isinstance(outcome, str):
                self.found[outcome] += 1
            else:
                self.failures.append(outcome)
        return None

    def _sent(self, messages: Sequence[Message]) -> Sequence[Exception | None]:
        if not messages:
            return ()
        try:
            return self._send(messages)
        except Exception as failure:  # noqa: BLE001 - of none of them it is known that it arrived
            return [failure] * len(messages)

    def _resumed(self, carried: CarriedOn[Message], failures: Sequence[Exception | None]) -> Sequence[Message] | None:
        failed = next((each for each in failures if each is not None), None)
        return self._asked(partial(next, carried) if failed is None else partial(carried.throw, failed))


class _NoneLeft:
    """What is behind the last item."""


_NONE_LEFT = _NoneLeft()


@dataclass(frozen=True, slots=True)
class SweepAll:
    """One sweep after the other; one that fails holds up no other, and its failure is raised after the last."""

    sweeps: Sequence[Callable[[Part], Counter[str]]]

    def __call__(self, part: Part = WHOLE) -> Counter[str]:
        """How many items were found, by what became of them."""
        found: Counter[str] = Counter()
        failures: list[Exception] = []
        for sweep in self.sweeps:
            try:
                found += sweep(part)
            except Exception as failure:  # noqa: BLE001 - raised after the last sweep
                failures.append(failure)
        if failures:
            raise failures[0]
        return found
