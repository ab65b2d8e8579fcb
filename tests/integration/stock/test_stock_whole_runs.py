"""Whole runs on a table and the sandboxes: over several invocations, with nothing written twice."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import mapping_item
from orderbridge.http.transport import Transport
from orderbridge.platforms.stock import PlatformStock
from orderbridge.stock.runs_table import TableStockRuns
from orderbridge.stock.sync import RunResult, SyncStock
from orderbridge.stock.table import TableStockLevels
from orderbridge.values.events import Event
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
from orderbridge_sandboxes import Fault, Sandbox, demo
from orderbridge_sandboxes.salesmania import SalesmaniaSandbox
from orderbridge_sandboxes.sirclo import SircloSandbox
from tests.integration.stock.conftest import QUICK, DemoCredentials

PRODUCTS = 130


class Pipeline:
    """SIRCLO as a source and SalesMania as the channel that receives, with one table."""

    def __init__(self, client: Any, sandboxes: dict[str, Sandbox[Any]]) -> None:
        self.client = client
        self.sandboxes = sandboxes
        parts = {"sirclo": {"source": True}, "salesmania": {"push": True}}
        self.channels = {
            platform: Channel(
                platform, platform, {**demo.demo_settings(platform, sandbox.url), **QUICK, "stock": parts[platform]}
            )
            for platform, sandbox in sandboxes.items()
        }
        self.events: list[Event] = []
        self.level_writes = 0
        ids = itertools.count(1)
        self.sync = SyncStock(
            TableStockLevels(client, "t"),
            TableStockRuns(client, "t"),
            PlatformStock(Transport(allow_loopback_http=True), DemoCredentials()),
            self.events.extend,
            utc_now,
            lambda: f"run-{next(ids)}",
        )
        client.meta.events.register("before-call.dynamodb", self._count)
        for platform in sandboxes:
            for kind, key, value in demo.demo_mappings(platform, PRODUCTS):
                if kind == "product":
                    client.put_item(
                        TableName="t",
                        Item=mapping_item(ChannelRef(platform, platform), MappingKey(kind, key), json.dumps(value)),
                    )

    def _count(self, model: Any, params: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems":
            self.level_writes += len(json.loads(params["body"])["TransactItems"]) - 1

    def run(self, platform: str, seconds_left: Callable[[], float] = lambda: 100.0) -> RunResult:
        return self.sync(self.channels[platform], list(self.channels.values()), seconds_left)

    def levels(self, platform: str) -> dict[str, int]:
        return {level.product_code: level.available for level in self.sync.levels.levels(platform)}

    def held(self, platform: str) -> dict[str, int]:
        return {code: int(level) for code, level in self.sandboxes[platform].platform.stock().items()}


@pytest.fixture
def pipeline(client: Any) -> Iterator[Pipeline]:
    with SircloSandbox(products=PRODUCTS) as sirclo, SalesmaniaSandbox(products=PRODUCTS) as salesmania:
        yield Pipeline(client, {"sirclo": sirclo, "salesmania": salesmania})


def steps(number: int) -> Callable[[], float]:
    left = iter(range(number, -10_000, -1))
    return lambda: float(next(left))


def test_a_run_over_several_invocations_reads_every_page_once_and_ends_in_step(pipeline: Pipeline) -> None:
    states = [pipeline.run("sirclo", steps(1)).state for _ in range(2)]
    assert states == ["continues", "continues"]
    assert pipeline.levels("sirclo") == {}
    while pipeline.run("sirclo", steps(2)).state == "continues":
        pass
    assert pipeline.levels("sirclo") == pipeline.held("sirclo")
    asked = [
        each for each in pipeline.sandboxes["sirclo"].requests if each.target.startswith("/v1/partner/product/stock")
    ]
    assert len(asked) == 2
    assert pipeline.run("salesmania").state == "done"
    assert pipeline.levels("salesmania") == pipeline.held("salesmania") == pipeline.held("sirclo")


def test_an_unchanged_catalogue_costs_no_write_and_a_sold_product_one_at_each_channel(pipeline: Pipeline) -> None:
    for platform in pipeline.channels:
        pipeline.run(platform)
    assert pipeline.level_writes == 2 * PRODUCTS
    pipeline.level_writes = 0
    for platform in pipeline.channels:
        pipeline.run(platform)
    assert pipeline.level_writes == 0
    pipeline.sandboxes["sirclo"].set_stock("PROD-120", "3")
    for platform in pipeline.channels:
        pipeline.run(platform)
    assert pipeline.level_writes == 2
    assert pipeline.held("salesmania")["PROD-120"] == 3
    assert pipeline.events == []


def test_a_run_that_breaks_off_in_its_second_invocation_changes_nothing_and_is_begun_again(pipeline: Pipeline) -> None:
    pipeline.run("sirclo")
    before = pipeline.levels("sirclo")
    pipeline.sandboxes["sirclo"].set_stock("PROD-001", "1")
    assert pipeline.run("sirclo", steps(1)).state == "continues"
    pipeline.sandboxes["sirclo"].faults.add(Fault("truncate", "GET", "/v1/partner/product/stock"))
    assert pipeline.run("sirclo").state == "aborted"
    assert pipeline.levels("sirclo") == before
    assert pipeline.run("sirclo").state == "done"
    assert pipeline.levels("sirclo")["PROD-001"] == 1
