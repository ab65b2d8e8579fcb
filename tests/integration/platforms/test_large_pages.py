"""Looks over lists of large orders: a page over 1 MiB is read in smaller ones, and one row over 1 MiB leaves a gap."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.lookups import Absent, Found, LookFailed
from orderbridge.forwarding.ports import Sought
from orderbridge.http.transport import MAX_REPLY_BYTES
from tests.integration.platforms.conftest import Connected, an_order

LINES = {"sirclo": "line_items", "ngorder": "products"}


@pytest.fixture(params=["2019-07", "2021-02", "ngorder"])
def listed(request: pytest.FixtureRequest) -> Connected:
    if request.param == "ngorder":
        found: Connected = request.getfixturevalue("ngorder")
        return found
    found = request.getfixturevalue("sirclo")
    found.channel.settings["revision"] = request.param
    return found


def look(connected: Connected, number: int) -> Any:
    return connected.platform.look_for(Sought(an_order(number)), connected.channel, connected.credentials)


def grow(connected: Connected, number: int, lines: int) -> None:
    """Make an order one of so many lines, as the platform shows it."""
    held = connected.sandbox.platform.find_order(an_order(number).code)
    member = LINES[connected.channel.platform]
    held.body[member] = held.body[member][:1] * lines


def test_a_look_reads_large_orders_in_smaller_pages(listed: Connected) -> None:
    for number in range(1, 61):
        listed.send(an_order(number))
        grow(listed, number, 400)
    for number in (1, 30, 60):
        assert isinstance(look(listed, number), Found)
    assert look(listed, 61) == Absent()


def test_an_order_that_is_too_large_to_be_read_may_be_ours_and_hides_no_other(listed: Connected) -> None:
    for number in range(1, 31):
        listed.send(an_order(number))
    grow(listed, 17, MAX_REPLY_BYTES // 60)
    for number in (1, 16, 18, 30):
        assert isinstance(look(listed, number), Found)
    for number in (17, 31):
        finding = look(listed, number)
        assert isinstance(finding, LookFailed)
        assert "one row alone is too large" in finding.reason
