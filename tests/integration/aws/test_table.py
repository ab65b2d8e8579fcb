"""What only the table has: attribute values, round trips, many keys, caches, rotating keys, a due index in shards."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.aws import items
from orderbridge.aws import timeline as timelines
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.aws.items import from_attribute, to_attribute
from orderbridge.aws.reads import batch_get
from orderbridge.channels import table as channel_table
from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import CHANNEL_NAME, Channel
from orderbridge.channels.mapping import KINDS, MappingKey, value_of
from orderbridge.channels.table import TableMappings
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.forwarding.table import TableDueIndex
from orderbridge.orders import table as order_table
from orderbridge.orders.codes import order_code
from orderbridge.orders.table import TableOrderIntake
from orderbridge.partners import table as partner_table
from orderbridge.partners.partner import Partner
from orderbridge.partners.table import TableKeyUse, TablePartners
from orderbridge.platforms.names import platform_names
from orderbridge.values.events import Event
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.timeline import TimelineEntry
from tests.fakes import samples
from tests.fakes.steps import Clock
from tests.integration.deployed import Deployed

SHOP = ChannelRef("shop", "sirclo")

# --- attribute values -------------------------------------------------------------------------------------------------

numbers = st.integers(-(10**30), 10**30) | st.decimals(
    min_value=-(10**20), max_value=10**20, allow_nan=False, allow_infinity=False, places=6
)
plain_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | numbers | st.binary(min_size=1, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(plain_values)
def test_attribute_values_are_boto3s(value: Any) -> None:
    assert to_attribute(value) == TypeSerializer().serialize(value)
    assert from_attribute(to_attribute(value)) == TypeDeserializer().deserialize(to_attribute(value))


@given(plain_values)
def test_what_was_written_is_read(value: Any) -> None:
    assert from_attribute(to_attribute(value)) == value


@pytest.mark.parametrize("value", [1.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), {1, 2}, object()])
def test_what_has_no_place_in_an_item_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_attribute(value)


def test_none_is_left_out_of_an_item_so_that_indexes_stay_sparse() -> None:
    assert items.to_item({"a": None, "b": 0, "c": "", "d": False}).keys() == {"b", "c", "d"}


# --- round trips ------------------------------------------------------------------------------------------------------

texts = st.text(max_size=8)
names = st.text(min_size=1, max_size=8)
maybe = st.none() | names
refs = st.builds(ChannelRef, st.from_regex(CHANNEL_NAME, fullmatch=True), st.sampled_from(platform_names()))
forwards = st.builds(
    Forward,
    key=st.just(samples.order().key),
    code=st.integers(1, 10**6).map(lambda number: order_code(date(2025, 1, 1), number)),
    channel=refs,
    state=st.sampled_from(ForwardState),
    created_at=names,
    updated_at=names,
    due_at=maybe,
    not_before=maybe,
    attempts=st.integers(0, 10**6),
    attempt_id=maybe,
    lease_until=maybe,
    body_hash=maybe,
    external_id=maybe,
    platform_status=st.none() | st.sampled_from(["SHIPPED", "COMPLETED"]),
    platform_status_raw=st.dictionaries(names, texts, max_size=2).map(lambda raw: tuple(sorted(raw.items()))),
    awb_number=maybe,
    cancel_answer=maybe,
    cancel_asked_since=maybe,
    cancel_unanswered=st.integers(0, 5),
    in_question_since=maybe,
    negative_looks=st.integers(0, 5),
    failed_looks=st.integers(0, 5),
    deferrals=st.integers(0, 5),
    missing=st.lists(st.builds(MappingKey.of, st.sampled_from(KINDS), names), max_size=3).map(tuple),
    error=maybe,
    revision=st.integers(0, 10**6),
)


def through_a_stream(item: dict[str, Any]) -> dict[str, Any]:
    """An item as a stream brings it: bytes as Base64."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()
    }


@given(forwards)
def test_a_forward_is_read_as_it_was_written(forward: Forward) -> None:
    item = forward_items.forward_item(forward)

    assert forward_items.read_forward(item) == forward
    assert forward_items.read_forward(items.from_stream(through_a_stream(item))) == forward
    assert ("due_shard" in item) == (forward.due_at is not None)


def test_an_order_is_read_as_it_was_written() -> None:
    for order in (
        samples.order(),
        samples.order(due_at=None, channels=(), cancel_requested_at="2025", cancel_reason="é"),
    ):
        assert order_table.read_order(order_table.order_item(order)) == order


def test_requests_and_timelines_are_read_as_they_were_written() -> None:
    forward = next(_forwards())
    for body in (b"{}", '{"note": "é\u2028😀"}'.encode()):
        request = FrozenRequest("POST", "/orders?x=1", body)
        assert forward_items.read_request(forward_items.request_item(forward, request)) == request
    for entry in (TimelineEntry("2025", "x"), TimelineEntry("2025", "x", "channel", "detail")):
        assert timelines.read_timeline_entry(timelines.timeline_item("ORDER#x", entry)) == entry


