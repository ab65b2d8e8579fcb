"""Accepting an order: every check in its order, one write, and never twice."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.domain.orders import Order
from orderbridge.domain.problems import (
    Conflict,
    InvalidFields,
    Problem,
    TooManyRequests,
)
from orderbridge.domain.signatures import message_to_sign
from orderbridge.domain.times import to_iso
from orderbridge.domain.tokens import SigningKeys, issue_token, new_claims
from orderbridge.usecases.callers import ApiRequest, Callers
from orderbridge.usecases.codes import CodeAllocator
from orderbridge.usecases.intake import AcceptOrder
from orderbridge.usecases.tokens import TokenVerifier
from tests.fakes.directories import Keys, Partners
from tests.fakes.samples import (
    CLIENT_ID,
    NGORDER,
    NOW,
    SIGNING_KEYS,
    SIRCLO,
    order_body,
    order_document,
    partner,
    partner_key,
    sign,
)
from tests.fakes.steps import Clock, Died, PortFailed, Steps, die, fail
from tests.fakes.store import Counter, Store

PATH = "/api/v1/sales-orders"


class World:
    """Intake on fakes, with one partner that signs."""

    def __init__(self, **partner_changes: Any) -> None:
        self.clock = Clock(NOW)
        self.steps = Steps()
        self.store = Store(self.steps)
        self.counter = Counter(self.steps)
        self.partners = Partners(partner(**partner_changes))
        self.limited: list[str] = []
        self.codes = CodeAllocator(self.counter)
        self.accept = self.environment(self.codes)

    def environment(self, codes: CodeAllocator) -> AcceptOrder:
        callers = Callers(
            self.partners, TokenVerifier(Keys(SIGNING_KEYS), self.clock), self.clock, limit=self.limited.append
        )
        return AcceptOrder(callers, codes, self.store, self.clock, "Asia/Jakarta", 60)

    def request(self, body: bytes | None = None, *, without: str = "", **headers: str) -> ApiRequest:
        """A well-signed request now; `headers` replace (with _ for -), `without` drops one."""
        timestamp = headers.get("x_timestamp", str(int(self.clock().timestamp())))
        signature = base64.b64encode(sign(f"{CLIENT_ID}|{timestamp}".encode())).decode()
        all_headers = {
            "authorization": f"Bearer {self.token()}",
            "x-client-id": CLIENT_ID,
            "x-timestamp": timestamp,
            "x-signature": signature,
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        all_headers.pop(without, None)
        return ApiRequest(all_headers, order_body() if body is None else body, path=PATH)

    def token(self, client_id: str = CLIENT_ID, keys: SigningKeys = SIGNING_KEYS) -> str:
        return issue_token(new_claims(client_id, 1, self.clock()), keys)

    def stored(self) -> list[Order]:
        return list(self.store.orders.values())


def refused(world: World, request: ApiRequest) -> Problem:
    with pytest.raises(Problem) as problem:
        world.accept(request)
    assert world.stored() == []
    return problem.value


# --- accepted ---------------------------------------------------------------------------------------------------------


def test_an_order_is_stored_once_with_everything_that_is_frozen_on_it() -> None:
    world = World(channels=(SIRCLO, NGORDER))

    accepted = world.accept(world.request())

    assert accepted.replayed is False
    assert accepted.body() == {
        "message": "Sales order created successfully",
        "data": {"code": "SO-20250101-00001", "status": "DRAFT", "created_at": "2025-01-01T03:00:00.000Z"},
    }
    (order,) = world.stored()
    assert order == accepted.order
    assert order.content.model_dump(mode="json") == order_document()
    assert (order.key.client_id, order.key.reference) == (CLIENT_ID, "po:PO-2025-00001")
    assert order.channels == (SIRCLO, NGORDER)
    assert order.signed_by == partner_key().kid
    assert order.due_at == to_iso(NOW + timedelta(seconds=60))


def test_the_day_of_a_code_is_the_business_day() -> None:
    world = World()
    world.clock.now = NOW.replace(hour=16, minute=59)
    before = world.accept(world.request(order_body(purchase_order_no="1"))).order
    world.clock.now = NOW.replace(hour=17, minute=0)
    after = world.accept(world.request(order_body(purchase_order_no="2"))).order

    assert (before.code, before.order_date) == ("SO-20250101-00001", "2025-01-01")
    assert (after.code, after.order_date) == ("SO-20250102-00001", "2025-01-02")


def test_a_sites_route_decides_the_channels_and_an_order_without_any_is_accepted() -> None:
    world = World(routes={"SITE-001": (NGORDER,), "SITE-002": ()})

    assert world.accept(world.request()).order.channels == (NGORDER,)
    nowhere = world.accept(world.request(order_body(site_code="SITE-002", purchase_order_no="2")))
    assert nowhere.order.channels == ()


@pytest.mark.parametrize("bearer", ["Bearer {}", "bearer {}", "BEARER  {}", "Bearer {} "])
def test_the_word_bearer_in_any_case(bearer: str) -> None:
    world = World()

    world.accept(world.request(authorization=bearer.format(world.token())))


def test_a_timestamp_of_thirteen_digits_is_milliseconds() -> None:
    world = World()

    world.accept(world.request(x_timestamp=str(int(NOW.timestamp() * 1000))))


def test_the_second_key_of_a_partner_signs_too_and_is_kept_on_the_order() -> None:
    world = World(keys=(partner_key("first"), partner_key("second")))
    timestamp = str(int(NOW.timestamp()))
    signature = base64.urlsafe_b64encode(sign(f"{CLIENT_ID}|{timestamp}".encode(), "second")).decode()

    accepted = world.accept(world.request(x_signature=signature))

    assert accepted.order.signed_by == partner_key("second").kid


# --- refused: who is calling ------------------------------------------------------------------------------------------


def test_no_token_or_none_in_the_right_form() -> None:
    world = World()
    token = world.token()
    values = ("", "Bearer", "Bearer ", token, f"Basic {token}", f"Bearer {token} x", f"Token {token}", "Bearer x")
    requests = [world.request(without="authorization"), *(world.request(authorization=value) for value in values)]
    problems = [refused(world, request) for request in requests]

    assert {(p.status, p.code, p.detail) for p in problems} == {(401, "invalid_token", problems[0].detail)}


def test_a_token_that_is_foreign_or_over_is_refused_in_the_same_words() -> None:
    world = World()
    foreign = world.token(keys=SigningKeys({"1": b"x" * 32}, "1"))
    old = world.token()
    first = refused(world, world.request(authorization=f"Bearer {foreign}"))
    world.clock.move(12 * 3600 + 31)
    second = refused(world, world.request(authorization=f"Bearer {old}"))

    assert (first.status, first.code, first.detail) == (second.status, second.code, second.detail)
    assert first.status == 401


@pytest.mark.parametrize("header", ["x-client-id", "x-timestamp", "x-signature"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_required_header_that_is_missing_is_400(header: str, value: str | None) -> None:
    world = World()
    request = world.request(without=header) if value is None else world.request(**{header.replace("-", "_"): value})

    problem = refused(world, request)

    assert (problem.status, problem.code) == (400, "missing_header")


@pytest.mark.parametrize("client_id", ["partner client 001", "x" * 65, "partner#1", "é"])
def test_a_client_id_that_is_none_is_400(client_id: str) -> None:
    world = World()

    assert refused(world, world.request(x_client_id=client_id)).status == 400


@pytest.mark.parametrize("client_id", ["partner-client-002", "PARTNER-CLIENT-001", "partner-client-0011"])
def test_a_client_id_other_than_the_tokens_is_403(client_id: str) -> None:
    world = World()

    problem = refused(world, world.request(x_client_id=client_id))

    assert (problem.status, problem.code) == (403, "client_mismatch")


def test_another_partners_token_with_our_signature_and_the_reverse_are_403() -> None:
    world = World()
    world.partners.by_id["partner-client-002"] = partner(client_id="partner-client-002", keys=(partner_key("second"),))
    theirs = world.token("partner-client-002")

    assert refused(world, world.request(authorization=f"Bearer {theirs}")).status == 403
    assert refused(world, world.request(x_client_id="partner-client-002")).status == 403


def test_another_partners_token_and_name_with_our_signature_is_401() -> None:
    world = World()
    world.partners.by_id["partner-client-002"] = partner(client_id="partner-client-002", keys=(partner_key("second"),))
    theirs = world.token("partner-client-002")
    request = world.request(authorization=f"Bearer {theirs}", x_client_id="partner-client-002")

    assert (refused(world, request).status, refused(world, request).code) == (401, "invalid_signature")


def test_a_suspended_partner_is_403_and_one_that_is_gone_or_was_changed_401() -> None:
    suspended, rotated, gone = World(state="suspended"), World(credential_version=2), World()
    gone.partners.by_id.clear()

    assert [refused(world, world.request()).status for world in (suspended, rotated, gone)] == [403, 401, 401]


# --- refused: the signature -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timestamp", ["now", "1735700400.0", "-1735700400", "2025-01-01T03:00:00Z", "17357004001234"])
def test_a_timestamp_that_is_none_is_400(timestamp: str) -> None:
    world = World()

    problem = refused(world, world.request(x_timestamp=timestamp))

    assert (problem.status, problem.code) == (400, "invalid_header")


@pytest.mark.parametrize(
    ("seconds", "is_fresh"), [(-301, False), (-300, True), (-299, True), (299, True), (300, True), (301, False)]
)
def test_a_timestamp_is_good_for_five_minutes(seconds: int, is_fresh: bool) -> None:
    world = World()
    request = world.request(x_timestamp=str(int(NOW.timestamp()) + seconds))

    if is_fresh:
        world.accept(request)
    else:
        problem = refused(world, request)
        assert (problem.status, problem.code) == (401, "stale_timestamp")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda signature: "no Base64!",
        lambda signature: "AAAA",
        lambda signature: signature[:-4],
        lambda signature: signature[:-1],
        lambda signature: "=" + signature,
        lambda signature: base64.b64encode(sign(b"partner-client-001|1")).decode(),
        lambda signature: base64.b64encode(sign(f"{CLIENT_ID}|{int(NOW.timestamp())}".encode(), "second")).decode(),
    ],
)
def test_every_bad_signature_is_401_in_the_same_words(spoil: Any) -> None:
    world = World()
    good = world.request().headers["x-signature"]

    problem = refused(world, world.request(x_signature=spoil(good)))

    assert (problem.status, problem.code) == (401, "invalid_signature")
    assert problem.detail == refused(world, world.request(x_signature="x")).detail


def test_a_revoked_key_signs_nothing() -> None:
    world = World(keys=(replace(partner_key(), state="revoked"),))

    assert refused(world, world.request()).code == "invalid_signature"


def test_the_legacy_signature_says_nothing_of_the_body_and_the_body_bound_one_does() -> None:
    legacy = World()
    legacy.accept(legacy.request(order_body(address="somewhere else")))

    bound = World(signature_profile="snap-asym")
    assert refused(bound, bound.request()).code == "invalid_signature", "the legacy form is refused for it"
    timestamp, body = str(int(NOW.timestamp())), order_body()
    message = message_to_sign(
        "snap-asym", client_id=CLIENT_ID, timestamp=timestamp, method="POST", path=PATH, body=body
    )
    signature = base64.b64encode(sign(message)).decode()
    assert refused(bound, bound.request(order_body(address="elsewhere"), x_signature=signature)).status == 401
    bound.accept(bound.request(body, x_signature=signature))


# --- refused: the order of checks -------------------------------------------------------------------------------------


def test_the_checks_come_in_their_order() -> None:
    """Token, client, timestamp, signature, JSON, fields: with everything wrong, what is mended decides what is told."""
    world = World()
    wrong = {
        "authorization": "Bearer x",
        "x-client-id": "partner-client-002",
        "x-timestamp": "1",
        "x-signature": "AAAA",
    }
    right = world.request().headers
    told = []
    for mended in range(len(wrong) + 1):
        headers = {**right, **dict(list(wrong.items())[mended:])}
        told.append(refused(world, ApiRequest(headers, b"{", path=PATH)).code)

    assert told == ["invalid_token", "client_mismatch", "stale_timestamp", "invalid_signature", "malformed_json"]


def test_nobody_who_is_not_known_learns_anything_about_fields() -> None:
    world = World()

    assert refused(world, world.request(b"{}", authorization="Bearer x")).code == "invalid_token"
    assert refused(world, world.request(b"{}", x_signature="AAAA")).code == "invalid_signature"
    assert refused(world, world.request(b"{}")).code == "invalid_fields"


def test_a_call_counts_against_the_limit_once_the_caller_is_known_and_not_before() -> None:
    world = World()
    refused(world, world.request(authorization="Bearer x"))
    refused(world, world.request(x_signature="AAAA"))
    assert world.limited == []

    refused(world, world.request(b"{}"))
    assert world.limited == [CLIENT_ID]


def test_a_caller_over_its_limit_is_refused_before_its_order_is_read() -> None:
    world = World()

    def no_more(client_id: str) -> None:
        raise TooManyRequests("too_many_requests", "Words.", retry_after=1)

    callers = replace(world.accept.callers, limit=no_more)

    with pytest.raises(TooManyRequests):
        replace(world.accept, callers=callers)(world.request(b"{"))


def test_a_refused_order_takes_no_number() -> None:
    world = World()
    refused(world, world.request(b"{}"))

    assert world.counter.calls == []


# --- never twice ------------------------------------------------------------------------------------------------------


def test_the_same_purchase_order_again_is_the_same_order() -> None:
    world = World()
    first = world.accept(world.request())
    world.clock.move(3600)
    respelt = json.dumps(dict(reversed(order_document().items())), indent=2).encode()

    again = world.accept(world.request(respelt))

    assert again.replayed
    assert again.body() == first.body()
    assert world.stored() == [first.order]


def test_the_same_purchase_order_with_other_content_is_a_conflict_and_changes_nothing() -> None:
    world = World()
    first = world.accept(world.request())

    with pytest.raises(Conflict) as conflict:
        world.accept(world.request(order_body(address="elsewhere")))

    assert (conflict.value.status, conflict.value.code) == (409, "purchase_order_conflict")
    assert world.stored() == [first.order]


def test_an_idempotency_key_stands_in_for_a_purchase_order_no() -> None:
    world = World()
    body, other = order_body(purchase_order_no=None), order_body(purchase_order_no=None, address="elsewhere")
    first = world.accept(world.request(body, idempotency_key="key-1"))
    world.clock.move(3600)

    assert world.accept(world.request(body, idempotency_key="key-1")).body() == first.body()
    assert world.accept(world.request(body, idempotency_key=" key-1 ")).body() == first.body()
    with pytest.raises(InvalidFields) as reused:
        world.accept(world.request(other, idempotency_key="key-1"))
    assert (reused.value.status, reused.value.code) == (422, "idempotency_key_reused")
    assert world.accept(world.request(body, idempotency_key="key-2")).order.code != first.order.code


def test_with_a_purchase_order_no_the_key_is_ignored_even_a_bad_one() -> None:
    world = World()
    first = world.accept(world.request(idempotency_key="key-1"))

    assert world.accept(world.request(idempotency_key="key-2")).body() == first.body()
    assert world.accept(world.request(idempotency_key="no key at all")).body() == first.body()


@pytest.mark.parametrize("key", ["", "  ", "two words", "é", "x" * 129, "a\x00b", "a\nb"])
def test_an_idempotency_key_that_is_none_is_400(key: str) -> None:
    world = World()

    assert refused(world, world.request(order_body(purchase_order_no=None), idempotency_key=key)).status == 400


def test_without_either_an_exact_replay_is_the_same_order_and_nothing_else_is() -> None:
    world = World()
    body = order_body(purchase_order_no=None)
    request = world.request(body)
    codes = {world.accept(request).order.code for _ in range(20)}
    assert len(codes) == 1

    respelt = world.accept(world.request(body + b" ")).order.code
    world.clock.move(1)
    a_second_later = world.accept(world.request(body)).order.code
    assert len({*codes, respelt, a_second_later}) == 3


def test_two_partners_may_use_the_same_reference() -> None:
    world = World()
    other = partner(client_id="partner-client-002")
    world.partners.by_id["partner-client-002"] = other
    timestamp = str(int(NOW.timestamp()))
    signature = base64.b64encode(sign(f"partner-client-002|{timestamp}".encode())).decode()
    request = world.request(
        x_client_id="partner-client-002",
        authorization=f"Bearer {world.token('partner-client-002')}",
        x_signature=signature,
    )

    codes = {world.accept(world.request()).order.code, world.accept(request).order.code}

    assert len(codes) == 2


def test_a_number_that_a_replay_did_not_need_goes_to_the_next_order() -> None:
    world = World()
    world.accept(world.request())
    world.accept(world.request())
    with pytest.raises(Conflict):
        world.accept(world.request(order_body(address="elsewhere")))

    assert world.accept(world.request(order_body(purchase_order_no="2"))).order.code == "SO-20250101-00002"
    assert world.codes.gaps == 0


def test_a_retried_write_that_meets_itself_was_accepted_not_replayed() -> None:
    """The SDK repeats a put whose answer was lost; the repeat finds the item that the first try stored."""
    world = World()
    put = world.store.put_if_absent

    def put_twice(order: Order) -> Order | None:
        put(order)
        return put(order)

    world.store.put_if_absent = put_twice  # type: ignore[method-assign]
    accepted = world.accept(world.request())

    assert not accepted.replayed
    assert world.stored() == [accepted.order]
    world.store.put_if_absent = put  # type: ignore[method-assign]
    assert world.accept(world.request(order_body(purchase_order_no="2"))).order.code == "SO-20250101-00002"


@pytest.mark.parametrize("step", [0, 1, 2, 3])
@pytest.mark.parametrize("harm", [die, fail])
def test_wherever_it_breaks_the_same_request_again_ends_in_one_order(step: int, harm: Any) -> None:
    world = World()
    request = world.request()
    world.steps.at(step, harm)
    with pytest.raises((Died, PortFailed)):
        world.accept(request)
    world.steps.clear()

    accepted = world.environment(CodeAllocator(world.counter))(request)

    assert world.stored() == [accepted.order]
    assert accepted.replayed == (step == 3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=20))
def test_whatever_is_posted_again_wherever_no_reference_has_two_orders_and_no_code_two_references(
    posts: list[tuple[int, int]],
) -> None:
    world = World()
    environments = [world.environment(CodeAllocator(world.counter)) for _ in range(3)]
    codes: dict[int, set[str]] = {}
    for environment, number in posts:
        accepted = environments[environment](world.request(order_body(purchase_order_no=str(number))))
        codes.setdefault(number, set()).add(accepted.order.code)

    assert all(len(each) == 1 for each in codes.values())
    assert len(set.union(*codes.values())) == len(codes) == len(world.stored())
