"""The health report says names and states of channels, and nothing else."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.entrypoints.answers.health import HealthReport
from orderbridge.reading.health import ReportHealth
from tests.fakes.reads import Overview

SETTINGS = {"base_url": "https://secret-address.example.com"}
BROKEN = Breaker(failures=5, open_until="2025-01-01T00:00:30.000Z", reason="500 from the platform")


def test_no_channel_is_well() -> None:
    assert HealthReport.of(ReportHealth(Overview())()).body() == {"status": "ok", "channels": []}


def test_one_channel_that_is_not_active_degrades_the_whole() -> None:
    well = Channel("b", "sirclo", SETTINGS)
    paused = Channel("a", "ngorder", SETTINGS, state="paused", paused_reason="401: bad key")
    degraded = Channel("c", "salesmania", SETTINGS, breaker=BROKEN)
    both = Channel("d", "sirclo", SETTINGS, state="paused", breaker=BROKEN)
    failing = Channel("e", "sirclo", SETTINGS, breaker=Breaker(failures=2, reason="timeout"))

    assert HealthReport.of(ReportHealth(Overview(well, failing))()).body()["status"] == "ok"
    body = HealthReport.of(ReportHealth(Overview(well, paused, degraded, both, failing))()).body()

    assert body == {
        "status": "degraded",
        "channels": [
            {"channel": "a", "state": "paused"},
            {"channel": "b", "state": "active"},
            {"channel": "c", "state": "degraded"},
            {"channel": "d", "state": "paused"},
            {"channel": "e", "state": "active"},
        ],
    }
    assert not [word for word in ("address", "401", "500", "sirclo") if word in json.dumps(body)]


def test_strangers_are_told_a_channels_alias_where_it_has_one() -> None:
    named = Channel("jakarta-sirclo", "sirclo", {**SETTINGS, "alias": "shop-2"})
    other = Channel("b", "ngorder", {**SETTINGS, "alias": None})

    body = HealthReport.of(ReportHealth(Overview(named, other))()).body()

    assert body["channels"] == [{"channel": "b", "state": "active"}, {"channel": "shop-2", "state": "active"}]
    assert "jakarta" not in json.dumps(body)


@pytest.mark.parametrize("alias", ["", " ", "a b", "x" * 65, "<b>", "a\n"])
def test_an_alias_is_a_name_as_a_channels_own(alias: str) -> None:
    with pytest.raises(ValidationError):
        CommonSettings(base_url="https://shop.example.com", alias=alias)

    assert CommonSettings(base_url="https://shop.example.com", alias="shop-2").alias == "shop-2"
