"""Two hundred orders whose every answer is lost: no platform holds one twice, and each forward says what is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.actors import Operator, Partner, Platforms
from tests.e2e.conftest import wait_for
from tests.e2e.test_platform_faults import CREATE_PATH

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ORDERS = 200


def test_two_hundred_orders_without_an_answer_are_neither_lost_nor_doubled(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner(settings={"settle_s": 1, "timeout_s": 5})
    salesmania, sirclo, ngorder = partner.channels
    partner.login()
    for platform, path in CREATE_PATH.items():
        # Only these orders' first answers are lost; a second create call would be answered, and be seen as a double.
        platforms.strike(platform, kind="commit_then_close", method="POST", path=path, count=ORDERS)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda number: partner.place(f"PO-MANY-{number}"), range(ORDERS)))
    assert len(set(codes)) == ORDERS

    def states(channel: str) -> Counter[str]:
        return Counter(forward["state"] for forward in operator.run("forwards", "list", "--channel", channel))

    wait_for(
        lambda: states(sirclo) == {"SENT": ORDERS} and states(ngorder) == {"SENT": ORDERS},
        seconds=240, every=3, what="SIRCLO's and Ngorder's orders to be found",
    )  # fmt: skip
    wait_for(
        lambda: states(salesmania) == {"IN_DOUBT": ORDERS}, seconds=60, every=2, what="SalesMania's to be in doubt"
    )
    platforms.heal()
    for platform in CREATE_PATH:
        assert all(len(platforms.held(platform, code)) == 1 for code in codes), platform
    for channel, platform in ((sirclo, "sirclo"), (ngorder, "ngorder")):
        known = {f["code"]: f["external_id"] for f in operator.run("forwards", "list", "--channel", channel)}
        assert all(known[code] == str(platforms.held(platform, code)[0]["id"]) for code in codes)
