"""What the template counts in the logs, held against what the functions really log, and the alarms on it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from orderbridge.channels import table as channel_table
from orderbridge.entrypoints.forward_queue import queue_handler
from orderbridge.entrypoints.status_schedule import status_handler
from orderbridge.entrypoints.stock_schedule import stock_handler
from orderbridge.entrypoints.stream import stream_handler
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.platforms.names import platform_names
from orderbridge.status.runs import StatusReport
from orderbridge.stock.runs import RunReport
from orderbridge.stock.sync import RunResult, RunState
from orderbridge.values.ids import ChannelRef
from orderbridge.wiring.forwarding import _note_failure
from tests.contract.template import template
from tests.fakes import samples

FORWARDERS = [f"forward_{platform}" for platform in platform_names()]
CONTEXT: Any = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 900_000)
TERM = re.compile(r'\(?\$\.(\w+) = "(\w+)"\)?')

Happening = Callable[[], Any]


def forward(state: ForwardState) -> Forward:
    created = new_forward(
        samples.order().key, "SO-20250101-00001", samples.SIRCLO, datetime(2025, 1, 1, tzinfo=UTC), 60
    )
    return replace(created.forward, state=state)


# --- what happens -----------------------------------------------------------------------------------------------------


def handled(state: ForwardState | None) -> Happening:
    """A forwarder takes a message, and the forward ends in a state; None: the message fails."""

    def take(_message: Any) -> Forward:
        if state is None:
            raise KeyError
        return forward(state)

    detail = '{"client_id": "a", "reference_hash": "h", "code": "SO-1", "channel": "c", "platform": "sirclo"}'
    record = {"messageId": "1", "body": detail, "eventSource": "aws:sqs", "receiptHandle": "1", "attributes": {}}
    return lambda: queue_handler(take, 1)({"Records": [record]}, CONTEXT)


def could_not_begin() -> None:
    _note_failure(KeyError(), forward(ForwardState.QUEUED))


def said(item: dict[str, Any]) -> Happening:
    """The publisher gets a changed item."""
    record = {"eventName": "MODIFY", "dynamodb": {"NewImage": item}}
    return lambda: stream_handler(lambda _: None, lambda _: None, lambda _: None)({"Records": [record]}, CONTEXT)


def news(state: ForwardState) -> Happening:
    return said(forward_items.forward_item(replace(forward(state), news_due_at="2025-01-01T00:00:00.000Z")))


def paused_channel() -> dict[str, Any]:
    state = channel_table.state_keys(ChannelRef("shop", "sirclo"))
    return {**state, channel_table.NEWS: {"S": "PAUSED"}}


def stock_run(state: RunState) -> Happening:
    return lambda: stock_handler(lambda *_: [RunResult("shop", state, RunReport())])({"platform": "sirclo"}, CONTEXT)


def status_run(*, ok: bool, unknown: str | None = None) -> Happening:
    report = StatusReport("shop", ok=ok)
    if unknown is not None:
        report.note_unknown(unknown)
    return lambda: status_handler(lambda *_: [report])({"platform": "sirclo"}, CONTEXT)


HAPPENINGS: list[tuple[str, Happening, set[str]]] = [
    *(
        (forwarder, happening, metrics)
        for forwarder in FORWARDERS
        for happening, metrics in (
            (handled(ForwardState.SENT), set[str]()),
            (handled(ForwardState.PAUSED), {"ForwardsPaused"}),
            (handled(None), {"ForwardFailures"}),
            (could_not_begin, {"ForwardFailures"}),
        )
    ),
    ("event_publisher", news(ForwardState.SENT), set()),
    ("event_publisher", news(ForwardState.NEEDS_MAPPING), set()),
    ("event_publisher", news(ForwardState.IN_DOUBT), {"ForwardsInDoubt"}),
    ("event_publisher", said(paused_channel()), {"ChannelsPaused"}),
    ("stock_sync", stock_run("done"), set()),
    ("stock_sync", stock_run("continues"), set()),
    ("stock_sync", stock_run("aborted"), {"RoundsFailed"}),
    ("status_sync", status_run(ok=True), set()),
    ("status_sync", status_run(ok=False), {"RoundsFailed"}),
    ("status_sync", status_run(ok=True, unknown="status: ?"), {"UnknownStatuses"}),
]


# --- what is counted --------------------------------------------------------------------------------------------------


def counts(pattern: str, line: dict[str, Any]) -> bool:
    """Whether a filter pattern (CloudWatch Logs, JSON) takes a line; of the patterns' language what we use."""
    inside = pattern.removeprefix("{ ").removesuffix(" }")

    def holds(term: str) -> bool:
        found = TERM.fullmatch(term)
        assert found is not None, f"cannot read {term}"
        return str(line.get(found[1])) == found[2]

    return any(all(holds(term) for term in either.split(" && ")) for either in inside.split(" || "))


def counted_of(function: str, lines: list[dict[str, Any]]) -> set[str]:
    group = template().functions()[function]["LoggingConfig"]["LogGroup"]
    return {
        each["MetricTransformations"][0]["MetricName"]
        for each in template().of_type("AWS::Logs::MetricFilter").values()
        if each["LogGroupName"] == group and any(counts(each["FilterPattern"], line) for line in lines)
    }


@pytest.mark.usefixtures("any_table")
@pytest.mark.parametrize(("function", "happening", "metrics"), HAPPENINGS)
def test_what_somebody_has_to_hear_of_is_counted_in_the_log_of_its_function(
    function: str, happening: Happening, metrics: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of these is handled, so neither the function's errors nor the dead letters tell of it."""
    happening()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines
    assert counted_of(function, lines) == metrics


def test_every_metric_of_the_logs_has_one_alarm_and_every_such_alarm_its_metric() -> None:
    own = {"Ref": "AWS::StackName"}
    transformations = [
        transformation
        for each in template().of_type("AWS::Logs::MetricFilter").values()
        for transformation in each["MetricTransformations"]
    ]
    watched = [
        alarm["MetricName"]
        for alarm in template().of_type("AWS::CloudWatch::Alarm").values()
        if alarm.get("Namespace") == own
    ]
    assert all(each["MetricNamespace"] == own for each in transformations)
    assert sorted(watched) == sorted({each["MetricName"] for each in transformations})
    assert set(watched) == {metric for _, _, metrics in HAPPENINGS for metric in metrics}


def test_a_platforms_alarms_name_it_alone() -> None:
    """So that another platform does not have to be added to anything; those of the logs have no platform."""
    alarms = template().of_type("AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        named = {platform for platform in platform_names() if platform in str(alarm).lower()}
        assert len(named) <= 1, name
        assert all(platform in name.lower() for platform in named), name
    for platform in platform_names():
        assert len([name for name in alarms if platform in name.lower()]) == 2
