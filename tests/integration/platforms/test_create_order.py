"""One create call against a strict platform, and every way in which it can go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.lookups import Absent, CannotLook, Found
from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Refused, Rejected, TurnedAway, Unknown
from orderbridge_sandboxes.faults import Fault
from tests.integration.platforms.conftest import Connected, an_order

CREATE = {"salesmania": "/extapi/v1.0/orders", "sirclo": "/v1/order", "ngorder": "/api/open/order"}


def fault(connected: Connected, kind: Any, **details: Any) -> None:
    path = CREATE[connected.platform.name]
    connected.sandbox.faults.add(Fault(kind, method="POST", path=path, **details))


def test_an_order_arrives_in_the_documented_form(connected: Connected) -> None:
    outcome = connected.send()
    assert isinstance(outcome, Accepted)
    held = connected.sandbox.orders
    if connected.platform.name == "salesmania":
        assert outcome.external_id is None
    else:
        assert outcome.external_id == str(held[0].id)
    assert [order.reference for order in held] == ["SO-20250101-00001"]


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


def test_wrong_credentials_speak_against_the_channel(connected: Connected) -> None:
    connected.credentials = {name: f"{value}x" for name, value in connected.credentials.items()}
    outcome = connected.send()
    assert isinstance(outcome, Refused)
    assert outcome.credentials
    assert not connected.sandbox.orders


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


def test_an_order_is_found_again_where_the_platform_can_be_looked_at(connected: Connected) -> None:
    look = connected.platform.look_for
    if not connected.platform.can_look:
        assert isinstance(look(an_order(), connected.channel, connected.credentials), CannotLook)
        return
    assert look(an_order(), connected.channel, connected.credentials) == Absent()
    for number in (1, 2, 12):
        connected.send(an_order(number))
    held = {order.reference: str(order.id) for order in connected.sandbox.orders}
    for number in (1, 2, 12):
        wanted = an_order(number)
        assert look(wanted, connected.channel, connected.credentials) == Found(held[wanted.code] or "")
    assert look(an_order(3), connected.channel, connected.credentials) == Absent()


def test_a_probe_is_a_read_of_stock_and_no_order(connected: Connected) -> None:
    assert connected.platform.probe(connected.channel, connected.credentials) is None
    assert {request.method for request in connected.sandbox.requests} == {"GET"}
    stock = {
        "salesmania": "/extapi/v1.0/products", "sirclo": "/v1/partner/product/stock",
        "ngorder": "/api/open/product/variation",
    }[connected.channel.platform]  # fmt: skip
    assert [request.status for request in connected.sandbox.requests if request.target.startswith(stock)] == [200]


def test_a_probe_speaks_either_revision_of_sirclo(later_sirclo: Connected) -> None:
    assert later_sirclo.platform.probe(later_sirclo.channel, later_sirclo.credentials) is None
    assert [request.target.partition("?")[0] for request in later_sirclo.sandbox.requests] == [
        "/v1/partner/order",
        "/v1/partner/product/stock",
    ]
    later_sirclo.credentials = {**later_sirclo.credentials, "partner_secret": "another"}
    trouble = later_sirclo.platform.probe(later_sirclo.channel, later_sirclo.credentials)
    assert trouble is not None
    assert trouble.startswith("401")


def test_a_probe_says_what_is_wrong(connected: Connected) -> None:
    connected.sandbox.faults.add(Fault("status", status=500, count=None))
    trouble = connected.platform.probe(connected.channel, connected.credentials)
    assert trouble is not None
    assert "500" in trouble


def test_a_cancelled_order_is_cancelled_there_and_asking_twice_does_no_harm(connected: Connected) -> None:
    outcome = connected.send()
    assert isinstance(outcome, Accepted)
    for _ in range(2):
        cancelled = connected.platform.cancel_order(
            an_order(), outcome.external_id, connected.channel, connected.credentials
        )
        if not connected.platform.can_cancel:
            assert isinstance(cancelled, Rejected)
            continue
        assert isinstance(cancelled, Accepted), cancelled
        assert connected.sandbox.orders[0].status.upper() in ("CANCELED", "CANCELLED", "CANCEL")
