"""Many at once on the deployed stack: one order stays one, and no code is given twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.actors import Partner, sales_order
from tests.e2e.conftest import wait_for
from tests.e2e.documented import check

pytestmark = pytest.mark.e2e

AT_ONCE = 25


@pytest.fixture
def loud(new_partner: Callable[..., Partner]) -> Partner:
    """A partner whose channel takes nothing, so that only accepting is busy."""
    partner = new_partner("sirclo", mapped=False)
    partner.http.event_hooks = {"response": [check]}
    partner.login()
    return partner


def all_at_once(times: int, post: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(post, range(times)))


def listed(partner: Partner) -> list[str]:
    answer = partner.http.get(
        f"{partner.api_url}/api/v1/sales-orders?limit=200", headers={"Authorization": f"Bearer {partner.token}"}
    )
    return [each["code"] for each in answer.json()["data"]]


@pytest.mark.parametrize("how", ["purchase_order_no", "Idempotency-Key", "replay"])
def test_fifty_posts_of_one_order_at_once_are_one_order(loud: Partner, how: str) -> None:
    frozen = loud.signed_headers()
    order = sales_order("PO-FIFTY" if how == "purchase_order_no" else None)

    def post(_number: int) -> httpx.Response:
        # A replay is the very same request; the others are signed again each time, as a partner's workers would.
        headers = frozen if how == "replay" else loud.signed_headers()
        return loud.post(order, {**headers, **({"Idempotency-Key": "key-1"} if how == "Idempotency-Key" else {})})

    answers = all_at_once(50, post)

    assert Counter(each.status_code for each in answers) == {201: 1, 200: 49}
    assert len({each.text for each in answers}) == 1
    replays = [each for each in answers if each.headers.get("Idempotent-Replay") == "true"]
    assert {each.status_code for each in replays} == {200}
    assert len(replays) == 49
    wait_for(lambda: len(listed(loud)) == 1, what="one order in the list")


def test_two_hundred_orders_at_once_have_two_hundred_codes(loud: Partner) -> None:
    answers = all_at_once(200, lambda number: loud.post(sales_order(f"PO-MANY-{number}")))

    assert Counter(each.status_code for each in answers) == {201: 200}
    codes = [each.json()["data"]["code"] for each in answers]
    assert len(set(codes)) == 200
    assert all(re.fullmatch(r"SO-\d{8}-\d{5,}", code) for code in codes)
    wait_for(lambda: sorted(listed(loud)) == sorted(codes), what="all of them in the list")


def test_other_content_under_one_number_wins_once_and_is_a_conflict_for_the_others(loud: Partner) -> None:
    answers = all_at_once(
        20,
        lambda number: loud.post(sales_order("PO-CONTEST", products=[{"product_code": "P", "quantity": number + 1}])),
    )
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 19}
