"""The health report says names and states of channels, and nothing else."""

from __future__ import annotations

import json

from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel
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
