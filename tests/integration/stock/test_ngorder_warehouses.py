"""At Ngorder counts what can be sent: at the sandbox, over the table, to what a partner reads for a site."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import mapping_item
from orderbridge.entrypoints.answers.stock import StockFound
from orderbridge.entrypoints.stock_schedule import described
from orderbridge.http.transport import Transport
from orderbridge.platforms import stock
from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.stock import PlatformStock
from orderbridge.platforms.values import InvalidValue
from orderbridge.reading.stock import ListStock, StockFilter
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.runs_table import TableStockRuns
from orderbridge.stock.sync import SyncStock
from orderbridge.stock.table import TableStockLevels, TableStockReads, stock_item
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
from orderbridge.wiring.reading import warehouse_of
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from orderbridge_sandboxes.ngorder import demo as ngorder_demo
from tests.fakes import samples
from tests.fakes.reads import Overview
from tests.integration.stock.conftest import Account, DemoCredentials
from tests.integration.stock.test_stock_platforms import push

MAIN, BANDUNG = ngorder_demo.MAIN_WAREHOUSE_ID, ngorder_demo.SECOND_WAREHOUSE_ID
THIRD = 31


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's jobs take a twentieth of a second."""
    monkeypatch.setattr(stock, "POLL_PAUSES", (0.1, 0.1, 0.2))


def put_into(sandbox: Sandbox[Any], product: str, **levels: Any) -> None:
    """The whole of what a product's warehouses have (w26=5)."""
    here = {int(name.removeprefix("w")): level for name, level in levels.items()}
    sandbox.platform.shop.by_sku(product).levels = here


@pytest.mark.parametrize(
    ("settings", "sites", "counted"),
    [
        ({"warehouse_id": MAIN}, [], {MAIN}),
        ({"warehouse_id": None}, [{"warehouse_id": BANDUNG}, 17118, "nonsense"], {BANDUNG}),
        ({"warehouse_id": MAIN}, ['{"warehouse_id"', {"supplier_id": 1, "warehouse_id": BANDUNG}], {MAIN, BANDUNG}),
        ({"warehouse_id": None}, [17118], None),
        ({"warehouse_id": BANDUNG, "stock": {"source": True, "warehouses": [0]}}, [{"warehouse_id": BANDUNG}], {MAIN}),
    ],
)
def test_the_warehouses_that_count_are_the_channels_and_its_sites_or_those_that_the_setting_names(
    ngorder: Account, settings: dict[str, Any], sites: list[Any], counted: set[int] | None
) -> None:
    ngorder.sites = sites
    with ngorder.open(**settings) as access:
        assert access.warehouses == counted


def test_a_warehouse_that_does_not_count_changes_no_level_whatever_it_says(ngorder: Account) -> None:
    ngorder.sites = []
    for other in (500, None, "abc", -3):
        put_into(ngorder.sandbox, "PROD-008", w0=7, w26=other)
        with ngorder.open() as access:
            assert access.read(ngorder.key("PROD-008"), in_warehouses=True).level == 7


def test_below_0_in_one_warehouse_takes_nothing_from_another_and_a_fraction_is_remarked(ngorder: Account) -> None:
    put_into(ngorder.sandbox, "PROD-008", w0=-5, w26=12.5)
    with ngorder.open() as access:
        listed = access.read(ngorder.key("PROD-008"), in_warehouses=True)
    assert listed.level == 12
    assert "warehouse 26" in (listed.detail or "")


def test_a_push_changes_no_warehouse_that_does_not_count(ngorder: Account) -> None:
    ngorder.sites = []
    put_into(ngorder.sandbox, "PROD-008", w0=7, w26=500)
    assert push(ngorder, PROD_008=3)["PROD-008"].level == 3
    assert ngorder.sandbox.platform.shop.by_sku("PROD-008").levels == {0: 3, 26: 500}
    put_into(ngorder.sandbox, "PROD-008", w26=500)
    result = push(ngorder, PROD_008=3)["PROD-008"]
    assert (result.level, result.was_sent) == (None, False)
    assert "none of the warehouses" in (result.detail or "")
    assert ngorder.sandbox.platform.shop.by_sku("PROD-008").levels == {26: 500}


@pytest.mark.parametrize(
    ("platform", "warehouses", "words"),
    [
        ("ngorder", [], "stock.warehouses: .*at least 1"),
        ("ngorder", [-1], "stock.warehouses.0: .*greater than or equal to 0"),
        ("ngorder", ["0"], "stock.warehouses.0: .*integer"),
        ("ngorder", [True], "stock.warehouses.0: .*integer"),
        ("ngorder", 0, "stock.warehouses: .*tuple"),
        ("sirclo", [0], "stock.warehouses: SIRCLO keeps no stock by warehouse"),
        ("salesmania", [0], "stock.warehouses: SalesMania keeps no stock by warehouse"),
    ],
)
def test_warehouses_that_are_none_are_refused_with_what_is_wrong(platform: str, warehouses: Any, words: str) -> None:
    settings = demo.demo_settings(platform, "https://shop.example.com")
    with pytest.raises(InvalidValue, match=words):
        definition_of(platform).read_settings({**settings, "stock": {"warehouses": warehouses}})


