"""A channel on a platform's sandbox, over a real socket, with the demo's mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.aws.timeline import read_timeline_entry
from orderbridge.channels.channel import Channel
from orderbridge.channels.credentials import credentials_secret
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding import items as forward_items
from orderbridge.orders.table import order_pk
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from tests.fakes import samples
from tests.integration.deployed import STACK, Deployed
from tests.integration.partner_side import PartnerSide

PLATFORMS = tuple(SANDBOXES)


class Line:
    """Partner, functions and sandbox of one platform, from the API to the platform's door."""

    def __init__(self, deployed: Deployed, platform: str, sandbox: Sandbox[Any]) -> None:
        self.deployed = deployed
        self.platform = platform
        self.sandbox = sandbox
        self.channel = ChannelRef(f"{platform}-demo", platform)
        self.queue = next(name for name in deployed.queues() if name.lower() == f"forwardqueue{platform}")
        self.partner = PartnerSide(deployed)
        self.partner.partner = replace(self.partner.partner, channels=(self.channel,))
        deployed.parameters["AllowLoopbackHttp"] = "true"
        deployed.add_partner(self.partner.partner)
        settings = demo.demo_settings(platform, sandbox.url)
        self._as_set_up = Channel(self.channel.name, platform, settings)
        deployed.add_channel(self._as_set_up, demo.DEMO_CREDENTIALS[platform])

    def map_everything(self) -> None:
        for kind, key, value in demo.demo_mappings(self.platform):
            self.deployed.add_mapping(self.channel, MappingKey.of(kind, key), value)  # type: ignore[arg-type]

    def map_as(self, kind: str, key: str, known: str) -> None:
        """Map a code of ours to what the demo maps another to."""
        values = {(row_kind, row_key): value for row_kind, row_key, value in demo.demo_mappings(self.platform)}
        if (kind, known) in values:
            self.deployed.add_mapping(self.channel, MappingKey.of(kind, key), values[kind, known])  # type: ignore[arg-type]

    def accept(self, number: int = 1, **changes: Any) -> str:
        """An accepted and published order; its code."""
        order = self.partner.order(purchase_order_no=f"PO-{number}", **changes)
        status, body, _ = self.deployed.answer("order_intake", order)
        assert status == 201, body
        code: str = body["data"]["code"]
        of_order = order_pk(OrderKey.of(samples.CLIENT_ID, f"po:PO-{number}"))
        self.deployed.call("event_publisher", self.deployed.stream_records(of_order))
        return code

    @property
    def secret(self) -> str:
        """The name of the secret with the channel's credentials."""
        return credentials_secret(STACK, self.platform, self.channel.name)

    def store_credentials(self, credentials: Mapping[str, Any]) -> None:
        self.deployed.add_credentials(self._as_set_up, credentials)

    def timeline(self) -> list[str]:
        """What has happened, as the timeline names it."""
        lines = [line for forward in self.deployed.forwards().values() for line in forward.log]
        for item in self.deployed.items("FORWARD#"):
            if item["SK"]["S"].startswith("EVENT#"):
                lines += forward_items.read_lines(item)
        for item in self.deployed.items("ORDER#"):
            if item["SK"]["S"].startswith("EVENT#"):
                lines.append(read_timeline_entry(item))
        return [line.event for line in sorted(lines, key=lambda line: line.at)]

    def detail(self, number: int = 1) -> dict[str, str]:
        """The message of an order, as the bus puts it into the queue."""
        (order,) = [o for o in self.deployed.orders() if o.content.purchase_order_no == f"PO-{number}"]
        return {
            "code": order.code,
            "client_id": order.client_id,
            "reference_hash": order.key.reference_hash,
            "channel": self.channel.name,
            "platform": self.platform,
        }

    def forward(self, event: Any, **options: Any) -> Any:
        return self.deployed.call(f"forward_{self.platform}", event, **options)


@pytest.fixture(params=PLATFORMS)
def line(request: pytest.FixtureRequest, deployed: Deployed) -> Iterator[Line]:
    """Each platform in turn."""
    with SANDBOXES[request.param]() as sandbox:
        yield Line(deployed, request.param, sandbox)


@pytest.fixture
def ngorder(deployed: Deployed) -> Iterator[Line]:
    with SANDBOXES["ngorder"]() as sandbox:
        yield Line(deployed, "ngorder", sandbox)
