"""Statuses, Retry-After and the platform's words, as all three have them in common."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.calls.answers import MAX_WORDS, common_outcome, flat_words, redacted, summary_of, words_of
from orderbridge.calls.content import speaks_of_content
from orderbridge.channels.outcomes import Outcome, Refused, Rejected, TurnedAway, Unknown, may_be_of_order
from orderbridge.http.retry_after import retry_after_seconds
from orderbridge.http.transport import Reply
from orderbridge.values.text import MAX_DETAIL_LENGTH


def reply(status: int, document: Any = None, **headers: str) -> Reply:
    body = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (100, Unknown), (101, Unknown), (199, Unknown),
        (300, Unknown), (301, Unknown), (304, Unknown), (307, Unknown),
        (400, Unknown), (402, Unknown), (406, Unknown), (407, Unknown), (408, Unknown), (409, Unknown), (410, Unknown),
        (411, Unknown), (412, Unknown), (414, Unknown), (415, Unknown), (418, Unknown), (422, Unknown), (424, Unknown),
        (426, Unknown), (428, Unknown), (431, Unknown), (444, Unknown), (451, Unknown), (499, Unknown),
        (404, TurnedAway), (405, TurnedAway), (413, TurnedAway), (421, TurnedAway), (425, TurnedAway),
        (401, Refused), (403, Refused), (429, Refused),
        (500, Unknown), (502, Unknown), (503, Unknown), (504, Unknown), (520, Unknown), (599, Unknown), (600, Unknown),
    ],
)  # fmt: skip
def test_a_status_alone_never_accepts_and_never_rejects(status: int, kind: type[Outcome]) -> None:
    for document in (None, b"<html><h1>Bad Request</h1></html>", b"Bad Request", {}, [], {"message": None}, "text"):
        assert isinstance(common_outcome(reply(status, document), refuses_with_503=False), kind), document


@pytest.mark.parametrize("status", [400, 409, 410, 422])
@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"message": "The given data was invalid.", "errors": {"customer_id": ["customer not found"]}}, Rejected),
        ({"response": "Failed", "message": {"products.0.qty": ["must be an integer"]}, "data": None}, Rejected),
        ({"data": None, "message": "line_items.0.sku: no such product", "reference": "x"}, Rejected),
        ({"message": "Produk tidak ditemukan"}, Rejected),
        ({"message": "the SKUs are unknown"}, Rejected),
        ([{"field": "unit", "error": "unknown unit"}], Rejected),
        ({"message": "Bad Request"}, Unknown),
        ({"code": "IllegalAccessToken", "message": "Illegal access token"}, Unknown),
        ({"error": "invalid_request"}, Unknown),
        ({"message": "We are under maintenance"}, Unknown),
        ({"message": "customer service is temporarily unavailable"}, Unknown),
        ({"message": "order with this customer already exists"}, Unknown),
        ({"message": "Something went wrong, our team has been notified"}, Unknown),
        ({"message": "Please send an email to the support team"}, Unknown),
        ({"message": "Please note that your client is out of date"}, Unknown),
        ({"message": "Invalid request, try again later"}, Unknown),
        (b"<html>customer not found</html>", Unknown),
        (b"customer not found", Unknown),
        (b'{"message": "customer not fou', Unknown),
    ],
)
def test_an_order_is_rejected_by_json_that_speaks_of_its_content_and_by_nothing_else(
    status: int, document: Any, kind: type[Outcome]
) -> None:
    outcome = common_outcome(reply(status, document), refuses_with_503=False, refuses_content=speaks_of_content)
    assert isinstance(outcome, kind)


@pytest.mark.parametrize("status", [402, 404, 406, 408, 415, 451, 499, 500, 503])
def test_under_another_status_words_about_content_reject_nothing(status: int) -> None:
    answer = reply(status, {"message": "customer not found"})
    outcome = common_outcome(answer, refuses_with_503=False, refuses_content=speaks_of_content)
    assert not isinstance(outcome, Rejected)


@pytest.mark.parametrize(
    ("answer", "by_application"),
    [
        (reply(404, b"default backend - 404"), False),
        (reply(404, b"<html><center>nginx</center></html>"), False),
        (reply(404), False),
        (reply(404, {"message": "no such order"}), True),
        (reply(404, b" \xef\xbb\xbf{}"), True),
        (reply(404, b'\xef\xbb\xbf {"a"'), True),
        (reply(404, b'{"message": "cut sho'), True),
        (reply(404, b"{'not': json}"), True),
        (reply(404, b"", content_type="application/json"), True),
        (reply(404, b"404"), True),
    ],
)
def test_what_turned_a_call_away_was_the_application_where_it_may_have_been(
    answer: Reply, by_application: bool
) -> None:
    outcome = common_outcome(answer, refuses_with_503=False)
    assert isinstance(outcome, TurnedAway)
    assert outcome.by_application is by_application


def test_a_503_is_about_the_platform_and_every_other_unproven_answer_may_be_about_the_order() -> None:
    outcomes = {status: common_outcome(reply(status), refuses_with_503=False) for status in (400, 408, 500, 502, 503)}
    assert [status for status, outcome in outcomes.items() if outcome and not may_be_of_order(outcome)] == [503]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_success_is_read_by_the_platform(status: int) -> None:
    assert common_outcome(reply(status), refuses_with_503=False) is None


@pytest.mark.parametrize(("status", "credentials"), [(401, True), (403, True), (429, False), (503, False)])
def test_only_401_and_403_speak_against_the_credentials(status: int, credentials: bool) -> None:
    outcome = common_outcome(reply(status), refuses_with_503=True)
    assert isinstance(outcome, Refused)
    assert outcome.credentials is credentials


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("999999999", 86400.0),
        ("Wed, 01 Jan 2025 00:01:00 GMT", 60.0),
        ("Wednesday, 01-Jan-25 00:01:00 GMT", 60.0),
        ("Tue, 31 Dec 2024 23:00:00 GMT", 0.0),
        ("Wed, 01 Jan 2025 07:01:00 +0700", 60.0),
        ("Wed, 01 Jan 2025 00:01:00", 60.0),
        ("soon", None),
        ("-5", None),
        ("1.5", 2.0),
        ("1.0", 1.0),
        ("0.001", 1.0),
        ("1.", None),
        (".5", None),
        ("1.5.2", None),
        ("120, 60", 120.0),
        ("120,120", 120.0),
        ("0.2 , 60", 1.0),
        (", 60", None),
        ("0" * 5000 + "7", 7.0),
        ("9" * 11, 86400.0),
        ("9" * 100_000, 86400.0),
        ("86399.5", 86400.0),
        ("120s", None),
        ("1e3", None),
        ("+5", None),
        ("Wed, 01 Jan 2025 00:01:00 GMT, Wed, 01 Jan 2025 00:02:00 GMT", 60.0),
        ("Wed, 01 Jan 99999 00:01:00 GMT", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_comes_in_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    def clock() -> datetime:
        return datetime(2025, 1, 1, tzinfo=UTC)

    assert retry_after_seconds({"retry-after": text}, clock) == seconds


def test_without_retry_after_there_is_no_time() -> None:
    assert retry_after_seconds({}) is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"message": "Slow down!"}, "400: Slow down!"),
        ({"message": ["one", "two"]}, "400: one; two"),
        (
            {"response": "Failed", "message": {"products.0.product_status": ["must be S"]}, "data": None},
            "400: products.0.product_status: must be S",
        ),
        ({"message": "Invalid", "errors": {"date": ["is required"]}}, "400: Invalid; date: is required"),
        ({"error": {"code": 7, "text": "no"}}, "400: code: 7; text: no"),
        ({"unheard": "of"}, "400: unheard: of"),
        ({}, "400"),
        ([], "400"),
        (b"<html><style>a{}</style><h1>Bad Gateway</h1>\x00</html>", "400: Bad Gateway"),
        (b"", "400"),
        (b"\xff\xfe", "400: ��"),
    ],
)
def test_the_platforms_words_are_found_wherever_they_stand(document: Any, words: str) -> None:
    assert summary_of(reply(400, document)) == words


def test_words_are_bounded() -> None:
    assert len(summary_of(reply(400, {"message": "word " * 10_000}))) <= MAX_DETAIL_LENGTH


@pytest.mark.parametrize(
    "text",
    [
        "token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYl9pZCI6Mjk4MSwidGVhbV9pZCI6MjQ3Mjh9.LpZ9LEpy123lwzYjzypStjdk",
        "GET /orders?team_token=abc&x=1",
        "api_secret: 12345",
        '{"password":"hunter2"}',
        "Authorization: Bearer abc.def",
        "MAC a6jMwv4mFlj1VOh6jZzlJ2upVTcGfbjTtJpA2Hp5fpM=",
        "mail artia2@gmail.com",
        "call 082101871618",
        "call +62 821-0187-1618",
    ],
)
def test_what_looks_secret_or_personal_is_masked(text: str) -> None:
    masked = redacted(text)
    assert "***" in masked
    for telling in ("eyJ", "abc", "12345", "hunter2", "a6jM", "artia2", "1871618", "1618"):
        assert telling not in masked


def test_what_we_sent_and_must_not_keep_is_masked_as_a_whole_word() -> None:
    masked = redacted("John Doe of Jl. Anggrek No.106; johndoes stay", ["Jl. Anggrek No.106", "john doe", "x"])
    assert masked == "*** of ***; johndoes stay"


@pytest.mark.parametrize(
    "text", ["ordered_products.0.unit: the product has no such unit", "SO-20250101-00001", "id 1338"]
)
def test_plain_words_and_ids_stay(text: str) -> None:
    assert redacted(text) == text


DATE_LIKE = st.from_regex(r"[A-Z][a-z]{2}, \d{1,6} [A-Z][a-z]{2} \d{1,9} \d+:\d+:\d+ .{0,9}", fullmatch=True)


@given(st.text(max_size=60) | DATE_LIKE)
def test_any_retry_after_is_a_time_within_a_day_or_none(text: str) -> None:
    seconds = retry_after_seconds({"retry-after": text})
    assert seconds is None or 0 <= seconds <= 86400


SECRETS = [
    "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0",
    "team_token=s3cr3tvalue",
    "Bearer abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9abc.eyJkYl9pZCI6Mjk4MX0abc.LpZ9LEpy123lwz",
    "artia.somebody@example-shop.co.id",
    "+62 821-0187-1618",
    "Jl. Anggrek No.106 Blok C5, Cengkareng, Jakarta Barat",
    "a-password-without-any-pattern",
]
UNWANTED = SECRETS[-2:]


# The last is masked: masks are shorter than what they hide, so that what was far behind comes near.
FILLERS = ["x", "word ", "08", "a@b.id ", "<> ", "Q1w2" * 100 + " "]


@given(st.sampled_from(SECRETS), st.integers(MAX_WORDS - 100, MAX_WORDS + 20), st.sampled_from(FILLERS))
def test_no_part_of_a_secret_is_kept_wherever_the_words_are_cut(secret: str, place: int, filler: str) -> None:
    before = (filler * MAX_WORDS)[:place]
    masked = redacted(f"{before} {secret} {'more ' * 1000}", UNWANTED)
    part = secret.partition("=")[2] or secret.removeprefix("Bearer ")
    assert not any(part[start : start + 5] in masked for start in range(len(part) - 5))


@given(st.integers(0, 600))
def test_no_part_of_a_secret_is_kept_where_the_kept_words_end(place: int) -> None:
    for secret in SECRETS[3:]:
        kept = summary_of(reply(400, {"message": f"{'w ' * (place // 2)}{secret} and more"}), UNWANTED)
        assert secret[:7] not in kept
    page = f"<p>{'w ' * (place // 2)}{SECRETS[4]} and more</p>".encode()
    assert "artia" not in summary_of(reply(400, page))


def test_an_echo_with_other_spaces_and_case_is_masked() -> None:
    assert redacted("JL. anggrek  No.106\tBlok C5,\u00a0Cengkareng, Jakarta\nBarat!", UNWANTED) == "***!"


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\u200bb", "a\x1b[31mb", "a\nb", "a\u2028b"])
def test_what_is_kept_can_be_printed_and_stored(text: str) -> None:
    kept = redacted(text)
    assert kept.isprintable()
    assert kept.encode()


@given(st.lists(st.text(max_size=2000), max_size=10), st.text(max_size=200))
def test_the_words_of_any_answer_are_about_as_many_as_are_looked_at(texts: list[str], name: str) -> None:
    document = {"errors": {name: texts, "more": [{name: text} for text in texts]}}
    assert sum(map(len, words_of(reply(400, document)))) <= 2 * MAX_WORDS + 200
    assert summary_of(reply(400, document)).encode()


def test_a_long_name_over_many_values_is_not_said_with_each() -> None:
    words = list(flat_words({"n" * 500_000: list(range(200_000))}))
    assert sum(map(len, words)) <= 2 * MAX_WORDS
    assert words[0] == "…: 0"
