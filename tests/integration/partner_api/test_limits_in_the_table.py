"""The shared bucket and the counters of failures, as the table keeps them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderbridge.partners.table import TableCallBuckets, TableFailureCounter
from orderbridge.partners.token_bucket import RateLimit, TokenBucket
from tests.fakes.reads import Buckets
from tests.integration.partner_api.conftest import TABLE

LIMIT = RateLimit(per_second=10, burst=50)
NOW = 1_735_700_000.25
NUMBERS = itertools.count()


def item(dynamodb: Any, pk: str, sk: str) -> Any:
    return dynamodb.get_item(TableName=TABLE, Key={"PK": {"S": pk}, "SK": {"S": sk}})["Item"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from([0.01, 0.07, 0.53, 3.1, 60.0]), st.integers(1, 50)), max_size=12))
def test_the_tables_bucket_is_the_bucket_of_the_arithmetic(dynamodb: Any, steps: list[tuple[float, int]]) -> None:
    table, reference = TableCallBuckets(dynamodb, TABLE), Buckets()
    client_id, now = f"client-{next(NUMBERS)}", NOW
    for waited, tokens in steps:
        now += waited
        before = reference.full_at.get(client_id, TokenBucket()).left(LIMIT, now)
        if abs(before - tokens) < 1e-3:
            return  # as close as this, rounding decides
        taken = table.take(client_id, tokens, LIMIT, now)
        expected = reference.take(client_id, tokens, LIMIT, now)
        assert taken.given == expected.given
        assert taken.left == pytest.approx(expected.left, abs=1e-3)


def test_a_bucket_is_emptied_and_refuses_without_being_changed(dynamodb: Any) -> None:
    buckets = TableCallBuckets(dynamodb, TABLE)
    assert [buckets.take("acme", 25, LIMIT, NOW).given for _ in range(3)] == [True, True, False]
    before = item(dynamodb, "LIMIT#acme", "BUCKET")
    refused = buckets.take("acme", 1, LIMIT, NOW)
    assert (refused.given, refused.left) == (False, pytest.approx(0, abs=1e-3))
    assert item(dynamodb, "LIMIT#acme", "BUCKET") == before
    assert buckets.take("acme", 1, LIMIT, NOW + 0.11).given


def test_all_of_a_full_bucket_can_be_taken_at_once(dynamodb: Any) -> None:
    buckets = TableCallBuckets(dynamodb, TABLE)
    assert buckets.take("acme", LIMIT.burst, LIMIT, NOW).given
    assert buckets.take("acme", LIMIT.burst, LIMIT, NOW + LIMIT.refill_seconds + 0.001).given


def test_a_bucket_disappears_by_itself_once_it_is_full(dynamodb: Any) -> None:
    TableCallBuckets(dynamodb, TABLE).take("acme", 5, LIMIT, NOW)
    expires_at = item(dynamodb, "LIMIT#acme", "BUCKET")["expires_at"]["N"]
    assert expires_at.isdecimal(), "a time to live is whole seconds"
    assert int(expires_at) > NOW + LIMIT.refill_seconds


def test_a_race_is_settled_by_the_table(dynamodb: Any) -> None:
    """Between the first condition and the second somebody else fills the bucket's item."""
    buckets, other = TableCallBuckets(dynamodb, TABLE), TableCallBuckets(dynamodb, TABLE)
    write = dynamodb.update_item
    raced: list[bool] = []

    def raced_write(**call: Any) -> Any:
        try:
            return write(**call)
        except ClientError:
            if not raced:
                raced.append(True)
                assert other.take("acme", 30, LIMIT, NOW).given
            raise

    class Racing:
        update_item = staticmethod(raced_write)
        exceptions = dynamodb.exceptions

    taken = TableCallBuckets(Racing(), TABLE).take("acme", 15, LIMIT, NOW)
    assert raced
    assert (taken.given, taken.left) == (True, pytest.approx(5, abs=1e-3))
    assert buckets.take("acme", 6, LIMIT, NOW).given is False


def test_failures_are_counted_by_scope_and_window_and_disappear_by_themselves(dynamodb: Any) -> None:
    counter = TableFailureCounter(dynamodb, TABLE)
    assert [counter.add("client#acme", 1000, 300) for _ in range(3)] == [1, 2, 3]
    assert counter.add("client#acme", 1300, 300) == 1
    assert counter.add("address#203.0.113.7", 1000, 300) == 1
    kept = item(dynamodb, "LOGINS#client#acme", "WINDOW#1000")
    assert int(kept["expires_at"]["N"]) > 1300
