"""How a template is held against what was read back, and how its values are resolved."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge_cli.local.deployment.read_back.comparison import differences
from orderbridge_cli.local.deployment.template import NO_VALUE, Deployed, Unresolvable


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"Timeout": 10}, {"Timeout": "10", "MemorySize": 128}),
        ({"Enabled": True}, {"Enabled": "true"}),
        ({"Threshold": 0}, {"Threshold": 0.0}),
        ({"Action": ["b", "a"]}, {"Action": ["a", "b"]}),
        (
            {"Indexes": [{"IndexName": "a", "Kind": 1}, {"IndexName": "b", "Kind": 2}]},
            {"Indexes": [{"IndexName": "b", "Kind": 2, "Count": 0}, {"IndexName": "a", "Kind": 1, "Count": 0}]},
        ),
        ({"Keys": []}, {"Keys": []}),
    ],
)
def test_the_same_in_other_clothes_is_no_difference(expected: Any, actual: Any) -> None:
    assert list(differences("", expected, actual)) == []


@pytest.mark.parametrize(
    ("expected", "actual", "path"),
    [
        ({"Timeout": 10}, {"Timeout": 11}, "Timeout"),
        ({"Timeout": 0}, {}, "Timeout"),
        ({"Enabled": True}, {"Enabled": 1}, "Enabled"),
        ({"Enabled": False}, {"Enabled": None}, "Enabled"),
        ({"A": {"B": [1]}}, {"A": {"B": [1, 2]}}, "A.B"),
        ({"A": {"B": "x"}}, {"A": "x"}, "A"),
        ({"Statement": [{"Action": "a"}]}, {"Statement": [{"Action": "b"}]}, "Statement.Action"),
        ({"Steps": [{"Do": 1}, {"Do": 2}]}, {"Steps": [{"Do": 2}, {"Do": 1}]}, "Steps.Do"),
        (
            {"Indexes": [{"IndexName": "a", "Keys": ["x"]}, {"IndexName": "b", "Keys": ["y"]}]},
            {"Indexes": [{"IndexName": "a", "Keys": ["x"]}, {"IndexName": "b", "Keys": ["z"]}]},
            "Indexes.Keys",
        ),
        ({"Indexes": [{"IndexName": "a"}]}, {"Indexes": [{"IndexName": "c"}]}, "Indexes"),
        ({"Name": ""}, {"Name": None}, "Name"),
    ],
)
def test_what_differs_is_named_by_its_path(expected: Any, actual: Any, path: str) -> None:
    assert {found for found, _ in differences("", expected, actual)} == {path}


def deployed(**template: Any) -> Deployed:
    def attribute(resource: str, name: str) -> str:
        if name == "Unknown":
            raise Unresolvable(name)
        return f"{resource}:{name}"

    return Deployed(
        template=template,
        parameters={"Stage": "prod", "Topic": ""},
        pseudo={"AWS::Region": "ap-southeast-3"},
        physical_ids={"Table": "table-1"},
        attribute=attribute,
    )


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "Table"}, "table-1"),
        ({"Ref": "AWS::Region"}, "ap-southeast-3"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "Table:Arn"),
        ({"Fn::GetAtt": "Table.Stream.Arn"}, "Table:Stream.Arn"),
        ({"Fn::Sub": "${Stage}/${Table.Arn}/${AWS::Region}/${!literal}"}, "prod/Table:Arn/ap-southeast-3/${literal}"),
        ({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Table"}}]}, "table-1-prod"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Stage"}]]}, "a/prod"),
        ({"Fn::FindInMap": ["Times", "Queue", "Seconds"]}, 0),
        ({"Fn::If": ["HasTopic", "yes", "no"]}, "no"),
        ([{"Fn::If": ["HasTopic", "yes", {"Ref": "AWS::NoValue"}]}, "kept"], ["kept"]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 0}, {"b": 0}),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b"]}]}, "b"),
        ({"Fn::And": [{"Condition": "HasTopic"}, True]}, False),
        ({"Fn::Or": [{"Condition": "HasTopic"}, True]}, True),
    ],
)
def test_values_are_resolved_as_cloudformation_does(node: Any, value: Any) -> None:
    stack = deployed(
        Conditions={"HasTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Topic"}, ""]}]}},
        Mappings={"Times": {"Queue": {"Seconds": 0}}},
    )
    assert stack.value(node) == value


def test_no_value_is_no_value() -> None:
    assert deployed().value({"Ref": "AWS::NoValue"}) is NO_VALUE


@pytest.mark.parametrize(
    "node",
    [{"Ref": "Nobody"}, {"Fn::GetAtt": ["Table", "Unknown"]}, {"Fn::ImportValue": "x"}, {"Fn::Sub": "${Nobody}"}],
)
def test_what_the_stack_does_not_tell_is_said(node: Any) -> None:
    with pytest.raises(Unresolvable):
        deployed().value(node)
