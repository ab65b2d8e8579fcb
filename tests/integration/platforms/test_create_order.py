"""One create call against a strict platform, and every way in which it can go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.outcomes import NotSent, Outcome, Refused, Rejected, TurnedAway, Unknown
from orderbridge.http.heard import listening
from orderbridge_sandboxes.faults import Fault
from tests.conformance.facts import facts_of
from tests.integration.platforms.conftest import Connected, an_order


def fault(connected: Connected, kind: Any, **details: Any) -> None:
    create = facts_of(connected.platform.name).create
    connected.sandbox.faults.add(Fault(kind, method=create.method, path=create.path, **details))


@pytest.mark.parametrize(
    ("kind", "details", "expected", "held"),
    [
        ("close_before", {}, Unknown, 0),
        ("close_before", {"reset": True}, Unknown, 0),
        ("commit_then_close", {}, Unknown, 1),
        ("commit_then_status", {"status": 500}, Unknown, 1),
        ("commit_then_status", {"status": 502}, Unknown, 1),
        ("status", {"status": 500}, Unknown, 0),
        ("status", {"status": 503}, Unknown, 0),
        ("status", {"status": 302}, Unknown, 0),
        ("status", {"status": 429}, Refused, 0),
        ("status", {"status": 422}, Unknown, 0),
        ("status", {"status": 422, "body": {"message": "customer not found"}}, Rejected, 0),
        ("status", {"status": 404}, TurnedAway, 0),
        ("status", {"status": 404, "body": "default backend - 404"}, TurnedAway, 0),
        ("commit_then_status", {"status": 408, "body": "<html>"}, Unknown, 1),
        ("status", {"status": 200, "raw": ""}, Unknown, 0),
        ("status", {"status": 202, "body": {"message": "queued"}}, Unknown, 0),
        ("garbage", {}, Unknown, 1),
        ("truncate", {}, Unknown, 1),
        ("wrong_shape", {"body": ["not", "an", "object"]}, Unknown, 1),
        ("wrong_shape", {"body": "text"}, Unknown, 1),
        ("delay", {"seconds": 3, "when": "after"}, Unknown, 1),
    ],
)
def test_an_outcome_says_what_is_known(
    connected: Connected, kind: str, details: dict[str, Any], expected: type[Outcome], held: int
) -> None:
    connected.channel.settings["timeout_s"] = 1 if kind == "delay" else 25
    fault(connected, kind, **details)
    outcome = connected.send()
    assert isinstance(outcome, expected), outcome
    assert len(connected.sandbox.orders) == held


def test_a_503_is_a_refusal_where_the_channel_says_so(connected: Connected) -> None:
    connected.channel.settings["refuses_with_503"] = True
    fault(connected, "status", status=503, retry_after=7)
    outcome = connected.send()
    assert isinstance(outcome, Refused)
    assert outcome.retry_after == 7


def test_too_many_requests_carries_the_time_that_the_platform_named(connected: Connected) -> None:
    fault(connected, "status", status=429, retry_after=120)
    assert connected.send() == Refused(reason=_reason(connected), retry_after=120.0)


def _reason(connected: Connected) -> str:
    fault(connected, "status", status=429)
    outcome = connected.send(an_order(2))
    assert isinstance(outcome, Refused)
    return outcome.reason


def test_nobody_listening_means_that_nothing_was_sent(connected: Connected) -> None:
    connected.sandbox.stop()
    outcome = connected.send()
    assert isinstance(outcome, NotSent)


def test_an_unmapped_id_is_rejected_in_the_platforms_words(connected: Connected) -> None:
    for key, value in connected.mappings.items():
        if key.kind == "product":
            connected.mappings[key] = {
                **value,
                **{name: 1 for name in ("product_id", "variation_id", "id") if name in value},
            }
    outcome = connected.send()
    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("4")


def test_a_probe_tries_the_signature(later_sirclo: Connected) -> None:
    later_sirclo.credentials = {**later_sirclo.credentials, "partner_secret": "another"}
    trouble = later_sirclo.platform.probe(later_sirclo.channel, later_sirclo.credentials)
    assert trouble is not None
    assert trouble.startswith("401")


def test_whoever_listens_hears_the_last_answer_and_what_let_the_call_in(connected: Connected) -> None:
    fault(connected, "status", status=422, body={"message": "customer not found"})

    with listening() as heard:
        connected.send()

    assert (heard.status, heard.trouble) == (422, None)
    assert b"customer not found" in (heard.body or b"")
    assert any(len(value) > 8 for value in heard.let_in)


def test_whoever_listens_hears_why_there_was_no_answer(connected: Connected) -> None:
    fault(connected, "commit_then_close")

    with listening() as heard:
        connected.send()

    assert heard.body is None
    assert "after the request left" in (heard.trouble or "")
