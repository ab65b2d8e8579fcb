"""The simulated table against moto's: the same operations have the same answers, refusals and items.

Where moto is known to differ from DynamoDB's own documentation, DynamoDB's is held to in the tests after the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from moto import mock_aws

from evidence.aws.table import ROWS_PER_PAGE, DynamoDb, Table
from evidence.aws.values import normal
from evidence.processes.virtual import exceptions_of
from tests.evidence.operations import KEYS, PROPERTIES, Op, operations

# --- what is answered -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal: its class by name, the reasons of a cancelled transaction, the item that stood in the way."""

    name: str
    reasons: tuple[Any, ...] = ()
    item: Any = None


def answered(client: Any, table: str, operation: Op) -> Any:
    """What an operation comes to, with every number in one way of writing it."""
    kind, asked = operation
    try:
        return _answered(client, table, kind, asked)
    except ClientError as failure:
        response: Any = failure.response
        reasons = tuple((each["Code"], plain(each.get("Item"))) for each in response.get("CancellationReasons", ()))
        if kind == "Transact" and ("ValidationError", None) in reasons:
            # moto refuses the whole of a transaction then, and names no reasons.
            return Refused("ValidationException")
        return Refused(response["Error"]["Code"], reasons, plain(response.get("Item")))


def _answered(client: Any, table: str, kind: str, asked: dict[str, Any]) -> Any:
    named = {"TableName": table, **asked}
    match kind:
        case "Put" | "Update" | "Delete":
            written = getattr(client, f"{kind.lower()}_item")(**named)
            return plain(written.get("Attributes", {}))
        case "Transact":
            writes = [
                {part: {"TableName": table, **of}} for each in asked["TransactItems"] for part, of in each.items()
            ]
            client.transact_write_items(TransactItems=writes)
            return {}
        case "Get":
            return plain(client.get_item(**named, ConsistentRead=True).get("Item"))
        case "BatchGet":
            answer = client.batch_get_item(RequestItems={table: {**asked, "ConsistentRead": True}})
            return sorted((plain(item) for item in answer["Responses"][table]), key=str)
    pages = list(client.get_paginator("query").paginate(**named) if kind == "Paginate" else pages_of(client, named))
    found = [plain(item) for page in pages for item in page["Items"]]
    assert all(page["Count"] == len(page["Items"]) <= page["ScannedCount"] for page in pages)
    assert all(page["ScannedCount"] <= asked.get("Limit", ROWS_PER_PAGE) for page in pages)
    # Two items at the same place of an index are in no order.
    place = KEYS[asked.get("IndexName", "")][-1]
    return [item.get(place) for item in found], sorted(found, key=str), sum(page["ScannedCount"] for page in pages)


def pages_of(client: Any, query: dict[str, Any]) -> Iterator[Any]:
    """The pages of a query, asked for one by one."""
    start: dict[str, Any] = {}
    while True:
        page = client.query(**query, **start)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def plain(item: Any) -> Any:
    return None if item is None else {name: normal(value) for name, value in sorted(item.items())}


def simulated() -> DynamoDb:
    return DynamoDb(Table(PROPERTIES), exceptions_of("dynamodb"), lambda _operation, _asked, act: act())


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patched.delenv(name, raising=False)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "testing")
        with mock_aws():
            yield boto3.client("dynamodb", region_name="ap-southeast-3")


def fresh_table(moto: Any) -> str:
    kept = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    with suppress(moto.exceptions.ResourceNotFoundException):
        moto.delete_table(TableName="table")
    moto.create_table(TableName="table", **{name: PROPERTIES[name] for name in kept})
    return "table"


@settings(max_examples=60)
@given(operations=operations)
def test_the_simulated_table_answers_as_motos(moto: Any, operations: Sequence[Op]) -> None:
    table, simulation = fresh_table(moto), simulated()

    for operation in operations:
        assert answered(simulation, table, operation) == answered(moto, table, operation), operation

    items = moto.scan(TableName=table)["Items"]
    assert sorted(map(plain, simulation.scan()["Items"]), key=str) == sorted(map(plain, items), key=str)


# --- where moto differs from DynamoDB, or has nothing to compare with -----------------------------------------------

KEY = {"PK": {"S": "p"}, "SK": {"S": "s"}}


def one_item(**rest: Any) -> DynamoDb:
    client = simulated()
    client.put_item(TableName="t", Item={**KEY, **rest})
    return client


def rows(client: DynamoDb, numbers: Sequence[int], **rest: Any) -> None:
    for number in numbers:
        client.put_item(TableName="t", Item={"PK": {"S": "p"}, "SK": {"S": f"{number:03}"}, **rest})


