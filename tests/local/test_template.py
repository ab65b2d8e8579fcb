"""Orderbridge's own template on the local stack."""

from __future__ import annotations

import http.client
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from orderbridge.platforms.names import platform_names
from orderbridge_cli.local.deployment.gaps import known_gaps
from orderbridge_cli.local.deployment.template import parameter_values, read_template
from orderbridge_cli.local.machine.problems import LocalStackProblem
from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.target import Operations, target_of
from tests.patience import PATIENCE_S


@pytest.mark.e2e
def test_the_template_is_deployed_and_held_but_for_the_known_gaps(tmp_path: Path) -> None:
    stack = LocalStack(state_dir=tmp_path / "state", port=0, stack_file=None, live_reload=False)
    with stack:
        description = stack.description
        assert Operations(target_of(asdict(description))).table == description.table, "a command sets it up"
        connection = http.client.HTTPConnection(description.api_url.removeprefix("http://"), timeout=PATIENCE_S)
        connection.request("POST", "/api/v1/auth/login", b"{", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        problem = json.loads(answer.read())
        connection.close()

    assert answer.status == 400
    assert problem["code"]
    assert stack.last_read_back is not None
    assert stack.last_read_back.resources > 60
    assert stack.last_read_back.differences == ()
    # A gap that is none any more is to be struck from the file.
    assert stack.last_read_back.closed_gaps == ()
    assert set(description.sandboxes) == set(platform_names())


def test_every_gap_names_a_type_of_the_template(project: Path) -> None:
    # Serverless types stand for what SAM makes of them.
    made_by_sam = {
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Scheduler::Schedule",
    }
    used = {resource["Type"] for resource in read_template(project / "template.yaml")["Resources"].values()}
    assert {gap.type for gap in known_gaps()} <= used | made_by_sam


def test_a_parameter_that_the_template_lacks_is_refused() -> None:
    template = {"Parameters": {"A": {"Default": 1}, "B": {}}}
    assert parameter_values(template, {"B": "x"}) == {"A": "1", "B": "x"}
    with pytest.raises(LocalStackProblem, match="no parameter C"):
        parameter_values(template, {"B": "x", "C": "y"})
    with pytest.raises(LocalStackProblem, match="B has no default"):
        parameter_values(template, {})
