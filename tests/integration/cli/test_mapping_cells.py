"""`orderbridge mappings import` of what spreadsheets make of keys and values, and `export` of what they would run."""

from __future__ import annotations

import json
import unicodedata

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import TableMappings
from orderbridge.orders.order import parse_sales_order
from orderbridge.platforms.registry import definition_of
from orderbridge.values.ids import ChannelRef
from tests.fakes.samples import order_body
from tests.integration.cli.conftest import SETTINGS, Operator

ACCENTED = "Caf\u00e9"


def _refused_rows(operator: Operator, channel: str, *rows: tuple[str, str, str]) -> dict[int, str]:
    """The lines that an import refuses, with their reasons; nothing is written."""
    before = operator.items()
    result = operator.run("mappings", "import", channel, operator.csv_file(*rows), "--json")
    assert result.exit_code == 1, result.output
    assert operator.items() == before
    return {row["line"]: row["reason"] for row in json.loads(result.stdout)["rows"]}


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_order_finds_the_mapping_of_a_code_in_whatever_form_both_are_written(set_up: Operator, form: str) -> None:
    imported = "\ufeff" + unicodedata.normalize(form, ACCENTED) + "\u200b"
    set_up.json("mappings", "import", "ngorder", set_up.csv_file(("customer", imported, "77")))

    posted = unicodedata.normalize("NFD" if form == "NFC" else "NFC", ACCENTED) + "\u00a0"
    need = MappingKey.of("customer", parse_sales_order(order_body(customer_code=posted)).customer_code)
    assert TableMappings(set_up.stack.clients.dynamodb, set_up.stack.table).read(
        ChannelRef("ngorder", "ngorder"), [need]
    ) == {need: "77"}
    (row,) = set_up.json("mappings", "export", "ngorder")
    assert row["key"] == ACCENTED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("customer,Caf\u00e9,1", "customer,Cafe\u0301,2"),
        ("customer,C-1,1", "customer,\u200bC-1\u00ad,2"),
        ("customer,C 1,1", "customer,C\u3000\u00a01,2"),
        ("sales,JOS\u00c9,1", "sales,jose\u0301,2"),
    ],
)
def test_two_rows_whose_keys_look_the_same_are_never_two(set_up: Operator, one: str, other: str) -> None:
    rows = [tuple(row.split(",")) for row in (one, other)]
    channel = "salesmania" if one.startswith("sales") else "ngorder"
    assert "stands on line 2 already" in _refused_rows(set_up, channel, *rows)[3]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("C\u200b1", "U+200B ZERO WIDTH SPACE"),
        ("C\u202e1", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("C\ufe0f1", "U+FE0F VARIATION SELECTOR-16"),
        ("C\x001", "Control characters"),
        ("C1\x00", "Control characters"),
        ("C\t1", "Control characters"),
    ],
)
def test_a_key_with_a_character_that_nobody_sees_is_refused_with_its_name(
    set_up: Operator, key: str, said: str
) -> None:
    assert said in _refused_rows(set_up, "ngorder", ("customer", key, "1"))[2]


ERRORS = ["#N/A", "#n/a", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
          "#GETTING_DATA", "#ERROR!", "Err:502"]  # fmt: skip


@pytest.mark.parametrize("nothing", [*ERRORS, "nan", "NaN", "NULL", "null", "<NA>"])
def test_what_programs_write_for_nothing_is_neither_a_key_nor_a_value(set_up: Operator, nothing: str) -> None:
    rows = [("customer", "C-1", "Artia"), ("customer", nothing, "Artia"), ("customer", "C-2", f" {nothing} ")]
    refused = _refused_rows(set_up, "sirclo", *rows)
    assert list(refused) == [3, 4]
    assert all(nothing in reason for reason in refused.values())


def test_the_sites_of_routes_are_keys_like_all_others(set_up: Operator) -> None:
    set_up.add_partner("artia", "sirclo")
    wrong = ["S\u200b1", "S\x001", "#REF!", "nan", "Caf\u00e9"]
    rows = [("route", "Cafe\u0301", "ngorder"), *(("route", site, "ngorder") for site in wrong)]
    refused = _refused_rows(set_up, "partner:artia", *rows)
    assert list(refused) == [3, 4, 5, 6, 7]
    assert "U+200B ZERO WIDTH SPACE" in refused[3]
    assert "stands on line 2 already" in refused[7]


@pytest.mark.parametrize("error", ERRORS)
def test_a_spreadsheet_error_inside_a_json_value_is_no_value(set_up: Operator, error: str) -> None:
    (reason,) = _refused_rows(set_up, "sirclo", ("product", "P-1", json.dumps({"sku": error, "id": 1}))).values()
    assert error in reason


def test_a_nul_inside_a_json_value_is_refused(set_up: Operator) -> None:
    (reason,) = _refused_rows(set_up, "sirclo", ("product", "P-1", '{"sku": "a\\u0000b", "id": 1}')).values()
    assert "NUL" in reason


@pytest.mark.parametrize("depth", [300, 990, 3000])
def test_a_value_of_nothing_but_brackets_is_refused_and_no_defect(set_up: Operator, depth: int) -> None:
    value = "[" * depth + "]" * depth
    assert list(_refused_rows(set_up, "sirclo", ("product", "P-1", value))) == [2]
    assert list(_refused_rows(set_up, "sirclo", ("product", "P-1", '{"sku": ' + value + "}"))) == [2]
    set_up.add_partner("artia", "sirclo")
    assert list(_refused_rows(set_up, "partner:artia", ("route", "S-1", value))) == [2]


