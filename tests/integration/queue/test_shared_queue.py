"""Two channels on one platform share a queue and a forwarder; what holds one of them up is nothing to the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.values.ids import ChannelRef
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from orderbridge_sandboxes.faults import Fault
from tests.integration.deployed import sqs_event
from tests.integration.queue.conftest import Line

S = ForwardState
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


class TwoShops:
    """A partner whose orders go to two accounts on one platform, each on a sandbox of its own."""

    def __init__(self, line: Line, other_sandbox: Sandbox[Any]) -> None:
        self.line, self.other_sandbox = line, other_sandbox
        self.other = ChannelRef(f"{line.platform}-other", line.platform)
        settings = demo.demo_settings(line.platform, other_sandbox.url)
        credentials = demo.DEMO_CREDENTIALS[line.platform]
        line.deployed.add_channel(Channel(self.other.name, line.platform, settings), credentials)
        line.deployed.add_partner(replace(line.partner.partner, channels=(line.channel, self.other)))
        line.map_everything()
        for kind, key, value in demo.demo_mappings(line.platform):
            line.deployed.add_mapping(self.other, MappingKey.of(kind, key), value)  # type: ignore[arg-type]

    def handle(self, *channels: ChannelRef) -> Any:
        """The forwarder's answer to one message for each of these channels, one invocation each."""
        answers = [
            self.line.forward(sqs_event({**self.line.detail(), "channel": channel.name})) for channel in channels
        ]
        assert answers == [DONE] * len(channels), "nothing stays in the queue that the channels share"

    @property
    def states(self) -> tuple[ForwardState, ForwardState]:
        states = self.line.deployed.states()
        return states[self.line.channel.name], states[self.other.name]


@pytest.fixture
def shops(line: Line) -> Iterator[TwoShops]:
    with SANDBOXES[line.platform]() as other_sandbox:
        yield TwoShops(line, other_sandbox)


def pause(shops: TwoShops) -> None:
    line = shops.line
    settings = demo.demo_settings(line.platform, line.sandbox.url)
    paused = Channel(line.channel.name, line.platform, settings, "paused", "stock count", "2025-01-01T00:00:00.000Z")
    line.deployed.put_channel(paused)


def ask_for_ten_minutes(shops: TwoShops) -> None:
    shops.line.sandbox.faults.add(Fault("status", status=429, retry_after=600, count=None))


@pytest.mark.parametrize(("trouble", "state"), [(pause, S.PAUSED), (ask_for_ten_minutes, S.QUEUED)])
def test_a_channel_that_is_held_up_holds_up_none_of_the_others(
    trouble: Callable[[TwoShops], None], state: ForwardState, shops: TwoShops
) -> None:
    trouble(shops)
    code = shops.line.accept()

    shops.handle(shops.line.channel, shops.line.channel, shops.other)

    assert shops.states == (state, S.SENT)
    assert shops.line.sandbox.orders == ()
    assert [held.reference for held in shops.other_sandbox.orders] == [code]


def test_each_account_gets_the_order_once_and_in_its_own_name(shops: TwoShops) -> None:
    code = shops.line.accept()

    shops.handle(shops.other, shops.line.channel, shops.other, shops.line.channel)

    assert shops.states == (S.SENT, S.SENT)
    for sandbox in (shops.line.sandbox, shops.other_sandbox):
        assert [held.reference for held in sandbox.orders] == [code]


def test_a_forwarder_keeps_to_a_channels_rate(line: Line) -> None:
    """Of 4 a second the orders have 3.2 (`calls.turns`), however many workers there are."""
    settings = {**demo.demo_settings(line.platform, line.sandbox.url), "rate_limit": 4}
    line.deployed.put_channel(Channel(line.channel.name, line.platform, settings))
    line.map_everything()
    for number in range(1, 7):
        line.accept(number)

    line.forward(sqs_event(line.detail(1)))  # which may wait for a login
    began = time.monotonic()
    for number in range(2, 7):
        line.forward(sqs_event(line.detail(number)))

    assert len(line.sandbox.orders) == 6
    assert time.monotonic() - began >= 4 / 3.2
