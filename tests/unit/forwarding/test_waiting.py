"""Forwards that wait for a mapping or a channel."""

from __future__ import annotations

from orderbridge.forwarding.forward.waiting import defer, park_for_mappings, pause, release
from tests.fakes.samples import NOW
from tests.unit.forwarding.forward_cases import GRACE, MISSING, S, queued


def test_parking_lists_everything_and_is_looked_at_again() -> None:
    parked = park_for_mappings(queued(), MISSING, NOW)

    assert (parked.forward.state, parked.forward.missing) == (S.NEEDS_MAPPING, MISSING)
    assert parked.forward.due_at is not None
    assert parked.entry is not None
    assert parked.entry.detail == "product:PROD-001, customer:CUST-001"


def test_parking_says_why_something_counts_as_missing_that_is_mapped() -> None:
    parked = park_for_mappings(queued(), MISSING, NOW, "product:PROD-001 is of another kind").forward
    assert parked.error == "product:PROD-001 is of another kind"

    again = park_for_mappings(parked, MISSING, NOW)
    assert (again.forward.error, again.entry) == (None, None), "it is not mapped any more"


def test_looking_again_without_anything_new_leaves_no_line_on_the_timeline() -> None:
    parked = park_for_mappings(queued(), MISSING, NOW).forward

    assert park_for_mappings(parked, MISSING, NOW).entry is None
    assert park_for_mappings(parked, MISSING[:1], NOW).entry is not None

    paused = pause(queued(), "closed", NOW, 600).forward
    assert pause(paused, "closed", NOW, 600).entry is None


def test_looking_again_forgets_why_an_earlier_look_could_not_be_made() -> None:
    parked = defer(park_for_mappings(queued(), MISSING, NOW).forward, "a defect", NOW, 0, GRACE).forward
    again = park_for_mappings(parked, MISSING, NOW)

    assert (again.forward.error, again.forward.deferrals, again.forward.not_before) == (None, 0, None)
    assert (again.forward.missing, again.entry) == (MISSING, None)


def test_releasing_forgets_what_was_waited_for() -> None:
    released = release(park_for_mappings(queued(), MISSING, NOW).forward, "imported", NOW, GRACE).forward

    assert (released.state, released.missing, released.error) == (S.QUEUED, (), None)
    assert released.due_at is not None
