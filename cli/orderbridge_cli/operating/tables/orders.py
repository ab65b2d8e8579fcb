"""Orders and forwards as an operator finds and moves them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from orderbridge.aws import items
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.answers import KeptAnswer
from orderbridge.forwarding.forward.states import Forward, Transition
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.forwarding.table import TableOrders
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.ids import ForwardKey


class TableOperatorOrders(TableOrders):
    """`OperatorOrders` on the table and its sparse indexes."""

    def on_their_way(self) -> Iterator[Forward]:
        found = self._due(lambda sort_key: sort_key == forward_items.FORWARD_SK)
        return (forward_items.read_forward(item) for item in found)

    def unpublished(self) -> Iterator[Order]:
        orders = (order_table.read_order(item) for item in self._due(lambda sort_key: sort_key == "ORDER"))
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

    def forwards_of(self, orders: Collection[Order], channels: Collection[str]) -> Iterator[Forward]:
        keys = [
            forward_items.forward_keys(ForwardKey(order.key, channel))
            for order in orders
            for channel in order.channels
            if channel.name in channels
        ]
        return (forward_items.read_forward(item) for item in batch_get(self._client, self._table, keys))

    def answers_of(self, forward: Forward) -> Sequence[KeptAnswer]:
        found = map(forward_items.read_answer, self._kept_of(forward, forward_items.answer_sk("")))
        return sorted(found, key=lambda answer: answer.at)

    def requests_of(self, forward: Forward) -> Sequence[FrozenRequest]:
        return list(map(forward_items.read_request, self._kept_of(forward, forward_items.request_sk(""))))

    def _kept_of(self, forward: Forward, beginning: str) -> Iterator[items.Item]:
        """What is beside a forward under sort keys that begin so."""
        return query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :beginning)",
            ExpressionAttributeValues={
                ":pk": {"S": forward_items.forward_pk(forward.forward_key)},
                ":beginning": {"S": beginning},
            },
            ConsistentRead=True,
        )

    def save_unfrozen(self, transition: Transition) -> Forward:
        before = transition.before
        if before is None or before.body_hash is None:
            return self._writer.save(transition)
        dropped = forward_items.request_keys(before, before.body_hash)
        return self._writer.save(transition, {"Delete": {"TableName": self._table, "Key": dropped}})
