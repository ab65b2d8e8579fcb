"""Many forwards moved by hand as one: each by itself, each on its timeline, and one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from orderbridge_cli.operating.forwards import MovedOn
from orderbridge_cli.operating.refusals import OperationRefused


@dataclass(frozen=True, slots=True)
class Step:
    """One forward and what is to be done with it; `move` raises `OperationRefused` where it cannot be done."""

    code: str
    channel: str
    move: Callable[[], object]


@dataclass(slots=True)
class InBulk:
    """What became of each: done; skipped, because it is not any more where it was (with how it is); failed, and why."""

    done: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str, str]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)

    def carry_out(self, steps: Iterable[Step], on_progress: Callable[[], None]) -> None:
        """Take one step after the other. What is done stays done where this ends early."""
        for step in steps:
            try:
                step.move()
            except MovedOn as moved_on:
                self.skipped.append((step.code, step.channel, str(moved_on)))
            except OperationRefused as refused:
                self.failed.append((step.code, step.channel, str(refused)))
            else:
                self.done.append((step.code, step.channel))
            on_progress()
