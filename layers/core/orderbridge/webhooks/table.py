"""Webhooks in the table, their secrets in Secrets Manager, their messages in table and queue."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.due import due_items
from orderbridge.aws.messages import Message, send_messages
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.partners import table as partner_table
from orderbridge.values.cache import Cache
from orderbridge.values.conflicts import LostRace
from orderbridge.values.sweeps import WHOLE, Part
from orderbridge.values.times import Clock
from orderbridge.webhooks import items as webhook_items
from orderbridge.webhooks.delivery import Delivery, DeliveryRef
from orderbridge.webhooks.ports import DeliveryRecord
from orderbridge.webhooks.signing import WebhookSecret
from orderbridge.webhooks.webhook import Lane, Webhook

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


@dataclass(slots=True)
class TableWebhookDirectory:
    """`WebhookDirectory` on the table; what a partner has, and that it has none, is remembered for `cache_seconds`."""

    client: DynamoDBClient
    table: str
    cache_seconds: float
    clock: Clock
    _cache: Cache[str, Sequence[Webhook]] = field(init=False)

    def __post_init__(self) -> None:
        self._cache = Cache(self.cache_seconds, self.clock)

    def active(self, client_id: str) -> Sequence[Webhook]:
        return self._cache.through(client_id, lambda: self._read(client_id))

    def _read(self, client_id: str) -> Sequence[Webhook]:
        found = webhooks_of(self.client, self.table, client_id, consistent=False)
        return [webhook for webhook in found if webhook.state == "active"]


def webhooks_of(client: DynamoDBClient, table: str, client_id: str, *, consistent: bool) -> Iterator[Webhook]:
    """All webhooks of a partner."""
    found = query_all(
        client,
        TableName=table,
        KeyConditionExpression="PK = :pk AND begins_with(SK, :webhook)",
        ExpressionAttributeValues={
            ":pk": {"S": webhook_items.webhooks_pk(client_id)},
            ":webhook": {"S": webhook_items.webhook_sk("")},
        },
        ConsistentRead=consistent,
    )
    return (webhook_items.read_webhook(item) for item in found)


PAGE = 50
"""How many messages of a shard are read at once: a list begins with the newest of all shards."""


class TableDeliveries:
    """`DeliveryRecords` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, ref: DeliveryRef) -> DeliveryRecord | None:
        delivery_key = webhook_items.delivery_keys(ref)
        webhook_key = items.keys(webhook_items.webhooks_pk(ref.client_id), webhook_items.webhook_sk(ref.webhook_id))
        partner_key = items.keys(partner_table.partner_pk(ref.client_id), "PROFILE")
        found = {
            item["SK"]["S"]: item
            for item in batch_get(self._client, self._table, [delivery_key, webhook_key, partner_key])
        }
        if ref.message_id not in found:
            return None
        webhook = found.get(webhook_items.webhook_sk(ref.webhook_id))
        return DeliveryRecord(
            delivery=webhook_items.read_delivery(found[ref.message_id]),
            webhook=webhook_items.read_webhook(webhook) if webhook is not None else None,
            partner_is_active=found.get("PROFILE", {}).get("state") == {"S": "active"},
        )

    def save(self, delivery: Delivery) -> Delivery:
        saved = replace(delivery, revision=delivery.revision + 1)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=webhook_items.delivery_item(saved),
                ConditionExpression="revision = :read",
                ExpressionAttributeValues={":read": {"N": str(delivery.revision)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            raise LostRace(delivery.ref.message_id) from refused
        return saved

    def note_failures(self, webhook: Webhook, failures: int, rest_until: str | None) -> None:
        values = {":failures": {"N": str(failures)}}
        if rest_until is None:
            self._note(
                webhook, UpdateExpression="SET failures = :failures REMOVE rest_until", ExpressionAttributeValues=values
            )
        else:
            self._note(
                webhook,
                UpdateExpression="SET failures = :failures, rest_until = :rest",
                ExpressionAttributeValues={**values, ":rest": {"S": rest_until}},
            )

    def note_slow(self, webhook: Webhook, since: str | None) -> None:
        if since is None:
            self._note(webhook, UpdateExpression="REMOVE slow_since")
        else:
            values = {":since": {"S": since}}
            self._note(webhook, UpdateExpression="SET slow_since = :since", ExpressionAttributeValues=values)

    def note_given_up(self, webhook: Webhook, at: str) -> None:
        self._note(
            webhook, UpdateExpression="SET failed_at = :at", ExpressionAttributeValues={":at": {"S": at}}
        )  # fmt: skip

    def _note(self, webhook: Webhook, **update: Any) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=webhook_key(webhook),
                ConditionExpression="attribute_exists(PK)",
                **update,
            )

    def disable(self, webhook: Webhook, reason: str, at: str) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=webhook_key(webhook),
                UpdateExpression="SET #state = :disabled, reason = :reason, since = :at",
                ConditionExpression="#state = :active",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":disabled": {"S": "disabled"},
                    ":active": {"S": "active"},
                    ":reason": {"S": reason},
                    ":at": {"S": at},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def of(self, client_id: str, webhook_id: str) -> Iterator[Delivery]:
        shards = [self._shard(client_id, webhook_id, shard) for shard in webhook_items.SHARDS]
        newest_first = heapq.merge(*shards, key=lambda item: item["SK"]["S"], reverse=True)
        return (webhook_items.read_delivery(item) for item in newest_first)

    def _shard(self, client_id: str, webhook_id: str, shard: str) -> Iterator[items.Item]:
        return query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": webhook_items.deliveries_pk(client_id, webhook_id, shard)}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=PAGE,
        )


