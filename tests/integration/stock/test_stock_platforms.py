"""Reading and pushing stock at the sandboxes: every oddity of the documents, every fault of the network."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.platforms import stock
from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.values import InvalidValue
from orderbridge.stock.lists import Snapshot, StockReadFailed, UnusableMapping
from orderbridge_sandboxes import Fault, demo
from orderbridge_sandboxes.exchange import Request
from orderbridge_sandboxes.ngorder import demo as ngorder_demo
from orderbridge_sandboxes.sirclo.orders import keep
from tests.integration.stock.conftest import Account, codes_of

ANOTHER_LIST = {"data": [{"id": 1, "order_number": "SO-1", "status": "pending"}]}


def demo_levels() -> dict[str, int]:
    return {demo.Product(number).code: demo.Product(number).level for number in range(1, demo.PRODUCTS + 1)}


def read_all(account: Account) -> Snapshot:
    snapshot = Snapshot("2025")
    with account.open() as access:
        while not snapshot.is_complete:
            snapshot.add(access.page(snapshot.position))
    return snapshot


# --- reading ------------------------------------------------------------------------------------------------------


def test_a_list_of_several_pages_is_read_to_its_end(account: Account) -> None:
    account.sandbox.platform.extend(products=250)
    snapshot = read_all(account)
    assert snapshot.pages > 2
    assert len(snapshot.levels) >= 250
    assert all(listed.level is not None for listed in snapshot.levels.values() if not listed.detail)


@pytest.mark.parametrize("value", ["20", 20, " 20 "])
def test_twenty_is_twenty_on_every_platform(account: Account, value: Any) -> None:
    account.sandbox.set_stock("PROD-002", value)
    assert account.levels()["PROD-002"] == 20


@pytest.mark.parametrize("value", [None, "", "abc", "-", True])
def test_an_unreadable_value_is_unreadable_and_the_others_are_read(account: Account, value: Any) -> None:
    account.sandbox.set_stock("PROD-002", value)
    assert account.levels() == {**demo_levels(), "PROD-002": None}


@pytest.mark.parametrize(("value", "available"), [(-1, 0), ("-4", 0), (12.5, 12), ("12.5", 12)])
def test_what_is_below_0_is_0_and_of_a_fraction_the_whole_pieces_count(
    account: Account, value: Any, available: int
) -> None:
    account.sandbox.set_stock("PROD-002", value)
    assert account.levels() == {**demo_levels(), "PROD-002": available}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("close_before"),
        Fault("commit_then_close", reset=True),
        Fault("status", status=500),
        Fault("status", status=503),
        Fault("status", status=429, retry_after=7),
        Fault("status", status=401, count=2),
        Fault("garbage"),
        Fault("truncate"),
        Fault("wrong_shape", body={"hello": "world"}),
        Fault("wrong_shape", body={"data": None}),
        Fault("wrong_shape", body={"data": [1, 2]}),
        Fault("wrong_shape", body=ANOTHER_LIST),
        Fault("delay", seconds=3),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status if 'status' in fault.kind else fault.body}",
)
def test_a_page_in_the_middle_that_is_not_as_it_should_be_ends_the_reading(account: Account, fault: Fault) -> None:
    account.sandbox.platform.extend(products=150)
    account.channel.settings["timeout_s"] = 1 if fault.kind == "delay" else 25
    struck = Fault(**{**fault.__dict__, "method": "GET", "path": account.facts.stock.path, "skip": 1})
    account.sandbox.faults.add(struck)
    if fault.body in ({"data": None}, {"data": [1, 2]}, ANOTHER_LIST) and account.counts_nothing:
        snapshot = read_all(account)
        assert len(snapshot.levels) == 100, "behind a full page null is the end, where nothing is counted"
        assert bool(snapshot.unread) == (fault.body != {"data": None}), "odd rows are left out, and named"
        return
    with pytest.raises(StockReadFailed) as raised:
        read_all(account)
    assert "secret" not in str(raised.value)


def test_a_bare_empty_array_is_no_page_where_lists_have_an_envelope(account: Account) -> None:
    """At SalesMania, whose lists may be bare arrays, a run keeps every level then: the list is empty."""
    account.sandbox.faults.add(Fault("wrong_shape", "GET", account.facts.stock.path, body=[]))
    if account.facts.bare_lists:
        assert read_all(account).levels == {}
        return
    with pytest.raises(StockReadFailed):
        read_all(account)


def test_a_page_that_comes_twice_is_noticed(account: Account) -> None:
    account.sandbox.platform.extend(products=250)
    account.sandbox.faults.add(Fault("page_repeat", "GET", account.facts.stock.path, skip=1))
    with pytest.raises(StockReadFailed, match=r"repeats|was asked for|begins at"):
        read_all(account)


def test_no_call_is_made_faster_than_the_channels_share_of_its_rate(account: Account) -> None:
    account.sandbox.platform.extend(products=250)
    waited: list[float] = []
    with account.open(clock=lambda: 7.0, sleep=waited.append, rate_limit=20) as access:
        for number in range(3):
            access.page(number)
    # Two calls a second are a tenth of twenty; the first may be made at once.
    assert waited == [0.5, 1.0]  # the clock stands, so that the third call is two steps ahead


def test_a_mapping_that_names_no_product_there_is_unusable(account: Account) -> None:
    with account.open() as access, pytest.raises(UnusableMapping):
        access.product_key({"nonsense": 1})


def test_settings_that_the_platform_cannot_use_are_a_read_that_failed(account: Account) -> None:
    with pytest.raises(StockReadFailed, match="base_url"), account.open(base_url="ftp://example.com"):
        pass
    with pytest.raises(StockReadFailed), account.open(base_url="http://127.0.0.1:9") as access:
        access.page(0)


# --- traps of the document of 2019-07 --------------------------------------------------------------------------------


def test_the_address_that_the_seed_document_prints_for_stock_is_not_taken_for_it(sirclo: Account) -> None:
    with sirclo.open(stock_path="/v1/order/") as access:
        assert access.page(0).levels == []  # no order yet, and no level made of it
    order = {
        "order_id": "SO-1", "order_date": "2025-01-01T00:00:00Z", "shipment_reference": "",
        "line_items": [{"id": 200001, "sku": "PROD-001", "name": "x", "quantity": 1, "unit_price": 1, "discount": 0}],
    }  # fmt: skip
    keep(sirclo.sandbox.platform, Request("POST", "/v1/order", {}, b"{}"), order)
    with sirclo.open(stock_path="/v1/order/") as access, pytest.raises(StockReadFailed, match="no stock levels"):
        access.page(0)


def test_the_early_revision_of_sirclo_cannot_receive_levels() -> None:
    settings = demo.demo_settings("sirclo", "https://api.example.com")
    pushing = {**settings, "stock": {"source": False, "rank": 1, "push": True}}
    with pytest.raises(InvalidValue, match="2019-07 has no call that sets stock"):
        definition_of("sirclo").read_settings(pushing)
    definition_of("sirclo").read_settings({**pushing, "revision": "2021-02"})


def test_a_product_that_is_ordered_in_boxes_has_its_level_in_pieces(salesmania: Account) -> None:
    with salesmania.open() as access:
        box = access.product_key({"product_id": 500_001, "unit": "BOX", "ratio": 12})
        assert box == access.product_key({"product_id": 500_001, "unit": "PCS"}) == access.product_key(500_001)
    assert salesmania.levels()["PROD-001"] == demo.Product(1).level


def test_salesmanias_lists_are_read_in_every_shape(salesmania: Account) -> None:
    for shape in ("array", "named", "data"):
        salesmania.sandbox.change(list_shape=shape)
        assert salesmania.levels() == demo_levels()


def test_an_account_of_salesmania_whose_token_has_run_out_logs_in_again(salesmania: Account) -> None:
    with salesmania.open() as access:
        access.page(0)
        salesmania.sandbox.platform.expire_tokens()
        assert len(access.page(0).levels) == demo.PRODUCTS


@pytest.mark.parametrize("settings", [{"links": "list"}, {"numbers_as_text": True}, {"links": "object"}])
def test_ngorders_lists_are_read_in_every_form(ngorder: Account, settings: dict[str, Any]) -> None:
    ngorder.sandbox.change(**settings)
    assert ngorder.levels() == demo_levels()


def test_ngorders_warehouses_are_read_together_and_0_is_one(ngorder: Account) -> None:
    ngorder.sandbox.set_stock("PROD-008", 7, warehouse_id=0)
    ngorder.sandbox.set_stock("PROD-008", 5, warehouse_id=ngorder_demo.SECOND_WAREHOUSE_ID)
    key = ngorder.key("PROD-008")
    with ngorder.open() as access:
        assert access.read(key, in_warehouses=True).level == 12
        ngorder.sandbox.set_stock("PROD-008", None, warehouse_id=ngorder_demo.SECOND_WAREHOUSE_ID)
        unreadable = access.read(key, in_warehouses=True)
    assert unreadable.level is None
    assert "warehouse 26" in (unreadable.detail or "")


@pytest.mark.parametrize("failed_status", [200, 400])
def test_a_product_that_ngorder_refuses_is_unreadable_and_a_failing_ngorder_is_not_read(
    ngorder: Account, failed_status: int
) -> None:
    ngorder.sandbox.change(failed_status=failed_status)
    with ngorder.open() as access:
        assert access.read("1", in_warehouses=False).level is None
        ngorder.sandbox.faults.add(Fault("status", "GET", "/api/open/product/check-stock", status=500))
        with pytest.raises(StockReadFailed):
            access.read(ngorder.key("PROD-001"), in_warehouses=False)


# --- pushing ------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandboxes' jobs take a twentieth of a second."""
    monkeypatch.setattr(stock, "POLL_PAUSES", (0.1, 0.1, 0.2))


