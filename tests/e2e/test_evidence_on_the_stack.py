"""`make evidence-stack` in small: workers and `local up` are killed, and nothing is lost or doubled."""

from __future__ import annotations

import pytest

from evidence.stack import kills
from tests.e2e.workers import CAN_BE_FOUND

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ORDERS = 24


@pytest.mark.skipif(not CAN_BE_FOUND, reason="finds the workers in /proc")
def test_orders_survive_kills_of_workers_and_of_local_up_and_a_clean_restart() -> None:
    figures = kills.run(ORDERS, seed=1, say=print, clean_restarts=1)

    assert figures["violations"] == []
    assert (figures["accepted"], figures["stored"]) == (ORDERS, ORDERS)
    assert [end["what"] for end in figures["ends_of_local_up"]] == ["SIGTERM", "SIGKILL", "stop"]
    assert sum(figures["killed_workers"].values()) >= 3
    assert {sum(states.values()) for states in figures["states"].values()} == {ORDERS}
