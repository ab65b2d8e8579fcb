"""Logging in, renewing a token, and being known by one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.entrypoints.problems import Problem, problem_headers
from orderbridge.partners.call_limit import CallLimit
from orderbridge.partners.callers import TokenVerifier, active_partner
from orderbridge.partners.login import LogIn, RefreshToken
from orderbridge.partners.token_bucket import RateLimit
from orderbridge.partners.tokens import SigningKeys, issue_token, new_claims, verify_token
from orderbridge.values.refusals import (
    Forbidden,
    InvalidFields,
    MalformedRequest,
    Refusal,
    TooManyRequests,
    Unauthenticated,
)
from tests.fakes.directories import Keys, Partners, Pepper
from tests.fakes.reads import Buckets
from tests.fakes.samples import CLIENT_ID, CLIENT_SECRET, NOW, PEPPER, SIGNING_KEYS, partner
from tests.fakes.steps import Clock

HOUR = 3600


class World:
    """One partner, one key, one clock."""

    def __init__(self, **changes: Any) -> None:
        self.clock = Clock(NOW)
        self.partners = Partners(partner(**changes))
        self.keys = Keys(SIGNING_KEYS)
        self.counted: list[str] = []
        self.log_in = LogIn(self.partners, Pepper(PEPPER), self.keys, self.clock, self.counted.append)
        self.refresh = RefreshToken(self.partners, self.keys, self.clock, self.counted.append)

    def change_partner(self, **changes: Any) -> None:
        self.partners.by_id[CLIENT_ID] = replace(self.partners.by_id[CLIENT_ID], **changes)

    def token(self) -> str:
        return issue_token(new_claims(CLIENT_ID, 1, self.clock()), SIGNING_KEYS)


def credentials(client_id: Any = CLIENT_ID, client_secret: Any = CLIENT_SECRET) -> bytes:
    return json.dumps({"client_id": client_id, "client_secret": client_secret}).encode()


def token_body(token: Any) -> bytes:
    return json.dumps({"token": token}).encode()


def answer(refusal: Refusal) -> dict[str, Any]:
    return {**Problem.of(refusal, "id").body(), "headers": problem_headers(refusal)}


# --- login ------------------------------------------------------------------------------------------------------------


def test_the_right_secret_brings_a_token_for_twelve_hours() -> None:
    world = World()

    access = world.log_in(credentials())

    claims = verify_token(access.token, SIGNING_KEYS, NOW)
    assert access.expired_at == int(NOW.timestamp()) + 12 * HOUR
    assert (claims.client_id, claims.credential_version, claims.expires_at) == (CLIENT_ID, 1, access.expired_at)


def test_tokens_are_counted_among_the_calls_of_the_partner_that_gets_them_and_of_nobody_else() -> None:
    world = World()

    world.log_in(credentials())
    world.refresh(token_body(world.token()))
    assert world.counted == [CLIENT_ID, CLIENT_ID]
    for refused in (credentials(client_secret="wrong"), credentials(client_id="partner-client-002")):
        with pytest.raises(Unauthenticated):
            world.log_in(refused)
    with pytest.raises(Unauthenticated):
        world.refresh(token_body(world.token() + "x"))
    assert len(world.counted) == 2


def test_above_its_rate_a_partner_gets_no_token() -> None:
    world = World()
    limit = CallLimit(Buckets(), RateLimit(per_second=1, burst=3), world.clock)
    log_in = LogIn(world.partners, Pepper(PEPPER), world.keys, world.clock, limit)
    refresh = RefreshToken(world.partners, world.keys, world.clock, limit)

    for _ in range(1 + 3):  # one that the environment lets through by itself, and what is in the bucket
        log_in(credentials())
    with pytest.raises(TooManyRequests):
        log_in(credentials())
    with pytest.raises(TooManyRequests):
        refresh(token_body(world.token()))
    with pytest.raises(Unauthenticated):
        log_in(credentials(client_secret="wrong"))


@pytest.mark.parametrize(
    "body",
    [
        credentials(client_id="partner-client-002"),
        credentials(client_id="no client id at all"),
        credentials(client_id=CLIENT_ID.upper()),
        credentials(client_secret="secret-key-124"),
        credentials(client_secret="secret-key-123 "),
        credentials(client_secret="SECRET-KEY-123"),
        credentials(client_id="\u00e9", client_secret="\u00e9"),
    ],
)
def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(body: bytes) -> None:
    wrong_secret = World()
    with pytest.raises(Unauthenticated) as expected:
        wrong_secret.log_in(credentials(client_secret="wrong"))

    with pytest.raises(Unauthenticated) as refused:
        World().log_in(body)

    assert answer(refused.value) == answer(expected.value)
    assert refused.value.code == "invalid_credentials"


def test_an_unknown_client_costs_a_comparison_too(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[object] = []
    monkeypatch.setattr(
        "orderbridge.partners.login.secret_matches",
        lambda pepper, secret, expected: bool(compared.append(expected)),
    )
    for client_id in (CLIENT_ID, "partner-client-002", "not a client id"):
        with pytest.raises(Unauthenticated):
            World().log_in(credentials(client_id=client_id))

    assert len(compared) == 3
    assert compared[1:] == [None, None]


def test_a_suspended_partner_is_reported_so_only_once_it_has_shown_who_it_is() -> None:
    world = World(state="suspended")

    with pytest.raises(Forbidden) as right:
        world.log_in(credentials())
    with pytest.raises(Unauthenticated) as wrong:
        world.log_in(credentials(client_secret="wrong"))

    assert right.value.code == "partner_suspended"
    assert wrong.value.code == "invalid_credentials"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"{}", {"/client_id", "/client_secret"}),
        (credentials(None, None), {"/client_id", "/client_secret"}),
        (credentials(1, ["x"]), {"/client_id", "/client_secret"}),
        (credentials("", ""), {"/client_id", "/client_secret"}),
        (credentials("x" * 257), {"/client_id"}),
        (credentials(client_secret="x" * 1025), {"/client_secret"}),
        (b"[]", {""}),
    ],
)
def test_every_wrong_field_of_a_login_is_reported_at_once(body: bytes, pointers: set[str]) -> None:
    with pytest.raises(InvalidFields) as refused:
        World().log_in(body)

    assert {error.pointer for error in refused.value.errors} == pointers


@pytest.mark.parametrize("body", [b"", b"{", b"client_id=x&client_secret=y", b"\xff"])
def test_a_login_that_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        World().log_in(body)


def test_a_login_may_say_more_than_it_has_to() -> None:
    World().log_in(json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "x"}).encode())


def test_every_login_begins_a_family_of_its_own() -> None:
    world = World()
    families = {verify_token(world.log_in(credentials()).token, SIGNING_KEYS, NOW).family for _ in range(3)}

    assert len(families) == 3


# --- refresh ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0, 6, 12, 13, 35.9])
def test_a_token_is_renewed_before_and_for_a_day_after_its_expiry(hours: float) -> None:
    world = World()
    old = world.token()
    world.clock.move(hours * HOUR)

    access = world.refresh(token_body(old))

    before, after = (
        verify_token(token, SIGNING_KEYS, world.clock(), expired_for_seconds=24 * HOUR) for token in (old, access.token)
    )
    assert after.expires_at == access.expired_at == int(world.clock().timestamp()) + 12 * HOUR
    assert after.family == before.family
    assert access.token != old


def test_a_token_is_not_renewed_later_than_that() -> None:
    world = World()
    old = world.token()
    world.clock.move(36 * HOUR + 31)

    with pytest.raises(Unauthenticated):
        world.refresh(token_body(old))


def test_renewing_revokes_nothing() -> None:
    world = World()
    old = world.token()

    first, second = world.refresh(token_body(old)), world.refresh(token_body(old))

    assert first.token != second.token
    for token in (old, first.token, second.token):
        verify_token(token, SIGNING_KEYS, world.clock())


def test_a_token_of_an_older_credential_is_not_renewed() -> None:
    world = World()
    old = world.token()
    world.change_partner(credential_version=2)

    with pytest.raises(Unauthenticated) as refused:
        world.refresh(token_body(old))
    assert refused.value.code == "invalid_token"


def test_a_suspended_partners_token_is_not_renewed() -> None:
    world = World()
    old = world.token()
    world.change_partner(state="suspended")

    with pytest.raises(Forbidden):
        world.refresh(token_body(old))


def test_the_token_of_a_partner_that_is_gone_is_not_renewed() -> None:
    world = World()
    old = world.token()
    world.partners.by_id.clear()

    with pytest.raises(Unauthenticated):
        world.refresh(token_body(old))


@pytest.mark.parametrize("token", ["x", "a.b.c", "Bearer a.b.c", "." * 10_000])
def test_every_bad_token_gets_the_same_answer(token: str) -> None:
    world = World()
    foreign = issue_token(new_claims(CLIENT_ID, 1, NOW), SigningKeys({"1": b"x" * 32}, "1"))
    with pytest.raises(Unauthenticated) as expected:
        world.refresh(token_body(foreign))

    with pytest.raises(Unauthenticated) as refused:
        world.refresh(token_body(token))

    assert answer(refused.value) == answer(expected.value)


@pytest.mark.parametrize("body", [b"{}", token_body(None), token_body(""), token_body(1), token_body(["x"])])
def test_a_refresh_without_a_token_is_reported_which_field(body: bytes) -> None:
    with pytest.raises(InvalidFields) as refused:
        World().refresh(body)
    assert [error.pointer for error in refused.value.errors] == ["/token"]


# --- keys that change -------------------------------------------------------------------------------------------------


def test_a_key_that_is_new_to_us_is_fetched_once() -> None:
    rotated = SigningKeys({**SIGNING_KEYS.keys, "2": b"x" * 32}, "2")
    keys = Keys(SIGNING_KEYS, present=rotated)
    token = issue_token(new_claims(CLIENT_ID, 1, NOW), rotated)

    claims = TokenVerifier(keys, Clock(NOW)).claims(token)

    assert (claims.client_id, keys.refreshes) == (CLIENT_ID, 1)


def test_a_key_that_nobody_has_is_asked_for_once_and_refused() -> None:
    keys = Keys(SIGNING_KEYS)
    foreign = issue_token(new_claims(CLIENT_ID, 1, NOW), SigningKeys({"9": b"x" * 32}, "9"))

    with pytest.raises(Unauthenticated):
        TokenVerifier(keys, Clock(NOW)).claims(foreign)
    assert keys.refreshes == 1


def test_a_wrong_signature_is_no_reason_to_fetch_keys() -> None:
    keys = Keys(SIGNING_KEYS)
    foreign = issue_token(new_claims(CLIENT_ID, 1, NOW), SigningKeys({"1": b"x" * 32}, "1"))

    with pytest.raises(Unauthenticated):
        TokenVerifier(keys, Clock(NOW)).claims(foreign)
    assert keys.refreshes == 0


def test_a_token_signed_before_a_rotation_stays_good() -> None:
    token = issue_token(new_claims(CLIENT_ID, 1, NOW), SIGNING_KEYS)
    rotated = SigningKeys({**SIGNING_KEYS.keys, "2": b"x" * 32}, "2")

    assert TokenVerifier(Keys(rotated), Clock(NOW + timedelta(hours=1))).claims(token).client_id == CLIENT_ID


# --- who may still ----------------------------------------------------------------------------------------------------


def test_a_partner_is_known_by_its_token_while_it_may() -> None:
    claims = new_claims(CLIENT_ID, 1, NOW)

    assert active_partner(Partners(partner()), claims) == partner()
    with pytest.raises(Unauthenticated):
        active_partner(Partners(), claims)
    with pytest.raises(Unauthenticated):
        active_partner(Partners(partner(credential_version=2)), claims)
    with pytest.raises(Forbidden):
        active_partner(Partners(partner(state="suspended")), claims)
