"""The CSV of mappings."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderbridge.channels.mapping import KINDS, MappingKey, mapping_text, parse_value
from orderbridge.platforms.registry import definition_of
from orderbridge_cli.operating.csv_files import UnreadableFile
from orderbridge_cli.operating.mapping_csv import read_rows, write_rows

# What UTF-8 and CSV can carry: a lone surrogate is no character, and NUL ends a text elsewhere.
_TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1).filter(
    lambda text: text.strip() != ""
)


@given(st.lists(st.tuples(st.sampled_from(KINDS), _TEXTS, _TEXTS)))
def test_what_is_written_is_read_back_character_for_character(rows: list[tuple[str, str, str]]) -> None:
    text = write_rows((MappingKey(kind, key), value) for kind, key, value in rows)  # type: ignore[arg-type]

    read, bad = read_rows(text.encode())

    assert bad == []
    assert [(row.kind, row.key, row.value) for row in read] == rows


FRACTIONS = st.decimals("0.0001", 10**9, places=3) | st.decimals("0.0001", 10**9, allow_nan=False, places=4)


@given(FRACTIONS)
@example(Decimal("17.500"))
@example(Decimal("17500.125"))
def test_a_number_that_a_platform_reported_is_exported_as_import_takes_it_and_means_the_same(price: Decimal) -> None:
    said = {"product_id": 7, "unit": "PCS", "price": price}
    exported = write_rows([(MappingKey.of("product", "P-1"), mapping_text(said))])

    (row,), _ = read_rows(exported.encode())

    definition = definition_of("salesmania")
    settings = definition.read_settings({"base_url": "https://salesmania.example.com", "database_id": 1})
    read = definition.read_mapping("product", parse_value(row.value), settings)
    assert read == definition.read_mapping("product", said, settings)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(st.lists(st.tuples(st.sampled_from(KINDS), _TEXTS, _TEXTS)))
def test_rows_are_read_whatever_parts_their_columns(delimiter: str, rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("kind", "key", "value"), *rows])

    read, bad = read_rows(out.getvalue().encode())

    assert bad == []
    assert [(row.kind, row.key, row.value) for row in read] == rows


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_said_to_be_that(encoding: str) -> None:
    with pytest.raises(UnreadableFile, match="UTF-16"):
        read_rows("kind,key,value\n".encode(encoding))


def test_a_very_long_first_line_is_unreadable_and_no_defect() -> None:
    _, bad = read_rows(b"x" * 200_000 + b"\n")
    assert [row.line for row in bad] == [1]


def test_a_row_is_known_by_the_line_it_begins_on() -> None:
    rows, bad = read_rows(b'kind,key,value\r\n\r\nproduct,A,"{\n}"\r\nproduct,B,1\r\n')
    assert bad == []
    assert [(row.line, row.key) for row in rows] == [(3, "A"), (5, "B")]


def test_an_unclosed_quote_is_blamed_on_the_row_that_opens_it() -> None:
    _, bad = read_rows(b'kind,key,value\nproduct,A,1\nproduct,"B,1\nproduct,C,1\n')
    assert [row.line for row in bad] == [3]
    assert "not CSV" in bad[0].reason


def test_json_that_was_not_quoted_is_reported_how_to_be() -> None:
    _, bad = read_rows(b'kind,key,value\nproduct,A,{"product_id": 1, "unit": "PCS"}\n')
    assert bad[0].line == 2
    assert "its own quotes doubled" in bad[0].reason


@pytest.mark.parametrize("header", ["key,value,kind", " Kind , KEY,value ", "\ufeffvalue,kind,key"])
def test_the_columns_may_be_in_any_order(header: str) -> None:
    order = [name.strip().lower() for name in header.lstrip("\ufeff").split(",")]
    cells = {"kind": "product", "key": "A", "value": "1"}
    rows, _ = read_rows(f"{header}\n{','.join(cells[name] for name in order)}\n".encode())
    assert [(row.kind, row.key, row.value) for row in rows] == [("product", "A", "1")]


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b" \n,,\n", b"kind,key\n", b"kind,key,value,remark\n", b"\xff"]
)
def test_what_is_no_file_of_mappings_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_rows(content)
