"""The one writer of forwards: a forward and its timeline are one item, and a change of it is one conditional write.

Every change is written at the revision that was read, so that of two writers one notices. Only where something else is
to be written with it, or its log has no room in it any more, is it a transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws.items import Item
from orderbridge.aws.writes import despite_conflicts, write_all_or_nothing
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, Transition
from orderbridge.values.conflicts import LostRace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Write = dict[str, Any]
"""One write of a transaction, ``{"Put": {...}}``."""


class ForwardWriter:
    """Writes transitions; what else is to be written with one makes it a transaction."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, transition: Transition) -> bool:
        """Whether the forward was created; False where it exists already, which changes nothing."""
        return self._put_item(self.creation(transition)) is None

    def save(self, transition: Transition, *others: Write) -> Forward:
        """The forward at its new revision; raises `LostRace` where it is no longer as it was read."""
        read = transition.forward.revision
        changed, apart = forward_items.fitted(replace(transition.to_store(), revision=read + 1))
        put = {
            "TableName": self._table,
            "Item": forward_items.forward_item(changed),
            "ConditionExpression": "revision = :read",
            "ExpressionAttributeValues": {":read": {"N": str(read)}},
        }
        lines = [self.put(forward_items.lines_item(changed, apart))] if apart else []
        besides = [*lines, *others]
        if besides:
            is_written = write_all_or_nothing(self._client, [{"Put": put}, *besides])
        else:
            # A write whose answer was lost is sent again by botocore, and then meets itself.
            is_written = self._put_item({"Put": put}) in (None, put["Item"])
        if not is_written:
            raise LostRace(f"{changed.code} on {changed.channel.name}")
        return changed

    def creation(self, transition: Transition) -> Write:
        """The write of a new forward, where there is none yet."""
        return self.put(forward_items.forward_item(transition.to_store()), condition="attribute_not_exists(PK)")

    def put(self, item: Item, condition: str | None = None) -> Write:
        """A further item, to be written in the same transaction."""
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if condition is not None:
            put["ConditionExpression"] = condition
        return {"Put": put}

    def _put_item(self, write: Write) -> Item | None:
        """Writes one item by itself; None where it was written, else the item that was there instead."""
        put = {**write["Put"], "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            despite_conflicts(self._client, lambda: self._client.put_item(**put))
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            return refused.response.get("Item", {})  # type: ignore[return-value]
        return None