def ask(client: DynamoDb, **asked: Any) -> Any:
    values = {":pk": {"S": "p"}}
    return client.query(TableName="t", KeyConditionExpression="PK = :pk", ExpressionAttributeValues=values, **asked)


def test_a_page_that_ends_at_its_limit_says_so_though_nothing_follows() -> None:
    """DynamoDB stops reading at the limit; only the next page, which is empty, shows that there was no more."""
    client = simulated()
    rows(client, range(2))

    page = ask(client, Limit=2)
    assert page["LastEvaluatedKey"] == {"PK": {"S": "p"}, "SK": {"S": "001"}}
    last = ask(client, Limit=2, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert (last["Items"], "LastEvaluatedKey" in last) == ([], False)
    assert "LastEvaluatedKey" not in ask(client, Limit=3)
    assert "LastEvaluatedKey" not in ask(client)


def test_a_page_may_be_shorter_than_its_limit_and_the_paginator_reads_them_all() -> None:
    client = simulated()
    rows(client, range(ROWS_PER_PAGE + 1))

    assert ask(client, Limit=1000)["Count"] == ROWS_PER_PAGE
    asked = {"KeyConditionExpression": "PK = :pk", "ExpressionAttributeValues": {":pk": {"S": "p"}}}
    pages = list(client.get_paginator("query").paginate(TableName="t", **asked))
    assert [page["Count"] for page in pages] == [ROWS_PER_PAGE, 1]


def test_a_page_begins_behind_its_start_though_what_stood_there_is_gone() -> None:
    client = simulated()
    rows(client, range(3))
    start = ask(client, Limit=2)["LastEvaluatedKey"]
    client.delete_item(TableName="t", Key=start)

    assert [item["SK"]["S"] for item in ask(client, ExclusiveStartKey=start)["Items"]] == ["002"]
    backwards = ask(client, ExclusiveStartKey=start, ScanIndexForward=False)
    assert [item["SK"]["S"] for item in backwards["Items"]] == ["000"]


def test_a_filter_sees_of_an_index_only_what_is_in_it() -> None:
    client = one_item(due_shard={"S": "00"}, due_at={"S": "x"}, platform={"S": "a"})
    asked = {"KeyConditionExpression": "due_shard = :s", "FilterExpression": "platform = :p", "IndexName": "due"}

    page = client.query(TableName="t", ExpressionAttributeValues={":s": {"S": "00"}, ":p": {"S": "a"}}, **asked)
    assert (page["Count"], page["ScannedCount"]) == (0, 1)


@pytest.mark.parametrize(
    ("wanted", "answered"),
    [
        ("NONE", {}),
        ("UPDATED_NEW", {"a": {"N": "2"}, "b": {"S": "x"}}),
        ("UPDATED_OLD", {"a": {"N": "1"}, "c": {"S": "y"}}),
        ("ALL_OLD", {**KEY, "a": {"N": "1"}, "c": {"S": "y"}, "d": {"N": "7"}}),
        ("ALL_NEW", {**KEY, "a": {"N": "2"}, "b": {"S": "x"}, "d": {"N": "7"}}),
    ],
)
def test_an_update_answers_what_it_was_asked_for(wanted: str, answered: dict[str, Any]) -> None:
    client = one_item(a={"N": "1"}, c={"S": "y"}, d={"N": "7"})
    answer = client.update_item(
        TableName="t",
        Key=KEY,
        UpdateExpression="SET b = :b REMOVE c ADD a :one",
        ExpressionAttributeValues={":one": {"N": "1"}, ":b": {"S": "x"}},
        ReturnValues=wanted,
    )
    assert answer.get("Attributes", {}) == answered


@pytest.mark.parametrize(
    ("update", "item"),
    [
        ("SET a = a + :one", {}),
        ("SET a = a + :one", {"a": {"S": "1"}}),
        ("ADD a :one", {"a": {"S": "1"}}),
        ("SET due_at = :one", {}),
    ],
)
def test_an_update_that_the_item_does_not_allow_changes_nothing_of_its_transaction(
    update: str, item: dict[str, Any]
) -> None:
    """The API reference of TransactWriteItems: the reason's code is ValidationError, at its own write."""
    client = one_item(**item)
    before = client.scan(TableName="t")["Items"]
    asked = {
        "TableName": "t",
        "Key": KEY,
        "UpdateExpression": update,
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }

    with pytest.raises(ClientError) as alone:
        client.update_item(**asked)
    assert alone.value.response["Error"]["Code"] == "ValidationException"
    new = {"Put": {"TableName": "t", "Item": {**KEY, "SK": {"S": "another"}}}}
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(TransactItems=[new, {"Update": asked}])
    assert [each["Code"] for each in cancelled.value.response["CancellationReasons"]] == ["None", "ValidationError"]
    assert client.scan(TableName="t")["Items"] == before


@pytest.mark.parametrize(
    "item",
    [
        {"PK": {"S": ""}, "SK": {"S": "s"}},
        {"PK": {"S": "p"}},
        {"PK": {"S": "p"}, "SK": {"N": "1"}},
        {"PK": {"S": "p"}, "SK": {"S": "é" * 513}},
        {"PK": {"S": "p" * 2049}, "SK": {"S": "s"}},
        {**KEY, "due_at": {"N": "1"}},
        {**KEY, "waiting": {"S": ""}},
        {**KEY, "a": {"S": "x" * 400 * 1024}},
        {**KEY, "a": {"L": [{"N": "1" * 39}]}},
    ],
)
def test_an_item_that_has_no_place_is_refused_whatever_its_condition(item: dict[str, Any]) -> None:
    client = simulated()
    with pytest.raises(ClientError) as refused:
        client.put_item(TableName="t", Item=item, ConditionExpression="attribute_exists(PK)")
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert client.scan(TableName="t")["Items"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"IndexName": "no index"},
        {"IndexName": "due"},
        {"AttributesToGet": ["PK"]},
        {"Limit": 0},
        {"FilterExpression": "a = :other"},
        {"ExpressionAttributeNames": {"#unused": "a"}},
    ],
)
def test_a_query_that_is_not_simulated_or_not_taken_is_never_answered(asked: dict[str, Any]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        ask(one_item(), **asked)


def test_the_stream_has_what_was_new_and_what_was_changed_and_no_write_that_changed_nothing() -> None:
    client = one_item(a={"N": "1.0"})
    client.put_item(TableName="t", Item={**KEY, "a": {"N": "1"}})
    client.put_item(TableName="t", Item={**KEY, "a": {"N": "2"}})

    stream = [(record.event_name, record.image["a"]) for record in client.table.stream]
    assert stream == [("INSERT", {"N": "1"}), ("MODIFY", {"N": "2"})]


def test_what_was_written_stays_as_it_was_whatever_its_writer_does_with_the_item_then() -> None:
    item = {**KEY, "a": {"L": [{"S": "x"}]}}
    client = simulated()
    client.put_item(TableName="t", Item=item)
    item["a"]["L"].clear()  # type: ignore[attr-defined]

    assert client.get_item(TableName="t", Key=KEY)["Item"]["a"] == {"L": [{"S": "x"}]}


def test_a_write_whose_condition_does_not_hold_names_the_item_that_stands_in_its_way_where_it_is_asked_to() -> None:
    client = one_item(a={"S": "x"})
    asked = {"TableName": "t", "Item": KEY, "ConditionExpression": "attribute_not_exists(PK)"}
    for more, item in (({}, None), ({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, {**KEY, "a": {"S": "x"}})):
        with pytest.raises(client.exceptions.ConditionalCheckFailedException) as alone:
            client.put_item(**asked, **more)
        assert alone.value.response.get("Item") == item
        with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
            client.transact_write_items(TransactItems=[{"Put": {**asked, **more}}])
        (reason,) = cancelled.value.response["CancellationReasons"]
        assert (reason["Code"], reason.get("Item")) == ("ConditionalCheckFailed", item)


def test_an_attribute_that_is_set_where_it_is_not_there_stays_where_it_is() -> None:
    client = one_item(a={"S": "first"})
    for name in ("a", "b"):
        values = {":v": {"S": "second"}}
        update = f"SET {name} = if_not_exists({name}, :v)"
        client.update_item(TableName="t", Key=KEY, UpdateExpression=update, ExpressionAttributeValues=values)

    assert client.get_item(TableName="t", Key=KEY)["Item"] == {**KEY, "a": {"S": "first"}, "b": {"S": "second"}}


def test_an_item_that_moves_within_an_index_or_leaves_it_is_no_longer_where_it_was() -> None:
    client = one_item(due_shard={"S": "00"}, due_at={"S": "x"})

    def found(shard: str) -> int:
        asked = {"KeyConditionExpression": "due_shard = :s", "ExpressionAttributeValues": {":s": {"S": shard}}}
        return int(client.query(TableName="t", IndexName="due", **asked)["Count"])

    assert (found("00"), found("01")) == (1, 0)
    client.put_item(TableName="t", Item={**KEY, "due_shard": {"S": "01"}, "due_at": {"S": "x"}})
    assert (found("00"), found("01")) == (0, 1)
    client.update_item(TableName="t", Key=KEY, UpdateExpression="REMOVE due_at")
    assert (found("00"), found("01")) == (0, 0)
