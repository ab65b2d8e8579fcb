"""Failing logins are throttled by client and by address; a right secret is let in whatever others do."""

from __future__ import annotations

import json

import pytest

from orderbridge.entrypoints.problems import KINDS, Problem
from orderbridge.partners.login import LogIn
from orderbridge.partners.login_throttle import LoginThrottle, ThrottledLogIn, address_scope, client_scope
from orderbridge.values.refusals import Forbidden, InvalidFields, Refusal, TooManyRequests, Unauthenticated
from tests.fakes import samples
from tests.fakes.directories import Keys, Partners, Pepper
from tests.fakes.reads import Failures
from tests.fakes.steps import Clock

HERE, THERE = "203.0.113.7", "198.51.100.9"
PER_CLIENT, PER_ADDRESS = 5, 12


class Door:
    """A login with its throttle."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.partners = Partners(samples.partner(keys=()), samples.partner(client_id="other", keys=()))
        self.failures = Failures()
        log_in = LogIn(self.partners, Pepper(samples.PEPPER), Keys(samples.SIGNING_KEYS), self.clock)
        throttle = LoginThrottle(self.failures, PER_CLIENT, PER_ADDRESS, self.clock)
        self.log_in = ThrottledLogIn(log_in, throttle)

    def try_(self, secret: str = "wrong", client_id: str = samples.CLIENT_ID, address: str = HERE) -> Refusal | None:
        body = json.dumps({"client_id": client_id, "client_secret": secret}).encode()
        try:
            self.log_in(body, address)
        except Refusal as refused:
            return refused
        return None

    def fail(self, times: int, **how: str) -> list[int]:
        return [KINDS[type(refused)].status if (refused := self.try_(**how)) else 200 for _ in range(times)]


def test_a_client_may_fail_a_few_times_in_a_window_and_then_is_reported_to_wait() -> None:
    door = Door()
    assert door.fail(PER_CLIENT + 3) == [401] * PER_CLIENT + [429] * 3
    refused = door.try_()
    assert isinstance(refused, TooManyRequests)
    assert refused.retry_after == 300
    door.clock.move(120.5)
    refused = door.try_()
    assert refused is not None
    assert refused.retry_after == 180
    door.clock.move(180)
    assert door.fail(1) == [401]


def test_the_right_secret_is_let_in_after_any_number_of_wrong_ones() -> None:
    door = Door()
    door.fail(100, address=THERE)
    door.fail(100, address=HERE)
    assert door.try_(samples.CLIENT_SECRET, address=HERE) is None
    assert door.try_(samples.CLIENT_SECRET, address=THERE) is None


def test_a_success_writes_nothing() -> None:
    door = Door()
    assert door.try_(samples.CLIENT_SECRET) is None
    assert door.failures.writes == 0


def test_an_address_may_fail_so_often_over_all_clients() -> None:
    door = Door()
    statuses = [door.fail(1, client_id=f"guess-{number}")[0] for number in range(PER_ADDRESS + 3)]
    assert statuses == [401] * PER_ADDRESS + [429] * 3
    assert door.fail(1, client_id="guess-0", address=THERE) == [401]


def test_a_known_and_an_unknown_client_are_answered_and_counted_alike() -> None:
    seen = []
    for client_id in (samples.CLIENT_ID, "nobody"):
        door = Door()
        answers = [door.try_(client_id=client_id) for _ in range(PER_CLIENT + 2)]
        problems = [Problem.of(each, "1") for each in answers if each]
        seen.append((problems, door.failures.writes, len(door.partners.asked)))
    assert seen[0] == seen[1]


def test_an_attack_costs_no_more_writes_than_the_limit() -> None:
    door = Door()
    door.fail(1000)
    assert door.failures.writes <= 2 * (PER_CLIENT + 1)


def test_what_is_no_login_at_all_is_not_counted() -> None:
    door = Door()
    with pytest.raises(InvalidFields):
        door.log_in(b'{"client_id": "x"}', HERE)
    assert door.failures.writes == 0


def test_a_suspended_partner_with_the_right_secret_has_not_failed() -> None:
    door = Door()
    door.partners.by_id[samples.CLIENT_ID] = samples.partner(keys=(), state="suspended")
    assert isinstance(door.try_(samples.CLIENT_SECRET), Forbidden)
    assert door.failures.writes == 0
    assert isinstance(door.try_("wrong"), Unauthenticated)
    assert door.failures.writes == 2


@pytest.mark.parametrize("client_id", ["a#b", "a" * 65, "../..", "💥", " ", "client#x"])
def test_what_can_be_no_clients_id_is_counted_under_one_name(client_id: str) -> None:
    assert client_scope(client_id) == "client#"


def test_addresses_of_one_subscriber_are_one() -> None:
    assert address_scope("2001:db8::1") == address_scope("2001:db8:0:0:ffff::2") == "address#2001:db8::/64"
    assert address_scope("2001:db8:0:1::1") != address_scope("2001:db8::1")
    assert address_scope(HERE) == "address#203.0.113.7"
    assert address_scope("") == address_scope("not an address#1") == "address#"


def test_the_memory_of_closed_scopes_is_bounded() -> None:
    door = Door()
    for number in range(1200):
        door.fail(PER_CLIENT + 1, client_id=f"c{number}", address=f"10.{number // 250}.{number % 250}.1")
    assert len(door.log_in.throttle._closed) <= 1000
