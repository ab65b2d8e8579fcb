"""A small project of its own for the local stack, copied for each test, so that tests may change it."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.machine.processes import wait_until
from orderbridge_cli.local.stack import LocalStack
from tests.patience import PATIENCE_S

_ORIGINAL = Path(__file__).parent / "project"


@dataclass
class Notes:
    """The small system from outside."""

    stack: LocalStack
    progress: list[str] = field(default_factory=list)

    @property
    def aws(self) -> EngineClients:
        return EngineClients(self.stack.description.aws_endpoint_url)

    def request(
        self, path: str, body: bytes = b"", method: str = "POST", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(
            self.stack.description.api_url + path, data=body, method=method, headers=headers or {}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def echo(self) -> dict[str, Any]:
        status, body = self.request("/api/v1/echo", b"{}")
        assert status == 200, body
        return json.loads(body)

    def add(self, note: str) -> None:
        status, body = self.request("/api/v1/notes", note.encode())
        assert status == 201, body

    def times_arrived(self, note: str) -> int:
        key = {"PK": {"S": note}}
        item = self.aws.dynamodb.get_item(TableName=self.stack.description.table, Key=key).get("Item", {})
        return int(item.get("times", {}).get("N", "0"))

    def arrives(self, note: str) -> bool:
        return wait_until(lambda: self.times_arrived(note) > 0, PATIENCE_S, step_s=0.1)

    def log(self, name: str) -> str:
        path = self.stack.logs / f"{name}.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A copy of the small project."""
    return Path(shutil.copytree(_ORIGINAL, tmp_path / "project"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notes]:
    """The small system, up for all tests of a module that only use it."""
    folder = tmp_path_factory.mktemp("running")
    project = Path(shutil.copytree(_ORIGINAL, folder / "project"))
    stack = LocalStack(
        project,
        folder / "state",
        0,
        stack_file=folder / "stack.json",
        stack_name="notes",
        with_sandboxes=False,
        live_reload=False,
        sweep_every_s=0.5,
    )
    with stack:
        yield Notes(stack)


@pytest.fixture
def notes(small_project: Path, tmp_path: Path) -> Iterator[Callable[..., Notes]]:
    """``notes(**options)`` makes the small system's local stack, not started; it is stopped after the test."""
    made: list[LocalStack] = []

    def make(**options: Any) -> Notes:
        heard: list[str] = []
        defaults: dict[str, Any] = {
            "root": small_project,
            "state_dir": tmp_path / "state",
            "port": 0,
            "stack_file": tmp_path / "stack.json",
            "stack_name": "notes",
            "with_sandboxes": False,
            "live_reload": False,
            "sweep_every_s": None,
            "on_progress": heard.append,
        }
        stack = LocalStack(**(defaults | options))
        made.append(stack)
        return Notes(stack, heard)

    yield make
    for stack in made:
        stack.stop()
