"""The expressions that the layer and the command use are all simulated, and are such as DynamoDB takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from evidence.aws.expressions import Scope, condition, keys_asked, mentioned, paths, projected, updated
from evidence.aws.values import Invalid, UnknownExpression, normal
from tests.evidence.in_use import PUT_TOGETHER, expressions, found_in_the_source

ITEM: dict[str, Any] = {"PK": {"S": "p"}, "SK": {"S": "s"}}


class Placeholders(dict[str, Any]):
    """Any placeholder there is."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self._value = value

    def __missing__(self, name: str) -> Any:
        return self._value(name)


NAMES = Placeholders(lambda name: name.removeprefix("#"))
VALUES = Placeholders(lambda _: {"S": "a"})
NUMBERS = Placeholders(lambda _: {"N": "1"})


def test_what_is_put_together_in_the_source_is_listed_and_nothing_else() -> None:
    assert sorted({each.place for each in found_in_the_source() if each.text is None}) == sorted(PUT_TOGETHER)


@pytest.mark.parametrize("text", expressions("ConditionExpression", "FilterExpression"))
def test_a_condition_that_is_used_is_simulated(text: str) -> None:
    assert condition(text)(Scope(ITEM, NAMES, VALUES)) in (True, False)


@pytest.mark.parametrize("text", expressions("KeyConditionExpression"))
def test_a_condition_of_keys_that_is_used_is_simulated(text: str) -> None:
    _, value, range_name = keys_asked(text, NAMES, VALUES)
    assert (value, range_name is None) == ("a", " AND " not in text)


@pytest.mark.parametrize("text", expressions("UpdateExpression"))
def test_an_update_that_is_used_is_simulated(text: str) -> None:
    item, touched = updated(text, {**ITEM, "full_at": {"N": "1"}}, NAMES, NUMBERS)
    assert touched
    assert item.keys() >= ITEM.keys()


@pytest.mark.parametrize("text", expressions("ProjectionExpression"))
def test_a_projection_that_is_used_is_simulated(text: str) -> None:
    assert projected(text, ITEM, NAMES).keys() <= ITEM.keys()


@pytest.mark.parametrize(
    "text",
    expressions(
        "ConditionExpression",
        "FilterExpression",
        "KeyConditionExpression",
        "UpdateExpression",
        "ProjectionExpression",
    ),
)
def test_no_expression_that_is_used_names_a_reserved_word_outright(text: str) -> None:
    """DynamoDB refuses those, which neither moto nor the simulation does everywhere."""
    reserved = {word.upper() for word in ReservedKeywords.get_reserved_keywords()}
    assert {name for name in paths(text) if name.upper() in reserved} == set()


# --- what is not simulated, or not taken ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["contains(a, :b)", "a IN (:b, :c)", "attribute_type(a, :b)", "a", "a = :b c", "a ~ :b", "(a = :b"]
)
def test_a_condition_that_is_not_simulated_is_refused_by_name(text: str) -> None:
    with pytest.raises(UnknownExpression):
        condition(text)


@pytest.mark.parametrize(
    "text",
    [
        "DELETE a :b",
        "SET a = list_append(a, :b)",
        "SET a.b = :c",
        "SET a = :b SET c = :d",
        "SET a = :b REMOVE a",
        "SET a = :b, a = :c",
        "a = :b",
    ],
)
def test_an_update_that_is_not_simulated_or_not_taken_is_refused_by_name(text: str) -> None:
    with pytest.raises(UnknownExpression):
        updated(text, ITEM, NAMES, NUMBERS)


@pytest.mark.parametrize(
    "text", ["PK > :a", "PK = :a OR SK = :b", "PK = :a AND SK <> :b", "PK = :a AND SK = :b AND c = :d"]
)
def test_a_condition_of_keys_that_dynamodb_does_not_take_is_refused(text: str) -> None:
    with pytest.raises(UnknownExpression):
        keys_asked(text, NAMES, VALUES)


def test_the_placeholders_of_an_expression_are_those_in_paths_too() -> None:
    assert mentioned("#a.b.#c = :d AND e = :f") == {"#a", "#c", ":d", ":f"}


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.500000", "1.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("007", "7"),
        ("-0.0", "0"),
        ("0.0000001", "0.0000001"),
        ("1733011200.250000", "1733011200.25"),
        ("9" * 38, "9" * 38),
        ("1e30", "1" + "0" * 30),
    ],
)
def test_a_number_is_given_back_without_its_zeros_and_its_exponent(written: str, kept: str) -> None:
    """As the developer guide has it: "Leading and trailing zeroes are trimmed"."""
    assert normal({"M": {"a": {"L": [{"N": written}]}}}) == {"M": {"a": {"L": [{"N": kept}]}}}
    assert Decimal(kept) == Decimal(written)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "", "x", "1" * 39, "1E+126", "1E-131"])
def test_what_is_no_number_of_dynamodbs_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        normal({"N": written})


def test_a_set_is_refused_since_none_is_simulated() -> None:
    with pytest.raises(UnknownExpression):
        normal({"SS": ["a"]})


@pytest.mark.parametrize(
    ("text", "item", "holds"),
    [
        ("a < :b", {"a": {"S": "\uffff"}}, True),  # by the bytes of UTF-8, not by UTF-16's
        ("a < :b", {"a": {"N": "1"}}, False),
        ("a <> :b", {"a": {"N": "1"}}, True),
        ("a <> :b", {}, True),
        ("a = :b", {}, False),
        ("NOT a = :b", {}, True),
        ("a < :b", {}, False),
        ("a >= :b", {"a": {"M": {}}}, False),
        ("a = :b OR attribute_not_exists(c) AND a = :b", {}, False),
        ("(a = :b OR attribute_not_exists(c)) AND attribute_not_exists(a)", {}, True),
        ("begins_with(a, :b)", {"a": {"S": "\U0001f600\U0001f600"}}, True),
        ("begins_with(a, :b)", {"a": {"L": []}}, False),
        ("a.b.c = :b", {"a": {"M": {"b": {"M": {"c": {"S": "\U0001f600"}}}}}}, True),
        ("a.b.c = :b", {"a": {"M": {"b": {"S": "x"}}}}, False),
        ("attribute_exists(a.b)", {"a": {"M": {"b": {"NULL": True}}}}, True),
        ("attribute_exists(a.b)", {"a": {"S": "b"}}, False),
        ("size(a) = size(c)", {"a": {"L": []}, "c": {"M": {}}}, True),
        ("size(a) = size(c)", {"a": {"L": []}, "c": {"N": "0"}}, False),
    ],
)
def test_a_condition_is_taken_as_dynamodb_takes_it(text: str, item: dict[str, Any], holds: bool) -> None:
    assert condition(text)(Scope(item, {}, {":b": {"S": "\U0001f600"}})) is holds
