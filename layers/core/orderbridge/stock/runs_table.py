"""The runs of the stock sync in the table: one item says who is at work and how far, beside it lies what was read."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.leases import lease_values, read_lease
from orderbridge.aws.reads import batch_get
from orderbridge.aws.writes import put_at_revision
from orderbridge.stock.lists import Snapshot
from orderbridge.stock.runs import Progress, StockRun
from orderbridge.stock.table import RUN_SK, run_pk
from orderbridge.values.leases import LeaseLost

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


PART_BYTES = 350_000
"""An item may have 400 KB."""

PART_KEPT_SECONDS = 86_400


class TableStockRuns:
    """`StockRuns` on the table, under ``STOCKRUN#<channel>``."""

    def __init__(self, client: DynamoDBClient, table: str, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._now = now

    def read(self, channels: Collection[str]) -> Mapping[str, StockRun]:
        wanted = [items.keys(run_pk(channel), RUN_SK) for channel in channels]
        runs = (read_run(item) for item in batch_get(self._client, self._table, wanted))
        return {run.channel: run for run in runs}

    def save(self, run: StockRun) -> StockRun:
        saved = replace(run, revision=run.revision + 1)
        if not put_at_revision(self._client, self._table, run_item(saved), run.revision):
            raise LeaseLost(run.channel)
        return saved

    def keep_snapshot(self, channel: str, snapshot_id: str, snapshot: Snapshot) -> int:
        text = json.dumps(snapshot.document(), ensure_ascii=False, separators=(",", ":"))
        packed = zlib.compress(text.encode())
        starts = range(0, len(packed), PART_BYTES)
        for number, start in enumerate(starts):
            values = {
                "PK": run_pk(channel),
                "SK": _part_sk(snapshot_id, number),
                "data": packed[start : start + PART_BYTES],
                "expires_at": int(self._now()) + PART_KEPT_SECONDS,
            }
            self._client.put_item(TableName=self._table, Item=items.to_item(values))
        return len(starts)

    def kept_snapshot(self, channel: str, snapshot_id: str, parts: int) -> Snapshot | None:
        wanted = [items.keys(run_pk(channel), _part_sk(snapshot_id, number)) for number in range(parts)]
        found = {item["SK"]["S"]: item["data"]["B"] for item in batch_get(self._client, self._table, wanted)}
        if len(found) < parts:
            return None
        packed = b"".join(found[key] for key in sorted(found))
        return Snapshot.from_document(json.loads(zlib.decompress(packed)))


def _part_sk(snapshot_id: str, number: int) -> str:
    return f"PART#{snapshot_id}#{number:04d}"


def run_item(run: StockRun) -> items.Item:
    return items.to_item(
        {
            "PK": run_pk(run.channel),
            "SK": RUN_SK,
            "channel": run.channel,
            **lease_values(run.lease),
            "read_at": run.read_at,
            "failure": run.failure,
            "pages": run.pages,
            "sold": run.sold or None,
            "asked_to": run.asked_to,
            "progress": None if run.progress is None else json.dumps(asdict(run.progress), ensure_ascii=False),
            "revision": run.revision,
        }
    )


def read_run(item: Mapping[str, Any]) -> StockRun:
    values = items.from_item(item)
    return StockRun(
        channel=values["channel"],
        lease=read_lease(values),
        read_at=values.get("read_at"),
        failure=values.get("failure"),
        pages=int(values["pages"]),
        sold=tuple(values.get("sold", ())),
        asked_to=values.get("asked_to"),
        progress=Progress(**json.loads(values["progress"])) if "progress" in values else None,
        revision=int(values["revision"]),
    )
