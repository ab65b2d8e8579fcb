"""A channel that cannot be used as it is set up: stock and statuses say so as a read that failed, without a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.http.transport import Transport
from orderbridge.platforms.registry import platform_names
from orderbridge.platforms.status_reads import status_platform
from orderbridge.platforms.stock import PlatformStock
from orderbridge.status.ports import StatusReadFailed
from orderbridge.stock.lists import StockReadFailed
from tests.unit.platforms.examples import BASE_URLS, CREDENTIALS, SETTINGS

SECRET = "a-secret-that-is-told-nobody"
Given = Callable[[Channel], Mapping[str, Any]]


def gone(channel: Channel) -> Mapping[str, Any]:
    raise ChannelUnusable(f"the channel {channel.name} has no credentials")


class Source:
    """`CredentialSource` over a function."""

    def __init__(self, given: Given) -> None:
        self.credentials = self.refreshed = given


def channel(name: str, **settings: Any) -> Channel:
    return Channel(f"{name}-main", name, {"base_url": BASE_URLS[name], **SETTINGS[name], **settings})


CASES: dict[str, tuple[dict[str, Any], Given, str]] = {
    "no credentials": ({}, gone, "has no credentials"),
    "other credentials": ({}, lambda _: {"unknown": SECRET}, "unknown"),
    "other settings": ({"unknown": SECRET}, lambda c: CREDENTIALS[c.platform], "unknown"),
}


@pytest.mark.parametrize("name", platform_names())
@pytest.mark.parametrize("case", CASES)
def test_a_status_round_is_reported_why_it_cannot_ask(name: str, case: str) -> None:
    settings, given, words = CASES[case]
    with (
        pytest.raises(StatusReadFailed, match=words) as failed,
        status_platform(name, given).open(channel(name, **settings)),
    ):
        pass
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize("name", platform_names())
@pytest.mark.parametrize("case", CASES)
def test_a_stock_run_is_reported_why_it_cannot_read(name: str, case: str) -> None:
    settings, given, words = CASES[case]
    stock = PlatformStock(Transport(), Source(given))
    with pytest.raises(StockReadFailed, match=words) as failed, stock.open(channel(name, **settings), ()):
        pass
    assert SECRET not in str(failed.value)
