"""SIRCLO's lists and its partial successes, read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orderbridge.calls.documents import read_json
from orderbridge.calls.paging import ListFailed
from orderbridge.channels.outcomes import Accepted, Outcome, Refused, Rejected, Unknown
from orderbridge.http.transport import Reply
from orderbridge.platforms.sirclo.lookup import page_in
from orderbridge.platforms.sirclo.updates import Move, read_update, update_request
from tests.unit.platforms.examples import SAMPLES

NOW = datetime(2025, 1, 1, 7, 0, 0, 123456, tzinfo=UTC)
CANCEL = Move("cancelled", 123, "SO-20250101-00001", {"cancel_reason": "by the partner"})
PACK = Move("packed", 456, "SO-20250101-00002", {"airwaybill_number": "awb002"})


def reply(document: Any, status: int = 200) -> Reply:
    return Reply(status, {}, document if isinstance(document, bytes) else json.dumps(document).encode())


def test_moves_go_into_buckets_in_the_form_of_each_revision() -> None:
    early = read_json(update_request([CANCEL, PACK], "2019-07", NOW).frozen().body)
    assert early == {
        "packed": [
            {
                "id": 456, "order_number": "SO-20250101-00002", "updated_at": "2025-01-01 07:00:00.123456",
                "airwaybill_number": "awb002",
            }
        ],
        "cancelled": [
            {
                "id": 123, "order_number": "SO-20250101-00001", "updated_at": "2025-01-01 07:00:00.123456",
                "cancel_reason": "by the partner",
            }
        ],
    }  # fmt: skip
    later = update_request([CANCEL], "2021-02", NOW).frozen()
    assert (later.method, later.path) == ("PATCH", "/v1/partner/order/status")
    assert read_json(later.body) == {
        "cancelled": [{"id": 123, "updated_at": "2025-01-01T07:00:00Z", "cancel_reason": "by the partner"}]
    }


def test_the_documents_own_partial_success() -> None:
    body = (SAMPLES / "sirclo" / "order_api_update_order" / "200.json").read_bytes()
    third = Move("accepted", 789, "order003", {})
    outcomes = read_update(reply(body), [CANCEL, PACK, third])
    assert outcomes[123] == Accepted("123")
    assert isinstance(outcomes[456], Rejected)
    assert "Parameter yang diberikan salah" in outcomes[456].reason
    assert isinstance(outcomes[789], Unknown)


@pytest.mark.parametrize("word", ["canceled", "cancelled", "Cancelled", " CANCELED "])
def test_an_order_that_was_cancelled_before_is_cancelled(word: str) -> None:
    document = {"data": {"failed": [{"id": 123, "order_status": word, "message": "no"}]}}
    assert read_update(reply(document), [CANCEL]) == {123: Accepted("123")}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply({}, 401), Refused),
        (reply({}, 503), Refused),
        (reply({"message": "no"}, 400), Rejected),
        (reply({}, 500), Unknown),
        (reply(b"<html>"), Unknown),
        (reply([]), Unknown),
        (reply({"data": None}), Unknown),
        (reply({"data": {"succeed": "x", "failed": [5]}}), Unknown),
    ],
)
def test_an_update_without_an_answer_for_an_order_is_in_question(answer: Reply, kind: type[Outcome]) -> None:
    assert isinstance(read_update(answer, [CANCEL])[123], kind)


def rows(count: int) -> list[dict[str, int]]:
    return [{"id": number} for number in range(count)]


@pytest.mark.parametrize(
    ("document", "rows_before", "has_more", "total"),
    [
        ({"data": [], "total_record": 0}, 0, False, 0),
        ({"data": rows(3), "total_record": 3}, 0, False, 3),
        ({"data": rows(100), "total_record": 250}, 0, True, 250),
        ({"data": rows(100), "total_record": 100}, 0, True, 100),
        ({"data": rows(50), "total_record": 250}, 200, False, 250),
        ({"data": rows(50), "total_record": 300}, 100, True, 300),
        ({"data": rows(100)}, 0, True, None),
        ({"data": rows(99)}, 0, False, None),
        ({"data": rows(1), "total_record": "1"}, 0, False, None),
        ({"data": rows(1), "total_record": True}, 0, False, None),
        ({"data": rows(30), "total_record": 30}, 100, False, None),
        ({"data": None}, 100, False, None),
        ({"data": None, "total_record": 100}, 100, False, 100),
        ({"data": rows(50), "limit": 50}, 0, True, None),
    ],
)
def test_a_full_page_is_never_the_last(document: Any, rows_before: int, has_more: bool, total: int | None) -> None:
    page = page_in(document, rows_before)
    assert (page.has_more, page.total) == (has_more, total)


@pytest.mark.parametrize(
    "document",
    [None, [], "x", {}, {"data": None, "message": "no"}, {"data": {}}, {"data": "x"}, {"data": rows(1), "offset": 0}],
)
def test_a_page_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(ListFailed):
        page_in(document, 100)


def test_the_documents_own_page() -> None:
    body = Path(SAMPLES / "sirclo" / "order_api_get_order" / "200.json").read_bytes()
    assert [row["order_number"] for row in page_in(read_json(body), 0).rows] == ["ABC123"]