def test_an_order_goes_out_from_the_warehouse_that_its_site_reads() -> None:
    read = definition_of("ngorder").warehouse_of_site
    settings = {"base_url": "https://shop.example.com", "supplier_id": 1, "warehouse_id": BANDUNG}
    assert read(None, settings) == BANDUNG
    assert read({"supplier_id": 2, "warehouse_id": 0}, settings) == MAIN
    assert read(17118, settings) is None
    assert definition_of("sirclo").warehouse_of_site(None, {}) is None


# --- whole rounds -----------------------------------------------------------------------------------------------------


class Pipeline:
    """A source at Ngorder, its runs over a table, and a partner who reads what they have found."""

    def __init__(self, client: Any, account: Account) -> None:
        self.client = client
        self.account = account
        self.sandbox = account.sandbox
        self.partner = samples.partner(keys=(), channels=(ChannelRef(account.channel.name, "ngorder"),))
        ids = itertools.count(1)
        self.sync = SyncStock(
            TableStockLevels(client, "t"),
            TableStockRuns(client, "t"),
            PlatformStock(Transport(allow_loopback_http=True), DemoCredentials()),
            lambda _: None,
            utc_now,
            lambda: f"run-{next(ids)}",
        )
        for kind, key, value in demo.demo_mappings("ngorder"):
            if kind == "product":
                self.map(kind, key, value)

    def map(self, kind: Any, key: str, value: Any) -> None:
        item = mapping_item(self.account.channel, MappingKey.of(kind, key), json.dumps(value))
        self.client.put_item(TableName="t", Item=item)

    def run(self) -> dict[str, Any]:
        result = self.sync(self.account.channel, [self.account.channel], lambda: 100.0)
        assert result.state == "done"
        return described(result)

    def seen(self, code: str, **query: str) -> list[int]:
        listing = ListStock(Overview(self.account.channel), TableStockReads(self.client, "t"), warehouse_of)
        page = listing(self.partner, StockFilter.from_query({"product_code": code, **query}))
        return [each["available"] for each in StockFound.of(page).body()["data"]]


@pytest.fixture
def pipeline(client: Any) -> Iterator[Pipeline]:
    with SANDBOXES["ngorder"](job_seconds=0.05) as sandbox:
        yield Pipeline(client, Account("ngorder", sandbox))


def test_a_partner_sees_what_can_be_sent_and_for_a_site_what_its_warehouse_has(pipeline: Pipeline) -> None:
    pipeline.sandbox.platform.shop.warehouses[THIRD] = {"id": THIRD, "warehouse": "Gudang Surabaya"}
    put_into(pipeline.sandbox, "PROD-008", w0=0, w26=40, w31=9)
    pipeline.run()
    assert pipeline.seen("PROD-008") == [0], "orders go out of the main warehouse, and it is empty"
    pipeline.map("site", "BDG", {"supplier_id": ngorder_demo.SECOND_SUPPLIER_ID, "warehouse_id": BANDUNG})
    assert pipeline.seen("PROD-008", site_code=" BDG ") == [40], "a site counts as soon as it is mapped"
    report = pipeline.run()
    assert (pipeline.seen("PROD-008"), report["problems"]) == ([40], [])
    assert pipeline.seen("PROD-008", site_code="JKT") == [0]
    assert pipeline.seen("PROD-001", site_code="BDG") == [demo.Product(1).level], "it is kept in no warehouses"
    pipeline.map("site", "BDG", "{}")
    assert pipeline.seen("PROD-008", site_code="BDG") == [], "no order can be made for it"


def test_a_catalogue_in_warehouses_is_written_once_and_asked_again_within_bounds(pipeline: Pipeline) -> None:
    pipeline.map("site", "BDG", {"warehouse_id": BANDUNG})
    pipeline.run()
    calls = len(pipeline.sandbox.requests)
    written = {item["SK"]["S"]: item for item in pipeline.client.scan(TableName="t")["Items"]}
    assert pipeline.run()["changed"] == 0
    again = {item["SK"]["S"]: item for item in pipeline.client.scan(TableName="t")["Items"]}
    assert {code: again[code] for code in again if code.startswith("PROD")} == {
        code: written[code] for code in written if code.startswith("PROD")
    }
    assert len(pipeline.sandbox.requests) == 2 * calls


def test_a_level_in_many_warehouses_is_one_write_unit() -> None:
    here = {number * 1000 + 7: 1_000_000 for number in range(20)}
    level = StockLevel(
        "ngorder-jakarta", "PROD-" + "9" * 30, sum(here.values()), "2025-01-01T00:00:00.000Z",
        in_warehouses=True, warehouses=here, pushed=5, pushed_at="2025-01-01T00:00:00.000Z",
    )  # fmt: skip
    assert len(json.dumps(stock_item(level))) < 1024
