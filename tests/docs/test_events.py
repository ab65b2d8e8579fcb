"""The documented events are those that the code builds, and the other way round."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError

from orderbridge.channels.channel import channel_paused
from orderbridge.forwarding import events
from orderbridge.forwarding.forward.states import Forward, ForwardState, ShipmentProblem, new_forward
from orderbridge.forwarding.order_status import progress
from orderbridge.orders.order import OrderStatus
from orderbridge.stock import drift
from orderbridge.stock.drift import Comparison
from orderbridge.stock.levels import StockLevel
from orderbridge.values.events import SOURCE, Event
from orderbridge.values.ids import ChannelRef
from orderbridge.webhooks.webhook import EVENTS, Webhook, new_webhook_id, webhook_disabled
from tests.docs.pages import DOCS, ROOT
from tests.fakes import samples

AT = "2025-01-01T03:00:00.000Z"
BUS = json.loads((DOCS / "events/bus.json").read_text(encoding="utf-8"))
WEBHOOKS = json.loads((DOCS / "events/webhooks.json").read_text(encoding="utf-8"))


def check(schema: Mapping[str, Any], document: Any) -> None:
    """Raises `ValidationError` unless the document is as the schema says."""
    Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize("schema", [BUS, WEBHOOKS], ids=["bus", "webhooks"])
def test_the_schemas_are_schemas(schema: Mapping[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def on_the_bus(event: Event) -> dict[str, Any]:
    detail = json.loads(json.dumps(event.detail))
    return {"source": SOURCE, "detail-type": event.detail_type, "detail": detail}


# --- everything that the code can build -------------------------------------------------------------------------------

STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)
PROBLEMS: tuple[ShipmentProblem | None, ...] = (None, *get_args(ShipmentProblem))


def forwards(channels: Iterable[ChannelRef], **varied: Iterable[Any]) -> Iterator[Forward]:
    """A forward for each combination of the values that are varied."""
    order = samples.order()
    for channel, *values in product(channels, *varied.values()):
        queued = new_forward(order.key, order.code, channel, samples.NOW, 60).forward
        yield replace(queued, **dict(zip(varied, values, strict=True)))


def forwards_of_every_kind() -> Iterator[Forward]:
    return forwards(
        (samples.SIRCLO, samples.NGORDER),
        state=ForwardState,
        external_id=(None, "100042"),
        platform_status=(None, *(status for status in STATUSES if status != "DRAFT")),
        platform_status_raw=((), (("status", "packed"),)),
    )


def comparisons() -> Iterator[Comparison]:
    for available, pushed, since in product((0, 5), (None, 0, 7), (None, AT)):
        level = StockLevel("shop", "PROD-001", available, AT, pushed=pushed, pushed_at=AT if since else None)
        yield Comparison(replace(level, drift_since=since), StockLevel("source", "PROD-001", 5, AT))


def every_event() -> dict[str, list[Event]]:
    """By the function that builds them: what it makes of every kind of value that it may be given."""
    changes = [events.forward_changed(forward) for forward in forwards_of_every_kind()]
    routes: tuple[tuple[ChannelRef, ...], ...] = ((), (samples.SIRCLO,), (samples.SIRCLO, samples.NGORDER))
    webhook = Webhook(samples.CLIENT_ID, new_webhook_id(), "https://acme.example/hooks", EVENTS, AT)
    return {
        "order_created": [events.order_created(samples.order(channels=channels)) for channels in routes],
        "forward_queued": [
            events.forward_queued(events.message_of(each)) for each in forwards((samples.SIRCLO, samples.NGORDER))
        ],
        "forward_changed": [event for event in changes if event is not None],
        "channel_paused": [channel_paused(channel) for channel in (samples.SIRCLO, samples.NGORDER)],
        "webhook_disabled": [webhook_disabled(webhook)],
        "stock_drifted": [
            drift.stock_drifted(comparison, settled=settled)
            for comparison, settled in product(comparisons(), (False, True))
        ],
    }


def every_message() -> Iterator[dict[str, Any]]:
    """What partners hear of orders at one channel or two, and of what happens to their shipments afterwards."""
    content = samples.order().content
    told_of = forwards(
        (samples.SIRCLO,),
        state=ForwardState,
        external_id=(None, "100042"),
        platform_status=(None, *STATUSES[1:]),
        shipment_problem=PROBLEMS,
        awb_number=(None, "JP1"),
    )
    (queued,) = forwards((samples.NGORDER,))
    for forward, others, number in product(told_of, ((), (queued,)), (None, "PO-1")):
        order = samples.order(content=content.model_copy(update={"purchase_order_no": number}))
        for before in STATUSES if number is None and not others else STATUSES[:1]:
            first = progress(replace(order, status=before), [forward, *others], AT)
            if first is None:
                continue
            yield json.loads(first.body)
            for news in ({"awb_number": "JP2"}, {"shipment_problem": None if forward.shipment_problem else "LOST"}):
                later = progress(first.order, [replace(forward, **news), *others], AT)
                if later is not None:
                    yield json.loads(later.body)


@cache
def seen() -> dict[str, list[Any]]:
    """The details of all events and all messages, each once, by type."""
    found: dict[str, dict[str, Any]] = {}
    for event in (event for made in every_event().values() for event in made):
        found.setdefault(event.detail_type, {})[json.dumps(event.detail)] = on_the_bus(event)["detail"]
    for message in every_message():
        found.setdefault(message["type"], {})[json.dumps(message)] = message
    return {name: list(each.values()) for name, each in found.items()}


# --- code to document -------------------------------------------------------------------------------------------------


def test_every_event_that_is_built_is_documented() -> None:
    for name, details in seen().items():
        for detail in details if name not in EVENTS else ():
            check(BUS, {"source": SOURCE, "detail-type": name, "detail": detail})


def test_every_message_that_is_built_is_documented() -> None:
    messages = [message for name in EVENTS for message in seen()[name]]

    assert len(messages) > 1000
    for message in messages[::7]:
        check(WEBHOOKS, message)


def test_every_builder_of_events_is_among_those_that_are_tried() -> None:
    found = set()
    for module in (ROOT / "layers/core/orderbridge").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            returns = ast.unparse(node.returns) if isinstance(node, ast.FunctionDef) and node.returns else ""
            if isinstance(node, ast.FunctionDef) and returns in ("Event", "Event | None"):
                found.add(node.name)

    assert found == set(every_event())


def test_events_are_made_by_those_builders_alone() -> None:
    makers = [
        module.name
        for module in (ROOT / "layers/core/orderbridge").rglob("*.py")
        if re.search(r"(?<![\w.])Event\(", module.read_text(encoding="utf-8"))
    ]
    assert sorted(makers) == ["channel.py", "drift.py", "events.py", "webhook.py"]


# --- document to code -------------------------------------------------------------------------------------------------


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return found


def never_seen(schema: Mapping[str, Any], document: Mapping[str, Any], values: list[Any], path: str) -> Iterator[str]:
    """What a schema allows and none of these values has: a word of an enum, null, a member, an entry of a list."""
    schema = _resolved(schema, document)
    for word in schema.get("enum", [schema["const"]] if "const" in schema else []):
        if word not in values:
            yield f"{path}: {word}"
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds and None not in values:
        yield f"{path}: null"
    for choice in schema.get("oneOf", []):
        if not any(Draft202012Validator({**choice, "$defs": document["$defs"]}).is_valid(value) for value in values):
            yield f"{path}: one of its forms"
    if schema.get("type") == "object":
        if set(schema["required"]) != set(schema["properties"]) or schema["additionalProperties"] is not False:
            yield f"{path}: a member that may be absent, or others"
        for name, part in schema["properties"].items():
            yield from never_seen(part, document, [value[name] for value in values], f"{path}.{name}")
    if schema.get("type") == "array":
        entries = [entry for value in values for entry in value]
        yield from never_seen(schema["items"], document, entries, f"{path}[]")


@pytest.mark.parametrize(
    ("document", "name"),
    [
        *((BUS, name) for name in BUS["properties"]["detail-type"]["enum"]),
        *((WEBHOOKS, name) for name in WEBHOOKS["properties"]["type"]["enum"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_all_that_is_documented_of_an_event_can_be_built(document: Mapping[str, Any], name: str) -> None:
    assert seen().get(name), "no such event is ever built"
    assert [*never_seen(document["$defs"][name], document, seen()[name], name)] == []


def test_the_types_are_those_of_the_code() -> None:
    assert set(seen()) == {*BUS["properties"]["detail-type"]["enum"], *WEBHOOKS["properties"]["type"]["enum"]}
    assert tuple(WEBHOOKS["properties"]["type"]["enum"]) == EVENTS


def test_the_page_lists_every_type() -> None:
    page = (DOCS / "events.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE)) == set(seen())


@pytest.mark.parametrize(("page", "schema"), [("events.md", BUS), ("partner-guide/webhooks.md", WEBHOOKS)])
def test_the_examples_are_as_the_schemas_say(page: str, schema: Mapping[str, Any]) -> None:
    examples = re.findall(r"```json\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)

    assert len(examples) == 1
    for example in examples:
        check(schema, json.loads(example))


@pytest.mark.parametrize(
    "change",
    [{"detail-type": "OrderMade"}, {"source": "other"}, {"detail": {}}, {"detail": {"address": "Jl. Contoh 1"}}],
)
def test_an_event_that_nobody_documented_is_found(change: dict[str, Any]) -> None:
    event = on_the_bus(events.order_created(samples.order()))
    detail = {**event["detail"], **change["detail"]} if change.get("detail") else change.get("detail", event["detail"])

    with pytest.raises(ValidationError):
        check(BUS, {**event, **change, "detail": detail})
