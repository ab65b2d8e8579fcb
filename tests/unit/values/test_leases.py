"""A lease is held until its end, prolonged in time, and tells a worker that died from one that is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orderbridge.values.leases import FREE, LEASE_SECONDS, RENEW_BELOW_SECONDS

NOW = datetime(2025, 1, 1, tzinfo=UTC)
END = NOW + timedelta(seconds=LEASE_SECONDS)


def test_a_lease_is_held_until_its_end_and_then_abandoned() -> None:
    lease = FREE.taken("run-1", NOW)
    before = END - timedelta(milliseconds=1)
    assert (lease.holder, lease.is_held(before), lease.is_abandoned(before)) == ("run-1", True, False)
    assert (lease.is_held(END), lease.is_abandoned(END)) == (False, True)


def test_a_lease_that_was_given_back_is_neither_held_nor_abandoned() -> None:
    assert not FREE.is_held(NOW)
    assert not FREE.is_abandoned(NOW)


def test_a_lease_is_prolonged_once_some_of_it_is_used_and_stays_the_same_value_before() -> None:
    lease = FREE.taken("run-1", NOW)
    used = timedelta(seconds=LEASE_SECONDS - RENEW_BELOW_SECONDS)
    assert lease.renewed(NOW + used - timedelta(seconds=1)) is lease
    assert lease.renewed(NOW + used) == FREE.taken("run-1", NOW + used)
