"""The limits of the deployed API: of calls and of failing logins."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orderbridge.aws.limits import bucket_pk
from orderbridge_cli.local.stack_file import StackDescription
from tests.e2e.actors import Partner, sales_order
from tests.e2e.documented import check

pytestmark = pytest.mark.e2e

CALLS_PER_SECOND, CALLS_AT_ONCE = 100, 1000  # the template's defaults
EMPTY_SECONDS = 40.0  # longer than a loaded machine takes for the calls that an environment lets through by itself


@pytest.fixture
def busy(new_partner: Callable[..., Partner]) -> Partner:
    partner = new_partner("salesmania", mapped=False)
    partner.http.event_hooks = {"response": [check]}
    partner.login()
    return partner


def test_a_partner_whose_bucket_is_empty_is_told_when_to_come_back(
    busy: Partner, aws: Callable[[str], Any], stack: StackDescription
) -> None:
    def read() -> httpx.Response:
        return busy.http.get(f"{stack.api_url}/api/v1/sales-orders", headers={"Authorization": f"Bearer {busy.token}"})

    gives_again_at = time.time() + EMPTY_SECONDS
    full_at = gives_again_at + CALLS_AT_ONCE / CALLS_PER_SECOND
    aws("dynamodb").put_item(
        TableName=stack.table,
        Item={"PK": {"S": bucket_pk(busy.client_id)}, "SK": {"S": "BUCKET"}, "full_at": {"N": f"{full_at:.6f}"}},
    )
    # An environment lets a tenth of the burst through by itself before it asks.
    answers = [read()]
    while answers[-1].status_code == 200 and len(answers) < 4 * CALLS_AT_ONCE / 10:
        answers.append(read())

    refused = answers[-1]
    left = gives_again_at - time.time()
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert len(answers) > CALLS_AT_ONCE / 10
    assert left - 1 <= int(refused.headers["Retry-After"]) <= left + 2
    time.sleep(int(refused.headers["Retry-After"]))
    assert read().status_code == 200


def log_in(partner: Partner, secret: str, address: str, client_id: str | None = None) -> httpx.Response:
    return partner.http.post(
        f"{partner.api_url}/api/v1/auth/login",
        json={"client_id": client_id or partner.client_id, "client_secret": secret},
        headers={"X-Forwarded-For": address},  # the local engine takes it for the caller's address
    )


def test_failing_logins_are_told_to_wait_and_lock_nobody_out(
    busy: Partner, new_partner: Callable[..., Partner]
) -> None:
    stranger, own = "203.0.113.66", "198.51.100.7"
    statuses = [log_in(busy, "wrong", stranger).status_code for _ in range(24)]
    assert statuses == [401] * 20 + [429] * 4
    refused = log_in(busy, "wrong", own)
    assert refused.status_code == 429, "the client's failures count from everywhere"
    assert 1 <= int(refused.headers["Retry-After"]) <= 300

    assert log_in(busy, busy.client_secret, own).status_code == 200
    assert log_in(busy, busy.client_secret, stranger).status_code == 200
    assert busy.post(sales_order("PO-AFTER-AN-ATTACK")).status_code == 201


def test_an_address_that_tries_many_clients_is_told_to_wait(busy: Partner) -> None:
    address = "203.0.113.99"
    statuses = [log_in(busy, "wrong", address, f"guess-{number}").status_code for number in range(63)]
    assert statuses == [401] * 60 + [429] * 3
    assert log_in(busy, "wrong", "203.0.113.98", "guess-0").status_code == 401
    assert log_in(busy, busy.client_secret, address).status_code == 200
