"""Items as an earlier version has stored them are read whole, and written again as they were.

`saved_items.json` has the data model of decisions 0039 and 0043, before which nobody had data. Once there is a release,
a stored item that has to change gets a migration, and its old form stays here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from orderbridge.aws import timeline as timelines
from orderbridge.aws.items import Item, from_stream, to_item
from orderbridge.channels import table as channel_table
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import mapping_text, value_of
from orderbridge.forwarding import items as forward_items
from orderbridge.orders import table as order_table
from orderbridge.partners import table as partner_table
from orderbridge.status import table as status_table
from orderbridge.stock import runs_table
from orderbridge.stock import table as stock_table
from orderbridge.values.ids import ChannelRef
from orderbridge.webhooks import items as webhook_items

SAVED: Mapping[str, list[Any]] = json.loads(Path(__file__).with_name("saved_items.json").read_text(encoding="utf-8"))


def saved(kind: str) -> list[Item]:
    """Bytes are Base64 in the file, as in a stream."""
    return [from_stream(item) for item in SAVED[kind]]


def request_again(item: Item) -> Item:
    (forward, *_) = [forward_items.read_forward(each) for each in saved("forward")]
    return forward_items.request_item(forward, forward_items.read_request(item))


def answer_again(item: Item) -> Item:
    (forward, *_) = [forward_items.read_forward(each) for each in saved("forward")]
    return forward_items.answer_item(forward, forward_items.read_answer(item))


def mapping_again(item: Item) -> Item:
    found_at = item["found_at"]["S"] if "found_at" in item else None
    value = mapping_text(value_of(item["value"]["S"]))
    _, platform, channel, _ = item["PK"]["S"].split("#")
    return channel_table.mapping_item(
        ChannelRef(channel, platform), channel_table.read_mapping_key(item), value, found_at
    )


AGAIN: dict[str, Callable[[Item], Item]] = {
    "order": lambda item: order_table.order_item(order_table.read_order(item)),
    "forward": lambda item: forward_items.forward_item(forward_items.read_forward(item)),
    "request": request_again,
    "answer": answer_again,
    "mapping": mapping_again,
    "stock level": lambda item: stock_table.stock_item(stock_table.read_stock_level(item)),
    "stock run": lambda item: runs_table.run_item(runs_table.read_run(item)),
    "status run": lambda item: status_table.run_item(status_table.read_run(item)),
    "webhook": lambda item: webhook_items.webhook_item(webhook_items.read_webhook(item)),
    "delivery": lambda item: webhook_items.delivery_item(webhook_items.read_delivery(item)),
}


@pytest.mark.parametrize("kind", list(AGAIN))
def test_a_saved_item_is_read_and_written_again_as_it_was(kind: str) -> None:
    assert [AGAIN[kind](item) for item in saved(kind)] == saved(kind)


def test_every_saved_kind_is_read() -> None:
    assert set(SAVED) == {*AGAIN, "timeline", "partner", "channel", "channel state"}
    assert all(SAVED.values())


def test_a_saved_line_of_a_timeline_keeps_its_words_and_its_place() -> None:
    *of_the_order, apart = saved("timeline")
    assert [line.event for line in forward_items.read_lines(apart)] == ["ForwardQueued", "ForwardPaused"]
    for item in of_the_order:
        again = timelines.timeline_item(item["PK"]["S"], timelines.read_timeline_entry(item))
        place, again_at = item.pop("SK")["S"], again.pop("SK")["S"]
        assert again == item
        assert again_at.rpartition("#")[0] == place.rpartition("#")[0]


def test_a_saved_partner_keeps_its_keys_and_routes() -> None:
    (partition,) = SAVED["partner"]
    stored = [from_stream({**item, **decoded(item)}) for item in partition]

    partner = partner_table.read_partner(list(stored))
    assert partner is not None
    again = [
        partner_table.partner_item(partner),
        *(partner_table.partner_key_item(partner.client_id, key) for key in partner.keys),
        *(partner_table.route_item(partner.client_id, site, to) for site, to in partner.routes.items()),
    ]
    assert again == stored


def decoded(item: Item) -> Item:
    return {name: {"B": base64.b64decode(value["B"])} for name, value in item.items() if "B" in value}


def test_a_saved_channel_keeps_its_settings_its_pause_and_its_breaker() -> None:
    (profile,), (state,) = saved("channel"), saved("channel state")

    channel = channel_table.read_channel(profile, state)
    active = Channel(channel.name, channel.platform, channel.settings, since=profile["since"]["S"])
    assert channel_table.channel_item(active) == profile
    paused = {"paused_reason": channel.paused_reason, "since": channel.since}
    breaker = {"breaker": channel_table.breaker_values(channel.breaker)}
    assert channel_table.state_keys(channel) | to_item({**paused, **breaker}) == state
    assert channel.state == "paused"
