"""Partners in the table, with a short memory so that an accepted order costs no read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orderbridge.aws import items
from orderbridge.aws.reads import query_all
from orderbridge.domain.orders import ChannelRef, Order
from orderbridge.domain.partners import Partner
from orderbridge.domain.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_CACHED_PARTNERS = 1000
_NOBODY = items.partner_item(Partner("nobody", "Nobody", bytes(32), 1, (ChannelRef("none", "none"),)))


@dataclass(slots=True)
class TablePartners:
    """`PartnerDirectory` on the table. A partner that was found is remembered for `cache_seconds`, a miss is not."""

    client: DynamoDBClient
    table: str
    cache_seconds: float
    clock: Clock
    _cache: dict[str, tuple[float, Partner]] = field(default_factory=dict)

    def find(self, client_id: str) -> Partner | None:
        now = self.clock().timestamp()
        remembered = self._cache.get(client_id)
        if remembered is not None and now - remembered[0] < self.cache_seconds:
            return remembered[1]
        partner = self._read(client_id)
        self._cache.pop(client_id, None)
        if partner is not None:
            if len(self._cache) >= MAX_CACHED_PARTNERS:
                self._cache.pop(next(iter(self._cache)))
            self._cache[client_id] = (now, partner)
        return partner

    def _read(self, client_id: str) -> Partner | None:
        # KEY#, PROFILE and ROUTE# stand side by side; the partner's timeline (EVENT#) sorts before them.
        found = query_all(
            self.client,
            TableName=self.table,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": items.partner_pk(client_id)},
                ":first": {"S": "KEY#"},
                ":last": {"S": "ROUTE$"},
            },
        )
        return items.read_partner(list(found))


class TablePartnerProfiles:
    """`PartnerDirectory` for the login: the profile as it is now, without keys and routes.

    Finding a partner takes as long as finding none: one item is read, whatever the partner has, and taken apart.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, client_id: str) -> Partner | None:
        answer = self._client.get_item(
            TableName=self._table, Key=items.keys(items.partner_pk(client_id), "PROFILE"), ConsistentRead=True
        )
        read = items.read_partner([answer.get("Item", _NOBODY)])
        return read if "Item" in answer else None


class TableKeyUse:
    """Notes on a partner's key the last day on which it signed an order; a write per key, day and environment."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._noted: dict[tuple[str, str], str] = {}

    def note(self, order: Order) -> None:
        key, day = (order.client_id, order.signed_by), order.order_date
        if self._noted.get(key, "") >= day:
            return
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=items.keys(items.partner_pk(order.client_id), f"KEY#{order.signed_by}"),
                UpdateExpression="SET last_used = :day",
                ConditionExpression="attribute_exists(PK) AND (attribute_not_exists(last_used) OR last_used < :day)",
                ExpressionAttributeValues={":day": {"S": day}},
            )
        if len(self._noted) >= MAX_CACHED_PARTNERS:
            self._noted.clear()
        self._noted[key] = day
