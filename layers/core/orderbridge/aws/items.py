"""Table items and the values they stand for (DESIGN section 4). Pure: no call is made here."""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from orderbridge.domain.breakers import Breaker
from orderbridge.domain.channels import Channel
from orderbridge.domain.forwards import UNROUTED, WAITING_STATES, Forward, ForwardState, TimelineEntry
from orderbridge.domain.mapping import MappingKey
from orderbridge.domain.orders import ChannelRef, Order, OrderKey, SalesOrder
from orderbridge.domain.partners import Partner, PartnerKey
from orderbridge.ports import FrozenRequest

Item = dict[str, Any]
"""An item in DynamoDB's own JSON: ``{"name": {"S": "value"}}``."""

DUE_SHARDS = 16

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_item(values: Mapping[str, Any]) -> Item:
    """An item of plain values; None is left out, so that sparse indexes stay sparse."""
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of an item; numbers are Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def from_stream(image: Mapping[str, Any]) -> Item:
    """An item out of a stream record, where binary values come as Base64 text."""
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in image.items()
    }


def order_pk(key: OrderKey) -> str:
    return f"ORDER#{key.client_id}#{key.reference}"


def partner_pk(client_id: str) -> str:
    return f"PARTNER#{client_id}"


def channel_pk(name: str) -> str:
    return f"CHANNEL#{name}"


def mapping_pk(channel: str, kind: str) -> str:
    return f"MAPPING#{channel}#{kind}"


def forward_sk(channel: str) -> str:
    return f"FORWARD#{channel}"


def request_sk(channel: str) -> str:
    return f"REQUEST#{channel}"


def keys(pk: str, sk: str) -> Item:
    return {"PK": {"S": pk}, "SK": {"S": sk}}


def due_shard(pk: str) -> str:
    """The shard of the due index an order and its forwards stand in."""
    return f"{zlib.crc32(pk.encode()) % DUE_SHARDS:02d}"


def partner_day(client_id: str, order_date: str) -> str:
    return f"{client_id}#{order_date}"


# --- orders -----------------------------------------------------------------------------------------------------------


def order_item(order: Order) -> Item:
    """The order: idempotency record, outbox row and what the indexes by code, partner-day and due time read."""
    pk = order_pk(order.key)
    return to_item(
        {
            "PK": pk,
            "SK": "ORDER",
            "client_id": order.client_id,
            "reference": order.key.reference,
            "code": order.code,
            "content": order.content.canonical_json(),
            "content_hash": order.content_hash,
            "created_at": order.created_at,
            "order_date": order.order_date,
            "status": order.status,
            "channels": [{"name": c.name, "platform": c.platform} for c in order.channels],
            "signed_by": order.signed_by,
            "cancel_requested_at": order.cancel_requested_at,
            "partner_day": partner_day(order.client_id, order.order_date),
            "created_key": f"{order.created_at}#{order.code}",
            "due_at": order.due_at,
            "due_shard": due_shard(pk) if order.due_at is not None else None,
        }
    )


def read_order(item: Mapping[str, Any]) -> Order:
    values = from_item(item)
    return Order(
        key=OrderKey(values["client_id"], values["reference"]),
        code=values["code"],
        content=SalesOrder.model_validate_json(values["content"]),
        content_hash=values["content_hash"],
        created_at=values["created_at"],
        order_date=values["order_date"],
        status=values["status"],
        channels=_channel_refs(values["channels"]),
        signed_by=values["signed_by"],
        due_at=values.get("due_at"),
        cancel_requested_at=values.get("cancel_requested_at"),
    )


def _channel_refs(listed: list[dict[str, str]]) -> tuple[ChannelRef, ...]:
    return tuple(ChannelRef(entry["name"], entry["platform"]) for entry in listed)


# --- forwards ---------------------------------------------------------------------------------------------------------


