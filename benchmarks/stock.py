"""A stock sync of a large catalogue: products per second, calls per product, and what an unchanged product costs.

``python -m benchmarks.stock`` syncs a source (SIRCLO's sandbox, 100 rows a page) and a channel that receives
(SalesMania's), through the code that runs on AWS, with the table of template.yaml on the local engine: once from
nothing, once with nothing changed, once with one product in a hundred sold. Besides, how much memory a list of 100,000
products takes while it is read.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.report import Figure, print_figures
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import mapping_item
from orderbridge.http.transport import Transport
from orderbridge.platforms.stock import PlatformStock
from orderbridge.stock.lists import ListedLevel, Snapshot, StockPage
from orderbridge.stock.runs_table import TableStockRuns
from orderbridge.stock.sync import RunResult, SyncStock
from orderbridge.stock.table import TableStockLevels
from orderbridge.values.times import utc_now
from orderbridge_cli.aws import AwsAccess, OperatorClients
from orderbridge_cli.local.stack import LocalStack
from orderbridge_sandboxes import DEMO_CREDENTIALS, Sandbox, demo
from orderbridge_sandboxes.salesmania import SalesmaniaSandbox
from orderbridge_sandboxes.sirclo import SircloSandbox

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PRODUCTS = 10_000
SOLD = 100
LARGE_LIST = 100_000
PAGE = 100


@dataclass(frozen=True)
class Measured:
    """What one run of one channel took."""

    result: RunResult
    seconds: float
    platform_calls: int
    table_calls: Mapping[str, int]
    level_writes: int

    @property
    def products_per_second(self) -> float:
        return self.result.report.read / self.seconds

    @property
    def platform_calls_per_product(self) -> float:
        return self.platform_calls / self.result.report.read

    @property
    def table_calls_per_product(self) -> float:
        return sum(self.table_calls.values()) / self.result.report.read


class Credentials:
    """The sandboxes' own."""

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        return DEMO_CREDENTIALS[channel.platform]


@dataclass
class Bench:
    """Two channels on two sandboxes, and the sync between them on one table, every call counted."""

    client: DynamoDBClient
    table: str
    sandboxes: Mapping[str, Sandbox[Any]]
    calls: Counter[str] = field(default_factory=Counter)
    level_writes: int = 0

    def __post_init__(self) -> None:
        limits = {"rate_limit": 1_000_000, "timeout_s": 20}
        sirclo, salesmania = self.sandboxes["sirclo"], self.sandboxes["salesmania"]
        source = {**limits, "revision": "2021-02", "stock": {"source": True, "rank": 1}}
        receives = {**limits, "stock": {"push": True}}
        self.source = Channel("source", "sirclo", {**demo.demo_settings("sirclo", sirclo.url), **source})
        self.target = Channel("target", "salesmania", {**demo.demo_settings("salesmania", salesmania.url), **receives})
        self.sync = SyncStock(
            levels=TableStockLevels(self.client, self.table),
            runs=TableStockRuns(self.client, self.table),
            platforms=PlatformStock(Transport(allow_loopback_http=True), Credentials()),
            publish=lambda _: None,
            clock=utc_now,
            new_run_id=lambda: f"run-{time.monotonic_ns()}",
        )
        self.client.meta.events.register("before-call.dynamodb", self._count)

    def _count(self, model: Any, params: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        if model.name == "TransactWriteItems":
            writes = json.loads(params["body"])["TransactItems"]
            self.level_writes += sum("ConditionCheck" not in write for write in writes)

    def map_products(self, products: int) -> None:
        """Import the product mappings of both channels."""
        for channel in (self.source, self.target):
            rows = [row for row in demo.demo_mappings(channel.platform, products) if row[0] == "product"]
            items = [mapping_item(channel, MappingKey("product", key), json.dumps(value)) for _, key, value in rows]
            for start in range(0, len(items), 25):
                puts: Any = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
                self.client.batch_write_item(RequestItems={self.table: puts})

    def run(self, channel: Channel) -> Measured:
        """One run to its end."""
        sandbox = self.sandboxes[channel.platform]
        before, self.level_writes = len(sandbox.requests), 0
        self.calls.clear()
        began = time.monotonic()
        result = self.sync(channel, [self.source, self.target], lambda: 900.0)
        seconds = time.monotonic() - began
        if result.state != "done":
            raise AssertionError(f"{channel.name}: {result.state}, {result.report.problems[:3]}")
        return Measured(result, seconds, len(sandbox.requests) - before, dict(self.calls), self.level_writes)


@contextmanager
def bench(products: int = PRODUCTS) -> Iterator[Bench]:
    """Both sandboxes with catalogues of this size, and the table of template.yaml on the local engine."""
    with (
        TemporaryDirectory() as folder,
        SircloSandbox(products=products) as sirclo,
        SalesmaniaSandbox(products=products) as salesmania,
        LocalStack(
            state_dir=Path(folder) / "state",
            port=0,
            stack_file=None,
            with_sandboxes=False,
            live_reload=False,
            sweep_every_s=None,
        ) as stack,
    ):
        said = stack.description
        clients = OperatorClients(AwsAccess(said.aws_endpoint_url, said.region, said.access_key, said.secret_key))
        for mapping in clients.functions.list_event_source_mappings()["EventSourceMappings"]:
            clients.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        made = Bench(clients.dynamodb, said.table, {"sirclo": sirclo, "salesmania": salesmania})
        made.map_products(products)
        yield made


def bytes_per_row(rows: int = LARGE_LIST) -> float:
    """What a list of that many products takes while it is held, per product."""
    tracemalloc.start()
    snapshot = Snapshot("2025-01-01T00:00:00.000Z")
    for first in range(0, rows, PAGE):
        keys = [f"PROD-{number:08d}" for number in range(first, first + PAGE)]
        snapshot.add(StockPage(keys, [ListedLevel(key, len(key)) for key in keys], first + PAGE < rows))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / rows


def figures() -> Generator[Figure]:
    """Of three syncs, at both channels; platform and table are on this machine, so that the seconds are ours."""
    with bench() as made:
        for name in ("from nothing", "nothing changed", f"{SOLD} sold"):
            if name.endswith("sold"):
                for number in range(1, SOLD + 1):
                    made.sandboxes["sirclo"].set_stock(demo.Product(number).code, 1)
            for channel in (made.source, made.target):
                measured = made.run(channel)
                named = f"stock of {PRODUCTS} products, {name}, {channel.platform}"
                yield f"{named}: products/s", f"{measured.products_per_second:.0f}"
                yield f"{named}: platform calls each", f"{measured.platform_calls_per_product:.4f}"
                yield f"{named}: table calls each", f"{measured.table_calls_per_product:.4f}"
                yield f"{named}: levels written", measured.level_writes
    yield (
        f"stock, a list of {LARGE_LIST} products while it is read",
        lambda: f"{bytes_per_row() * LARGE_LIST / 2**20:.0f} MiB",
    )


if __name__ == "__main__":
    print_figures(figures, "stock")
