"""Routes: which channels a site's orders go to, and what becomes of orders that waited for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef
from orderbridge_cli.operating.tables.orders import TableOperatorOrders
from tests.integration.cli.conftest import Operator

Place = Callable[..., Order]


@pytest.fixture
def partner(set_up: Operator) -> Operator:
    """An operator with the partner `artia`, which has no channel of its own."""
    assert set_up.add_partner("artia", "").exit_code == 0
    return set_up


def _import(operator: Operator, *rows: tuple[str, str], client_id: str = "artia") -> Any:
    file = operator.csv_file(*(("route", site, value) for site, value in rows))
    return operator.json("mappings", "import", f"partner:{client_id}", file)


@pytest.mark.parametrize(
    "value", ["sirclo|ngorder", "sirclo;ngorder", "sirclo,ngorder", '["sirclo", "ngorder"]', " sirclo | ngorder | "]
)
def test_a_route_is_a_list_of_channels_in_any_of_its_forms(partner: Operator, value: str) -> None:
    _import(partner, (" SITE-001 ", value))

    stored = partner.stack.partners.find("artia")
    assert stored is not None
    assert [channel.name for channel in stored.channels_for("SITE-001")] == ["sirclo", "ngorder"]


def test_routes_are_exported_as_they_are_imported(partner: Operator) -> None:
    _import(partner, ("SITE-002", "salesmania"), ("SITE-001", "sirclo|ngorder"))
    exported = partner.run("mappings", "export", "partner:artia").stdout
    before = [item for item in partner.items() if item["SK"]["S"].startswith("ROUTE#")]

    partner.json("mappings", "import", "partner:artia", partner.file("again.csv", exported))

    assert [item for item in partner.items() if item["SK"]["S"].startswith("ROUTE#")] == before
    assert partner.run("mappings", "export", "partner:artia").stdout == exported


BAD_ROUTES = [
    ("route,SITE-2,tokopedia", "there is no channel tokopedia"),
    ('route,SITE-2,"[""sirclo"", ""tokopedia""]"', "there is no channel tokopedia"),
    ("route,SITE-2,|", "names no channel"),
    ("route,SITE-2,[]", "names no channel"),
    ('route,SITE-2,"[""sirclo"""', "there is no channel"),
    ('route,SITE-2,"[1]"', "there is no channel"),
    ("route,SITE-1,sirclo", "stands on line 2 already"),
    ("product,P-1,1", "has routes only"),
    ("route,,sirclo", "key is empty"),
]


@pytest.mark.parametrize(("row", "said"), BAD_ROUTES)
def test_a_bad_route_is_refused_and_nothing_is_written(partner: Operator, row: str, said: str) -> None:
    before = partner.items()
    file = partner.file("m.csv", f"kind,key,value\nroute,SITE-1,sirclo\n{row}\n")

    result = partner.run("mappings", "import", "partner:artia", file, "--json")

    assert result.exit_code == 1
    assert [each["line"] for each in json.loads(result.stdout)["rows"]] == [3]
    assert said in result.stderr
    assert partner.items() == before


@pytest.mark.parametrize("client_id", ["nobody", "", "a#b"])
def test_an_unknown_partner_is_exit_1(partner: Operator, client_id: str) -> None:
    file = partner.csv_file(("route", "SITE-1", "sirclo"))
    for command in (("import", f"partner:{client_id}", file), ("export", f"partner:{client_id}")):
        assert f"There is no partner {client_id}." in partner.refused("mappings", *command)


def test_more_routes_than_one_transaction_holds_are_all_written(partner: Operator) -> None:
    _import(partner, *((f"SITE-{n:03d}", "sirclo") for n in range(120)))
    stored = partner.stack.partners.find("artia")
    assert stored is not None
    assert len(stored.routes) == 120


# --- orders that waited -----------------------------------------------------------------------------------------------


