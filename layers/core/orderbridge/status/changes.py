"""What a platform says about an order that it holds, and what becomes of the forward for it.

A platform tells an order's status in its own words, on one axis or on several: how far it has come, how it is paid, how
the shipment fares. Its table (`StatusTable`, data in ``platforms/<platform>/statuses.py``, from facts 5) says
what each word means. An order moves along `STATUS_TRANSITIONS` only: forward, or to CANCELLED or REJECTED, never back.
A word that is in no table changes nothing; it is kept as it came, and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orderbridge.forwarding.forward.states import (
    ForbiddenTransition,
    Forward,
    ForwardState,
    PaymentStatus,
    ShipmentProblem,
    Transition,
)
from orderbridge.forwarding.order_status import ADVANCING, is_completed, platform_status
from orderbridge.orders.order import OrderStatus
from orderbridge.values.text import bounded
from orderbridge.values.timeline import TimelineEntry

MAX_WORDS_LENGTH = 60
MAX_AWB_LENGTH = 64
NO_WORDS = "(nothing)"
"""What stands for a status that a platform should have said and did not."""

STATUS_TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    "SUBMITTED": frozenset({"ACCEPTED", "IN_PROCESS", "SHIPPED", "COMPLETED", "CANCELLED", "REJECTED"}),
    "ACCEPTED": frozenset({"IN_PROCESS", "SHIPPED", "COMPLETED", "CANCELLED", "REJECTED"}),
    "IN_PROCESS": frozenset({"SHIPPED", "COMPLETED", "CANCELLED", "REJECTED"}),
    "SHIPPED": frozenset({"COMPLETED", "CANCELLED", "REJECTED"}),
    "COMPLETED": frozenset({"CANCELLED", "REJECTED"}),
    "CANCELLED": frozenset(),
    "REJECTED": frozenset(),
}
"""Where an order may go from each status that a platform can tell."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one word of a platform says, on every axis that it speaks about; None where it says nothing."""

    status: OrderStatus | None = None
    only_after: OrderStatus | None = None
    """The order must have come this far for `status` to follow from the word."""
    payment: PaymentStatus | None = None
    problem: ShipmentProblem | None = None
    on_its_way: bool = False
    """Whether the word rules out every `ShipmentProblem`."""


StatusTable = Mapping[str, Mapping[str, Meaning]]
"""What a platform's words mean: by axis, and by the word as `normalised` writes it."""


@dataclass(frozen=True, slots=True)
class StatusReading:
    """One platform's row about one order: its id there, its words by axis, and the waybill number it carries."""

    external_id: str
    says: Mapping[str, object]
    awb_number: object = None


def normalised(words: object) -> str:
    """A platform's word without its case, underscores and outer space (facts 5)."""
    return " ".join(words.replace("_", " ").split()).casefold() if isinstance(words, str) else ""


def advanced(current: OrderStatus, meaning: Meaning) -> OrderStatus:
    """The status after a word with this meaning; the present one where the word does not lead on from it."""
    target = meaning.status
    if target is None or target not in STATUS_TRANSITIONS[current]:
        return current
    if meaning.only_after is not None and ADVANCING.index(current) < ADVANCING.index(meaning.only_after):
        return current
    return target


def move_status(forward: Forward, status: OrderStatus) -> Forward:
    """The forward at another status of its platform; raises `ForbiddenTransition` for a step that is not allowed."""
    if forward.state is not ForwardState.SENT or status not in STATUS_TRANSITIONS[platform_status(forward)]:
        raise ForbiddenTransition(f"{forward.state} {forward.platform_status} to {status}")
    return replace(forward, platform_status=status)


@dataclass(frozen=True, slots=True)
class StatusNews:
    """What a reading changes in a forward. `unknown` are the new words that no table has, as ``axis: word``."""

    transition: Transition
    unknown: tuple[str, ...]

    @property
    def after_completion(self) -> str | None:
        """What happened to an order that had been COMPLETED: it came back, was lost, or was cancelled."""
        before, forward = self.transition.before, self.transition.forward
        if before is None or platform_status(before) != "COMPLETED":
            return None
        if platform_status(forward) != "COMPLETED":
            return platform_status(forward)
        return forward.shipment_problem if forward.shipment_problem != before.shipment_problem else None


