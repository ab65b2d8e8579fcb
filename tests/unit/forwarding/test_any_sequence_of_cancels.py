"""The same sequences at a platform that can be asked to take an order back, and answers that as it likes too.

Whatever happens: nothing is cancelled that its partner did not want cancelled, no order is sent again for it, and a
wish ends as cancelled or with the reason why not.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Refused, Rejected, Unknown
from orderbridge.forwarding.cancelling import CancelOrder
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.orders.order import Order
from tests.fakes.outward import Answer
from tests.fakes.pipeline import GRACE_SECONDS
from tests.unit.forwarding.test_any_sequence import AnySequence, lots

S = ForwardState
OUTCOMES: dict[str, Outcome] = {
    "accepted": Accepted(None),
    "rejected": Rejected("400: it is on its way"),
    "refused for an hour": Refused("429: slow down", retry_after=3600),
    "refused credentials": Refused("401: who are you", credentials=True),
    "not sent": NotSent("connection refused"),
    "lost": Unknown("timeout"),
    "lost after": Unknown("timeout"),
}
DONE = ("accepted", "lost after")
ARRIVED: tuple[Answer, ...] = ("accepted", "lost after")


class Cancelling(AnySequence):
    can_cancel: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.mood = "accepted"
        self.taken_back: Counter[str] = Counter()
        self.pipeline.platform.cancel_answer = lambda: OUTCOMES[self.mood]
        self.take_back = CancelOrder(
            self.pipeline.store, self.pipeline.queues, lambda _platform: True, self.pipeline.clock, GRACE_SECONDS
        )
        self._watch_the_cancels()

    def _watch_the_cancels(self) -> None:
        cancel = self.pipeline.platform.cancel_order

        def watched(order: Order, external_id: str | None, channel: Any, credentials: Any) -> Outcome:
            assert self.pipeline.store.orders[order.key].cancel_requested_at is not None, "its partner wants it"
            assert external_id == f"id of {order.code}"
            answer = cancel(order, external_id, channel, credentials)
            if self.mood in DONE:
                held = self.pipeline.platform.held
                self.taken_back[order.code] += sum(code == order.code for code, _ in held)
                self.pipeline.platform.held = [(code, at) for code, at in held if code != order.code]
            return answer

        self.pipeline.platform.cancel_order = watched  # type: ignore[method-assign]

    @rule(mood=st.sampled_from(sorted(OUTCOMES)))
    def the_platform_changes_its_mind_about_cancels(self, mood: str) -> None:
        self.mood = mood

    @precondition(lambda self: self.pipeline.queues.visible())
    @rule(data=st.data(), answer=st.sampled_from(ARRIVED), step=st.integers(6, 12))
    def deliver_while_its_partner_takes_it_back(self, data: Any, answer: Answer, step: int) -> None:
        """The narrowest place: between the worker's look at the order and what it stores of the answer."""
        message = data.draw(st.sampled_from(self.pipeline.queues.visible()))
        self.answers = [answer]
        wish = self.pipeline.store.orders[message.key]
        if self._run(lambda: self.pipeline.forward_order(message), lambda: self.take_back(wish), step):
            self.pipeline.queues.remove(message)

    def cancel(self) -> None:
        """The partner's call, whole."""
        self.take_back(self.pipeline.store.orders[self.orders[0].key])

    @invariant()
    def the_platform_holds_no_order_twice(self) -> None:
        ever = self.taken_back + self.pipeline.platform.times_held()
        assert all(times == 1 for times in ever.values()), "one that was taken back is not sent again either"

    @invariant()
    def what_is_called_sent_is_at_the_platform_and_what_is_cancelled_is_not(self) -> None:
        held = self.pipeline.platform.times_held()
        for forward in self.pipeline.store.forwards.values():
            if forward.state is S.SENT:
                assert held[forward.code] + self.taken_back[forward.code] == 1
            if forward.state in (S.CANCELLED, S.NEEDS_MAPPING, S.REJECTED):
                assert held[forward.code] == 0

    @invariant()
    def no_wish_is_forgotten(self) -> None:
        for (key, _), forward in self.pipeline.store.forwards.items():
            wanted = self.pipeline.store.orders[key].cancel_requested_at is not None
            if wanted and forward.state is S.SENT and forward.cancel_answer is None:
                assert forward.due_at is not None, "somebody will ask the platform"

    def teardown(self) -> None:
        self.mood = "accepted"
        super().teardown()
        for accepted in self.orders:
            forward = self.pipeline.forward_of(accepted)
            if self.pipeline.store.orders[accepted.key].cancel_requested_at is not None:
                gone = forward.state in (S.CANCELLED, S.REJECTED)
                assert gone or forward.cancel_answer is not None, "it ends as cancelled, or with a reason"
            else:
                assert self.taken_back[accepted.code] == 0


TestCancelling = Cancelling.TestCase
TestCancelling.settings = lots
