"""What the status sync keeps and reads in the table: open forwards, by the waiting index, and the channels' runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.leases import lease_values, read_lease
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.aws.writes import put_at_revision
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward
from orderbridge.status.ports import OpenForward
from orderbridge.status.runs import StatusCursor, StatusRun
from orderbridge.values.ids import ForwardKey
from orderbridge.values.leases import LeaseLost

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.channels.channel import Channel


class TableOpenForwards:
    """`OpenForwards` on the sparse index ``waiting``, which holds what never changes of them."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def open_forwards(self, channel: Channel, after: str, limit: int) -> Iterator[OpenForward]:
        return islice(map(_open_forward, self._at(channel, forward_items.OPEN, after)), limit)

    def completed_forwards(self, channel: Channel, after: str, limit: int, since: str) -> Iterator[OpenForward]:
        # Those whose time is over stay where they are: leaving would cost a write each, and passing them costs less.
        found = self._at(channel, forward_items.COMPLETED, after)
        return islice((_open_forward(item) for item in found if item["completed_at"]["S"] >= since), limit)

    def read(self, keys: Collection[ForwardKey]) -> Iterator[Forward]:
        wanted = [forward_items.forward_keys(key) for key in dict.fromkeys(keys)]
        return map(forward_items.read_forward, batch_get(self._client, self._table, wanted))

    def _at(self, channel: Channel, state: str, after: str) -> Iterator[items.Item]:
        shards = [
            query_all(
                self._client,
                TableName=self._table,
                IndexName="waiting",
                KeyConditionExpression="waiting = :place AND waiting_since > :after",
                ExpressionAttributeValues={":place": {"S": place}, ":after": {"S": after}},
            )
            for place in forward_items.waiting_places(channel, state)
        ]
        return merge(*shards, key=lambda item: item["waiting_since"]["S"])


def _open_forward(item: items.Item) -> OpenForward:
    return OpenForward(forward_items.forward_key(item["PK"]["S"]), item["external_id"]["S"], item["waiting_since"]["S"])


class TableStatusRuns:
    """`StatusRuns` on one item per channel."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, channel: str) -> StatusRun:
        answer = self._client.get_item(
            TableName=self._table, Key=items.keys(status_pk(channel), "RUN"), ConsistentRead=True
        )
        return read_run(answer["Item"]) if "Item" in answer else StatusRun(channel)

    def save(self, run: StatusRun) -> StatusRun:
        saved = replace(run, revision=run.revision + 1)
        if not put_at_revision(self._client, self._table, run_item(saved), run.revision):
            raise LeaseLost(run.channel)
        return saved


def status_pk(channel: str) -> str:
    return f"STATUS#{channel}"


def run_item(run: StatusRun) -> items.Item:
    return items.to_item(
        {
            "PK": status_pk(run.channel),
            "SK": "RUN",
            "channel": run.channel,
            **lease_values(run.lease),
            "cursor": run.cursor.document() if run.cursor is not None else None,
            "began_at": run.began_at,
            "worked_at": run.worked_at,
            "finished_at": run.finished_at,
            "completed_asked_at": run.completed_asked_at,
            "not_before": run.not_before,
            "failure": run.failure,
            "revision": run.revision,
        }
    )


def read_run(item: Mapping[str, Any]) -> StatusRun:
    values = items.from_item(item)
    cursor = values.get("cursor")
    return StatusRun(
        channel=values["channel"],
        lease=read_lease(values),
        cursor=StatusCursor.from_document(cursor) if cursor is not None else None,
        began_at=values.get("began_at"),
        worked_at=values.get("worked_at"),
        finished_at=values.get("finished_at"),
        completed_asked_at=values.get("completed_asked_at"),
        not_before=values.get("not_before"),
        failure=values.get("failure"),
        revision=int(values["revision"]),
    )
