"""Operations on the table, drawn: the layer's and the command's own conditions and updates, on odd items."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.contract.template import template
from tests.evidence.in_use import expressions

PROPERTIES: Mapping[str, Any] = template().of_type("AWS::DynamoDB::Table")["Table"]
KEYS = {"": ("PK", "SK")} | {
    each["IndexName"]: tuple(key["AttributeName"] for key in each["KeySchema"])
    for each in PROPERTIES["GlobalSecondaryIndexes"]
}
"""The hash key and, where there is one, the range key of the table ("") and of each index."""
INDEX_HASHES = {names[0] for index, names in KEYS.items() if index}
INDEX_KEYS = {name for index, names in KEYS.items() if index for name in names} - {"PK", "SK"}
# moto fails at the size of what is not there, which DynamoDB takes for false.
CONDITIONS = [text for text in expressions("ConditionExpression") if "size(" not in text]
UPDATES = expressions("UpdateExpression")
FILTERS = expressions("FilterExpression")
RANGES = (
    "",
    " AND {0} > :x",
    " AND {0} < :x",
    " AND {0} <= :x",
    " AND {0} BETWEEN :x AND :y",
    " AND begins_with({0}, :x)",
)

Op = tuple[str, dict[str, Any]]

TEXTS = st.sampled_from(["a", "ab", "b", "é", "\uffff", "\U0001f600", "2025-01-01T00:00:00.000Z"])
NUMBERS = st.sampled_from(["0", "1", "2", "10", "-3", "1.5", "1735689600.25"])
partitions = st.sampled_from(["ORDER#1", "BREAKER#é"])
sorts = st.sampled_from(["ORDER", "FORWARD#a", "FORWARD#b", "STATE", "\uffff", "\U0001f600"])
texts, numbers = TEXTS.map(lambda text: {"S": text}), NUMBERS.map(lambda text: {"N": text})
lists = st.lists(texts, max_size=2).map(lambda each: {"L": each})
maps = st.fixed_dictionaries({}, optional={"revision": numbers | texts, "reason": texts}).map(lambda each: {"M": each})
keys = st.builds(lambda pk, sk: {"PK": {"S": pk}, "SK": {"S": sk}}, partitions, sorts)
OF_A_KIND = {"channels": lists, "breaker": maps} | dict.fromkeys(
    ["revision", "changes", "full_at", "expires_at", "last_number", "failures", "credential_version"], numbers
)
NAMED = sorted(
    {name for text in CONDITIONS + UPDATES + FILTERS for name in re.findall(r"(?<![:.\w])#?([a-z_]+)\b(?!\()", text)}
    - {"attribute_exists", "attribute_not_exists"}
)
"""Every attribute that some condition or update names."""
# moto fails at the order of values of two kinds, which DynamoDB takes for false.
ORDERED = {name for text in CONDITIONS + FILTERS for name in re.findall(r"(\w+) [<>]=? ", text)}


def right(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """A value of the kind that an attribute has."""
    return OF_A_KIND.get(name, texts)


def attribute(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """A value that an attribute has, or should not have; keys of indexes are texts."""
    if name in INDEX_HASHES:
        return st.sampled_from([{"S": "a"}, {"S": "é"}])
    if name in INDEX_KEYS | ORDERED:
        return right(name)
    return right(name) | right(name) | texts | numbers | lists | maps


items = st.builds(
    lambda key, rest: {**key, **rest},
    keys,
    st.fixed_dictionaries({}, optional={name: attribute(name) for name in sorted({*NAMED, *INDEX_KEYS} - {"news"})}),
)


def values_of(draw: Callable[[Any], Any], *expressions_of_it: str) -> dict[str, Any]:
    """What the placeholders of expressions stand for."""
    names = {name for text in expressions_of_it for name in re.findall(r"#\w+", text)}
    asked: dict[str, Any] = {}
    if names:
        asked["ExpressionAttributeNames"] = {name: name[1:] for name in names}
    values = {}
    for text in expressions_of_it:
        for name in re.findall(r":\w+", text):
            values[name] = draw(right(_attribute_beside(text, name)))
    if values:
        asked["ExpressionAttributeValues"] = values
    return asked


def _attribute_beside(text: str, placeholder: str) -> str:
    """The attribute with which a placeholder is compared, or to which it is given."""
    found = re.search(rf"#?([\w.]+)(?:,| \+| =| <=?| >=?| \w+ \+)? {placeholder}\b", text)
    assert found is not None, (text, placeholder)
    name = found[1].rpartition(".")[2]
    return {"now": "full_at", "ADD": "failures"}.get(name, name)


@st.composite
def writes(draw: Callable[[Any], Any], *, alone: bool) -> Op:
    """One write, by itself or of a transaction."""
    kind = draw(st.sampled_from(["Put", "Update", "Update", "Delete", *([] if alone else ["ConditionCheck"])]))
    asked: dict[str, Any] = {}
    if kind == "Put":
        asked["Item"] = draw(items)
    else:
        asked["Key"] = draw(keys)
    parts = []
    if kind == "Update":
        asked["UpdateExpression"] = draw(st.sampled_from(UPDATES))
        parts.append(asked["UpdateExpression"])
    if kind == "ConditionCheck" or draw(st.booleans()):
        asked["ConditionExpression"] = draw(st.sampled_from(CONDITIONS))
        parts.append(asked["ConditionExpression"])
        if draw(st.booleans()):
            asked["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    asked |= values_of(draw, *parts)
    if alone:
        # moto leaves out of UPDATED_NEW what was written as it was before, and puts new keys into it.
        asked["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD", *(["ALL_NEW"] if kind == "Update" else [])]))
    return kind, asked


@st.composite
def transactions(draw: Callable[[Any], Any]) -> Op:
    parts = draw(st.lists(writes(alone=False), min_size=1, max_size=4, unique_by=lambda part: str(key_of(part))))
    return "Transact", {"TransactItems": [{kind: asked} for kind, asked in parts]}


def key_of(write: Op) -> dict[str, Any]:
    of = write[1].get("Key") or write[1]["Item"]
    return {"PK": of["PK"], "SK": of["SK"]}


@st.composite
def queries(draw: Callable[[Any], Any]) -> Op:
    index = draw(st.sampled_from(["", "", *KEYS]))
    hash_name, *range_names = KEYS[index]
    condition = f"{hash_name} = :hash" + draw(st.sampled_from(RANGES if range_names else RANGES[:1])).format(
        *range_names
    )
    value = partitions.map(lambda text: {"S": text}) if hash_name == "PK" else attribute(hash_name)
    asked: dict[str, Any] = {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {":hash": draw(value)},
        "ScanIndexForward": draw(st.booleans()),
    }
    low, high = sorted((draw(TEXTS | sorts), draw(TEXTS | sorts)), key=str.encode)
    asked["ExpressionAttributeValues"] |= {
        name: {"S": text} for name, text in ((":x", low), (":y", high)) if name in condition
    }
    if index:
        asked["IndexName"] = index
    else:
        asked["ConsistentRead"] = draw(st.booleans())
    if index == "waiting" and draw(st.booleans()):
        asked["FilterExpression"] = draw(st.sampled_from(FILTERS))
        asked["ExpressionAttributeValues"] |= values_of(draw, asked["FilterExpression"]).get(
            "ExpressionAttributeValues", {}
        )
    if draw(st.booleans()):
        asked["Limit"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        asked["ProjectionExpression"] = draw(st.sampled_from(["SK", "PK, SK"]))
    return draw(st.sampled_from(["Query", "Paginate"])), asked


reads = st.one_of(
    st.builds(lambda key: ("Get", {"Key": key}), keys),
    st.builds(lambda each: ("BatchGet", {"Keys": each}), st.lists(keys, min_size=1, max_size=5, unique_by=str)),
)
operations = st.builds(
    lambda there, asked: [*(("Put", {"Item": item}) for item in there), *asked],
    st.lists(items, max_size=8),
    st.lists(writes(alone=True) | transactions() | queries() | queries() | reads, min_size=1, max_size=10),
)
