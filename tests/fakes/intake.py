"""Intake on fakes, with one partner that signs, and what a test of it asks for."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from orderbridge.entrypoints.requests import read_call
from orderbridge.orders.intake import AcceptOrder
from orderbridge.orders.numbering import CodeAllocator
from orderbridge.orders.order import Order
from orderbridge.partners.call import Call
from orderbridge.partners.callers import Callers, TokenVerifier
from orderbridge.partners.tokens import SigningKeys, issue_token, new_claims
from orderbridge.values.refusals import Refusal
from tests.fakes.directories import Keys, Partners
from tests.fakes.samples import CLIENT_ID, NOW, SIGNING_KEYS, order_body, partner, sign
from tests.fakes.steps import Clock, Steps
from tests.fakes.store import Counter, Store

PATH = "/api/v1/sales-orders"


class IntakeWorld:
    """Intake on fakes, with one partner that signs; `gaps` are the numbers that went to no order."""

    def __init__(self, **partner_changes: Any) -> None:
        self.clock = Clock(NOW)
        self.steps = Steps()
        self.store = Store(self.steps)
        self.counter = Counter(self.steps)
        self.partners = Partners(partner(**partner_changes))
        self.limited: list[str] = []
        self.gaps: list[int] = []
        self.accept = self.environment(CodeAllocator(self.counter, note_gap=self.gaps.append))

    def environment(self, codes: CodeAllocator) -> AcceptOrder:
        callers = Callers(
            self.partners, TokenVerifier(Keys(SIGNING_KEYS), self.clock), self.clock, limit=self.limited.append
        )
        return AcceptOrder(callers, codes, self.store, self.clock, "Asia/Jakarta", 60)

    def request(self, body: bytes | None = None, *, without: str = "", **headers: str) -> Call:
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
        return read_call(all_headers, order_body() if body is None else body, method="POST", path=PATH)

    def token(self, client_id: str = CLIENT_ID, keys: SigningKeys = SIGNING_KEYS) -> str:
        return issue_token(new_claims(client_id, 1, self.clock()), keys)

    def stored(self) -> list[Order]:
        return list(self.store.orders.values())


def refused(world: IntakeWorld, request: Call) -> Refusal:
    """With what a request is refused; nothing was stored."""
    with pytest.raises(Refusal) as refusal:
        world.accept(request)
    assert world.stored() == []
    return refusal.value
