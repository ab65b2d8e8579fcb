"""The limits of the deployed API: of calls and of failing logins."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
import pytest

from orderbridge.partners.table import bucket_pk
from orderbridge_cli.local.stack_file import StackDescription
from tests.e2e.actors import Partner, sales_order
from tests.e2e.conftest import SEEDS
from tests.e2e.documented import check

pytestmark = pytest.mark.e2e
T = TypeVar("T")

CALLS_PER_SECOND, CALLS_AT_ONCE = float(SEEDS["PartnerCallsPerSecond"]), 1000  # the second is the template's default
OF_ONE_ENVIRONMENT = CALLS_AT_ONCE // 10  # what it lets through by itself before it asks the partner's bucket
WINDOW_SECONDS = 300  # in which failing logins are counted


@pytest.fixture
def busy(new_partner: Callable[..., Partner]) -> Partner:
    partner = new_partner("salesmania", mapped=False)
    partner.http.event_hooks = {"response": [check]}
    partner.login()
    return partner


def test_a_partner_whose_bucket_is_empty_is_reported_when_to_come_back(
    busy: Partner, aws: Callable[[str], Any], stack: StackDescription
) -> None:
    def read() -> httpx.Response:
        return busy.http.get(f"{stack.api_url}/api/v1/sales-orders", headers={"Authorization": f"Bearer {busy.token}"})

    def empty_bucket(seconds: float) -> float:
        """Leaves nothing in the partner's bucket for so long; the unix time from which on it gives again."""
        gives_again_at = time.time() + seconds
        full_at = gives_again_at + CALLS_AT_ONCE / CALLS_PER_SECOND
        aws("dynamodb").put_item(
            TableName=stack.table,
            Item={"PK": {"S": bucket_pk(busy.client_id)}, "SK": {"S": "BUCKET"}, "full_at": {"N": f"{full_at:.6f}"}},
        )
        return gives_again_at

    calls = 0
    # A slow machine takes long for the calls that need not ask; what is left of them is fewer at the next try.
    for seconds in (10, 60, 360):
        gives_again_at = empty_bucket(seconds)
        answered = 200
        while answered == 200 and time.time() < gives_again_at:
            begun, calls = time.time(), calls + 1
            refused = read()
            ended, answered = time.time(), refused.status_code
        if answered != 200:
            break

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert calls > OF_ONE_ENVIRONMENT
    # The first token is there so long after the bucket has been empty; whole seconds, rounded up.
    gives_one_at = gives_again_at + 1 / CALLS_PER_SECOND
    assert gives_one_at - ended <= int(refused.headers["Retry-After"]) <= gives_one_at - begun + 1
    time.sleep(int(refused.headers["Retry-After"]))
    assert read().status_code == 200


def at_once(times: int, log_in: Callable[[int], httpx.Response]) -> Counter[int]:
    """How often each status was answered; by several at once, so that they are done well within one window."""
    with ThreadPoolExecutor(8) as threads:
        return Counter(answer.status_code for answer in threads.map(log_in, range(times)))


def in_one_window(attempt: Callable[[int], T]) -> T:
    """What an attempt came to that lies in one window of counting whole; one that does not is made again, by others."""
    for number in itertools.count():
        window = time.time() // WINDOW_SECONDS
        result = attempt(number)
        if time.time() // WINDOW_SECONDS == window:
            return result
    raise AssertionError("never")


def log_in(partner: Partner, secret: str, address: str, client_id: str | None = None) -> httpx.Response:
    return partner.http.post(
        f"{partner.api_url}/api/v1/auth/login",
        json={"client_id": client_id or partner.client_id, "client_secret": secret},
        headers={"X-Forwarded-For": address},  # the local engine takes it for the caller's address
    )


def test_failing_logins_are_reported_to_wait_and_lock_nobody_out(new_partner: Callable[..., Partner]) -> None:
    def attack(number: int) -> tuple[Partner, str, str, Counter[int], httpx.Response]:
        attacked = new_partner("salesmania", mapped=False)
        stranger, own = f"203.0.113.{66 + number}", f"198.51.100.{7 + number}"
        statuses = at_once(24, lambda _: log_in(attacked, "wrong", stranger))
        return attacked, stranger, own, statuses, log_in(attacked, "wrong", own)

    attacked, stranger, own, statuses, refused = in_one_window(attack)
    assert statuses == {401: 20, 429: 4}
    assert refused.status_code == 429, "the client's failures count from everywhere"
    assert 1 <= int(refused.headers["Retry-After"]) <= WINDOW_SECONDS

    assert log_in(attacked, attacked.client_secret, own).status_code == 200
    assert log_in(attacked, attacked.client_secret, stranger).status_code == 200
    assert attacked.post(sales_order("PO-AFTER-AN-ATTACK")).status_code == 201


def test_an_address_that_tries_many_clients_is_reported_to_wait(busy: Partner) -> None:
    def attack(number: int) -> tuple[str, Counter[int], int]:
        address, other = f"203.0.113.{99 + number}", f"198.51.100.{99 + number}"
        statuses = at_once(63, lambda each: log_in(busy, "wrong", address, f"guess-{number}-{each}"))
        return address, statuses, log_in(busy, "wrong", other, f"guess-{number}-0").status_code

    address, statuses, of_another = in_one_window(attack)
    assert statuses == {401: 60, 429: 3}
    assert of_another == 401
    assert log_in(busy, busy.client_secret, address).status_code == 200
