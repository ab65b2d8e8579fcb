"""The adapters against the sandboxes, over real sockets on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Outcome
from orderbridge.forwarding.ports import Platform
from orderbridge.orders.order import Order
from orderbridge.platforms.registry import platform_named
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from orderbridge_sandboxes.ngorder import NgorderSandbox
from orderbridge_sandboxes.salesmania import SalesmaniaSandbox
from orderbridge_sandboxes.sirclo import SircloSandbox
from tests.unit.platforms import examples

PLATFORMS = tuple(SANDBOXES)


class Connected:
    """One platform's adapter, a channel on its sandbox, and the demo's mappings."""

    def __init__(self, name: str, sandbox: Sandbox[Any], **settings: Any) -> None:
        self.sandbox = sandbox
        self.platform: Platform = platform_named(name, allow_loopback_http=True)
        self.channel = Channel(f"{name}-demo", name, {**demo.demo_settings(name, sandbox.url), **settings})
        self.credentials = demo.DEMO_CREDENTIALS[name]
        self.mappings = {
            MappingKey.of(kind, key): value  # type: ignore[arg-type]
            for kind, key, value in demo.demo_mappings(name)
        }

    def send(self, order: Order | None = None) -> Outcome:
        """Map the order and send it once."""
        request = self.platform.to_request(order or an_order(), self.channel, self.mappings)
        return self.platform.create_order(request, self.channel, self.credentials)

    @property
    def references(self) -> list[str | None]:
        """What the sandbox holds, by our code."""
        return [held.reference for held in self.sandbox.orders]


def an_order(number: int = 1, **fields: Any) -> Order:
    """An order that every sandbox can take."""
    today = {"customer_code": "CUST-001", "site_code": "SITE-001", **fields}
    return examples.order((("PROD-001", 10), ("PROD-002", 3)), code=f"SO-20250101-{number:05d}", **today)


@pytest.fixture(params=PLATFORMS)
def connected(request: pytest.FixtureRequest) -> Iterator[Connected]:
    """Each platform in turn."""
    with SANDBOXES[request.param]() as sandbox:
        yield Connected(request.param, sandbox)


@pytest.fixture
def salesmania() -> Iterator[Connected]:
    with SalesmaniaSandbox() as sandbox:
        yield Connected("salesmania", sandbox)


@pytest.fixture
def sirclo() -> Iterator[Connected]:
    with SircloSandbox() as sandbox:
        yield Connected("sirclo", sandbox)


@pytest.fixture
def later_sirclo() -> Iterator[Connected]:
    """SIRCLO in its revision of 2021-02."""
    with SircloSandbox() as sandbox:
        yield Connected("sirclo", sandbox, revision="2021-02")


@pytest.fixture
def ngorder() -> Iterator[Connected]:
    with NgorderSandbox() as sandbox:
        yield Connected("ngorder", sandbox)
