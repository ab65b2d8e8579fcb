"""`orderbridge mappings`: what is imported, what is refused, and what an import lets go."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orderbridge.channels.lookups import FoundMappings
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import TableMappings
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.forward.waiting import park_for_mappings, release
from orderbridge.orders.order import Order
from orderbridge.platforms.registry import definition_of
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
from orderbridge_cli import platform_calls
from orderbridge_cli.operating.tables.orders import TableOperatorOrders
from tests.integration.cli.conftest import SETTINGS, Operator, state_of

NGORDER = ChannelRef("ngorder", "ngorder")
SIRCLO = ChannelRef("sirclo", "sirclo")
PRODUCT = {"variation_id": 1, "product_status": "S"}

Place = Callable[..., Order]
Move = Callable[..., Forward]


def _parked(*needs: tuple[str, str]) -> Callable[[Forward], Any]:
    keys = [MappingKey.of(kind, key) for kind, key in needs]  # type: ignore[arg-type]
    return lambda forward: park_for_mappings(forward, keys, utc_now())


# --- rows -------------------------------------------------------------------------------------------------------------


def test_rows_are_imported_and_exported_exactly(set_up: Operator) -> None:
    exact = '{"variation_id":  1,\n "product_status": "S"}'
    file = set_up.csv_file(("product", "PROD-1", exact), ("customer", "CUST-1", "0"), ("customer", 'Ü, "x"', "77"))

    result = set_up.json("mappings", "import", "ngorder", file)

    assert result == {"channel": "ngorder", "imported": 3, "released": []}
    exported = {(row["kind"], row["key"]): row["value"] for row in set_up.json("mappings", "export", "ngorder")}
    assert exported == {("product", "PROD-1"): exact, ("customer", "CUST-1"): "0", ("customer", 'Ü, "x"'): "77"}


def test_what_is_exported_can_be_imported_and_changes_nothing(set_up: Operator) -> None:
    value = json.dumps({"sku": "a,b", "id": 3, "name": 'T-Shirt "L"\tx', "price": 150000.50})
    set_up.json("mappings", "import", "sirclo", set_up.csv_file(("product", "PROD-1", value)))
    before = set_up.items()

    exported = set_up.run("mappings", "export", "sirclo").stdout
    set_up.json("mappings", "import", "sirclo", set_up.file("again.csv", exported))

    assert set_up.items() == before
    assert set_up.run("mappings", "export", "sirclo").stdout == exported


@pytest.mark.parametrize("written", ["007", "1E5", "Infinity", "-0", "1.10", "17.500", "true", "none", "1_000"])
def test_a_plain_id_reaches_the_platform_as_it_was_written(set_up: Operator, written: str) -> None:
    rows = ("customer", "CUST-1", written), ("product", "PROD-1", {"sku": written, "id": 3})
    set_up.json("mappings", "import", "sirclo", set_up.csv_file(*rows))
    exported = set_up.file("again.csv", set_up.run("mappings", "export", "sirclo").stdout)
    set_up.json("mappings", "import", "sirclo", exported)

    keys = [MappingKey.of("customer", "CUST-1"), MappingKey.of("product", "PROD-1")]
    mappings = TableMappings(set_up.stack.clients.dynamodb, set_up.stack.table).read(
        ChannelRef("sirclo", "sirclo"), keys
    )
    settings = definition_of("sirclo").read_settings(SETTINGS["sirclo"])
    assert definition_of("sirclo").read_mapping("customer", mappings[keys[0]], settings).delivery_name == written
    assert definition_of("sirclo").read_mapping("product", mappings[keys[1]], settings).sku == written


def test_a_customers_row_may_be_one_sites_and_is_exported_as_it_is_imported(set_up: Operator) -> None:
    rows = ("customer", "CUST-1", "1"), ("customer", " CUST-1 @ SITE  2 ", "2"), ("customer", "shop@@home", "3")

    set_up.json("mappings", "import", "ngorder", set_up.csv_file(*rows))

    exported = {row["key"]: row["value"] for row in set_up.json("mappings", "export", "ngorder")}
    assert exported == {"CUST-1": "1", "CUST-1@SITE 2": "2", "shop@@home": "3"}


def test_an_address_lets_the_orders_go_that_wait_for_its_customer(
    set_up: Operator, place_order: Place, move: Move
) -> None:
    order = place_order(1, channels=[NGORDER])
    move(order, "ngorder", _parked(("customer", "CUST-001")))
    address = {"name": "Artia", "phone": "081234567890", "district_id": 3627, "address": "Jl. Braga 1"}

    result = set_up.json("mappings", "import", "ngorder", set_up.csv_file(("address", "CUST-001", address)))

    assert [released["code"] for released in result["released"]] == [order.code]


def test_keys_are_kept_as_the_forwarder_looks_them_up(set_up: Operator) -> None:
    file = set_up.csv_file(("sales", "  John   DOE ", "24728"), ("product", " PROD-1 ", {"product_id": 1}))

    set_up.json("mappings", "import", "salesmania", file)

    keys = [MappingKey.of("sales", "john doe"), MappingKey.of("product", "PROD-1")]
    found = TableMappings(set_up.stack.clients.dynamodb, set_up.stack.table).read(
        ChannelRef("salesmania", "salesmania"), keys
    )
    assert found == {keys[0]: "24728", keys[1]: {"product_id": 1}}
    exported = set_up.json("mappings", "export", "salesmania")
    assert [(row["kind"], row["key"]) for row in exported] == [("product", "PROD-1"), ("sales", "John DOE")]


def test_a_file_as_a_spreadsheet_saves_it_is_read(set_up: Operator) -> None:
    content = "\ufeffValue,Kind,KEY\r\n77,customer,CUST-1\r\n\r\n,,\r\n"
    assert set_up.json("mappings", "import", "ngorder", set_up.file("m.csv", content))["imported"] == 1


def test_more_rows_than_one_transaction_holds_are_all_written(set_up: Operator) -> None:
    file = set_up.csv_file(*(("customer", f"CUST-{n}", str(n)) for n in range(250)))

    assert set_up.json("mappings", "import", "ngorder", file)["imported"] == 250

    assert len(set_up.json("mappings", "export", "ngorder")) == 250


BAD_ROWS: list[tuple[str, str, int, str]] = [
    ("ngorder", "colour,RED,1", 3, "'colour' is not a kind"),
    ("ngorder", "customer,,1", 3, "key is empty"),
    ("ngorder", "customer,C-2,", 3, "value is empty"),
    ("ngorder", "customer,C-2", 3, "2 columns instead of 3"),
    ("ngorder", "customer,C-2,1,2", 3, "4 columns instead of 3"),
    ("ngorder", "customer,A@@@B,1", 3, "@@@ may be read in two ways"),
    ("ngorder", "address,A@,1", 3, "must be CUSTOMER or CUSTOMER@SITE"),
    ("ngorder", "customer,A@B@C,1", 3, "more than one site"),
    ("ngorder", "customer, CUST-1 ,2", 3, "stands on line 2 already"),
    ("ngorder", 'product,P-1,"{""variation_id"": 1"', 3, "not JSON"),
    ("ngorder", "product,P-1,one", 3, "variation_id"),
    ("ngorder", 'product,P-1,"{""variation_id"": 1, ""product_status"": ""X""}"', 3, "product_status"),
    ("ngorder", 'product,P-1,"{""variation"": 1, ""product_status"": ""S""}"', 3, "variation"),
    ("ngorder", "customer,C-2,x12", 3, "customer_id"),
    ("ngorder", "customer,C-2,true", 3, "customer_id"),
    ("ngorder", "customer,C-2,-5", 3, "customer_id"),
    ("ngorder", "route,SITE-1,ngorder", 3, "belongs to a partner"),
    ("ngorder", f"customer,{'k' * 1001},1", 3, "key is longer"),
    ("ngorder", f"customer,C-2,{'9' * 8001}", 3, "value is longer"),
    ("ngorder", 'customer,"C-2,1', 3, "not CSV"),
    ("sirclo", 'product,P-1,"{""sku"": ""a"", ""price"": -1}"', 3, "price"),
    ("salesmania", "sales,John Doe,nobody", 3, "team_id"),
    ("salesmania", "price,P-1,0", 3, "free"),
    ("salesmania", "price,P-1,1E5", 3, "plain digits"),
    ("salesmania", "price,P-1,17_500", 3, "plain digits"),
    ("ngorder", "customer,C-2,007", 3, "without zeros before it"),
    ("ngorder", "customer,C-2,1_000", 3, "plain digits"),
    ("ngorder", 'cost,P-1,"{""cost"": NaN}"', 3, "not JSON"),
    ("sirclo", f'customer,C-2,"{"[" * 3000}"', 3, "not JSON"),
]


@pytest.mark.parametrize(("channel", "row", "line", "said"), BAD_ROWS, ids=[f"{c}-{r[:40]}" for c, r, _, _ in BAD_ROWS])
def test_one_bad_row_is_named_by_its_line_and_nothing_is_imported(
    set_up: Operator, channel: str, row: str, line: int, said: str
) -> None:
    good = {
        "ngorder": "customer,CUST-1,1",
        "sirclo": 'customer,CUST-1,"{""delivery_name"": ""Artia""}"',
        "salesmania": "customer,CUST-1,1",
    }[channel]
    file = set_up.file("m.csv", f"kind,key,value\n{good}\n{row}\n")
    before = set_up.items()

    result = set_up.run("mappings", "import", channel, file, "--json")

    assert result.exit_code == 1
    assert str(file) in result.stderr
    assert f"line {line}: " in result.stderr
    rows = json.loads(result.stdout)["rows"]
    assert [each["line"] for each in rows] == [line]
    assert said in rows[0]["reason"]
    assert set_up.items() == before


def test_every_bad_row_is_said_at_once_each_with_the_line_it_begins_on(set_up: Operator) -> None:
    content = 'kind,key,value\nproduct,P-1,"{""variation_id"": 1,\n""product_status"": ""S""}"\nx,y,1\n\ncustomer,,1\n'

    result = set_up.run("mappings", "import", "ngorder", set_up.file("m.csv", content), "--json")

    assert [row["line"] for row in json.loads(result.stdout)["rows"]] == [4, 6]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"kind|key|value\ncustomer|a|1\n", "first line must be kind,key,value"),
        ("kind,key,value\ncustomer,a,1\n".encode("utf-16"), "UTF-16 text; save it as CSV in UTF-8"),
        ("kind,key,value\ncustomer,a,1\n".encode("utf-16-le"), "UTF-16 text; save it as CSV in UTF-8"),
        (b"customer,CUST-1,1\n", "first line must be kind,key,value"),
        (b"kind,key,value\ncustomer,\xff\xfe,1\n", "line 2: not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused(set_up: Operator, content: bytes, said: str) -> None:
    before = set_up.items()
    assert said in set_up.refused("mappings", "import", "ngorder", set_up.file("m.csv", content))
    assert set_up.items() == before


def test_a_header_alone_imports_nothing(set_up: Operator) -> None:
    assert set_up.json("mappings", "import", "ngorder", set_up.csv_file())["imported"] == 0


def test_an_unknown_channel_is_exit_1(set_up: Operator) -> None:
    for command in (("import", "tokopedia", set_up.csv_file()), ("export", "tokopedia"), ("missing", "tokopedia")):
        assert "There is no channel tokopedia." in set_up.refused("mappings", *command)


# --- releasing --------------------------------------------------------------------------------------------------------


def test_an_import_releases_exactly_the_forwards_that_waited_for_its_keys(
    set_up: Operator, place_order: Place, move: Move
) -> None:
    waits_for_it = place_order(1, channels=[NGORDER])
    waits_for_more = place_order(2, channels=[NGORDER])
    waits_for_other = place_order(3, channels=[NGORDER])
    elsewhere = place_order(4, channels=[SIRCLO])
    move(waits_for_it, "ngorder", _parked(("product", "PROD-1")))
    move(waits_for_more, "ngorder", _parked(("product", "PROD-1"), ("customer", "CUST-9")))
    move(waits_for_other, "ngorder", _parked(("customer", "CUST-9")))
    move(elsewhere, "sirclo", _parked(("product", "PROD-1")))

    result = set_up.json("mappings", "import", "ngorder", set_up.csv_file(("product", "PROD-1", PRODUCT)))

    assert {each["code"] for each in result["released"]} == {waits_for_it.code, waits_for_more.code}
    assert state_of(set_up, waits_for_it, "ngorder") is ForwardState.QUEUED
    assert state_of(set_up, waits_for_more, "ngorder") is ForwardState.QUEUED
    assert state_of(set_up, waits_for_other, "ngorder") is ForwardState.NEEDS_MAPPING
    assert state_of(set_up, elsewhere, "sirclo") is ForwardState.NEEDS_MAPPING
    assert {message["code"] for message in set_up.messages("ngorder")} == {waits_for_it.code, waits_for_more.code}
    assert set_up.messages("sirclo") == []


def test_a_second_import_releases_nothing_twice(set_up: Operator, place_order: Place, move: Move) -> None:
    order = place_order(1, channels=[NGORDER])
    move(order, "ngorder", _parked(("product", "PROD-1")))
    file = set_up.csv_file(("product", "PROD-1", PRODUCT))
    set_up.json("mappings", "import", "ngorder", file)

    assert set_up.json("mappings", "import", "ngorder", file)["released"] == []

    assert len(set_up.messages("ngorder")) == 1


@pytest.mark.parametrize("meanwhile", ["released", "waits for another key"])
def test_a_forward_that_moved_on_while_the_import_looked_is_left_alone(
    set_up: Operator, place_order: Place, move: Move, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    order = place_order(1, channels=[NGORDER])
    parked = move(order, "ngorder", _parked(("product", "PROD-1")))
    if meanwhile == "released":
        moved = move(order, "ngorder", lambda forward: release(forward, "by its forwarder", utc_now(), 60))
    else:
        moved = move(order, "ngorder", _parked(("customer", "CUST-9")))
    # The index is a moment late.
    monkeypatch.setattr(TableOperatorOrders, "waiting", lambda *_: iter([parked]))

    result = set_up.json("mappings", "import", "ngorder", set_up.csv_file(("product", "PROD-1", PRODUCT)))

    assert result["released"] == []
    assert set_up.messages("ngorder") == []
    assert state_of(set_up, order, "ngorder") is moved.state


def test_a_forward_that_was_touched_but_still_waits_is_released(
    set_up: Operator, place_order: Place, move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place_order(1, channels=[NGORDER])
    move(order, "ngorder", _parked(("product", "PROD-1")))
    save = TableOperatorOrders.save

    def touched_first(self: TableOperatorOrders, transition: Any, **more: Any) -> Forward:
        monkeypatch.setattr(TableOperatorOrders, "save", save)
        move(order, "ngorder", _parked(("product", "PROD-1")))
        return save(self, transition, **more)

    monkeypatch.setattr(TableOperatorOrders, "save", touched_first)

    result = set_up.json("mappings", "import", "ngorder", set_up.csv_file(("product", "PROD-1", PRODUCT)))

    assert [each["code"] for each in result["released"]] == [order.code]


def test_missing_says_what_is_needed_by_how_many_and_since_when(
    set_up: Operator, place_order: Place, move: Move
) -> None:
    first = move(place_order(1, channels=[NGORDER]), "ngorder", _parked(("product", "PROD-1"), ("customer", "C")))
    move(place_order(2, channels=[NGORDER]), "ngorder", _parked(("product", "PROD-1")))
    move(place_order(3, channels=[SIRCLO]), "sirclo", _parked(("product", "PROD-1")))

    assert set_up.json("mappings", "missing", "ngorder") == [
        {"kind": "product", "key": "PROD-1", "channel": "ngorder", "forwards": 2, "since": first.updated_at},
        {"kind": "customer", "key": "C", "channel": "ngorder", "forwards": 1, "since": first.updated_at},
    ]
    assert {(each["channel"], each["forwards"]) for each in set_up.json("mappings", "missing")} == {
        ("ngorder", 2), ("ngorder", 1), ("sirclo", 1),
    }  # fmt: skip


def test_a_forward_that_is_looked_at_again_waits_since_it_was_parked(
    set_up: Operator, place_order: Place, move: Move
) -> None:
    order = place_order(1, channels=[NGORDER])
    first = move(order, "ngorder", _parked(("product", "PROD-1")))
    before = set_up.json("orders", "show", order.code)["timeline"]

    again = move(order, "ngorder", _parked(("product", "PROD-1")))

    assert again.revision > first.revision
    assert set_up.json("mappings", "missing")[0]["since"] == first.updated_at
    assert set_up.json("orders", "show", order.code)["timeline"] == before


def form(operator: Operator, *channel: str) -> list[dict[str, str]]:
    result = operator.run("mappings", "missing", *channel, "--csv")
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def filled(operator: Operator, rows: list[dict[str, str]], values: dict[str, str]) -> Path:
    """The form with these values by key, as somebody saves it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows({**row, "value": values.get(row["key"], "")} for row in rows)
    return operator.file("form.csv", out.getvalue())


