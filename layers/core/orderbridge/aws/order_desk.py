"""Orders and forwards as an operator finds and moves them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from orderbridge.aws import forward_items, items
from orderbridge.aws.orders import TableOrders
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.aws.transactions import write_all_or_nothing
from orderbridge.domain.forwards import Forward, ForwardState, Transition
from orderbridge.domain.orders import Order, OrderKey
from orderbridge.ports import LostRace


class TableOrderDesk(TableOrders):
    """`OrderDesk` on the table and its sparse indexes."""

    def waiting(self, channel: str, state: ForwardState, *, newest_first: bool = False) -> Iterator[Forward]:
        found = query_all(
            self._client,
            TableName=self._table,
            IndexName="waiting",
            KeyConditionExpression="waiting = :waiting",
            ExpressionAttributeValues={":waiting": {"S": f"{channel}#{state.value}"}},
            ScanIndexForward=not newest_first,
        )
        return (forward_items.read_forward(item) for item in found)

    def on_their_way(self) -> Iterator[Forward]:
        found = self._due(lambda sort_key: sort_key.startswith("FORWARD#"))
        return (forward_items.read_forward(item) for item in found)

    def unpublished(self) -> Iterator[Order]:
        orders = (items.read_order(item) for item in self._due(lambda sort_key: sort_key == "ORDER"))
        return (order for order in orders if order.due_at is not None)

    def _due(self, is_wanted: Callable[[str], bool]) -> Iterator[items.Item]:
        """The items with a due time and such a sort key."""
        keys = [
            items.keys(item["PK"]["S"], item["SK"]["S"])
            for shard in range(items.DUE_SHARDS)
            for item in query_all(
                self._client,
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard",
                ExpressionAttributeValues={":shard": {"S": f"{shard:02d}"}},
            )
            if is_wanted(item["SK"]["S"])
        ]
        return batch_get(self._client, self._table, keys)

    def forwards_of(self, orders: Collection[OrderKey], channels: Collection[str]) -> Iterator[Forward]:
        keys = [items.keys(items.order_pk(order), items.forward_sk(name)) for order in orders for name in channels]
        return (forward_items.read_forward(item) for item in batch_get(self._client, self._table, keys))

    def save_unfrozen(self, transition: Transition) -> Forward:
        forward = replace(transition.forward, revision=transition.forward.revision + 1)
        dropped = items.keys(items.order_pk(forward.key), items.request_sk(forward.channel.name))
        written = write_all_or_nothing(
            self._client,
            [
                *self._replaced(transition),
                {"Delete": {"TableName": self._table, "Key": dropped}},
            ],
        )
        if not written:
            raise LostRace(f"{forward.code} on {forward.channel.name}")
        return forward

    def route(self, order: Order, closed: Transition, forwards: Sequence[Transition]) -> None:
        update = {
            "TableName": self._table,
            "Key": items.keys(items.order_pk(order.key), "ORDER"),
            "UpdateExpression": "SET channels = :channels",
            "ConditionExpression": "size(channels) = :none AND attribute_not_exists(cancel_requested_at)",
            "ExpressionAttributeValues": {":channels": items.order_item(order)["channels"], ":none": {"N": "0"}},
        }
        writes: list[dict[str, Any]] = [{"Update": update}, *self._replaced(closed)]
        for created in forwards:
            item = forward_items.forward_item(created.forward, is_news=created.is_news)
            writes.append(self._put(item, "attribute_not_exists(PK)"))
            writes += self._timeline(created)
        if not write_all_or_nothing(self._client, writes):
            raise LostRace(order.code)

    def _replaced(self, transition: Transition) -> list[dict[str, Any]]:
        """The writes of a changed forward, provided it stands at the revision that was read."""
        read = transition.forward.revision
        changed = replace(transition.forward, revision=read + 1)
        put = self._put(forward_items.forward_item(changed, is_news=transition.is_news), "revision = :read")
        put["Put"]["ExpressionAttributeValues"] = {":read": {"N": str(read)}}
        untold = [self._put(forward_items.untold_item(changed))] if transition.must_be_told else []
        return [put, *self._timeline(transition), *untold]

    def _timeline(self, transition: Transition) -> list[dict[str, Any]]:
        if transition.entry is None:
            return []
        return [self._put(forward_items.timeline_item(items.order_pk(transition.forward.key), transition.entry))]

    def _put(self, item: items.Item, condition: str | None = None) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if condition is not None:
            put["ConditionExpression"] = condition
        return {"Put": put}
