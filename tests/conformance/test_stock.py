"""Every level of the record, through the stock sync; and one level that is set, which changes no other."""

from __future__ import annotations

import pytest

from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.values import InvalidValue
from tests.conformance.account import RECEIVES, Account


def pieces(account: Account) -> dict[str, int]:
    """What the sandbox holds."""
    return {code: int(level) for code, level in account.sandbox.platform.stock().items()}


def test_every_level_is_read_as_the_platform_holds_it_and_0_is_one(account: Account) -> None:
    expected = account.stock_up()
    assert 0 in expected.values()

    result = account.sync_stock()

    assert (result.state, result.report.problems) == ("done", [])
    assert account.known_levels() == expected
    assert {200} == set(account.asked(account.facts.stock))


def test_a_level_is_set_absolutely_on_one_product_alone_and_read_back(account: Account) -> None:
    levels = account.stock_up()
    if account.facts.push is None:
        with pytest.raises(InvalidValue, match=r"stock\.push"):
            definition_of(account.facts.name).read_settings({**account.channel.settings, "stock": RECEIVES})
        return
    before = pieces(account)
    account.receives({**levels, "PROD-002": 13})

    for pushed in (1, 0):
        result = account.sync_stock()
        assert (result.state, result.report.problems) == ("done", [])
        assert result.report.pushed == pushed
        assert pieces(account) == {**before, "PROD-002": 13}
        assert account.known_levels() == {**levels, "PROD-002": 13}
    assert account.asked(account.facts.push) == [200]


def test_a_level_is_set_to_0(account: Account) -> None:
    levels = account.stock_up()
    if account.facts.push is None:
        return
    account.receives({**levels, "PROD-003": 0})
    account.sync_stock()
    assert pieces(account)["PROD-003"] == 0


def test_stock_is_not_reported_to_wrong_credentials(account: Account) -> None:
    account.stock_up()
    account.credentials = dict.fromkeys(account.credentials, "wrong")
    assert account.sync_stock().state == "aborted"
    assert account.known_levels() == {}
