"""Whatever a platform answers, and whether or not it has processed the call: no order is lost, and none doubled.

Real publisher, forwarder, sweeper and adapters, and the sandboxed platforms without sockets. An order's create calls
get up to three answers from `any_answers`; from then on the platform answers truly.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge_sandboxes import SANDBOXES, ManualClock
from tests.conformance.facts import facts_of, labels
from tests.fakes.one_channel import NOW, OneChannel, what_is_wrong
from tests.fakes.wire import Inside, Wire
from tests.unit.calls.any_answers import (
    OF_CONTENT,
    REFUSED,
    TURNED_AWAY,
    Answer,
    answers,
    may_prove_rejection,
    proves_acceptance,
)

S = ForwardState
CODE = "SO-20250303-00001"
EXAMPLES = 2000
MOST_ANSWERS = 3


def world_where(platform: str, given_answers: list[Answer]) -> tuple[OneChannel, Inside]:
    clock = ManualClock(NOW)
    inside = Inside(SANDBOXES[facts_of(platform).name].platform_type(clock=clock, products=1, customers=1))
    for answer in given_answers:
        inside.faults.add(answer.fault(platform))
    world = OneChannel(platform, inside, clock, seed=1, transport=Wire(inside))  # type: ignore[arg-type]
    return world, inside


def may_be_sent_again_unlooked(platform: str, answer: Answer) -> bool:
    """Whether by the table nobody need look before the call is repeated after this answer."""
    turned_away = answer.status in TURNED_AWAY and not facts_of(platform).can_look and not answer.is_json
    return answer.status in REFUSED or turned_away


@pytest.mark.parametrize("platform", labels())
def test_whatever_is_answered_an_order_is_there_once_and_its_state_is_true(platform: str) -> None:
    drawn = st.lists(answers(platform, CODE, can_look=facts_of(platform).can_look), min_size=1, max_size=MOST_ANSWERS)

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
    )
    @given(drawn)
    def check(given_answers: list[Answer]) -> None:
        world, inside = world_where(platform, given_answers)
        (order,) = world.run(1)
        assert order.code == CODE
        forward = world.store.forwards[order.key, "main"]
        proved = [proves_acceptance(platform, answer, CODE) for answer in given_answers]
        came = given_answers[: sum(request.fault is not None for request in inside.requests)]

        assert len(inside.orders) <= 1, "no order is there twice"
        if not any(proved[: len(came)]):
            # The ids in answers that prove acceptance are not the sandbox's.
            assert what_is_wrong(forward, inside.orders) is None
        state_is_proved(platform, forward, came, len(inside.orders))
        every_repeat_was_looked_at(platform, inside, came)

    check()


def state_is_proved(platform: str, forward: Forward, came: list[Answer], held: int) -> None:
    """SENT only where the order is there, and by every answer that proves it; REJECTED only by words about content."""
    last = came[-1]
    if forward.state is S.REJECTED:
        assert may_prove_rejection(platform, last, CODE)
    if forward.state is S.SENT:
        assert held == 1
    if proves_acceptance(platform, last, CODE):
        # A batch may say at once that one of two has failed.
        assert forward.state is S.SENT or may_prove_rejection(platform, last, CODE)
    if forward.state is S.IN_DOUBT and facts_of(platform).can_look:
        raise AssertionError(f"a look has settled it: {forward.error}")


def every_repeat_was_looked_at(platform: str, inside: Inside, came: list[Answer]) -> None:
    """Between two create calls there are two looks, unless by the table nothing was processed of the first."""
    looks, number = 0, -1
    for request in inside.requests:
        if request.method == "POST":
            if number >= 0 and not may_be_sent_again_unlooked(platform, came[number]):
                assert facts_of(platform).can_look, f"sent again, and nobody can look: {came[number]}"
                assert looks >= 2, f"sent again after {looks} looks: {came[number]}"
            looks, number = 0, number + 1
        elif request.target.startswith(facts_of(platform).orders.path):
            looks += 1


def test_the_rows_of_the_table_are_apart() -> None:
    assert not set(REFUSED) & set(TURNED_AWAY)
    assert not set(OF_CONTENT) & {*REFUSED, *TURNED_AWAY}
