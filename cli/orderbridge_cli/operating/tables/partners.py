"""Partners in the table as an operator reads and changes them: always the present ones, always all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orderbridge.aws import items
from orderbridge.aws import timeline as timelines
from orderbridge.aws.reads import query_all
from orderbridge.aws.writes import TRANSACTION_LIMIT, write_all_or_nothing
from orderbridge.partners import table as partner_table
from orderbridge.partners.partner import Partner, PartnerKey
from orderbridge.partners.table import TableCurrentPartners
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ChannelRef
from orderbridge.values.timeline import TimelineEntry

_ABSENT = "attribute_not_exists(PK)"
_ROUTES_AT_ONCE = TRANSACTION_LIMIT - 10
_PROFILE = ("secret_hash", "credential_version", "state", "signature_profile")


class TablePartnerRegistry(TableCurrentPartners):
    """`PartnerRegistry` on the table."""

    def client_ids(self) -> Sequence[str]:
        found = query_all(
            self._client,
            TableName=self._table,
            IndexName="registry",
            KeyConditionExpression="registry = :partner",
            ExpressionAttributeValues={":partner": {"S": "PARTNER"}},
        )
        return [item["client_id"]["S"] for item in found]

    def timeline(self, client_id: str) -> Sequence[TimelineEntry]:
        return [timelines.read_timeline_entry(item) for item in self._belongings(client_id, "EVENT#", "EVENT$")]

    def add(self, partner: Partner, entry: TimelineEntry) -> bool:
        keys = (partner_table.partner_key_item(partner.client_id, key) for key in partner.keys)
        return self._write(
            self._put(partner_table.partner_item(partner), _ABSENT),
            *(self._put(key, _ABSENT) for key in keys),
            self._event(partner.client_id, entry),
        )

    def save_profile(self, read: Partner, changed: Partner, entry: TimelineEntry) -> None:
        before, after = partner_table.partner_item(read), partner_table.partner_item(changed)
        update = {
            "TableName": self._table,
            "Key": items.keys(partner_table.partner_pk(read.client_id), "PROFILE"),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :new_{name}" for name in _PROFILE),
            "ConditionExpression": " AND ".join(f"#{name} = :old_{name}" for name in _PROFILE),
            "ExpressionAttributeNames": {f"#{name}": name for name in _PROFILE},
            "ExpressionAttributeValues": {
                **{f":old_{name}": before[name] for name in _PROFILE},
                **{f":new_{name}": after[name] for name in _PROFILE},
            },
        }
        if not self._write({"Update": update}, self._event(read.client_id, entry)):
            raise LostRace(read.client_id)

    def add_key(self, client_id: str, key: PartnerKey, entry: TimelineEntry) -> bool:
        return self._write(
            self._put(partner_table.partner_key_item(client_id, key), _ABSENT), self._event(client_id, entry)
        )

    def revoke_key(self, client_id: str, kid: str, entry: TimelineEntry) -> None:
        update = {
            "TableName": self._table,
            "Key": items.keys(partner_table.partner_pk(client_id), f"KEY#{kid}"),
            "UpdateExpression": "SET #state = :revoked",
            "ConditionExpression": "#state = :active",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":revoked": {"S": "revoked"}, ":active": {"S": "active"}},
        }
        if not self._write({"Update": update}, self._event(client_id, entry)):
            raise LostRace(kid)

    def save_routes(self, client_id: str, routes: Mapping[str, tuple[ChannelRef, ...]], entry: TimelineEntry) -> None:
        puts = [self._put(partner_table.route_item(client_id, site, channels)) for site, channels in routes.items()]
        for start in range(0, len(puts), _ROUTES_AT_ONCE):
            self._write(*puts[start : start + _ROUTES_AT_ONCE], self._event(client_id, entry))

    def _put(self, item: items.Item, condition: str | None = None) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if condition is not None:
            put["ConditionExpression"] = condition
        return {"Put": put}

    def _event(self, client_id: str, entry: TimelineEntry) -> dict[str, Any]:
        return self._put(timelines.timeline_item(partner_table.partner_pk(client_id), entry))

    def _write(self, *writes: dict[str, Any]) -> bool:
        return write_all_or_nothing(self._client, writes)
