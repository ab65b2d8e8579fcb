"""The one writer of forwards: the forward, its line on the timeline and its outbox entry, all or nothing.

Every change is written at the revision that was read, so that of two writers one notices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import timeline as timelines
from orderbridge.aws.items import Item
from orderbridge.aws.writes import lost_to_another, write_all_or_nothing
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, Transition
from orderbridge.orders import table as order_table
from orderbridge.values.conflicts import LostRace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Write = dict[str, Any]
"""One write of a transaction, ``{"Put": {...}}``."""


class ForwardWriter:
    """Writes transitions; what else is to be written with one goes into the same transaction."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, transition: Transition) -> bool:
        """Whether the forward was created; False where it exists already, which changes nothing."""
        return write_all_or_nothing(self._client, self.creation(transition))

    def save(self, transition: Transition, *others: Write) -> Forward:
        """The forward at its new revision; raises `LostRace` where it is no longer as it was read."""
        changed, writes = self.change(transition)
        if not write_all_or_nothing(self._client, [*writes, *others]):
            raise LostRace(f"{changed.code} on {changed.channel.name}")
        return changed

    def postpone(self, postponed: Forward) -> Forward:
        """Write a later due time, which is no change; raises `LostRace` where somebody else writes, or has written."""
        claimed = replace(postponed, revision=postponed.revision + 1)
        try:
            self._client.put_item(**self._put_at_revision(claimed, postponed.revision, is_news=False))
        except lost_to_another(self._client) as refused:
            raise LostRace(postponed.code) from refused
        return claimed

    def creation(self, transition: Transition) -> list[Write]:
        """The writes of a new forward, where there is none yet."""
        item = forward_items.forward_item(transition.forward, is_news=transition.is_news)
        return [self.put(item, condition="attribute_not_exists(PK)"), *self._beside(transition)]

    def change(self, transition: Transition) -> tuple[Forward, list[Write]]:
        """The forward at its next revision and the writes that bring it there."""
        read = transition.forward.revision
        changed = transition._replace(forward=replace(transition.forward, revision=read + 1))
        put = self._put_at_revision(changed.forward, read, is_news=changed.is_news)
        return changed.forward, [{"Put": put}, *self._beside(changed)]

    def put(self, item: Item, condition: str | None = None) -> Write:
        """A further item, to be written in the same transaction."""
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if condition is not None:
            put["ConditionExpression"] = condition
        return {"Put": put}

    def _put_at_revision(self, forward: Forward, read: int, *, is_news: bool) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": forward_items.forward_item(forward, is_news=is_news),
            "ConditionExpression": "revision = :read",
            "ExpressionAttributeValues": {":read": {"N": str(read)}},
        }

    def _beside(self, transition: Transition) -> list[Write]:
        """The line of the timeline and the outbox entry.

        The entry is beside the forward, so that publishing it wakes no stream and disturbs nobody who writes the
        forward.
        """
        forward, entry = transition.forward, transition.entry
        line = [] if entry is None else [timelines.timeline_item(order_table.order_pk(forward.key), entry)]
        outbox = [forward_items.outbox_item(forward)] if transition.needs_outbox else []
        return [self.put(item) for item in (*line, *outbox)]