def _forwards() -> Iterator[Forward]:
    from orderbridge.forwarding.forward.states import new_forward

    order = samples.order()
    yield new_forward(order.key, order.code, samples.SIRCLO, samples.NOW, 60).forward


def test_two_lines_of_one_moment_are_side_by_side() -> None:
    entry = TimelineEntry("2025-01-01T00:00:00.000Z", "x")

    assert len({timelines.timeline_item("ORDER#x", entry)["SK"]["S"] for _ in range(100)}) == 100


def test_channels_are_read_as_they_were_written() -> None:
    channel = Channel("a", "sirclo", {"base_url": "https://x.test", "timeout_s": Decimal("2.5")}, since="2025")

    read = channel_table.read_channel(channel_table.channel_item(channel))
    assert replace(read, settings={}) == replace(channel, settings={})
    assert {name: str(value) for name, value in read.settings.items()} == {
        "base_url": "https://x.test",
        "timeout_s": "2.5",
    }


@pytest.mark.parametrize("breaker", [Breaker(), Breaker(3, "2024", "2025", "500", 7)])
def test_breakers_are_read_as_they_were_written(breaker: Breaker) -> None:
    channel = Channel("a", "sirclo", {"base_url": "https://x.test"})
    state = items.to_item({"breaker": channel_table.breaker_values(breaker)})

    assert channel_table.read_channel(channel_table.channel_item(channel), state).breaker == breaker


@pytest.mark.parametrize("name", ["shop", "a.b_c-d", "ngorder"])
def test_both_items_of_a_channel_say_whose_they_are(name: str) -> None:
    ref = ChannelRef(name, "sirclo")

    assert channel_table.channel_ref(channel_table.channel_item(Channel(name, "sirclo", {}))) == ref
    assert channel_table.channel_ref(channel_table.state_keys(ref)) == ref


@pytest.mark.parametrize(
    "value",
    [
        "007",
        "1E5",
        "NaN",
        "0",
        0,
        7,
        {"sku": "007", "id": 7},
        '{"a"',
        "[",
        '"x"',
        " x ",
        "",
        {"price": Decimal("1E-7")},
    ],
)
def test_a_mapping_that_was_found_is_read_as_it_was_reported(deployed: Deployed, dynamodb: Any, value: Any) -> None:
    mappings, need = TableMappings(dynamodb, deployed.table), MappingKey.of("product", "PROD-1")

    mappings.keep_found(SHOP, {need: value}, "2025-01-01T00:00:00.000Z")

    said = {"price": "0.0000001"} if "price" in (value if isinstance(value, dict) else ()) else value
    assert mappings.read(SHOP, [need]) == {need: str(said) if isinstance(said, int) else said}


def test_a_stored_value_that_is_no_json_is_left_for_the_platform_to_refuse() -> None:
    item = channel_table.mapping_item(SHOP, MappingKey.of("product", "PROD-1"), '{"sku": ')
    assert value_of(item["value"]["S"]) == '{"sku": '


# --- many keys --------------------------------------------------------------------------------------------------------


def test_a_partner_with_its_keys_and_routes_is_one_read(deployed: Deployed, dynamodb: Any) -> None:
    partner = samples.partner(
        keys=(samples.partner_key("first"), replace(samples.partner_key("second"), state="revoked")),
        routes={"SITE-001": (samples.NGORDER,), "SITE-002": ()},
    )
    deployed.add_partner(partner)
    deployed.add_partner(samples.partner(client_id="partner-client-0011"))
    deployed.put(timelines.timeline_item(partner_table.partner_pk(partner.client_id), TimelineEntry("2025", "x")))

    found = TablePartners(dynamodb, deployed.table, 60, Clock()).find(partner.client_id)

    assert found is not None
    assert replace(found, keys=tuple(sorted(found.keys, key=lambda k: k.state))) == partner
    assert TablePartners(dynamodb, deployed.table, 60, Clock()).find("nobody") is None


def test_a_partner_is_remembered_for_its_time_and_a_miss_is_not(deployed: Deployed, dynamodb: Any) -> None:
    clock = Clock()
    partners = TablePartners(dynamodb, deployed.table, 60, clock)
    assert partners.find(samples.CLIENT_ID) is None
    deployed.add_partner(samples.partner())
    assert partners.find(samples.CLIENT_ID) is not None

    deployed.add_partner(samples.partner(state="suspended"))
    clock.move(59)
    assert _state(partners) == "active"
    clock.move(1)
    assert _state(partners) == "suspended"


def _state(partners: TablePartners) -> str | None:
    found: Partner | None = partners.find(samples.CLIENT_ID)
    return found.state if found else None


def test_mappings_are_read_a_hundred_at_a_time(deployed: Deployed, dynamodb: Any) -> None:
    keys = [MappingKey("product", f"PROD-{number:03}") for number in range(250)]
    for key in keys[::2]:
        deployed.add_mapping(ChannelRef("a", "sirclo"), key, {"sku": key.key})
    deployed.add_mapping(ChannelRef("b", "sirclo"), keys[1], "of another channel")

    found = TableMappings(dynamodb, deployed.table).read(ChannelRef("a", "sirclo"), [*keys, *keys])

    assert found == {key: {"sku": key.key} for key in keys[::2]}


