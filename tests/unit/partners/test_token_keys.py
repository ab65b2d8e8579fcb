"""Token keys are rotated while environments remember old rings, and no token becomes invalid."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.partners.secrets import signing_keys
from orderbridge.partners.token_keys import (
    REMEMBERED_SECONDS,
    VERIFIES_AFTER_IT_SIGNED_SECONDS,
    VERIFIES_BEFORE_IT_SIGNS_SECONDS,
    KeyStillComing,
    replace_compromised,
    rotate,
    stages,
)
from orderbridge.partners.tokens import (
    LIFETIME_SECONDS,
    REFRESH_GRACE_SECONDS,
    InvalidToken,
    SigningKeys,
    UnknownKey,
    issue_token,
    new_claims,
    verify_token,
)

START = 1_735_700_000.0
FIRST: dict[str, Any] = {"kid": "1", "key": "k" * 64}


def key(number: int) -> str:
    return f"{number:064d}"


@dataclass
class Secret:
    """The secret as it is."""

    document: dict[str, Any] = field(default_factory=lambda: dict(FIRST))
    made: int = 0

    def rotate(self, now: float) -> bool:
        self.made += 1
        try:
            self.document = rotate(self.document, key(self.made), now)
        except KeyStillComing:
            return False
        return True


@dataclass
class Environment:
    """A function's environment: reads the ring every five minutes, and once a minute for a key it does not know."""

    secret: Secret
    read_at: float = float("-inf")
    ring: SigningKeys | None = None

    def keys(self, now: float, at_most_old: float = REMEMBERED_SECONDS) -> SigningKeys:
        if self.ring is None or now - self.read_at >= at_most_old:
            self.ring, self.read_at = signing_keys(self.secret.document, now), now
        return self.ring

    def issue(self, now: float) -> str:
        return issue_token(new_claims("acme", 1, moment(now)), self.keys(now))

    def accepts(self, token: str, now: float, *, refresh: bool = False) -> bool:
        grace = REFRESH_GRACE_SECONDS if refresh else 0
        try:
            try:
                verify_token(token, self.keys(now), moment(now), expired_for_seconds=grace)
            except UnknownKey:
                verify_token(token, self.keys(now, 60), moment(now), expired_for_seconds=grace)
        except InvalidToken:
            return False
        return True


def moment(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


STEPS = st.lists(
    st.tuples(
        st.floats(min_value=0, max_value=400) | st.floats(min_value=0, max_value=14 * 3600),
        st.sampled_from(["rotate", "issue", "nothing"]),
        st.integers(min_value=0, max_value=2),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_a_token_is_good_everywhere_until_it_expires_however_keys_are_rotated(
    steps: list[tuple[float, str, int]],
) -> None:
    secret = Secret()
    environments = [Environment(secret) for _ in range(3)]
    issued: list[tuple[str, float]] = []
    now = START
    for waited, act, number in steps:
        now += waited
        if act == "rotate":
            secret.rotate(now)
        elif act == "issue":
            issued.append((environments[number].issue(now), now))
        for token, at in issued:
            if now <= at + LIFETIME_SECONDS:
                assert environments[number].accepts(token, now)
            if now <= at + LIFETIME_SECONDS + REFRESH_GRACE_SECONDS:
                assert environments[number].accepts(token, now, refresh=True)


def test_a_new_key_verifies_for_five_minutes_and_then_signs() -> None:
    document = rotate(FIRST, key(2), START)
    early, late = signing_keys(document, START + 299), signing_keys(document, START + 300)
    assert (early.signing_kid, late.signing_kid) == ("1", "2")
    assert set(early.keys) == set(late.keys) == {"1", "2"}


def test_a_second_rotation_waits_until_the_first_has_reached_everybody() -> None:
    document = rotate(FIRST, key(2), START)
    with pytest.raises(KeyStillComing) as refused:
        rotate(document, key(3), START + 100)
    assert refused.value.seconds == pytest.approx(200)
    again = rotate(document, key(3), START + VERIFIES_BEFORE_IT_SIGNS_SECONDS)
    assert [each.kid for each in stages(again, START + 301)] == ["3", "2", "1"]


def test_a_key_leaves_once_its_last_token_can_neither_be_used_nor_refreshed() -> None:
    assert VERIFIES_AFTER_IT_SIGNED_SECONDS >= LIFETIME_SECONDS + REFRESH_GRACE_SECONDS + 600
    document = rotate(FIRST, key(2), START)
    gone_at = START + VERIFIES_AFTER_IT_SIGNED_SECONDS
    before, after = rotate(document, key(3), gone_at - 1), rotate(document, key(3), gone_at + 1)
    assert [each["kid"] for each in before["previous"]] == ["2", "1"]
    assert [each["kid"] for each in after["previous"]] == ["2"]


def test_a_key_that_was_put_there_by_hand_stays() -> None:
    document = {**FIRST, "previous": [{"kid": "old", "key": key(9)}]}
    assert [e["kid"] for e in rotate(document, key(2), START)["previous"]] == ["1", "old"]
    assert [each.kid for each in stages(document, START)] == ["1", "old"]


def test_a_compromised_ring_ends_every_token_within_the_time_a_ring_is_remembered() -> None:
    secret = Secret()
    environment, other = Environment(secret), Environment(secret)
    token = environment.issue(START)
    assert other.accepts(token, START)
    secret.document = replace_compromised(secret.document, key(7), START + 1)
    new = Environment(secret).issue(START + 1)
    assert other.accepts(new, START + 61), "a key that is not known is looked for, at most once a minute"
    assert not other.accepts(token, START + REMEMBERED_SECONDS + 1)
    assert not environment.accepts(token, START + REMEMBERED_SECONDS + 1)


def test_the_stages_say_what_each_key_does_and_until_when() -> None:
    document = rotate(FIRST, key(2), START)
    coming = stages(document, START + 10)
    assert [(each.kid, each.stage, each.until) for each in coming] == [
        ("2", "coming", START + 300),
        ("1", "signing", START + 300),
    ]
    settled = stages(document, START + 400)
    assert [(each.kid, each.stage, each.until) for each in settled] == [
        ("2", "signing", None),
        ("1", "leaving", START + VERIFIES_AFTER_IT_SIGNED_SECONDS),
    ]
    assert not [each for each in settled if "k" * 10 in repr(each)]


def test_kids_count_on_from_the_highest_that_there_is() -> None:
    assert rotate({"kid": "a", "key": key(1)}, key(2), START)["kid"] == "1"
    assert rotate({"kid": "4", "key": key(1), "previous": [{"kid": "9", "key": key(2)}]}, key(3), START)["kid"] == "10"


@pytest.mark.parametrize("change", [rotate, replace_compromised])
def test_a_key_that_is_too_short_is_never_stored(change: Any) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        change(FIRST, "short", START)
