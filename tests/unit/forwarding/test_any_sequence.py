"""Orders through publisher, forwarder and sweeper in every order of events that hypothesis can think of.

Processes die and ports fail at every step, messages come twice, too early and never, somebody else acts between any two
steps of a worker, channels are paused and taken away, mappings, credentials and defects of our own come and go, and the
platform answers as it likes. Whatever happens:
the platform never holds an order twice, a repeat is the same bytes, and nothing is forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orderbridge.channels.ports import ChannelUnusable
from orderbridge.forwarding.forward.states import FINAL_STATES, ForwardState
from orderbridge.forwarding.order_status import channel_status
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.orders.order import Order
from orderbridge.values.sweeps import SweepIncomplete
from orderbridge.values.times import to_iso
from orderbridge_cli.operating.refusals import OperationRefused
from tests.fakes.outward import Answer
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import SIRCLO, order
from tests.fakes.steps import Died, PortFailed, die, fail

S = ForwardState
MAX_ORDERS = 3
ANSWERS: tuple[Answer, ...] = get_args(Answer)
NOTHING_HAPPENED = (
    "rejected",
    "refused",
    "refused for an hour",
    "refused credentials",
    "forbidden",
    "not sent",
    "turned away",
)

answers = st.sampled_from(ANSWERS)
steps = st.integers(0, 25)
harms = st.sampled_from([None, None, None, die, fail])


class Defect(Exception):
    """One of our own."""


class AnySequence(RuleBasedStateMachine):
    """The rules for a platform that can be looked at; `Blind` has the same for one that cannot."""

    can_look: ClassVar[bool] = True
    can_cancel: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.pipeline = Pipeline(can_look=self.can_look, can_cancel=self.can_cancel)
        self.pipeline.platform.lag_seconds = 45  # longer than one settle time, shorter than two
        self.orders: list[Order] = []
        self.answers: list[Answer] = []
        self.looks_fail = False
        self.probe_fails = False
        self.mapped_anew: dict[str, int] = {}
        """Of orders that an operator has retried: from which call on."""
        self.known_absent: dict[str, int] = {}
        """Of orders of which an operator has found out that they are not there: up to which call."""
        self.pipeline.platform.answer = lambda: self.answers.pop(0) if self.answers else "accepted"
        self.pipeline.platform.look_fails = lambda: self.looks_fail
        self.pipeline.platform.probe_answer = lambda: "503" if self.probe_fails else None
        self._watch_the_platform()

    def _watch_the_platform(self) -> None:
        create = self.pipeline.platform.create_order

        def watched(request: FrozenRequest, channel: Any, credentials: Any) -> Any:
            sending = [f for f in self.pipeline.store.forwards.values() if f.code.encode() in request.body]
            assert [f.state for f in sending] == [S.SENDING], "SENDING is written before a byte leaves"
            assert self.pipeline.store.request_of(sending[0]) == request, "and so are the bytes"
            return create(request, channel, credentials)

        self.pipeline.platform.create_order = watched  # type: ignore[method-assign]

    # --- what happens -------------------------------------------------------------------------------------------------

    @initialize(published=st.booleans(), mapped=st.booleans())
    def begin_with_an_order(self, published: bool, mapped: bool) -> None:
        self.accept()
        if published:
            self.pipeline.publish(self.orders[0])
            self.pipeline.deliver_events()
        if not mapped:
            self.unmap()

    @precondition(lambda self: len(self.orders) < MAX_ORDERS)
    @rule()
    def accept(self) -> None:
        self.orders.append(self.pipeline.accept(order(f"SO-20250101-0000{len(self.orders) + 1}")))

    @rule(data=st.data(), harm=harms, step=st.integers(0, 8), arrives=st.booleans())
    def publish(self, data: Any, harm: Any, step: int, arrives: bool) -> None:
        """The stream delivers an order, for the first time or again; its events reach the queue or get lost."""
        accepted = data.draw(st.sampled_from(self.orders))
        self._run(lambda: self.pipeline.publish(accepted), harm, step)
        if not arrives:
            self.pipeline.bus.events.clear()
        self.pipeline.deliver_events()

    @precondition(lambda self: self.pipeline.queues.visible())
    @rule(data=st.data(), answer=answers, keep=st.booleans(), harm=harms, step=steps)
    def deliver(self, data: Any, answer: Answer, keep: bool, harm: Any, step: int) -> None:
        """A worker handles a message; what it could not end, and what is delivered twice, stays in the queue."""
        message = data.draw(st.sampled_from(self.pipeline.queues.visible()))
        self.answers = [answer]
        ended = self._run(lambda: self.pipeline.forward_order(message), harm, step)
        if ended and not keep:
            self.pipeline.queues.remove(message)

    @precondition(lambda self: self.pipeline.queues.visible())
    @rule(data=st.data(), answer=answers, step=steps)
    def deliver_while_somebody_else_acts(self, data: Any, answer: Answer, step: int) -> None:
        """Between any two steps of a worker, another, an operator, a partner or the sweeper does something whole."""
        message = data.draw(st.sampled_from(self.pipeline.queues.visible()))
        other = data.draw(st.sampled_from(["the same message", "the sweeper", "time", *sorted(self.circumstances)]))
        acts: dict[str, Callable[[], object]] = {
            "the same message": lambda: self.pipeline.forward_order(message),
            "the sweeper": self.pipeline.sweep_all,
            "time": lambda: self.pipeline.clock.move(200),
            **self.circumstances,
        }
        self.answers = [answer]
        if self._run(lambda: self.pipeline.forward_order(message), acts[other], step):
            self.pipeline.queues.remove(message)

    @precondition(lambda self: self.pipeline.queues.sent)
    @rule(data=st.data())
    def lose_a_message(self, data: Any) -> None:
        del self.pipeline.queues.sent[data.draw(st.integers(0, len(self.pipeline.queues.sent) - 1))]

    @rule(seconds=st.sampled_from([3, 31, 61, 200, 1000]), harm=harms, step=st.integers(0, 40))
    def wait_and_sweep(self, seconds: float, harm: Any, step: int) -> None:
        self.pipeline.clock.move(seconds)
        self._run(self.pipeline.sweep_all, harm, step)
        self.pipeline.deliver_events()

    @rule(seconds=st.sampled_from([0.5, 3, 31]))
    def wait(self, seconds: float) -> None:
        self.pipeline.clock.move(seconds)

    @rule(data=st.data())
    def something_changes(self, data: Any) -> None:
        self.circumstances[data.draw(st.sampled_from(sorted(self.circumstances)))]()

    @property
    def circumstances(self) -> dict[str, Callable[[], object]]:
        """What operators, partners and the weather do."""
        return {
            "everything is imported": self.import_everything,
            "a mapping is taken away": self.unmap,
            "the channel is paused": lambda: self.pipeline.channels.pause(SIRCLO, "by an operator", "now"),
            "the channel is resumed": self.pipeline.resume,
            "an order is cancelled": self.cancel,
            "an operator retries": self.retry,
            "an operator says that it is not there": self.resolve_absent,
            "the bus goes down": lambda: setattr(self.pipeline.bus, "is_down", True),
            "the bus comes up": lambda: setattr(self.pipeline.bus, "is_down", False),
            "the channel is taken away": lambda: self.pipeline.channels.by_name.pop(SIRCLO.name, None),
            "its credentials are taken away": self.pipeline.take_away_credentials,
            "the channel is set up": self.pipeline.set_up,
            "a defect comes": lambda: setattr(self.pipeline.platform, "defect", Defect()),
            "the defect is mended": lambda: setattr(self.pipeline.platform, "defect", None),
            "reading breaks": lambda: (setattr(self, "looks_fail", True), setattr(self, "probe_fails", True)),
            "reading works": lambda: (setattr(self, "looks_fail", False), setattr(self, "probe_fails", False)),
        }

    def cancel(self) -> None:
        self.pipeline.store.request_cancel(self.pipeline.store.orders[self.orders[0].key], "now", None, "later")

    def retry(self) -> None:
        """`forwards retry` of the first order, whatever its state; it is mapped again, so its bytes may change."""
        with suppress(OperationRefused, KeyError):
            moved = self.pipeline.mover().retry(self.orders[0].key, SIRCLO.name)
            if moved.body_hash is None:
                self.mapped_anew[moved.code] = len(self.pipeline.platform.calls)

    def resolve_absent(self) -> None:
        """`forwards resolve --absent` of an operator who has looked at the platform, and knows what is there."""
        code = self.orders[0].code
        if not self.pipeline.platform.times_held()[code]:
            with suppress(OperationRefused, KeyError, ChannelUnusable, Defect):
                self.pipeline.mover().resolve_absent(self.orders[0].key, SIRCLO.name, unseen=True)
                self.known_absent[code] = len(self.pipeline.platform.calls)

    def import_everything(self) -> None:
        for kind, key in (("customer", "CUST-001"), ("product", "PROD-001")):
            self.pipeline.import_mapping(kind, key, f"{key} as of {to_iso(self.pipeline.clock())}")

    def unmap(self) -> None:
        with suppress(KeyError):
            self.pipeline.unmap("product", "PROD-001")

    def _run(self, act: Callable[[], object], harm: Callable[[], object] | None, step: int) -> bool:
        """Whether `act` ended by itself, with `harm` done at a step of it."""
        if harm is not None:
            self.pipeline.steps.at(step, harm)
        try:
            act()
        except (Died, Defect, PortFailed, SweepIncomplete):
            return False
        finally:
            self.pipeline.steps.clear()
        return True

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def the_platform_holds_no_order_twice(self) -> None:
        assert all(times == 1 for times in self.pipeline.platform.times_held().values())

    @invariant()
    def every_repeat_is_the_same_bytes(self) -> None:
        bodies: dict[str, set[bytes]] = defaultdict(set)
        for number, (code, body, _) in enumerate(self.pipeline.platform.calls):
            if number >= self.mapped_anew.get(code, 0):
                bodies[code].add(body)
        assert all(len(each) == 1 for each in bodies.values())

    @invariant()
    def no_order_is_out_of_sight(self) -> None:
        for accepted in self.orders:
            stored = self.pipeline.store.orders[accepted.key]
            forward = self.pipeline.store.forwards.get((accepted.key, SIRCLO.name))
            if forward is None:
                assert stored.due_at is not None, "an order without its forward is still to be published"
            elif forward.state not in FINAL_STATES | {S.IN_DOUBT}:
                assert forward.due_at is not None, "somebody looks after every forward that is not settled"

    @invariant()
    def whatever_does_not_go_on_says_why(self) -> None:
        for forward in self.pipeline.store.forwards.values():
            if forward.state in (S.PAUSED, S.IN_DOUBT, S.REJECTED) or forward.deferrals:
                assert forward.error
            assert forward.missing or forward.state is not S.NEEDS_MAPPING

    @invariant()
    def no_end_is_forgotten(self) -> None:
        """No stream tells of forwards here: the order knows of its forward's end, or the sweeper will see to it."""
        for (key, _), forward in self.pipeline.store.forwards.items():
            if forward.state in FINAL_STATES:
                known = self.pipeline.store.orders[key].status == channel_status(forward)
                assert known or forward.news_due_at is not None

    @invariant()
    def what_is_called_sent_is_at_the_platform_and_what_is_cancelled_is_not(self) -> None:
        held = self.pipeline.platform.times_held()
        for forward in self.pipeline.store.forwards.values():
            if forward.state is S.SENT:
                assert held[forward.code] == 1
            if forward.state in (S.CANCELLED, S.NEEDS_MAPPING, S.REJECTED):
                assert held[forward.code] == 0

    # --- the end ------------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Once everything works again, all is settled within hours, and what arrived is known to have arrived."""
        self.pipeline.steps.clear()
        self.answers, self.looks_fail, self.probe_fails, self.pipeline.bus.is_down = [], False, False, False
        self.pipeline.platform.defect = None
        self.import_everything()
        self.pipeline.set_up()
        self.pipeline.pass_time(4 * 3600, step=60)
        held = self.pipeline.platform.times_held()
        for accepted in self.orders:
            state = self.pipeline.state_of(accepted)
            assert state in FINAL_STATES | {S.IN_DOUBT}
            assert self.pipeline.store.orders[accepted.key].status == channel_status(self.pipeline.forward_of(accepted))
            if held[accepted.code]:
                assert state in (S.SENT, S.IN_DOUBT)
            self.no_doubt_without_need(accepted)
        self.the_platform_holds_no_order_twice()

    def no_doubt_without_need(self, accepted: Order) -> None:
        assert self.pipeline.state_of(accepted) is not S.IN_DOUBT, "a look has settled it"


class Blind(AnySequence):
    """A platform that cannot be looked at: after a call that may have been processed there is never another."""

    can_look = False

    @invariant()
    def there_is_one_call_at_most_that_may_have_been_processed(self) -> None:
        perhaps: dict[str, int] = defaultdict(int)
        for number, (code, _, answer) in enumerate(self.pipeline.platform.calls):
            perhaps[code] += number >= self.known_absent.get(code, 0) and answer not in NOTHING_HAPPENED
        assert all(times <= 1 for times in perhaps.values())

    def no_doubt_without_need(self, accepted: Order) -> None:
        """A person is asked only where a worker died with the call in the air, or no answer came."""
        if self.pipeline.state_of(accepted) is S.IN_DOUBT:
            assert self.pipeline.forward_of(accepted).attempts > 0


lots = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = lots
TestBlind = Blind.TestCase
TestBlind.settings = lots
