"""Orders that are refused: every check in its order, and nothing is said that the caller may not know."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.partners.signatures import message_to_sign
from orderbridge.partners.tokens import SigningKeys
from orderbridge.values.refusals import Forbidden, MalformedRequest, TooManyRequests, Unauthenticated
from tests.fakes.intake import PATH, IntakeWorld, refused
from tests.fakes.samples import CLIENT_ID, NOW, order_body, partner, partner_key, sign

# --- who is calling ---------------------------------------------------------------------------------------------------


def test_no_token_or_none_in_the_right_form() -> None:
    world = IntakeWorld()
    token = world.token()
    values = ("", "Bearer", "Bearer ", token, f"Basic {token}", f"Bearer {token} x", f"Token {token}", "Bearer x")
    requests = [world.request(without="authorization"), *(world.request(authorization=value) for value in values)]
    problems = [refused(world, request) for request in requests]

    assert {(type(p), p.code, p.detail) for p in problems} == {(Unauthenticated, "invalid_token", problems[0].detail)}


def test_a_token_that_is_foreign_or_over_is_refused_in_the_same_words() -> None:
    world = IntakeWorld()
    foreign = world.token(keys=SigningKeys({"1": b"x" * 32}, "1"))
    old = world.token()
    first = refused(world, world.request(authorization=f"Bearer {foreign}"))
    world.clock.move(12 * 3600 + 31)
    second = refused(world, world.request(authorization=f"Bearer {old}"))

    assert (type(first), first.code, first.detail) == (type(second), second.code, second.detail)
    assert type(first) is Unauthenticated


@pytest.mark.parametrize("header", ["x-client-id", "x-timestamp", "x-signature"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_required_header_that_is_missing_is_400(header: str, value: str | None) -> None:
    world = IntakeWorld()
    request = world.request(without=header) if value is None else world.request(**{header.replace("-", "_"): value})

    problem = refused(world, request)

    assert (type(problem), problem.code) == (MalformedRequest, "missing_header")


@pytest.mark.parametrize("client_id", ["partner client 001", "x" * 65, "partner#1", "é"])
def test_a_client_id_that_is_none_is_400(client_id: str) -> None:
    world = IntakeWorld()

    assert type(refused(world, world.request(x_client_id=client_id))) is MalformedRequest


@pytest.mark.parametrize("client_id", ["partner-client-002", "PARTNER-CLIENT-001", "partner-client-0011"])
def test_a_client_id_other_than_the_tokens_is_403(client_id: str) -> None:
    world = IntakeWorld()

    problem = refused(world, world.request(x_client_id=client_id))

    assert (type(problem), problem.code) == (Forbidden, "client_mismatch")


def test_another_partners_token_with_our_signature_and_the_reverse_are_403() -> None:
    world = IntakeWorld()
    world.partners.by_id["partner-client-002"] = partner(client_id="partner-client-002", keys=(partner_key("second"),))
    theirs = world.token("partner-client-002")

    assert type(refused(world, world.request(authorization=f"Bearer {theirs}"))) is Forbidden
    assert type(refused(world, world.request(x_client_id="partner-client-002"))) is Forbidden


def test_another_partners_token_and_name_with_our_signature_is_401() -> None:
    world = IntakeWorld()
    world.partners.by_id["partner-client-002"] = partner(client_id="partner-client-002", keys=(partner_key("second"),))
    theirs = world.token("partner-client-002")
    request = world.request(authorization=f"Bearer {theirs}", x_client_id="partner-client-002")

    assert (type(refused(world, request)), refused(world, request).code) == (Unauthenticated, "invalid_signature")


def test_a_suspended_partner_is_403_and_one_that_is_gone_or_was_changed_401() -> None:
    suspended, rotated, gone = IntakeWorld(state="suspended"), IntakeWorld(credential_version=2), IntakeWorld()
    gone.partners.by_id.clear()

    assert type(refused(suspended, suspended.request())) is Forbidden
    assert {type(refused(world, world.request())) for world in (rotated, gone)} == {Unauthenticated}


# --- the signature ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timestamp", ["now", "1735700400.0", "-1735700400", "2025-01-01T03:00:00Z", "17357004001234"])
def test_a_timestamp_that_is_none_is_400(timestamp: str) -> None:
    world = IntakeWorld()

    problem = refused(world, world.request(x_timestamp=timestamp))

    assert (type(problem), problem.code) == (MalformedRequest, "invalid_header")


@pytest.mark.parametrize(
    ("seconds", "is_fresh"), [(-301, False), (-300, True), (-299, True), (299, True), (300, True), (301, False)]
)
def test_a_timestamp_is_good_for_five_minutes(seconds: int, is_fresh: bool) -> None:
    world = IntakeWorld()
    request = world.request(x_timestamp=str(int(NOW.timestamp()) + seconds))

    if is_fresh:
        world.accept(request)
    else:
        problem = refused(world, request)
        assert (type(problem), problem.code) == (Unauthenticated, "stale_timestamp")


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
    world = IntakeWorld()
    good = world.request().signature

    problem = refused(world, world.request(x_signature=spoil(good)))

    assert (type(problem), problem.code) == (Unauthenticated, "invalid_signature")
    assert problem.detail == refused(world, world.request(x_signature="x")).detail


def test_a_revoked_key_signs_nothing() -> None:
    world = IntakeWorld(keys=(replace(partner_key(), state="revoked"),))

    assert refused(world, world.request()).code == "invalid_signature"


def test_the_legacy_signature_says_nothing_of_the_body_and_the_body_bound_one_does() -> None:
    legacy = IntakeWorld()
    legacy.accept(legacy.request(order_body(address="somewhere else")))

    bound = IntakeWorld(signature_profile="snap-asym")
    assert refused(bound, bound.request()).code == "invalid_signature", "the legacy form is refused for it"
    timestamp, body = str(int(NOW.timestamp())), order_body()
    message = message_to_sign(
        "snap-asym", client_id=CLIENT_ID, timestamp=timestamp, method="POST", path=PATH, body=body
    )
    signature = base64.b64encode(sign(message)).decode()
    moved = bound.request(order_body(address="elsewhere"), x_signature=signature)
    assert refused(bound, moved).code == "invalid_signature"
    bound.accept(bound.request(body, x_signature=signature))


# --- the order of checks ----------------------------------------------------------------------------------------------


def test_the_checks_come_in_their_order() -> None:
    """Token, client, timestamp, signature, JSON, fields: with everything wrong, what is mended decides the answer."""
    world = IntakeWorld()
    wrong = {
        "authorization": "Bearer x",
        "x_client_id": "partner-client-002",
        "x_timestamp": "1",
        "x_signature": "AAAA",
    }
    mended = [dict(list(wrong.items())[count:]) for count in range(len(wrong) + 1)]
    said = [refused(world, world.request(b"{", **still_wrong)).code for still_wrong in mended]

    assert said == ["invalid_token", "client_mismatch", "stale_timestamp", "invalid_signature", "malformed_json"]


def test_nobody_who_is_not_known_learns_anything_about_fields() -> None:
    world = IntakeWorld()

    assert refused(world, world.request(b"{}", authorization="Bearer x")).code == "invalid_token"
    assert refused(world, world.request(b"{}", x_signature="AAAA")).code == "invalid_signature"
    assert refused(world, world.request(b"{}")).code == "invalid_fields"


def test_a_call_counts_against_the_limit_once_the_caller_is_known_and_not_before() -> None:
    world = IntakeWorld()
    refused(world, world.request(authorization="Bearer x"))
    refused(world, world.request(x_signature="AAAA"))
    assert world.limited == []

    refused(world, world.request(b"{}"))
    assert world.limited == [CLIENT_ID]


def test_a_caller_over_its_limit_is_refused_before_its_order_is_read() -> None:
    world = IntakeWorld()

    def no_more(client_id: str) -> None:
        raise TooManyRequests("too_many_requests", "Words.", retry_after=1)

    callers = replace(world.accept.callers, limit=no_more)

    with pytest.raises(TooManyRequests):
        replace(world.accept, callers=callers)(world.request(b"{"))


def test_a_refused_order_takes_no_number() -> None:
    world = IntakeWorld()
    refused(world, world.request(b"{}"))

    assert world.counter.calls == []
