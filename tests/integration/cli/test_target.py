"""The command in front of no stack, no network, no credentials: one sentence, exit 1, never a traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from orderbridge_cli.main import app
from tests.integration.cli.conftest import REGION, storage_template
from tests.patience import PATIENCE_S

NEEDS_A_STACK = [
    ("partners", "show", "artia"),
    ("channels", "list"),
    ("mappings", "missing"),
    ("orders", "list"),
    ("forwards", "list"),
    ("dlq", "list"),
    ("demo",),
]


@pytest.fixture
def nobody_listens() -> int:
    """A port of loopback on which nothing answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def _orderbridge(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own, with no AWS configuration but what is given."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    nothing = {"HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
    return subprocess.run(
        [str(Path(sys.executable).with_name("orderbridge")), *arguments],
        cwd=folder, env={**kept, **nothing, **environment}, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def _is_one_sentence(done: subprocess.CompletedProcess[str], *said: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for words in said:
        assert words in done.stderr


def test_no_region(tmp_path: Path) -> None:
    _is_one_sentence(_orderbridge(tmp_path, "channels", "list"), "AWS_REGION", "orderbridge local up")


def test_no_credentials(tmp_path: Path) -> None:
    done = _orderbridge(tmp_path, "channels", "list", AWS_REGION=REGION)
    _is_one_sentence(done, "No AWS credentials were found")


def test_an_unknown_profile(tmp_path: Path) -> None:
    _is_one_sentence(_orderbridge(tmp_path, "channels", "list", AWS_PROFILE="nobody", AWS_REGION=REGION), "nobody")


def test_no_network(tmp_path: Path, nobody_listens: int) -> None:
    configured = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "nobody-may-see"}
    done = _orderbridge(
        tmp_path, "channels", "list", "--json", AWS_ENDPOINT_URL=f"http://127.0.0.1:{nobody_listens}", **configured
    )
    _is_one_sentence(done, "cannot be reached")
    assert "nobody-may-see" not in done.stdout + done.stderr
    assert "cannot be reached" in json.loads(done.stdout)["error"]


def test_a_local_stack_that_was_killed(tmp_path: Path, nobody_listens: int) -> None:
    (tmp_path / ".local").mkdir()
    described = {
        "api_url": "http://127.0.0.1:8080", "aws_endpoint_url": f"http://127.0.0.1:{nobody_listens}", "region": REGION,
        "stack": "orderbridge", "table": "t", "bus": "b", "sandboxes": {},
    }  # fmt: skip
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(described))
    # A broken profile of the user's has nothing to do with the local stack.
    done = _orderbridge(tmp_path, "channels", "list", AWS_PROFILE="nobody")
    _is_one_sentence(done, ".local/stack.json", "does not answer", "orderbridge local up")


@pytest.mark.parametrize("arguments", NEEDS_A_STACK, ids=" ".join)
def test_no_such_stack(no_aws_configuration: None, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    monkeypatch.setenv("ORDERBRIDGE_STACK", "production")
    with mock_aws():
        result = CliRunner().invoke(app, [*arguments])
    assert result.exit_code == 1
    # The demo goes to the local stack alone, whatever else there is.
    assert ("none runs" if arguments == ("demo",) else "There is no stack production") in result.stderr
    assert result.stdout == ""


def test_a_stack_without_its_outputs(no_aws_configuration: None, project: Path) -> None:
    template: Mapping[str, object] = json.loads(storage_template(project))
    with mock_aws():
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName="orderbridge", TemplateBody=json.dumps({**template, "Outputs": {}})
        )
        result = CliRunner().invoke(app, ["channels", "list"])
    assert result.exit_code == 1
    assert "not complete" in result.stderr
    assert "TableName" in result.stderr


def test_a_deployed_stack_is_found_by_its_name(
    no_aws_configuration: None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERBRIDGE_STACK", "orderbridge-staging")
    with mock_aws():
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName="orderbridge-staging", TemplateBody=storage_template(project)
        )
        result = CliRunner().invoke(app, ["channels", "list", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == []


def test_signing_needs_no_stack(tmp_path: Path) -> None:
    from tests.integration.cli.conftest import private_pem

    (tmp_path / "private.pem").write_bytes(private_pem())
    done = _orderbridge(tmp_path, "sign", "--client-id", "artia", "--key", "private.pem")
    assert done.returncode == 0, done.stderr
    assert [line.split(": ")[0] for line in done.stdout.splitlines()] == ["X-CLIENT-ID", "X-TIMESTAMP", "X-SIGNATURE"]