def push(account: Account, **levels: int) -> dict[str, Any]:
    """Push levels by product code (PROD_001=5); what became of each."""
    multi = {code for code, warehouse in account.facts.shelf.set if warehouse is not None}
    codes = {name.replace("_", "-"): level for name, level in levels.items()}
    targets = [account.target(code, level, in_warehouses=code in multi) for code, level in codes.items()]
    by_key = {target.product: code for target, code in zip(targets, codes, strict=True)}
    with account.open() as access:
        return {by_key[result.product]: result for result in access.push(targets)}


def push_call(account: Account) -> tuple[str, str]:
    """What sets a level."""
    call = account.facts.push
    assert call is not None
    return call.method, call.path


def test_a_push_sets_the_level_and_reads_it_back(pushable: Account) -> None:
    results = push(pushable, PROD_001=3, PROD_002=0, PROD_008=77)
    assert {code: result.level for code, result in results.items()} == {"PROD-001": 3, "PROD-002": 0, "PROD-008": 77}
    assert not any(result.detail or result.refused for result in results.values())
    held = pushable.sandbox.platform.stock()
    assert (int(held["PROD-001"]), int(held["PROD-002"]), int(held["PROD-008"])) == (3, 0, 77)


def test_the_same_push_twice_is_the_same_level(pushable: Account) -> None:
    for _ in range(2):
        push(pushable, PROD_001=3, PROD_009=4)
    held = pushable.sandbox.platform.stock()
    assert (int(held["PROD-001"]), int(held["PROD-009"])) == (3, 4)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_platform_that_refuses_a_push_gets_no_other(pushable: Account, status: int) -> None:
    method, path = push_call(pushable)
    pushable.sandbox.faults.add(Fault("status", method, path, status=status, count=None))
    results = push(pushable, PROD_001=3, PROD_002=4)
    assert list(results) == ["PROD-001"]
    assert results["PROD-001"].refused
    assert pushable.sandbox.platform.stock()["PROD-001"] == demo.Product(1).level


