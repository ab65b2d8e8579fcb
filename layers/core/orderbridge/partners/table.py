"""Partners in the table, with a short memory so that an accepted order costs no read; their limits beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.items import Item, channel_refs, from_item, to_item
from orderbridge.aws.reads import query_all
from orderbridge.partners.partner import Partner, PartnerKey
from orderbridge.partners.token_bucket import RateLimit, Taking, TokenBucket
from orderbridge.values.cache import Cache
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def partner_pk(client_id: str) -> str:
    return f"PARTNER#{client_id}"


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
    """A site's route. It is with the partner, so that intake reads partner, keys and routes in one query."""
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
            routes[values["site_code"]] = channel_refs(values["channels"])
    if profile is None:
        return None
    return Partner(
        client_id=profile["client_id"],
        name=profile["name"],
        secret_hash=profile["secret_hash"],
        credential_version=int(profile["credential_version"]),
        channels=channel_refs(profile["channels"]),
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


MAX_CACHED_PARTNERS = 1000
_OF_A_PARTNER = ("KEY#", "ROUTE$")
"""KEY#, PROFILE and ROUTE# are side by side; a partner's timeline (EVENT#) sorts before them."""
_NOBODY = partner_item(Partner("nobody", "Nobody", bytes(32), 1, (ChannelRef("none", "none"),)))


@dataclass(slots=True)
class TablePartners:
    """`PartnerDirectory` on the table. A partner that was found is remembered for `cache_seconds`, a miss is not."""

    client: DynamoDBClient
    table: str
    cache_seconds: float
    clock: Clock
    _cache: Cache[str, Partner | None] = field(init=False)

    def __post_init__(self) -> None:
        self._cache = Cache(self.cache_seconds, self.clock, MAX_CACHED_PARTNERS)

    def find(self, client_id: str) -> Partner | None:
        return self._cache.through(client_id, lambda: self._read(client_id))

    def _read(self, client_id: str) -> Partner | None:
        first, last = _OF_A_PARTNER
        found = query_all(
            self.client,
            TableName=self.table,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": partner_pk(client_id)},
                ":first": {"S": first},
                ":last": {"S": last},
            },
        )
        return read_partner(list(found))


class TableCurrentPartners:
    """`PartnerDirectory` without a memory, strongly consistent: an operator may just have changed what is read."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, client_id: str) -> Partner | None:
        return read_partner(list(self._belongings(client_id, *_OF_A_PARTNER)))

    def _belongings(self, client_id: str, first: str, last: str) -> Iterator[items.Item]:
        return query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": partner_pk(client_id)},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            ConsistentRead=True,
        )


class TablePartnerProfiles:
    """`PartnerDirectory` for the login: the profile as it is now, without keys and routes.

    Finding a partner takes as long as finding none: one item is read, whatever the partner has, and taken apart.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, client_id: str) -> Partner | None:
        answer = self._client.get_item(
            TableName=self._table, Key=items.keys(partner_pk(client_id), "PROFILE"), ConsistentRead=True
        )
        read = read_partner([answer.get("Item", _NOBODY)])
        return read if "Item" in answer else None


class TableKeyUse:
    """Notes on a partner's key the last day on which it signed an order; a write per key, day and environment."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._noted: dict[tuple[str, str], str] = {}

    def note(self, client_id: str, kid: str, day: str) -> None:
        """`day` is the business day, ISO 8601."""
        key = (client_id, kid)
        if self._noted.get(key, "") >= day:
            return
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=items.keys(partner_pk(client_id), f"KEY#{kid}"),
                UpdateExpression="SET last_used = :day",
                ConditionExpression="attribute_exists(PK) AND (attribute_not_exists(last_used) OR last_used < :day)",
                ExpressionAttributeValues={":day": {"S": day}},
            )
        if len(self._noted) >= MAX_CACHED_PARTNERS:
            self._noted.clear()
        self._noted[key] = day


TRIES = 5
KEPT_SECONDS = 3600
ROUNDING_SECONDS = 1e-5
"""Times are written with six digits; a bucket that is full but for that is full."""


def bucket_pk(client_id: str) -> str:
    return f"LIMIT#{client_id}"


def failures_pk(scope: str) -> str:
    return f"LOGINS#{scope}"


class TableCallBuckets:
    """`CallBuckets` on one item per partner, changed by one conditional write and never read."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, client_id: str, tokens: int, limit: RateLimit, now: float) -> Taking:
        cost = tokens / limit.per_second
        latest = now + limit.refill_seconds - cost + ROUNDING_SECONDS
        for _ in range(TRIES):
            # Mostly the bucket is not full and holds enough: then its moment of being full moves back by the cost.
            bucket, moved = self._move(client_id, "full_at + :cost", cost, limit, now, latest=latest)
            if not moved and bucket.full_at < now:
                bucket, moved = self._move(client_id, ":now + :cost", cost, limit, now)
            elif not moved and bucket.full_at > latest:
                return Taking(given=False, left=bucket.left(limit, now))
            if moved:
                return Taking(given=True, left=bucket.left(limit, now))
        # Others change the bucket at this very moment, every time: it is not this partner's idle hour.
        return Taking(given=False, left=0.0)

    def _move(
        self, client_id: str, target: str, cost: float, limit: RateLimit, now: float, latest: float | None = None
    ) -> tuple[TokenBucket, bool]:
        """The bucket after the write, or as it was where the condition did not hold."""
        condition = "attribute_not_exists(PK) OR full_at < :now"
        values: dict[str, Any] = {":now": _number(now), ":cost": _number(cost), ":kept": {"N": str(_kept(limit, now))}}
        if latest is not None:
            condition, values[":latest"] = "full_at >= :now AND full_at <= :latest", _number(latest)
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=items.keys(bucket_pk(client_id), "BUCKET"),
                UpdateExpression=f"SET full_at = {target}, expires_at = :kept",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            item: Any = refused.response.get("Item", {})
            return _bucket(item), False
        return _bucket(answer["Attributes"]), True


class TableFailureCounter:
    """`FailureCounter` on one item per scope and window."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, scope: str, window: int, seconds: int) -> int:
        answer = self._client.update_item(
            TableName=self._table,
            Key=items.keys(failures_pk(scope), f"WINDOW#{window}"),
            UpdateExpression="ADD failures :one SET expires_at = :kept",
            ExpressionAttributeValues={":one": {"N": "1"}, ":kept": {"N": str(window + seconds + KEPT_SECONDS)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["failures"]["N"])


def _bucket(item: Any) -> TokenBucket:
    return TokenBucket(float(item["full_at"]["N"]) if "full_at" in item else 0.0)


def _kept(limit: RateLimit, now: float) -> int:
    return int(now + limit.refill_seconds) + KEPT_SECONDS


def _number(value: float) -> dict[str, str]:
    # Microseconds: as exact as a float is for the present unix time.
    return {"N": f"{value:.6f}"}
