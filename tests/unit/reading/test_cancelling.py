"""A partner takes an order back: signed, its own only, answered per channel."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.entrypoints.answers.cancelled_order import CancellationRecorded
from orderbridge.entrypoints.answers.orders import SalesOrderFound
from orderbridge.entrypoints.problems import Problem
from orderbridge.forwarding.cancelling import CancelOrder
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.orders.order import Order
from orderbridge.partners.call import Call
from orderbridge.partners.call_limit import too_many_requests
from orderbridge.partners.callers import Callers, TokenVerifier
from orderbridge.partners.partner import SignatureProfile
from orderbridge.reading.cancelling import CancelledOrder, CancelSalesOrder
from orderbridge.reading.orders import FindOrder
from orderbridge.values.ids import ChannelRef
from orderbridge.values.refusals import (
    Forbidden,
    InvalidFields,
    MalformedRequest,
    NotFound,
    Refusal,
    TooManyRequests,
    Unauthenticated,
)
from orderbridge.values.times import to_iso
from tests.fakes import calls, samples
from tests.fakes.directories import Keys, Partners
from tests.fakes.outward import Queues
from tests.fakes.reads import Reads
from tests.fakes.samples import NGORDER, NOW, SIRCLO
from tests.fakes.steps import Clock, Steps
from tests.fakes.store import Store

SALESMANIA = ChannelRef("salesmania-main", "salesmania")
OTHER = "somebody-else"


class Desk:
    """One order with a forward per channel, and the call that cancels it."""

    def __init__(self, *channels: ChannelRef, profile: SignatureProfile = "legacy") -> None:
        self.clock = Clock(NOW)
        self.steps = Steps()
        self.store = Store(self.steps)
        self.queues = Queues(self.clock)
        self.profile = profile
        self.counted: list[str] = []
        partners = Partners(
            samples.partner(signature_profile=profile),
            samples.partner(client_id=OTHER, keys=(samples.partner_key("second"),)),
        )
        callers = Callers(
            partners, TokenVerifier(Keys(samples.SIGNING_KEYS), self.clock), self.clock, limit=self.counted.append
        )
        reads = Reads(self.store)
        self.cancel = CancelSalesOrder(
            callers=callers,
            find=FindOrder(reads, self.clock, sleep=lambda _: None),
            cancel=CancelOrder(self.store, self.queues, samples.CANCELLING.__contains__, self.clock, 60),
            orders=reads,
        )
        self.order = samples.order(channels=channels)
        self.store.orders[self.order.key] = self.order

    def put(self, channel: ChannelRef, state: ForwardState, **changes: Any) -> Forward:
        at = self.order.created_at
        forward = Forward(self.order.key, self.order.code, channel, state, at, at, due_at=None, **changes)
        self.store.create_forward(Transition(forward, None))
        return forward

    def request(self, body: bytes = b"", code: str | None = None, **how: Any) -> Call:
        code = code or self.order.code
        path = f"/api/v1/sales-orders/{code}/cancel"
        return calls.signed(self.clock(), path, body, **{"profile": self.profile, **how})

    def answers(self, cancelled: CancelledOrder) -> dict[str, str]:
        return {each["channel"]: each["cancel"] for each in answered(cancelled)["data"]["channels"]}


def answered(cancelled: CancelledOrder) -> dict[str, Any]:
    return CancellationRecorded.of(cancelled).body()


def test_before_anything_is_sent_it_cancels_at_once() -> None:
    desk = Desk(SIRCLO, NGORDER, SALESMANIA)
    for channel, state in ((SIRCLO, ForwardState.QUEUED), (NGORDER, ForwardState.NEEDS_MAPPING)):
        desk.put(channel, state)

    cancelled = desk.cancel(desk.request(), desk.order.code)

    assert desk.answers(cancelled) == {
        "sirclo-main": "cancelled",
        "ngorder-main": "cancelled",
        "salesmania-main": "cancelled",
    }
    assert answered(cancelled)["data"]["status"] == "CANCELLED"
    assert desk.queues.sent == []
    assert desk.store.orders[desk.order.key].cancel_requested_at is not None


def test_afterwards_each_platform_that_can_is_asked() -> None:
    desk = Desk(SIRCLO, NGORDER, SALESMANIA)
    desk.put(SIRCLO, ForwardState.SENT, external_id="1")
    desk.put(NGORDER, ForwardState.SENDING)
    desk.put(SALESMANIA, ForwardState.SENT)

    cancelled = desk.cancel(desk.request(), desk.order.code)

    assert desk.answers(cancelled) == {
        "sirclo-main": "requested",
        "ngorder-main": "requested",
        "salesmania-main": "not_possible",
    }
    assert [message.channel for _, message in desk.queues.sent] == [SIRCLO]
    assert all(each["detail"] for each in answered(cancelled)["data"]["channels"])


def test_asking_again_tells_how_it_is_and_changes_nothing_that_is_settled() -> None:
    desk = Desk(SIRCLO)
    desk.put(SIRCLO, ForwardState.QUEUED)
    first = desk.cancel(desk.request(), desk.order.code)
    asked_at = desk.store.orders[desk.order.key].cancel_requested_at
    timeline = list(desk.store.timeline[desk.order.key])
    desk.clock.move(60)
    assert answered(desk.cancel(desk.request(), desk.order.code)) == answered(first)
    assert desk.store.orders[desk.order.key].cancel_requested_at == asked_at
    assert desk.store.timeline[desk.order.key] == timeline


def test_an_order_that_no_channel_takes_is_cancelled_without_naming_a_channel() -> None:
    desk = Desk()
    desk.store.await_route(desk.order, to_iso(NOW), to_iso(NOW))
    cancelled = desk.cancel(desk.request(), desk.order.code)
    assert answered(cancelled)["data"] == {"code": desk.order.code, "status": "CANCELLED", "channels": []}


def test_an_order_that_was_not_yet_published_is_cancelled_before_its_forwards_can_go() -> None:
    desk = Desk(SIRCLO)
    assert desk.answers(desk.cancel(desk.request(), desk.order.code)) == {"sirclo-main": "cancelled"}
    (forward,) = desk.store.list_forwards(desk.order)
    assert forward.state is ForwardState.CANCELLED


def test_a_forwarder_that_takes_the_forward_meanwhile_is_seen() -> None:
    for step in range(30):
        desk = Desk(SIRCLO)
        taken = desk.put(SIRCLO, ForwardState.QUEUED)

        def begin(desk: Desk = desk, taken: Forward = taken) -> None:
            key = (desk.order.key, "sirclo-main")
            if desk.store.forwards[key].state is ForwardState.QUEUED:
                desk.store.forwards[key] = replace(taken, state=ForwardState.SENDING, revision=taken.revision + 1)

        desk.steps.at(step, begin)
        answer = desk.answers(desk.cancel(desk.request(), desk.order.code))["sirclo-main"]
        state = desk.store.forwards[desk.order.key, "sirclo-main"].state
        assert (answer, state) in {("cancelled", ForwardState.CANCELLED), ("requested", ForwardState.SENDING)}, step


@pytest.mark.parametrize("body", [b"", b"{}", b" { } "])
@pytest.mark.parametrize("profile", ["legacy", "snap-asym"])
def test_the_body_may_be_left_out(body: bytes, profile: SignatureProfile) -> None:
    desk = Desk(SIRCLO, profile=profile)
    assert desk.cancel(desk.request(body), desk.order.code).status == "CANCELLED"


def refused(desk: Desk, request: Call, code: str | None = None) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        desk.cancel(request, code or desk.order.code)
    assert desk.store.orders[desk.order.key] == desk.order, "something was changed"
    return refusal.value


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"because": "late"}', InvalidFields),
        (b'{"reason": "late", "code": "1"}', InvalidFields),
        (b'{"reason": 1}', InvalidFields),
        (b'{"reason": "a\\u0000b"}', InvalidFields),
        (b'{"reason": "two\\nlines"}', InvalidFields),
        (b'{"reason": "' + b"x" * 201 + b'"}', InvalidFields),
        (b'{"reason": "late", "reason": "later"}', MalformedRequest),
        (b'{"reason": "caf\xe9"}', MalformedRequest),
        (b"[]", InvalidFields),
        (b"{", MalformedRequest),
    ],
)
def test_a_body_that_says_anything_but_a_reason_is_refused(body: bytes, kind: type[Refusal]) -> None:
    desk = Desk(SIRCLO)
    assert isinstance(refused(desk, desk.request(body)), kind)


def wishes(desk: Desk) -> list[str | None]:
    return [entry.detail for entry in desk.store.timeline[desk.order.key] if entry.event == "CancelRequested"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None), ("", None), (" \t ", None), ("  ordered twice ", "ordered twice"), ("é" * 200, "é" * 200),
        (" " * 50 + "x" * 200, "x" * 200),
    ],
)  # fmt: skip
def test_a_reason_is_trimmed_on_the_order_and_its_timeline_and_is_nothing_where_it_is_blank(
    sent: str | None, kept: str | None
) -> None:
    desk = Desk(SIRCLO)
    desk.cancel(desk.request(json.dumps({"reason": sent}).encode()), desk.order.code)
    assert desk.store.orders[desk.order.key].cancel_reason == kept
    assert wishes(desk) == [kept]


def test_the_first_reason_stays_whatever_is_posted_later() -> None:
    desk = Desk(SIRCLO)
    for reason in (None, "ordered twice", "another reason", None):
        desk.cancel(desk.request(json.dumps({"reason": reason}).encode()), desk.order.code)
        desk.clock.move(60)
    order = desk.store.orders[desk.order.key]
    assert (order.cancel_requested_at, order.cancel_reason) == (to_iso(NOW), "ordered twice")
    assert wishes(desk) == [None, "ordered twice"]


def test_the_partner_is_reported_no_reason_and_the_bus_and_the_queues_carry_none() -> None:
    desk = Desk(SIRCLO)
    desk.put(SIRCLO, ForwardState.SENT, external_id="1")
    cancelled = desk.cancel(desk.request(b'{"reason": "Mrs Example is ill"}'), desk.order.code)
    said = [answered(cancelled), SalesOrderFound.of(Reads(desk.store).view(desk.order.key)).body(), *desk.queues.sent]  # type: ignore[arg-type]
    assert "Example" not in repr(said)


def test_another_partners_order_is_not_there() -> None:
    desk = Desk(SIRCLO)
    problem = refused(desk, desk.request(client_id=OTHER, key="second"))
    assert isinstance(problem, NotFound)
    unknown = refused(desk, desk.request(code="SO-20250101-00099"), "SO-20250101-00099")
    assert Problem.of(problem, "1") == Problem.of(unknown, "1")


@pytest.mark.parametrize(
    ("how", "kind", "code"),
    [
        ({"x_signature": "AAAA"}, Unauthenticated, "invalid_signature"),
        ({"key": "second"}, Unauthenticated, "invalid_signature"),
        ({"x_timestamp": str(int(NOW.timestamp()) - 301)}, Unauthenticated, "stale_timestamp"),
        ({"x_timestamp": "now"}, MalformedRequest, "invalid_header"),
        ({"x_client_id": OTHER}, Forbidden, "client_mismatch"),
        ({"authorization": "Bearer x"}, Unauthenticated, "invalid_token"),
    ],
)
def test_it_must_be_signed_like_an_order(how: dict[str, str], kind: type[Refusal], code: str) -> None:
    desk = Desk(SIRCLO)
    problem = refused(desk, desk.request(**how))
    assert (type(problem), problem.code) == (kind, code)
    assert desk.counted == [], "a call whose caller is not known was counted against somebody"


def test_a_body_bound_signature_of_another_order_or_body_does_not_cancel() -> None:
    desk = Desk(SIRCLO, profile="snap-asym")
    other = desk.request(code="SO-20250101-00099")
    moved = replace(other, path=desk.request().path)
    assert refused(desk, moved).code == "invalid_signature"
    bodied = replace(desk.request(b""), body=b"{}")
    assert refused(desk, bodied).code == "invalid_signature"
    assert refused(desk, desk.request(profile="legacy")).code == "invalid_signature"


def test_a_call_above_the_rate_is_refused_before_anything_is_read() -> None:
    desk = Desk(SIRCLO)

    def full(_client_id: str) -> None:
        raise too_many_requests("slow down", 1.2)

    object.__setattr__(desk.cancel.callers, "limit", full)
    problem = refused(desk, desk.request())
    assert isinstance(problem, TooManyRequests)
    assert problem.retry_after == 2


def test_a_call_is_counted_for_the_partner_that_signed_it() -> None:
    desk = Desk(SIRCLO)
    desk.cancel(desk.request(), desk.order.code)
    assert desk.counted == [samples.CLIENT_ID]


def test_the_order_that_is_answered_is_the_one_that_was_asked_for() -> None:
    desk = Desk(SIRCLO)
    other: Order = samples.order("SO-20250101-00002")
    desk.store.orders[other.key] = other
    assert answered(desk.cancel(desk.request(code=other.code), other.code))["data"]["code"] == other.code
    assert desk.store.orders[desk.order.key] == desk.order