def take_in(forward: Forward, reading: StatusReading, table: StatusTable, now: datetime) -> StatusNews | None:
    """What the reading changes; None where it says nothing new.

    Words are kept when something follows from them, when no table has them, and when they step back. So an order about
    which nothing new is said costs no write, and each unknown word is on the timeline once.
    """
    if forward.state is not ForwardState.SENT:
        return None
    words = {axis: _clean(said, MAX_WORDS_LENGTH) or NO_WORDS for axis, said in reading.says.items()}
    meanings = {axis: table[axis].get(normalised(said)) for axis, said in words.items()}
    recorded = dict(forward.platform_status_raw)
    new = {axis: said for axis, said in words.items() if recorded.get(axis) != said}
    unknown = tuple(f"{axis}: {said}" for axis, said in new.items() if meanings[axis] is None)
    steps_back = tuple(
        f"{axis}: {said}" for axis, said in new.items() if _is_behind(meanings[axis], table[axis], recorded.get(axis))
    )
    followed = _followed(
        forward, [each for each in meanings.values() if each], _clean(reading.awb_number, MAX_AWB_LENGTH)
    )
    if followed == forward and not unknown and not steps_back:
        return None
    at = forward.changed_at(now)
    moved = replace(followed, platform_status_raw=tuple(sorted((recorded | words).items())), updated_at=at)
    if is_completed(moved) and not is_completed(forward):
        moved = replace(moved, completed_at=at)
    detail = bounded("; ".join(_sentences(forward, moved, new, unknown, steps_back)))
    entry = TimelineEntry(at, _event(forward, moved, unknown), forward.channel.name, detail)
    return StatusNews(Transition(moved, entry, forward), unknown)


def _followed(forward: Forward, meanings: Iterable[Meaning], awb_number: str) -> Forward:
    """The forward after words with these meanings; no number takes one away that is there."""
    for meaning in meanings:
        status = advanced(platform_status(forward), meaning)
        if status != platform_status(forward):
            forward = move_status(forward, status)
        if meaning.payment is not None and meaning.payment != (forward.payment_status or "UNPAID"):
            forward = replace(forward, payment_status=meaning.payment)
        if meaning.problem is not None or meaning.on_its_way:
            forward = replace(forward, shipment_problem=meaning.problem)
    return replace(forward, awb_number=awb_number or forward.awb_number)


def _is_behind(meaning: Meaning | None, axis: Mapping[str, Meaning], recorded: str | None) -> bool:
    """Whether a word means less than the one that was recorded on its axis before."""
    before = axis.get(normalised(recorded))
    if meaning is None or before is None or meaning.status is None or before.status is None:
        return False
    return meaning.status not in STATUS_TRANSITIONS[before.status] and meaning.status != before.status


def _clean(said: object, limit: int) -> str:
    """What a platform put into a field, as one short printable line; empty where it put nothing there."""
    if said is None or isinstance(said, Mapping | list):
        return ""
    return bounded(str(said), limit)


def _event(before: Forward, moved: Forward, unknown: Sequence[str]) -> str:
    if moved.platform_status != before.platform_status:
        return "StatusChanged"
    if (moved.awb_number, moved.shipment_problem) != (before.awb_number, before.shipment_problem):
        return "ShipmentChanged"
    if moved.payment_status != before.payment_status:
        return "PaymentChanged"
    return "StatusUnknown" if unknown else "StatusKept"


def _sentences(
    before: Forward, moved: Forward, new: Mapping[str, str], unknown: Sequence[str], steps_back: Sequence[str]
) -> Iterator[str]:
    if moved.platform_status != before.platform_status:
        yield str(moved.platform_status)
    if moved.awb_number != before.awb_number:
        yield f"waybill {moved.awb_number}"
    if moved.shipment_problem != before.shipment_problem:
        yield f"shipment {moved.shipment_problem}" if moved.shipment_problem else f"no longer {before.shipment_problem}"
    if moved.payment_status != before.payment_status:
        yield f"payment {moved.payment_status}"
    if steps_back:
        yield f"a step back, not taken: {', '.join(steps_back)}"
    if unknown:
        yield f"not in our table: {', '.join(unknown)}"
    odd = {*unknown, *steps_back}
    spoken = [words for axis, said in new.items() if (words := f"{axis}: {said}") not in odd]
    if spoken:
        yield f"the platform says {', '.join(spoken)}"
