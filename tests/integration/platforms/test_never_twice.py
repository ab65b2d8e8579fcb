"""For any sequence of faults: whoever sends again only where that is safe, and looks otherwise, sends once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderbridge.channels.lookups import Absent, Found, LookFailed
from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Refused, Unknown
from orderbridge.forwarding.ports import Sought
from orderbridge_sandboxes import SANDBOXES
from orderbridge_sandboxes.faults import Fault
from tests.integration.platforms.conftest import Connected, an_order

FAULTS = st.one_of(
    st.sampled_from(
        [
            Fault("close_before"),
            Fault("close_before", reset=True),
            Fault("commit_then_close"),
            Fault("garbage"),
            Fault("truncate"),
            Fault("wrong_shape", body=["another shape"]),
        ]
    ),
    st.sampled_from([429, 500, 502, 503, 401]).map(lambda status: Fault("status", status=status)),
    st.sampled_from([500, 502, 504]).map(lambda status: Fault("commit_then_status", status=status)),
)


@pytest.mark.parametrize("name", list(SANDBOXES))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(FAULTS, max_size=6))
def test_no_sequence_of_faults_doubles_an_order_or_tells_an_untruth(name: str, faults: list[Fault]) -> None:
    with SANDBOXES[name]() as sandbox:
        connected = Connected(name, sandbox)
        for fault in faults:
            sandbox.faults.add(fault)
        outcome = _carry(connected)
        held = sandbox.orders
        assert len(held) <= 1
        match outcome:
            case Accepted(external_id):
                assert len(held) == 1
                assert external_id in (None, str(held[0].id))
            case Unknown():
                assert not connected.platform.can_look, "a look would have settled it"


def _carry(connected: Connected) -> Outcome:
    """What a forwarder does, without its clock and its table: at most twenty steps."""
    outcome: Outcome = connected.send()
    for _ in range(20):
        if isinstance(outcome, Unknown) and connected.platform.can_look:
            outcome = _look(connected, outcome)
        elif isinstance(outcome, Refused | NotSent):
            outcome = connected.send()
        else:
            break
    return outcome


def _look(connected: Connected, outcome: Unknown) -> Outcome:
    finding: Any = connected.platform.look_for(Sought(an_order()), connected.channel, connected.credentials)
    match finding:
        case Found(external_id):
            return Accepted(external_id)
        case Absent():
            return NotSent("looked, and it is not there")
        case LookFailed():
            return outcome
    raise AssertionError(finding)