def forward_item(forward: Forward) -> Item:
    """A forward, small: an update costs one write unit. It stands in the waiting index only while it waits."""
    pk = order_pk(forward.key)
    waits = forward.state in WAITING_STATES
    return to_item(
        {
            "PK": pk,
            "SK": forward_sk(forward.channel.name),
            "client_id": forward.key.client_id,
            "reference": forward.key.reference,
            "forward_code": forward.code,
            "channel": forward.channel.name,
            "platform": forward.channel.platform,
            "state": forward.state.value,
            "created_at": forward.created_at,
            "updated_at": forward.updated_at,
            "due_at": forward.due_at,
            "due_shard": due_shard(pk) if forward.due_at is not None else None,
            "waiting": f"{forward.channel.name}#{forward.state.value}" if waits else None,
            "waiting_since": forward.updated_at if waits else None,
            "not_before": forward.not_before,
            "attempts": forward.attempts,
            "attempt_id": forward.attempt_id,
            "lease_until": forward.lease_until,
            "body_hash": forward.body_hash,
            "external_id": forward.external_id,
            "platform_status": forward.platform_status,
            "platform_status_raw": forward.platform_status_raw,
            "awb_number": forward.awb_number,
            "cancel_answer": forward.cancel_answer,
            "in_question_since": forward.in_question_since,
            "negative_looks": forward.negative_looks or None,
            "failed_looks": forward.failed_looks or None,
            "missing": [[need.kind, need.key] for need in forward.missing] or None,
            "error": forward.error,
            "revision": forward.revision,
        }
    )


def read_forward(item: Mapping[str, Any]) -> Forward:
    values = from_item(item)
    return Forward(
        key=OrderKey(values["client_id"], values["reference"]),
        code=values["forward_code"],
        channel=ChannelRef(values["channel"], values["platform"]),
        state=ForwardState(values["state"]),
        created_at=values["created_at"],
        updated_at=values["updated_at"],
        due_at=values.get("due_at"),
        not_before=values.get("not_before"),
        attempts=int(values["attempts"]),
        attempt_id=values.get("attempt_id"),
        lease_until=values.get("lease_until"),
        body_hash=values.get("body_hash"),
        external_id=values.get("external_id"),
        platform_status=values.get("platform_status"),
        platform_status_raw=values.get("platform_status_raw"),
        awb_number=values.get("awb_number"),
        cancel_answer=values.get("cancel_answer"),
        in_question_since=values.get("in_question_since"),
        negative_looks=int(values.get("negative_looks", 0)),
        failed_looks=int(values.get("failed_looks", 0)),
        missing=tuple(MappingKey(kind, key) for kind, key in values.get("missing", ())),
        error=values.get("error"),
        revision=int(values["revision"]),
    )


def request_item(forward: Forward, request: FrozenRequest) -> Item:
    """The frozen request: its own item, written once, so that a repeat sends identical bytes."""
    return to_item(
        {
            "PK": order_pk(forward.key),
            "SK": request_sk(forward.channel.name),
            "method": request.method,
            "path": request.path,
            "body": request.body.decode(),
            "frozen_at": forward.updated_at,
        }
    )


def read_request(item: Mapping[str, Any]) -> FrozenRequest:
    values = from_item(item)
    return FrozenRequest(values["method"], values["path"], values["body"].encode())


def timeline_item(pk: str, entry: TimelineEntry) -> Item:
    """A line of a timeline; the random tail keeps two lines of one millisecond apart."""
    return to_item(
        {
            "PK": pk,
            "SK": f"EVENT#{entry.at}#{secrets.token_hex(4)}",
            "at": entry.at,
            "event": entry.event,
            "channel": entry.channel,
            "detail": entry.detail,
        }
    )


def read_timeline_entry(item: Mapping[str, Any]) -> TimelineEntry:
    values = from_item(item)
    return TimelineEntry(values["at"], values["event"], values.get("channel"), values.get("detail"))


# --- partners ---------------------------------------------------------------------------------------------------------


def partner_item(partner: Partner) -> Item:
    return to_item(
        {
            "PK": partner_pk(partner.client_id),
            "SK": "PROFILE",
            "registry": "PARTNER",
            "client_id": partner.client_id,
            "name": partner.name,
            "secret_hash": partner.secret_hash,
            "credential_version": partner.credential_version,
            "channels": [{"name": c.name, "platform": c.platform} for c in partner.channels],
            "state": partner.state,
            "signature_profile": partner.signature_profile,
        }
    )


