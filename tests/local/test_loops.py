"""The template's loops, unrolled for what does not know them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge_cli.local.deployment.loops import unrolled
from orderbridge_cli.local.deployment.template import read_template
from orderbridge_cli.local.machine.problems import LocalStackProblem

EXTENSIONS = "AWS::LanguageExtensions"
SAM = "AWS::Serverless-2016-10-31"
MAPPINGS = {"Shops": {"A": {"Name": "a", "Actions": ["x", "y"], "Zero": 0}, "B": {"Name": "b", "Actions": []}}}


def template(resources: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"Transform": [EXTENSIONS, SAM], "Mappings": MAPPINGS, "Resources": resources, **sections}


def made(body: dict[str, Any], *values: str) -> dict[str, Any]:
    """What a loop over the values makes of its body."""
    resources: dict[str, Any] = unrolled(template({"Fn::ForEach::Shops": ["Shop", list(values), body]}))["Resources"]
    return resources


# --- what a loop makes ------------------------------------------------------------------------------------------------


def test_a_loop_makes_its_body_for_each_value_between_what_is_around_it() -> None:
    body = {"Queue${Shop}": {"Type": "Q", "Of": ["${Shop}!", 7, None, True]}, "Rule${Shop}": {"Type": "R"}}
    document = template({"First": {"Type": "F", 200: 1}, "Fn::ForEach::Shops": ["Shop", ["A", "B"], body], "Last": {}})
    assert list(unrolled(document)["Resources"].items()) == [
        ("First", {"Type": "F", 200: 1}),
        ("QueueA", {"Type": "Q", "Of": ["A!", 7, None, True]}),
        ("RuleA", {"Type": "R"}),
        ("QueueB", {"Type": "Q", "Of": ["B!", 7, None, True]}),
        ("RuleB", {"Type": "R"}),
        ("Last", {}),
    ]
    assert document["Resources"]["Fn::ForEach::Shops"][2] is body


def test_a_loop_in_a_loop_has_the_values_of_both() -> None:
    inner = ["Kind", ["Queue", "Rule"], {"${Kind}${Shop}": {"Of": {"Ref": "Kind"}, "At": {"Ref": "Shop"}}}]
    assert made({"Fn::ForEach::Kinds": inner}, "A", "B") == {
        f"{kind}{shop}": {"Of": kind, "At": shop} for shop in ("A", "B") for kind in ("Queue", "Rule")
    }


def test_a_loop_may_make_properties_conditions_and_outputs() -> None:
    loop = {"Fn::ForEach::Shops": ["Shop", ["A", "B"], {"Of${Shop}": {"Value": "${Shop}"}}]}
    unrolled_loop = {"OfA": {"Value": "A"}, "OfB": {"Value": "B"}}
    document = unrolled(template({"One": {"Properties": loop}}, Outputs=loop, Conditions=loop))
    assert document["Resources"] == {"One": {"Properties": unrolled_loop}}
    assert document["Outputs"] == document["Conditions"] == unrolled_loop


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"Ref": {"Fn::Sub": "Queue${Shop}"}}, {"Ref": "QueueA"}),
        ({"Fn::GetAtt": [{"Fn::Sub": "Queue${Shop}"}, "Arn"]}, {"Fn::GetAtt": ["QueueA", "Arn"]}),
        ({"Ref": "AWS::StackName"}, {"Ref": "AWS::StackName"}),
        ({"Ref": "Shop", "Other": 1}, {"Ref": "Shop", "Other": 1}),
        ({"Fn::FindInMap": ["Shops", {"Ref": "Shop"}, "Actions"]}, ["x", "y"]),
        ({"Fn::FindInMap": ["Shops", "${Shop}", "Zero"]}, 0),
        ({"Fn::FindInMap": ["Shops", {"Ref": "Parameter"}, "Name"]},) * 2,
        (
            {"Fn::Sub": ["${Name} of ${Shop}", {"Name": {"Fn::FindInMap": ["Shops", {"Ref": "Shop"}, "Name"]}}]},
            "a of A",
        ),
        (
            {"Fn::Sub": ["${AWS::StackName}-${Name}", {"Name": {"Fn::FindInMap": ["Shops", "${Shop}", "Name"]}}]},
            {"Fn::Sub": "${AWS::StackName}-a"},
        ),
        ({"Fn::Sub": ["${Name}", {"Name": {"Ref": "Parameter"}}]},) * 2,
        ({"Fn::Sub": ["${Name}", {"Name": "${AWS::Region}"}]},) * 2,
        ({"Fn::Sub": "${!Shop} ${Table.Arn} ${Shop}"}, {"Fn::Sub": "${!Shop} ${Table.Arn} A"}),
    ],
)
def test_a_function_in_a_loop_is_settled_where_all_of_it_is_known(written: Any, value: Any) -> None:
    assert made({"X${Shop}": {"P": written}}, "A") == {"XA": {"P": value}}


def test_outside_of_loops_nothing_is_settled() -> None:
    resources = {"X": {"P": {"Fn::FindInMap": ["Shops", "A", "Name"]}, "Q": {"Fn::Sub": "plain"}, "R": "${Shop}"}}
    assert unrolled(template(resources))["Resources"] == resources


@pytest.mark.parametrize("transform", [SAM, [SAM], None])
def test_a_template_without_the_extensions_is_left_as_it_is(transform: Any) -> None:
    document = {"Transform": transform, "Resources": {"Fn::ForEach::Shops": ["Shop", ["A"], {"X${Shop}": {}}]}}
    assert unrolled(document) is document


def test_the_extensions_are_none_that_is_left_to_do() -> None:
    assert unrolled(template({}))["Transform"] == [SAM]
    assert unrolled({"Transform": EXTENSIONS, "Resources": {}})["Transform"] == []


# --- against plain replacement of text --------------------------------------------------------------------------------

WORDS = st.sampled_from(["", "a", "${Table.Arn}", "${P}", "b${P}", "${P}${P}c", "${ P}", "$P", "{P}", "ü${P}"])
KEYS = st.sampled_from(["a", "b", "of${P}"])
BODIES = st.dictionaries(
    st.sampled_from(["${P}", "Queue${P}", "${P}Role", "${P}${P}"]),
    st.recursive(
        WORDS | st.integers() | st.booleans() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_size=3,
)
VALUES = st.lists(st.from_regex(r"[A-Z][a-z]{2}", fullmatch=True), unique=True, max_size=4)


def replaced(body: Any, name: str, value: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(json.dumps(body).replace(f"${{{name}}}", value))
    return written


@given(values=VALUES, body=BODIES)
def test_a_body_is_made_as_if_its_text_had_been_replaced(values: list[str], body: dict[str, Any]) -> None:
    expected = {key: item for value in values for key, item in replaced(body, "P", value).items()}
    assert unrolled(template({"Fn::ForEach::X": ["P", values, body]}))["Resources"] == expected


@given(outer=VALUES, inner=VALUES, body=BODIES)
def test_so_is_that_of_a_loop_in_a_loop(outer: list[str], inner: list[str], body: dict[str, Any]) -> None:
    own = {f"{key}In${{Q}}": item for key, item in body.items()}
    loops = {"Fn::ForEach::X": ["Q", outer, {"Fn::ForEach::Y": ["P", inner, own]}]}
    expected = {
        key: item
        for first in outer
        for second in inner
        for key, item in replaced(replaced(own, "P", second), "Q", first).items()
    }
    assert unrolled(template(loops))["Resources"] == expected


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loop", [{}, "Shop", [], ["Shop", ["A"]], [1, ["A"], {}], ["Shop", "A", {}], ["Shop", [1], {}], ["Shop", ["A"], []]]
)
def test_what_is_no_loop_is_named(loop: Any) -> None:
    with pytest.raises(LocalStackProblem, match="Fn::ForEach::Shops in the template is not a loop"):
        unrolled(template({"Fn::ForEach::Shops": loop}))


@pytest.mark.parametrize("values", [["A", "A"], ["B", "One"]])
def test_a_key_that_there_is_already_is_named(values: list[str]) -> None:
    resources = {"XOne": {}, "Fn::ForEach::Shops": ["Shop", values, {"X${Shop}": {}}]}
    with pytest.raises(LocalStackProblem, match=r"has (XA|XOne) twice"):
        unrolled(template(resources))


def test_what_the_mappings_lack_is_named() -> None:
    with pytest.raises(LocalStackProblem, match=r"have no Shops\.C\.Name"):
        made({"X${Shop}": {"P": {"Fn::FindInMap": ["Shops", "${Shop}", "Name"]}}}, "C")


def test_a_template_on_disk_is_read_with_its_loops_unrolled(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        "Transform: [AWS::LanguageExtensions]\n"
        "Resources:\n"
        "  Fn::ForEach::Shops:\n"
        "    - Shop\n"
        "    - [A, B]\n"
        "    - Queue${Shop}: { Type: Q, Name: !Sub 'of-${Shop}', Dead: { Fn::GetAtt: [!Sub 'Dead${Shop}', Arn] } }\n"
    )
    assert read_template(tmp_path / "template.yaml")["Resources"] == {
        f"Queue{shop}": {"Type": "Q", "Name": f"of-{shop}", "Dead": {"Fn::GetAtt": [f"Dead{shop}", "Arn"]}}
        for shop in ("A", "B")
    }
