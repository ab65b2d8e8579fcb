"""The CSV of mappings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.domain.mapping import KINDS, MappingKey
from orderbridge_cli.mapping_csv import UnreadableFile, read_rows, write_rows

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


def test_a_row_is_known_by_the_line_it_begins_on() -> None:
    rows, bad = read_rows(b'kind,key,value\r\n\r\nproduct,A,"{\n}"\r\nproduct,B,1\r\n')
    assert bad == []
    assert [(row.line, row.key) for row in rows] == [(3, "A"), (5, "B")]


def test_an_unclosed_quote_is_blamed_on_the_row_that_opens_it() -> None:
    _, bad = read_rows(b'kind,key,value\nproduct,A,1\nproduct,"B,1\nproduct,C,1\n')
    assert [row.line for row in bad] == [3]
    assert "not CSV" in bad[0].reason


def test_json_that_was_not_quoted_is_told_how_to_be() -> None:
    _, bad = read_rows(b'kind,key,value\nproduct,A,{"product_id": 1, "unit": "PCS"}\n')
    assert bad[0].line == 2
    assert "its own quotes doubled" in bad[0].reason


@pytest.mark.parametrize("header", ["key,value,kind", " Kind , KEY,value ", "\ufeffvalue,kind,key"])
def test_the_columns_may_stand_in_any_order(header: str) -> None:
    order = [name.strip().lower() for name in header.lstrip("\ufeff").split(",")]
    cells = {"kind": "product", "key": "A", "value": "1"}
    rows, _ = read_rows(f"{header}\n{','.join(cells[name] for name in order)}\n".encode())
    assert [(row.kind, row.key, row.value) for row in rows] == [("product", "A", "1")]


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b" \n,,\n", b"kind,key\n", b"kind,key,value,note\n", b"\xff"]
)
def test_what_is_no_file_of_mappings_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_rows(content)