def partner_key_item(client_id: str, key: PartnerKey) -> Item:
    return to_item(
        {
            "PK": partner_pk(client_id),
            "SK": f"KEY#{key.kid}",
            "kid": key.kid,
            "spki_der": key.spki_der,
            "bits": key.bits,
            "state": key.state,
            "added_at": key.added_at,
            "last_used": key.last_used,
        }
    )


def route_item(client_id: str, site_code: str, channels: tuple[ChannelRef, ...]) -> Item:
    """A site's route. It stands with the partner, so that intake reads partner, keys and routes in one query."""
    return to_item(
        {
            "PK": partner_pk(client_id),
            "SK": f"ROUTE#{site_code}",
            "site_code": site_code,
            "channels": [{"name": c.name, "platform": c.platform} for c in channels],
        }
    )


def read_partner(items: list[Mapping[str, Any]]) -> Partner | None:
    """The partner in the items of its partition; None where its profile is not among them."""
    profile: dict[str, Any] | None = None
    partner_keys: list[PartnerKey] = []
    routes: dict[str, tuple[ChannelRef, ...]] = {}
    for item in items:
        values = from_item(item)
        sort_key: str = values["SK"]
        if sort_key == "PROFILE":
            profile = values
        elif sort_key.startswith("KEY#"):
            partner_keys.append(_partner_key(values))
        elif sort_key.startswith("ROUTE#"):
            routes[values["site_code"]] = _channel_refs(values["channels"])
    if profile is None:
        return None
    return Partner(
        client_id=profile["client_id"],
        name=profile["name"],
        secret_hash=bytes(profile["secret_hash"]),
        credential_version=int(profile["credential_version"]),
        channels=_channel_refs(profile["channels"]),
        state=profile["state"],
        signature_profile=profile["signature_profile"],
        keys=tuple(partner_keys),
        routes=routes,
    )


def _partner_key(values: Mapping[str, Any]) -> PartnerKey:
    return PartnerKey(
        kid=values["kid"],
        spki_der=bytes(values["spki_der"]),
        bits=int(values["bits"]),
        state=values["state"],
        added_at=values["added_at"],
        last_used=values.get("last_used"),
    )


# --- channels and mappings --------------------------------------------------------------------------------------------


def channel_item(channel: Channel) -> Item:
    return to_item(
        {
            "PK": channel_pk(channel.name),
            "SK": "PROFILE",
            "registry": "CHANNEL",
            "name": channel.name,
            "platform": channel.platform,
            "settings": json.dumps(channel.settings, default=str),
            "state": channel.state,
            "paused_reason": channel.paused_reason,
            "since": channel.since,
        }
    )


def breaker_item(channel: str, breaker: Breaker) -> Item:
    """A channel's breaker, apart from its profile, which only an operator writes."""
    return to_item(
        {
            "PK": channel_pk(channel),
            "SK": "HEALTH",
            "failures": breaker.failures,
            "open_until": breaker.open_until,
            "openings": breaker.openings,
            "reason": breaker.reason,
            "revision": breaker.revision,
        }
    )


def read_breaker(item: Mapping[str, Any]) -> Breaker:
    values = from_item(item)
    return Breaker(
        failures=int(values["failures"]),
        open_until=values.get("open_until"),
        openings=int(values["openings"]),
        reason=values.get("reason"),
        revision=int(values["revision"]),
    )


def read_channel(item: Mapping[str, Any], health: Mapping[str, Any] | None = None) -> Channel:
    """A channel from its profile and, where it has ever failed, its health."""
    values = from_item(item)
    return Channel(
        name=values["name"],
        platform=values["platform"],
        settings=cast(dict[str, Any], parse_value(values["settings"])),
        state=values["state"],
        paused_reason=values.get("paused_reason"),
        since=values.get("since"),
        breaker=read_breaker(health) if health is not None else Breaker(),
    )


def mapping_item(channel: str, need: MappingKey, value: str) -> Item:
    """A mapping; `value` is the JSON text (or plain id) that the operator gave, kept as it is."""
    return to_item({"PK": mapping_pk(channel, need.kind), "SK": need.key, "value": value})


def parse_value(text: str) -> Any:
    """A mapping's value: its JSON with exact numbers, or the text itself where it is not JSON."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text


def is_unrouted(forward: Forward) -> bool:
    return forward.channel == UNROUTED
