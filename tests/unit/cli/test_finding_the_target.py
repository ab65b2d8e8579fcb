"""Which stack the command talks to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orderbridge_cli.output import Failure
from orderbridge_cli.target import find_target

LOCAL: dict[str, Any] = {
    "api_url": "http://127.0.0.1:8080",
    "aws_endpoint_url": "http://127.0.0.1:20001",
    "region": "ap-southeast-3",
    "stack": "orderbridge",
    "table": "t",
    "bus": "b",
    "sandboxes": {"sirclo": "http://127.0.0.1:20002"},
}


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(LOCAL))
    return file


def test_without_anything_it_is_the_default_stack_in_the_usual_environment(tmp_path: Path) -> None:
    target = find_target({}, tmp_path / "none")
    assert (target.stack, target.api_url, target.found_in) == ("orderbridge", None, None)
    assert (target.access.endpoint_url, target.access.access_key) == (None, None)


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "a"),
        ({"AWS_DEFAULT_REGION": "b"}, "b"),
        ({}, None),
    ],
)
def test_the_region_is_the_environments(tmp_path: Path, environment: dict[str, str], region: str | None) -> None:
    assert find_target(environment, tmp_path / "none").access.region == region


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ORDERBRIDGE_STACK": "orderbridge"},
        {"AWS_PROFILE": "production", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIA"},
    ],
)
def test_a_local_stack_that_runs_here_comes_first(stack_file: Path, environment: dict[str, str]) -> None:
    target = find_target(environment, stack_file)
    assert target.api_url == "http://127.0.0.1:8080"
    assert target.access.endpoint_url == "http://127.0.0.1:20001"
    assert target.access.region == "ap-southeast-3"
    assert target.access.access_key is not None
    assert target.found_in == stack_file


@pytest.mark.parametrize(
    "environment", [{"ORDERBRIDGE_STACK": "production"}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}]
)
def test_what_is_named_outright_comes_before_the_local_stack(stack_file: Path, environment: dict[str, str]) -> None:
    target = find_target(environment, stack_file)
    assert target.found_in is None
    assert target.access.access_key is None
    assert target.stack == environment.get("ORDERBRIDGE_STACK", "orderbridge")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"x"', json.dumps({**LOCAL, "region": 1} | {"stack": None})])
def test_a_broken_stack_file_is_named_and_never_taken_for_no_stack(tmp_path: Path, content: str) -> None:
    file = tmp_path / "stack.json"
    file.write_text(content)
    with pytest.raises(Failure, match=r"stack\.json"):
        find_target({}, file)


def test_the_secret_key_is_not_in_a_repr(stack_file: Path) -> None:
    stack_file.write_text(json.dumps({**LOCAL, "secret_key": "nobody-may-see"}))
    assert "nobody-may-see" not in repr(find_target({}, stack_file))
