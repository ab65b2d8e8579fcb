"""Items of webhooks and of the messages to them, and the values they stand for. Pure.

Both are in partitions of their own, so that the sender's role reaches nothing else of a partner, and whoever writes
messages need not be able to write webhooks. The messages of a webhook are spread over shards by their ids: however many
a partner gets, none of its partitions is hot, and they are listed without an index.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from orderbridge.aws.items import DUE_SHARDS, Item, from_item, keys, to_item
from orderbridge.webhooks.delivery import Attempt, Delivery, DeliveryRef
from orderbridge.webhooks.webhook import Webhook

DELIVERY_SHARDS = "W"
"""What the due index's shards of messages begin with: none of those of orders, so that neither is behind the other."""
SHARDS = tuple(f"{shard:02d}" for shard in range(DUE_SHARDS))
"""The shards of a webhook's messages; the due index has as many."""


def webhooks_pk(client_id: str) -> str:
    return f"WEBHOOKS#{client_id}"


def webhook_sk(webhook_id: str) -> str:
    return f"WEBHOOK#{webhook_id}"


def deliveries_pk(client_id: str, webhook_id: str, shard: str) -> str:
    return f"DELIVERY#{client_id}#{webhook_id}#{shard}"


def delivery_shard(message_id: str) -> str:
    """The shard that a message is in."""
    return SHARDS[zlib.crc32(message_id.encode()) % len(SHARDS)]


def delivery_keys(ref: DeliveryRef) -> Item:
    """Where a message is in the table."""
    return keys(deliveries_pk(ref.client_id, ref.webhook_id, delivery_shard(ref.message_id)), ref.message_id)


def webhook_item(webhook: Webhook) -> Item:
    return to_item(
        {
            "PK": webhooks_pk(webhook.client_id),
            "SK": webhook_sk(webhook.webhook_id),
            "client_id": webhook.client_id,
            "webhook_id": webhook.webhook_id,
            "url": webhook.url,
            "events": list(webhook.events),
            "created_at": webhook.created_at,
            "state": webhook.state,
            "reason": webhook.reason,
            "since": webhook.since,
            "failures": webhook.failures or None,
            "rest_until": webhook.rest_until,
            "slow_since": webhook.slow_since,
            "failed_at": webhook.failed_at,
        }
    )


def read_webhook(item: Mapping[str, Any]) -> Webhook:
    values = from_item(item)
    return Webhook(
        client_id=values["client_id"],
        webhook_id=values["webhook_id"],
        url=values["url"],
        events=tuple(values["events"]),
        created_at=values["created_at"],
        state=values["state"],
        reason=values.get("reason"),
        since=values.get("since"),
        failures=int(values.get("failures", 0)),
        rest_until=values.get("rest_until"),
        slow_since=values.get("slow_since"),
        failed_at=values.get("failed_at"),
    )


def delivery_item(delivery: Delivery) -> Item:
    """A message with its way; it is in the due index until nothing more will happen to it, and then expires."""
    due_shard = DELIVERY_SHARDS + delivery_shard(delivery.ref.message_id)
    values = to_item(
        {
            "event": delivery.event,
            "order_code": delivery.code,
            "body": delivery.body,
            "created_at": delivery.created_at,
            "due_at": delivery.due_at,
            "due_shard": due_shard if delivery.due_at is not None else None,
            "swept": delivery.swept or None,
            "state": delivery.state,
            "not_before": delivery.not_before,
            "attempts": delivery.attempts,
            "in_flight_since": delivery.in_flight_since,
            "begun_at": delivery.begun_at,
            "kept_attempts": [
                [attempt.at, attempt.status, attempt.detail, attempt.milliseconds] for attempt in delivery.kept_attempts
            ]
            or None,
            "error": delivery.error,
            "expires_at": delivery.expires_at,
            "revision": delivery.revision,
        }
    )
    return {**delivery_keys(delivery.ref), **values}


def read_delivery(item: Mapping[str, Any]) -> Delivery:
    values = from_item(item)
    return Delivery(
        ref=ref_of_keys(values["PK"], values["SK"]),
        event=values["event"],
        code=values["order_code"],
        body=values["body"],
        created_at=values["created_at"],
        due_at=values.get("due_at"),
        swept=int(values.get("swept", 0)),
        state=values["state"],
        not_before=values.get("not_before"),
        attempts=int(values["attempts"]),
        in_flight_since=values.get("in_flight_since"),
        begun_at=values.get("begun_at"),
        kept_attempts=tuple(
            Attempt(at, _whole(status), detail, _whole(milliseconds))
            for at, status, detail, milliseconds in values.get("kept_attempts", ())
        ),
        error=values.get("error"),
        expires_at=_whole(values.get("expires_at")),
        revision=int(values["revision"]),
    )


def _whole(number: Any) -> int | None:
    return None if number is None else int(number)


def ref_of_keys(pk: str, sk: str) -> DeliveryRef:
    """The message under these keys."""
    _, client_id, webhook_id, _ = pk.split("#")
    return DeliveryRef(client_id, webhook_id, sk)
