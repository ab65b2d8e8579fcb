"""Webhooks and their secrets as an operator reads and changes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws import timeline as timelines
from orderbridge.aws.writes import write_all_or_nothing
from orderbridge.partners import table as partner_table
from orderbridge.values.timeline import TimelineEntry
from orderbridge.webhooks import items as webhook_items
from orderbridge.webhooks.signing import WebhookSecret
from orderbridge.webhooks.table import SecretWebhookSecrets, webhook_key, webhook_secret_name, webhooks_of
from orderbridge.webhooks.webhook import Webhook

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


RECOVERY_DAYS = 7


class TableWebhookRegistry:
    """`WebhookRegistry` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def of(self, client_id: str) -> Sequence[Webhook]:
        return list(webhooks_of(self._client, self._table, client_id, consistent=True))

    def put(self, webhook: Webhook, entry: TimelineEntry) -> None:
        self._write({"Put": self._put(webhook_items.webhook_item(webhook))}, webhook.client_id, entry)

    def remove(self, webhook: Webhook, entry: TimelineEntry) -> None:
        delete = {"TableName": self._table, "Key": webhook_key(webhook)}
        self._write({"Delete": delete}, webhook.client_id, entry)

    def note_replayed(self, webhook: Webhook) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=webhook_key(webhook),
                UpdateExpression="REMOVE failed_at",
                ConditionExpression="failed_at = :read",
                ExpressionAttributeValues={":read": {"S": webhook.failed_at or ""}},
            )

    def note(self, client_id: str, entry: TimelineEntry) -> None:
        self._client.put_item(**self._put(timelines.timeline_item(partner_table.partner_pk(client_id), entry)))

    def _write(self, write: dict[str, Any], client_id: str, entry: TimelineEntry) -> None:
        timeline = self._put(timelines.timeline_item(partner_table.partner_pk(client_id), entry))
        write_all_or_nothing(self._client, [write, {"Put": timeline}])

    def _put(self, item: items.Item) -> dict[str, Any]:
        return {"TableName": self._table, "Item": item}


class SecretWebhookVault(SecretWebhookSecrets):
    """`WebhookVault` on Secrets Manager: one secret per webhook."""

    def store(self, client_id: str, webhook_id: str, secrets: Sequence[WebhookSecret]) -> None:
        name = webhook_secret_name(self.stack, client_id, webhook_id)
        text = json.dumps({"secrets": [{"secret": each.secret, "until": each.until} for each in secrets]})
        try:
            self.client.create_secret(
                Name=name, SecretString=text, Description=f"Orderbridge: what signs the webhook {webhook_id}"
            )
        except self.client.exceptions.ResourceExistsException:
            self.client.put_secret_value(SecretId=name, SecretString=text)

    def drop(self, client_id: str, webhook_id: str) -> None:
        with suppress(self.client.exceptions.ResourceNotFoundException):
            self.client.delete_secret(
                SecretId=webhook_secret_name(self.stack, client_id, webhook_id), RecoveryWindowInDays=RECOVERY_DAYS
            )
