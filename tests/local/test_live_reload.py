"""Live reload against functions that cannot always be sent: a change counts as seen when it is live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ReadTimeoutError

from orderbridge_cli.local import live_reload
from orderbridge_cli.local.deployment.packages import function_package
from orderbridge_cli.local.live_reload import LiveReload, sources
from orderbridge_cli.local.machine.places import Project
from orderbridge_cli.local.machine.problems import DeploymentFailed
from orderbridge_cli.local.machine.processes import wait_until
from tests.patience import PATIENCE_S

BUSY = ReadTimeoutError(endpoint_url="http://127.0.0.1")


class Functions:
    """One function, `front`, that takes what it is sent once no problem is left."""

    def __init__(self, project: Path) -> None:
        self.root = project
        self.problems: list[Exception] = []
        self.template_problems: list[Exception] = []
        self.sent: list[bytes] = []
        self.deployed = 0
        self.said: list[str] = []

    def function_packages(self) -> dict[str, Any]:
        return {"Front": function_package(self.root / "functions" / "front")}

    def code_folder(self, _name: str) -> str:
        return "functions/front"

    def update_function_code(self, FunctionName: str, ZipFile: bytes) -> None:  # noqa: N803 - boto3's names
        assert FunctionName == "notes-front"
        if self.problems:
            raise self.problems.pop()
        self.sent.append(ZipFile)

    def redeploy(self) -> dict[str, str]:
        if self.template_problems:
            raise self.template_problems.pop()
        self.deployed += 1
        return {"Front": "notes-front"}


@pytest.fixture
def functions(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    monkeypatch.setattr(live_reload, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(live_reload, "_AGAIN_AFTER_S", 0.01)
    made = Functions(small_project)
    reload = LiveReload(
        cast("Any", SimpleNamespace(functions=made)),
        Project(small_project),
        cast("Any", made),
        sources(Project(small_project)),
        {"Front": "notes-front"},
        made.redeploy,
        made.said.append,
    )
    reload.start()
    yield made
    reload.stop()


def test_a_change_that_could_not_be_sent_is_sent_again_without_another_change(functions: Functions) -> None:
    functions.problems = [BUSY, BUSY, OSError("gone for a moment")]
    (functions.root / "functions" / "front" / "app.py").write_text("CHANGED = True\n")

    assert wait_until(
        lambda: function_package(functions.root / "functions" / "front").content in functions.sent, PATIENCE_S
    )
    assert [words for words in functions.said if words.startswith("not reloaded")] == [
        "not reloaded yet: gone for a moment",
        f"not reloaded yet: {BUSY}",
    ]


def test_a_template_that_is_not_right_waits_for_its_next_change_and_one_the_engine_was_too_busy_for_does_not(
    functions: Functions,
) -> None:
    template = functions.root / "template.yaml"
    functions.template_problems = [DeploymentFailed("no such property")]
    template.write_text(template.read_text() + "# a\n")
    assert wait_until(lambda: functions.said == ["not reloaded: no such property"], PATIENCE_S)

    functions.template_problems = [BUSY]
    template.write_text(template.read_text() + "# b\n")
    assert wait_until(lambda: functions.deployed == 1, PATIENCE_S)


def test_a_template_that_is_not_right_keeps_no_source_back_and_is_deployed_once(
    functions: Functions,
) -> None:
    functions.template_problems, functions.problems = [DeploymentFailed("no such property")], [BUSY]
    template, app = functions.root / "template.yaml", functions.root / "functions" / "front" / "app.py"
    template.write_text(template.read_text() + "# a\n")
    app.write_text("CHANGED = True\n")

    sent = function_package(app.parent)
    assert wait_until(lambda: sent.content in functions.sent, PATIENCE_S)
    assert functions.template_problems == functions.problems == []
    assert functions.deployed == 0, "sent again for the function, and not for the template"


def test_a_source_that_is_added_and_one_that_is_removed_are_changes(functions: Functions) -> None:
    added = functions.root / "functions" / "front" / "added.py"
    added.write_text("ADDED = True\n")
    assert wait_until(lambda: functions.said == ["live: added.py (1 functions)"], PATIENCE_S)
    added.unlink()
    assert wait_until(lambda: len(functions.said) == 2, PATIENCE_S)
    assert len(functions.sent) == 2