@pytest.fixture
def needed(set_up: Operator, place_order: Place, move: Move) -> Operator:
    """Two keys that Ngorder's forwards wait for, and one of SIRCLO's."""
    move(place_order(1, channels=[NGORDER]), "ngorder", _parked(("customer", "C-1"), ("customer", "=C-2")))
    move(place_order(2, channels=[SIRCLO]), "sirclo", _parked(("product", "PROD-1")))
    return set_up


def test_what_is_missing_is_a_form_that_import_takes_once_it_is_filled_in(needed: Operator) -> None:
    rows = form(needed, "ngorder")
    assert [(row["kind"], row["key"], row["value"], row["channel"], row["forwards"]) for row in rows] == [
        ("customer", "=C-2", "", "ngorder", "1"),
        ("customer", "C-1", "", "ngorder", "1"),
    ]

    done = needed.json("mappings", "import", "ngorder", filled(needed, rows, {"C-1": "77", "=C-2": "78"}))

    assert (done["imported"], len(done["released"])) == (2, 1)
    assert "skipped" not in done


def test_of_a_form_what_nobody_has_filled_in_and_what_is_another_channels_is_left_out_and_named(
    needed: Operator,
) -> None:
    file = filled(needed, form(needed), {"C-1": "77", "PROD-1": '{"sku": "X"}'})

    result = needed.run("mappings", "import", "ngorder", file, "--json")

    done = json.loads(result.stdout)
    assert (done["imported"], done["skipped"]) == (1, 2)
    assert "nobody has filled in customer =C-2 yet" in result.stderr
    assert "it is of sirclo" in result.stderr
    assert [row["key"] for row in needed.json("mappings", "export", "ngorder")] == ["C-1"]
    assert needed.json("mappings", "export", "sirclo") == []