def test_what_dynamodb_leaves_unprocessed_is_asked_again_after_a_pause() -> None:
    asked: list[int] = []

    class Throttled:
        def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
            (wanted,) = RequestItems.values()
            asked.append(len(wanted["Keys"]))
            done, left = wanted["Keys"][:40], wanted["Keys"][40:]
            return {"Responses": {"t": done}, "UnprocessedKeys": {"t": {"Keys": left}} if left else {}}

    pauses: list[float] = []
    wanted = [items.keys("A", str(number)) for number in range(120)]

    found = list(batch_get(Throttled(), "t", wanted, pauses.append))  # type: ignore[arg-type]

    assert sorted(found, key=str) == sorted(wanted, key=str)
    assert all(count <= 100 for count in asked)
    assert pauses == sorted(pauses)
    assert len(pauses) >= 1


# --- the due index ----------------------------------------------------------------------------------------------------


def test_the_due_index_is_read_evenly_from_all_its_shards(deployed: Deployed, dynamodb: Any) -> None:
    intake = TableOrderIntake(dynamodb, deployed.table)
    orders = [samples.order(f"SO-20250101-{number:05}") for number in range(1, 200)]
    for order in orders:
        intake.put_if_absent(order)
    index = TableDueIndex(dynamodb, deployed.table)

    assert set(index.due("2026-01-01T00:00:00.000Z", 10_000)) == {order.key for order in orders}
    some = list(index.due("2026-01-01T00:00:00.000Z", 32))
    assert len(some) == 32
    assert len({items.due_shard(order_table.order_pk(item)) for item in some}) == items.DUE_SHARDS


def test_references_with_every_character_come_back_whole(deployed: Deployed, dynamodb: Any) -> None:
    intake = TableOrderIntake(dynamodb, deployed.table)
    key = OrderKey.of(samples.CLIENT_ID, "po:a#b##FORWARD#c|é 😀")
    intake.put_if_absent(samples.order(key=key))

    (item,) = TableDueIndex(dynamodb, deployed.table).due("2026-01-01T00:00:00.000Z", 100)
    assert item == key


# --- the bus ----------------------------------------------------------------------------------------------------------


def test_many_events_are_put_ten_at_a_time() -> None:
    puts: list[int] = []

    class Bus:
        def put_events(self, Entries: Any) -> Any:  # noqa: N803 - boto3's name
            puts.append(len(Entries))
            assert {entry["Source"] for entry in Entries} == {"orderbridge"}
            return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}] * len(Entries)}

    EventBridgeBus(Bus(), "bus").publish([Event("x", {"n": number}) for number in range(25)])  # type: ignore[arg-type]

    assert puts == [10, 10, 5]


def test_a_name_that_is_missing_is_shown_as_the_order_wrote_it(dynamodb: Any, deployed: Deployed) -> None:
    need = MappingKey.of("sales", "New  Person")
    order = samples.order()
    forward = new_forward(order.key, order.code, samples.SIRCLO, samples.NOW, 60).forward
    item = forward_items.forward_item(replace(forward, missing=(need,)))
    (read,) = forward_items.read_forward(item).missing
    assert (read, read.shown, read.key) == (need, "New Person", "new person")


def test_a_signature_by_a_key_that_is_gone_by_now_brings_no_item_of_it_back(deployed: Deployed, dynamodb: Any) -> None:
    TableKeyUse(dynamodb, deployed.table).note(samples.CLIENT_ID, "gone", "2025-01-01")
    assert deployed.items(partner_table.partner_pk(samples.CLIENT_ID)) == []


def test_a_mapping_that_a_platform_reports_takes_the_place_of_none_that_is_there(
    deployed: Deployed, dynamodb: Any
) -> None:
    given, found = MappingKey("product", "A"), MappingKey("product", "B")
    deployed.add_mapping(SHOP, given, "by hand")
    mappings = TableMappings(dynamodb, deployed.table)
    mappings.keep_found(SHOP, {given: "reported", found: "reported"}, "2025-01-01T00:00:00.000Z")
    assert mappings.read(SHOP, [given, found]) == {given: "by hand", found: "reported"}


def test_of_the_optional_events_the_bus_gets_those_that_are_wanted_and_every_other_event() -> None:
    published: list[str] = []

    class Bus:
        def put_events(self, Entries: list[dict[str, str]]) -> dict[str, object]:  # noqa: N803
            published.extend(entry["DetailType"] for entry in Entries)
            return {"Entries": [{"EventId": "1"} for _ in Entries]}

    bus = EventBridgeBus(Bus(), "bus", {"StockDrifted"})  # type: ignore[arg-type]
    bus.publish([Event(name, {}) for name in ("OrderCreated", "StockDrifted", "OrderStatusChanged", "ForwardParked")])
    bus.publish([Event("ChannelPaused", {})])
    assert published == ["OrderCreated", "StockDrifted", "ForwardParked"]
