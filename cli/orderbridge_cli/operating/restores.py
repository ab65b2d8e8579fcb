"""Make a table safe that was restored to an earlier time, before anything works on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orderbridge.forwarding.forward.interventions import by, question
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.publishing import first_forwards
from orderbridge.orders.ports import CodeCounter
from orderbridge.values.conflicts import LostRace
from orderbridge.values.times import Clock, business_date
from orderbridge_cli.operating.ports import OperatorOrders
from orderbridge_cli.operating.refusals import OperationRefused

REASON = "the table was restored, so the platform is looked at before anything is sent"


@dataclass(frozen=True, slots=True)
class SecureRestored:
    """What a restored table knows is old: orders that it takes for unsent may be at their platforms.

    Nothing else may work on the table meanwhile; where something does, `OperationRefused` is raised.
    """

    desk: OperatorOrders
    codes: CodeCounter
    clock: Clock
    business_time_zone: str
    sweep_grace_seconds: float
    operator: str

    def skip_codes(self, count: int) -> int:
        """Leave out so many of today's codes, which may have been given out before; the last number left out."""
        return self.codes.reserve(business_date(self.clock(), self.business_time_zone), count)

    def question_unsent(self) -> Iterator[Forward]:
        """Put every forward in question that is not known to be sent; yields each. Doing it twice does no harm."""
        for order in list(self.desk.unpublished()):
            # It may have been published and sent since, so it gets its forwards here, and they are in question at once.
            for transition in first_forwards(order, self.clock(), self.sweep_grace_seconds):
                self.desk.create_forward(transition)
            yield from self._questioned(self.desk.list_forwards(order))
        yield from self._questioned(list(self.desk.on_their_way()))

    def _questioned(self, forwards: Iterable[Forward]) -> Iterator[Forward]:
        for forward in forwards:
            is_open = not forward.is_final and forward.state is not ForwardState.IN_DOUBT
            if is_open and forward.in_question_since is None:
                yield self._question(forward)

    def _question(self, forward: Forward) -> Forward:
        try:
            questioned = question(forward, REASON, self.clock(), self.sweep_grace_seconds)
            return self.desk.save(by(self.operator, questioned))
        except LostRace as lost:
            raise OperationRefused(
                f"{forward.code} on {forward.channel.name} changes at this moment: something still works on this "
                "table. Turn off the event sources and the schedules first."
            ) from lost
