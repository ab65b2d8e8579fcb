"""Table items and the values they stand for (docs/architecture.md#data). Pure: no call is made here.

The keys of every item are here, and the items that accepting an order reads and writes; `forward_items` and
`channel_items` have the others, which a cold start of the API does not pay for.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

from orderbridge.aws.attributes import from_attribute, to_attribute
from orderbridge.domain.orders import ChannelRef, Order, OrderKey, OrderSummary, SalesOrder
from orderbridge.domain.partners import Partner, PartnerKey

Item = dict[str, Any]
"""An item in DynamoDB's own JSON: ``{"name": {"S": "value"}}``."""

DUE_SHARDS = 16


def to_item(values: Mapping[str, Any]) -> Item:
    """An item of plain values; None is left out, so that sparse indexes stay sparse."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of an item; numbers are Decimal."""
    return {name: from_attribute(value) for name, value in item.items()}


def from_stream(image: Mapping[str, Any]) -> Item:
    """An item out of a stream record, where binary values come as Base64 text."""
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in image.items()
    }


def order_pk(key: OrderKey) -> str:
    return f"ORDER#{key.client_id}#{key.reference}"


def order_key(pk: str) -> OrderKey:
    """The order that a partition is of; a reference may hold a ``#``, a client_id may not."""
    _, client_id, reference = pk.split("#", 2)
    return OrderKey(client_id, reference)


def partner_pk(client_id: str) -> str:
    return f"PARTNER#{client_id}"


def channel_pk(name: str) -> str:
    return f"CHANNEL#{name}"


def breaker_pk(platform: str, channel: str) -> str:
    """Where a channel's breaker and pause are: under the platform's name, so that a role can be held to its own."""
    return f"BREAKER#{platform}#{channel}"


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
            "cancel_reason": order.cancel_reason,
            "changes": order.changes or None,
            "told": order.told or None,
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
        content=SalesOrder.as_stored(values["content"]),
        content_hash=values["content_hash"],
        created_at=values["created_at"],
        order_date=values["order_date"],
        status=values["status"],
        channels=_channel_refs(values["channels"]),
        signed_by=values["signed_by"],
        due_at=values.get("due_at"),
        cancel_requested_at=values.get("cancel_requested_at"),
        cancel_reason=values.get("cancel_reason"),
        changes=int(values.get("changes", 0)),
        told=values.get("told", ""),
    )


def read_order_summary(item: Mapping[str, Any]) -> OrderSummary:
    """An order out of the index by partner and day, which holds the keys and the status and nothing else."""
    values = from_item(item)
    created_at, _, code = values["created_key"].partition("#")
    order_date = values["partner_day"].rpartition("#")[2]
    return OrderSummary(order_key(values["PK"]), code, created_at, order_date, values["status"])


def _channel_refs(listed: list[dict[str, str]]) -> tuple[ChannelRef, ...]:
    return tuple(ChannelRef(entry["name"], entry["platform"]) for entry in listed)


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
        secret_hash=profile["secret_hash"],
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
        spki_der=values["spki_der"],
        bits=int(values["bits"]),
        state=values["state"],
        added_at=values["added_at"],
        last_used=values.get("last_used"),
    )
