"""The file of known gaps: complete entries, and something behind every promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from orderbridge_cli.local.deployment.calls import CALLS
from orderbridge_cli.local.deployment.gaps import Gap, known_gaps, without_refused
from orderbridge_cli.local.deployment.rewrites import REWRITES, rewritten


def gap(kind: str, property_: str = "", how: str = "left_out") -> Gap:
    return Gap(kind, property_, how, "because", "nothing")  # type: ignore[arg-type]


def test_every_gap_has_its_reason_and_says_what_we_do_instead() -> None:
    gaps = known_gaps()
    assert len(gaps) > 10
    assert all(entry.reason.strip() and entry.instead.strip() for entry in gaps)
    assert len({(entry.type, entry.property) for entry in gaps}) == len(gaps)


def test_every_call_and_every_rewrite_is_a_known_gap_and_the_other_way_round() -> None:
    assert {(entry.type, entry.property) for entry in known_gaps() if entry.how == "called"} == set(CALLS)
    assert {(entry.type, entry.property) for entry in known_gaps() if entry.how == "rewritten"} == set(REWRITES)


@pytest.mark.parametrize("entry", ["{type: X, how: ignored, reason: r, instead: i}", "{type: X, how: dropped}"])
def test_an_entry_that_says_too_little_is_refused(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "gaps.yaml"
    path.write_text(f"- {entry}\n")
    with pytest.raises(ValueError, match=r"gaps\.yaml"):
        known_gaps(path)


def test_what_the_engine_refuses_is_left_out() -> None:
    template = {
        "Resources": {
            "Archive": {"Type": "A"},
            "Math": {"Type": "B", "Properties": {"Metrics": []}},
            "Plain": {"Type": "B", "Properties": {"Metric": "m", "List": [{"Bad": 1, "Good": 2}]}},
        }
    }
    gaps = [gap("A"), gap("B", "Metrics"), gap("B", "List.Bad", "removed"), gap("B", "Metric", "dropped")]
    assert without_refused(template, gaps) == {
        "Resources": {"Plain": {"Type": "B", "Properties": {"Metric": "m", "List": [{"Good": 2}]}}}
    }


def test_a_ref_of_a_secret_becomes_its_id_everywhere() -> None:
    kind = "AWS::SecretsManager::Secret"
    template = {
        "Resources": {"S": {"Type": kind}, "F": {"Type": "X", "Properties": {"Env": [{"Ref": "S"}, {"Ref": "T"}]}}},
        "Outputs": {"S": {"Value": {"Ref": "S"}}},
    }
    result = rewritten(template, [gap(kind, "Ref", "rewritten")], {})
    assert result["Resources"]["F"]["Properties"]["Env"] == [{"Fn::GetAtt": ["S", "Id"]}, {"Ref": "T"}]
    assert result["Outputs"] == {"S": {"Value": {"Fn::GetAtt": ["S", "Id"]}}}


def test_gateway_responses_are_before_the_deployment_that_serves_them() -> None:
    key = "x-amazon-apigateway-gateway-responses"
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": {key: {"DEFAULT_4XX": {"statusCode": "400"}}}}}
    template = {"Resources": {"Api": api, "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Other"}}}
    resources = rewritten(template, [gap("AWS::ApiGateway::RestApi", f"Body.{key}", "rewritten")], {})["Resources"]
    assert resources["ApiResponseDefault4Xx"]["Properties"] == {
        "RestApiId": {"Ref": "Api"},
        "ResponseType": "DEFAULT_4XX",
        "StatusCode": "400",
    }
    assert resources["Deployment"]["DependsOn"] == ["Other", "ApiResponseDefault4Xx"]


def test_a_queues_concurrency_that_is_a_parameter_becomes_its_number() -> None:
    kind, limit = "AWS::Lambda::EventSourceMapping", "MaximumConcurrency"
    template = {
        "Resources": {
            "Given": {"Type": kind, "Properties": {"BatchSize": 1, "ScalingConfig": {limit: {"Ref": "Workers"}}}},
            "Written": {"Type": kind, "Properties": {"ScalingConfig": {limit: 10}}},
            "Stream": {"Type": kind, "Properties": {"BatchSize": 25}},
        }
    }
    result = rewritten(template, [gap(kind, f"ScalingConfig.{limit}", "rewritten")], {"Workers": "7"})["Resources"]
    assert result["Given"]["Properties"] == {"BatchSize": 1, "ScalingConfig": {limit: 7}}
    assert (result["Written"], result["Stream"]) == (template["Resources"]["Written"], template["Resources"]["Stream"])