def test_an_order_that_waited_for_its_route_goes_to_the_routes_channels(partner: Operator, place_order: Place) -> None:
    order = place_order(1, site="SITE-001")
    assert partner.json("mappings", "missing") == [
        {
            "kind": "route",
            "key": "SITE-001",
            "channel": "partner:artia",
            "forwards": 1,
            "since": order.created_at,
        }
    ]

    result = _import(partner, ("SITE-001", "sirclo|ngorder"))

    assert {each["channel"] for each in result["released"]} == {"sirclo", "ngorder"}
    shown = partner.json("orders", "show", order.code)
    assert [(each["channel"], each["platform"], each["state"]) for each in shown["forwards"]] == [
        ("ngorder", "ngorder", "QUEUED"),
        ("sirclo", "sirclo", "QUEUED"),
    ]
    assert [entry["event"] for entry in shown["timeline"]][-3:].count("ForwardQueued") == 2
    assert "OrderRouted" in [entry["event"] for entry in shown["timeline"]]
    assert partner.messages("sirclo") == [
        {
            "code": order.code,
            "client_id": "artia",
            "reference_hash": order.key.reference_hash,
            "channel": "sirclo",
            "platform": "sirclo",
        }
    ]
    assert len(partner.messages("ngorder")) == 1
    assert partner.json("mappings", "missing") == []
    stored = partner.stack.desk.read_order(order.key)
    assert stored is not None
    assert [channel.name for channel in stored.channels] == ["sirclo", "ngorder"]


def test_orders_of_other_sites_partners_and_with_channels_stay_as_they_are(
    partner: Operator, place_order: Place
) -> None:
    partner.add_partner("budi", "ngorder")
    other_site = place_order(1, site="SITE-002")
    other_partner = place_order(2, client_id="budi", site="SITE-001")
    with_channel = place_order(3, site="SITE-001", channels=[ChannelRef("ngorder", "ngorder")])

    assert _import(partner, ("SITE-001", "sirclo"))["released"] == []

    assert {each.code for each in partner.stack.desk.unrouted()} == {other_site.code, other_partner.code}
    assert partner.stack.desk.read_order(with_channel.key) == with_channel


def test_an_order_is_routed_once_whatever_the_route_says_later(partner: Operator, place_order: Place) -> None:
    order = place_order(1)
    _import(partner, ("SITE-001", "sirclo"))
    before = [item for item in partner.items() if item["PK"]["S"].startswith(("ORDER#", "FORWARD#"))]

    assert _import(partner, ("SITE-001", "ngorder"))["released"] == []

    assert [item for item in partner.items() if item["PK"]["S"].startswith(("ORDER#", "FORWARD#"))] == before
    assert len(partner.messages("sirclo")) == 1
    assert partner.messages("ngorder") == []
    assert order.code


def test_a_publisher_that_repeats_itself_does_not_have_a_routed_order_wait_again(
    partner: Operator, place_order: Place
) -> None:
    order = place_order(1)
    _import(partner, ("SITE-001", "sirclo"))

    partner.stack.desk.await_route(order, order.created_at, order.created_at)

    assert partner.json("mappings", "missing") == []
    assert partner.json("forwards", "list", "--channel", "unrouted") == []


def test_of_two_imports_at_once_one_routes_the_order(
    partner: Operator, place_order: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place_order(1)
    route = TableOperatorOrders.route

    def beaten(self: TableOperatorOrders, *arguments: Any) -> None:
        monkeypatch.setattr(TableOperatorOrders, "route", route)
        assert len(_import(partner, ("SITE-001", "ngorder"))["released"]) == 1
        route(self, *arguments)

    monkeypatch.setattr(TableOperatorOrders, "route", beaten)

    assert _import(partner, ("SITE-001", "sirclo"))["released"] == []

    stored = partner.stack.desk.read_order(order.key)
    assert stored is not None
    assert [forward.channel.name for forward in partner.stack.desk.list_forwards(stored)] == ["ngorder"]
    assert partner.messages("sirclo") == []
    assert len(partner.messages("ngorder")) == 1


def test_an_order_that_its_partner_cancelled_is_not_routed(partner: Operator, place_order: Place) -> None:
    order = place_order(1)
    take_back(partner, order)

    assert _import(partner, ("SITE-001", "sirclo"))["released"] == []

    assert partner.messages("sirclo") == []


def test_a_cancellation_that_comes_between_stops_the_routing(
    partner: Operator, place_order: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place_order(1)
    route = TableOperatorOrders.route

    def beaten(self: TableOperatorOrders, *arguments: Any) -> None:
        take_back(partner, order)
        route(self, *arguments)

    monkeypatch.setattr(TableOperatorOrders, "route", beaten)

    assert _import(partner, ("SITE-001", "sirclo"))["released"] == []

    stored = partner.stack.desk.read_order(order.key)
    assert stored is not None
    assert stored.channels == ()
    (shown,) = partner.json("orders", "show", order.code)["forwards"]
    assert (shown["channel"], shown["state"], shown["missing"]) == (None, "CANCELLED", [])


def take_back(operator: Operator, order: Order) -> None:
    """As its partner does."""
    stored = operator.stack.desk.read_order(order.key)
    assert stored is not None
    operator.stack.desk.request_cancel(stored, order.created_at, None, order.created_at)
