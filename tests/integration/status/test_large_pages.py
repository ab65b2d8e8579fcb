"""Orders of 200 lines: a page over 1 MiB is read in smaller ones, and a row that is too large by itself is left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orderbridge.http.transport import MAX_REPLY_BYTES
from tests.integration.status.conftest import Account

listed = pytest.mark.parametrize("account", ["sirclo", "sirclo 2021-02", "ngorder"], indirect=True)
LINES = {"sirclo": "line_items", "ngorder": "products"}


def grow(account: Account, code: str, lines: int) -> None:
    """Make an order one of so many lines, as the platform shows it."""
    held = account.sandbox.platform.find_order(code)
    member = LINES[account.channel.platform]
    held.body[member] = held.body[member][:1] * lines


@listed
def test_forty_five_orders_of_200_lines_are_read_in_smaller_pages(account: Account) -> None:
    codes = [account.place(number) for number in range(1, 61)]
    for code in codes:
        grow(account, code, 300)
        account.sandbox.set_status(code, account.facts.shipped, awb_number=f"JP{code[-3:]}")
    report = account.sync()
    assert (report.ok, report.finished, report.problems) == (True, True, [])
    assert {account.status(code) for code in codes} == {"SHIPPED"}
    assert report.pages > 1


@listed
def test_an_order_that_is_too_large_by_itself_is_left_out_and_no_other(account: Account) -> None:
    codes = [account.place(number) for number in range(1, 31)]
    for code in codes:
        account.sandbox.set_status(code, account.facts.shipped, awb_number="JP1")
    grow(account, codes[16], MAX_REPLY_BYTES // 60)
    report = account.sync()
    assert (report.ok, report.finished) == (True, True)
    # At Ngorder the list of what is on its way tells of it too, in a row without its lines.
    left_out = [] if account.channel.platform == "ngorder" else [codes[16]]
    assert [code for code in codes if account.status(code) != "SHIPPED"] == left_out
    assert "one row alone is too large" in report.problems[0]
    assert report.unread > 0
    grow(account, codes[16], 1)
    account.sync()
    assert account.status(codes[16]) == "SHIPPED"


@listed
def test_a_round_that_stops_at_a_small_page_goes_on_behind_it(account: Account) -> None:
    codes = [account.place(number) for number in range(1, 61)]
    for code in codes:
        grow(account, code, 400)
        account.sandbox.set_status(code, account.facts.shipped, awb_number="JP1")
    runs = 0
    while not account.sync(one_page()).finished:
        runs += 1
        assert runs < 60
    assert {account.status(code) for code in codes} == {"SHIPPED"}


def one_page() -> Callable[[], float]:
    left = iter([1.0, 1.0])
    return lambda: next(left, 0.0)
