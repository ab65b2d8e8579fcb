"""Files of decisions about orders in doubt: what is undecided is never taken for a decision."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge_cli.operating.csv_files import UnreadableFile
from orderbridge_cli.operating.decisions import Decision, read_decisions

CODE, OTHER = "SO-20250101-00001", "SO-20250101-00002"


def read(
    *rows: tuple[str, str, str], header: tuple[str, ...] = ("code", "channel", "sent_as")
) -> tuple[list[Decision], int, dict[int, str]]:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    decisions, undecided, bad = read_decisions(out.getvalue().encode())
    return list(decisions), undecided, {row.line: row.reason for row in bad}


def test_an_id_is_where_the_order_is_and_absent_is_nowhere_and_nothing_is_undecided() -> None:
    decisions, undecided, bad = read((CODE, "shop", " 991 "), (OTHER, "shop", "Absent"), (CODE, "other", "  "))

    assert decisions == [Decision(2, CODE, "shop", "991"), Decision(3, OTHER, "shop", None)]
    assert (undecided, bad) == (1, {})


def test_other_columns_are_left_alone_in_whatever_order_and_however_they_are_parted() -> None:
    text = f"\ufeffstate;Sent_As;channel;Code\nIN_DOUBT;0;shop;{CODE}\n"

    decisions, _, bad = read_decisions(text.encode())

    assert list(decisions) == [Decision(2, CODE, "shop", "0")]
    assert bad == []


@pytest.mark.parametrize(
    "cell",
    ["#N/A", "#REF!", "Err:502", "1.2E+15", "1,2E+15", "4E+17", "nan", "NULL", "None", "n/a", "?", "-", "x" * 300],
)
def test_what_a_spreadsheet_or_a_shrug_has_written_is_no_id(cell: str) -> None:
    decisions, undecided, bad = read((CODE, "shop", cell))

    assert (decisions, undecided, list(bad)) == ([], 0, [2])


@pytest.mark.parametrize(
    ("code", "channel", "words"), [("PO-1", "shop", "no order code"), (CODE, "", "names no channel")]
)
def test_a_row_that_names_no_forward_is_wrong_even_where_it_is_undecided(code: str, channel: str, words: str) -> None:
    _, _, bad = read((code, channel, ""))

    assert words.split()[-1] in bad[2]


def test_one_forward_decided_in_two_ways_is_wrong_and_twice_in_one_way_is_once() -> None:
    decisions, _, bad = read((CODE, "shop", "1"), (CODE, "shop", "absent"), (OTHER, "shop", "1"), (OTHER, "shop", "1"))

    assert bad == {3: f"{CODE} at shop is decided otherwise on line 2"}
    assert [each.code for each in decisions] == [CODE, OTHER]


@pytest.mark.parametrize("header", [("code", "channel"), ("code", "channel", "sent_as", "sent_as"), ("a", "b", "c")])
def test_a_file_without_its_columns_is_unreadable(header: tuple[str, ...]) -> None:
    with pytest.raises(UnreadableFile, match="code,channel,sent_as"):
        read(header=header)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        decisions, _, _ = read_decisions(b"code,channel,sent_as\n" + content)
    except UnreadableFile:
        return
    assert all(each.sent_as is None or each.sent_as.strip() for each in decisions)


@given(st.text(max_size=12))
def test_a_cell_is_absent_only_where_it_says_so(cell: str) -> None:
    decisions, _, _ = read((CODE, "shop", cell))

    assert all(cell.strip(" \u00a0\ufeff\u200b\u00ad\t").casefold() == "absent" or each.sent_as for each in decisions)