def webhook_key(webhook: Webhook) -> items.Item:
    """Where a webhook is in the table."""
    return items.keys(webhook_items.webhooks_pk(webhook.client_id), webhook_items.webhook_sk(webhook.webhook_id))


class TableDueDeliveries:
    """`DueDeliveries` on the sparse index ``due``."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def due(self, now: str, limit: int, part: Part = WHOLE) -> Iterator[DeliveryRef]:
        """Up to `limit` messages, one from each shard in turn, the longest due of each first."""
        found = due_items(self._client, self._table, webhook_items.DELIVERY_SHARDS, now, limit, part)
        return (webhook_items.ref_of_keys(item["PK"]["S"], item["SK"]["S"]) for item in found)


class SqsDeliveryQueue:
    """`DeliveryQueue` on SQS: the queue of one lane.

    A message is in the group of its webhook. By that SQS knows whose messages take up the workers, and brings those of
    others first (fair queues); on a standard queue a group neither orders messages nor holds any back.
    """

    def __init__(self, client: SQSClient, url: str, lane: Lane = "quick") -> None:
        self._client = client
        self._url = url
        self._about: Mapping[str, str] = {"lane": lane} if lane != "quick" else {}

    def send(self, ref: DeliveryRef, delay_seconds: float = 0) -> None:
        self._client.send_message(QueueUrl=self._url, DelaySeconds=int(delay_seconds), **self._message(ref))

    def send_together(self, refs: Sequence[DeliveryRef]) -> Sequence[Exception | None]:
        return send_messages(self._client, self._url, [self._message(ref) for ref in refs])

    def _message(self, ref: DeliveryRef) -> Message:
        body = json.dumps({**ref.detail(), **self._about}, separators=(",", ":"))
        return {"MessageBody": body, "MessageGroupId": ref.webhook_id}


def queues_of_lanes(client: SQSClient, quick: str, slow: str) -> Mapping[Lane, SqsDeliveryQueue]:
    """The queue of each lane, by their URLs."""
    return {"quick": SqsDeliveryQueue(client, quick), "slow": SqsDeliveryQueue(client, slow, "slow")}


def webhook_secret_name(stack: str, client_id: str, webhook_id: str) -> str:
    """The name of a webhook's secret; its path lets the sender's role read webhooks' secrets only."""
    return f"{stack}/webhooks/{client_id}/{webhook_id}"


@dataclass(slots=True)
class SecretWebhookSecrets:
    """`WebhookSecrets` on Secrets Manager, remembered for `cache_seconds`."""

    client: SecretsManagerClient
    stack: str
    cache_seconds: float
    clock: Clock
    _cache: Cache[str, Sequence[WebhookSecret]] = field(init=False)

    def __post_init__(self) -> None:
        self._cache = Cache(self.cache_seconds, self.clock)

    def secrets(self, client_id: str, webhook_id: str) -> Sequence[WebhookSecret]:
        name = webhook_secret_name(self.stack, client_id, webhook_id)
        return self._cache.through(name, lambda: self._read(name))

    def _read(self, name: str) -> Sequence[WebhookSecret]:
        try:
            text = self.client.get_secret_value(SecretId=name)["SecretString"]
        except (self.client.exceptions.ResourceNotFoundException, self.client.exceptions.InvalidRequestException):
            return ()  # it was removed, or is about to be
        return [WebhookSecret(entry["secret"], entry.get("until")) for entry in json.loads(text)["secrets"]]