@pytest.mark.parametrize(
    "fault",
    [
        Fault("commit_then_close"), Fault("commit_then_status", status=500), Fault("garbage"), Fault("truncate"),
        Fault("close_before"), Fault("status", status=500),
    ],
    ids=lambda fault: fault.kind,
)  # fmt: skip
def test_a_push_without_a_good_answer_is_read_back_or_unconfirmed_and_never_claimed(
    pushable: Account, fault: Fault
) -> None:
    method, path = push_call(pushable)
    pushable.sandbox.faults.add(Fault(**{**fault.__dict__, "method": method, "path": path}))
    result = push(pushable, PROD_001=3)["PROD-001"]
    held = int(pushable.sandbox.platform.stock()["PROD-001"])
    assert result.level in (None, held)
    assert result.detail if result.level != 3 else held == 3


def test_a_product_that_the_platform_does_not_take_stops_no_other(pushable: Account) -> None:
    method, path = push_call(pushable)
    pushable.sandbox.faults.add(Fault("status", method, path, status=422, body={"message": "no such product"}))
    results = push(pushable, PROD_001=3, PROD_002=4)
    assert not results["PROD-001"].was_sent
    assert "no such product" in results["PROD-001"].detail
    assert results["PROD-002"].level == 4


def test_sirclo_says_in_its_history_that_a_push_failed(later_sirclo: Account) -> None:
    later_sirclo.sandbox.change(failing_job_message="Shopee: item is banned")
    result = push(later_sirclo, PROD_001=3)["PROD-001"]
    assert result.level is None
    assert "item is banned" in (result.detail or "")


@pytest.mark.parametrize("name", ["ngorder", "later_sirclo"])
def test_a_job_that_is_never_finished_is_not_confirmed(name: str, request: pytest.FixtureRequest) -> None:
    account: Account = request.getfixturevalue(name)
    account.sandbox.change(job_seconds=3600.0)
    results = push(account, PROD_001=3, PROD_008=4)
    assert all(result.level not in (3, 4) for result in results.values())
    assert all(result.was_sent for result in results.values())


def test_ngorder_counts_only_the_warehouse_that_must_change(ngorder: Account) -> None:
    shop = ngorder.sandbox.platform.shop
    push(ngorder, PROD_008=75)
    assert shop.by_sku("PROD-008").levels == {0: 35, 26: 40}
    push(ngorder, PROD_008=30)
    assert shop.by_sku("PROD-008").levels == {0: 0, 26: 30}
    push(ngorder, PROD_008=31)
    assert shop.by_sku("PROD-008").levels == {0: 1, 26: 30}
    assert len(codes_of("ngorder")) == demo.PRODUCTS