def test_a_form_in_which_nothing_is_filled_in_is_refused(needed: Operator) -> None:
    said = needed.refused("mappings", "import", "ngorder", filled(needed, form(needed), {}))

    assert "nothing in this form is filled in for ngorder" in said


def test_a_plain_file_with_a_forgotten_value_is_refused_as_before(needed: Operator) -> None:
    said = needed.refused(
        "mappings", "import", "ngorder", needed.csv_file(("customer", "C-1", ""), ("customer", "C", "1"))
    )

    assert "line 2: the value is empty" in said


def test_a_form_names_cells_that_a_spreadsheet_would_run(needed: Operator) -> None:
    assert "=C-2" in needed.run("mappings", "missing", "--csv").stderr


def test_what_the_platform_has_exactly_once_is_suggested_and_nothing_is_written(
    needed: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def find(stack: Any, channel: str, wanted: Any, known: Any) -> FoundMappings:
        asked.append((channel, {key.key for key in wanted}))
        return FoundMappings({MappingKey.of("customer", "C-1"): 77}, ("customer =C-2: 2 customers have this code",))

    monkeypatch.setattr(platform_calls, "find_mappings", find)
    before = needed.items()

    by_key = {row["key"]: (row["value"], row["note"]) for row in needed.json("mappings", "suggest", "ngorder")}

    assert by_key == {"C-1": ("77", None), "=C-2": (None, "customer =C-2: 2 customers have this code")}
    assert asked == [("ngorder", {"C-1", "=C-2"})]
    assert needed.items() == before
    printed = needed.run("mappings", "suggest", "ngorder").stdout
    done = needed.json("mappings", "import", "ngorder", needed.file("suggested.csv", printed))
    assert (done["imported"], done["skipped"]) == (1, 1)


def test_where_nothing_is_missing_no_platform_is_asked(set_up: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_calls, "find_mappings", lambda *_: pytest.fail("it was asked"))

    assert set_up.json("mappings", "suggest", "ngorder") == []
    assert "There is no channel nowhere" in set_up.refused("mappings", "suggest", "nowhere")


def test_nothing_missing_is_an_empty_list(set_up: Operator) -> None:
    assert set_up.json("mappings", "missing") == []
    assert set_up.run("mappings", "missing").stdout.strip() == "Nothing is missing."