def test_null_and_none_are_a_value_where_somebody_says_so(set_up: Operator) -> None:
    rows = ("product", "P-1", {"sku": "NULL", "id": 1}), ("customer", "NONE", "Artia")
    assert set_up.json("mappings", "import", "sirclo", set_up.csv_file(*rows))["imported"] == 2


@pytest.mark.parametrize("key", ["8.99123E+12", "8,99E+11", "9e+09"])
def test_a_key_that_a_spreadsheet_has_shortened_is_imported_and_warned_about(set_up: Operator, key: str) -> None:
    file = set_up.csv_file(("customer", "C-1", "1"), ("customer", key, "2"))

    result = set_up.run("mappings", "import", "ngorder", file, "--json")

    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["imported"], [row["line"] for row in document["warnings"]]) == (2, [3])
    assert key in document["warnings"][0]["reason"]
    assert f"line 3: the key {key}" in result.stderr


def test_an_import_without_anything_doubtful_says_nothing_of_warnings(set_up: Operator) -> None:
    file = set_up.csv_file(("customer", "1E5", "1"), ("customer", "8.99123", "2"), ("customer", "E+12", "3"))
    assert set_up.json("mappings", "import", "ngorder", file).keys() == {"channel", "imported", "released"}


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "kind", "value"),
    [
        ("salesmania", "price", "17.500"),
        ("salesmania", "price", '"17.500"'),
        ("salesmania", "price", '{"price": "17.500"}'),
        ("salesmania", "price", '{"price": 20000, "disc_amount": "17.500"}'),
        ("salesmania", "product", '{"product_id": 1, "price": {"price": "17.500"}}'),
        ("salesmania", "product", '{"product_id": 1, "unit": "BOX", "ratio": "17.500"}'),
        ("salesmania", "customer", "17.500"),
        ("sirclo", "product", '{"sku": "a", "id": 3, "price": "17.500"}'),
        ("sirclo", "price", " 17.500 "),
        ("ngorder", "cost", "17.500"),
        ("ngorder", "cost", '{"cost": "17.500"}'),
        ("ngorder", "site", '{"warehouse_id": "17.500"}'),
    ],
)
def test_three_digits_behind_a_dot_are_asked_about_and_not_guessed(
    set_up: Operator, channel: str, kind: str, value: str
) -> None:
    (reason,) = _refused_rows(set_up, channel, (kind, "P-1", value)).values()
    assert "17.500 may mean 17500 or 17.5000" in reason


@pytest.mark.parametrize("value", ['{"price": 17.500}', '{"price": 17500.125}', "17500", "17.5", "17.5000", "17500.25"])
def test_a_number_in_json_and_one_that_means_one_thing_are_taken_and_exported_as_they_are(
    set_up: Operator, value: str
) -> None:
    set_up.json("mappings", "import", "sirclo", set_up.csv_file(("price", "P-1", value)))
    before = set_up.items()
    exported = set_up.run("mappings", "export", "sirclo").stdout

    set_up.json("mappings", "import", "sirclo", set_up.file("again.csv", exported))

    assert set_up.items() == before


def test_a_text_that_looks_like_thousands_is_a_text_where_a_text_is_meant(set_up: Operator) -> None:
    rows = ("customer", "C-1", "17.500"), ("product", "P-1", {"sku": "17.500", "id": 3})
    set_up.json("mappings", "import", "sirclo", set_up.csv_file(*rows))
    key = MappingKey.of("product", "P-1")
    stored = TableMappings(set_up.stack.clients.dynamodb, set_up.stack.table).read(
        ChannelRef("sirclo", "sirclo"), [key]
    )
    settings = definition_of("sirclo").read_settings(SETTINGS["sirclo"])
    assert definition_of("sirclo").read_mapping("product", stored[key], settings).sku == "17.500"


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_columns_parted_by_semicolons_or_tabs_are_read(set_up: Operator, delimiter: str) -> None:
    rows = [("Value", "Kind", "KEY"), ("77", "customer", "C,1"), ('"{""customer_id"": 78}"', "customer", "C-2")]
    content = "\ufeff" + delimiter * 2 + "\r\n" + "\r\n".join(map(delimiter.join, rows))

    assert set_up.json("mappings", "import", "ngorder", set_up.file("m.csv", content))["imported"] == 2

    exported = {row["key"]: row["value"] for row in set_up.json("mappings", "export", "ngorder")}
    assert exported == {"C,1": "77", "C-2": '{"customer_id": 78}'}


@pytest.mark.parametrize("cell", ["=1+1", "+62", "-1+1", "@SUM(A1)", "=HYPERLINK(A1)"])
def test_an_export_warns_of_what_a_spreadsheet_would_run_and_leaves_it_as_it_is(set_up: Operator, cell: str) -> None:
    set_up.json(
        "mappings", "import", "sirclo", set_up.csv_file(("customer", "C-1", "Artia"), ("customer", "C-2", cell))
    )

    exported = set_up.run("mappings", "export", "sirclo")

    assert exported.exit_code == 0
    assert f"customer,C-2,{cell}\n" in exported.stdout
    assert f"1 cell of this as formulas, so load the file there as text: customer {cell}." in exported.stderr


def test_an_export_without_formulas_warns_of_nothing(set_up: Operator) -> None:
    set_up.json("mappings", "import", "ngorder", set_up.csv_file(("customer", "C-1", "5")))
    assert set_up.run("mappings", "export", "ngorder").stderr == ""
