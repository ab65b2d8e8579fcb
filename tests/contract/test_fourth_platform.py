"""A fourth platform is one package, one sandbox, one record of facts and one line of the template: CONTRIBUTING's list.

An imaginary one, Acme, is Ngorder under another name, in a copy of the project: what is its own, and nothing else.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from orderbridge.channels.credentials import credentials_secret
from orderbridge.forwarding.queues import forward_queue_name
from orderbridge.platforms.names import platform_names
from orderbridge_cli.local.deployment.template import parse_template
from tests.contract.template import PROJECT, TEMPLATE, Template, template

NAMES_PLATFORMS = {
    "cli/orderbridge_cli/examples.py": "an example names one",
    "cli/orderbridge_cli/openapi/examples.py": "an example names two",
}
PARAMETERS = ("Workers", "StatusSyncRate")
LEAST_CONFORMANCE_TESTS = 45
LOOP = re.compile(r"  Fn::ForEach::Platforms:\n    - Platform\n    - \[(.+)\]\n")


# --- who names a platform ---------------------------------------------------------------------------------------------


def words_of(module: Path) -> Iterator[str]:
    """The text constants of a module, without its docstrings."""
    tree = ast.parse(module.read_text())
    prose = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(body := getattr(node, "body", None), list)
        for statement in body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def own_places(platform: str) -> tuple[str, ...]:
    return (f"layers/core/orderbridge/platforms/{platform}/", f"cli/orderbridge_sandboxes/{platform}/")


def test_the_code_names_a_platform_in_its_own_places_and_in_those_that_are_listed() -> None:
    named: set[str] = set()
    modules = [*PROJECT.glob("layers/core/orderbridge/**/*.py"), *PROJECT.glob("cli/*/**/*.py")]
    assert len(modules) > 200
    for module in modules:
        path = module.relative_to(PROJECT).as_posix()
        for platform in platform_names():
            if not path.startswith(own_places(platform)) and any(platform in word.lower() for word in words_of(module)):
                named.add(path)
    assert named == set(NAMES_PLATFORMS)


def looped() -> list[str]:
    """The platforms' words in logical ids, as the template's loop goes over them."""
    (words,) = LOOP.findall(TEMPLATE.read_text())
    return str(words).split(", ")


def line_of(platform: str, text: str) -> str:
    """The platform's line in the template's Mappings."""
    (line,) = re.findall(rf"^    \w+: {{ Name: {platform}, .+\n", text, re.MULTILINE)
    return str(line)


def parameters_of(word: str, text: str) -> list[str]:
    """The declarations of a platform's own parameters."""
    found = [re.search(rf"^  {name}{word}:\n(?:    .+\n)+", text, re.MULTILINE) for name in PARAMETERS]
    return [each[0] for each in found if each is not None]


def test_the_template_names_a_platform_in_its_line_in_the_loop_and_in_its_two_parameters() -> None:
    rows = template().document["Mappings"]["Platforms"]
    assert list(rows) == looped()
    assert sorted(row["Name"] for row in rows.values()) == sorted(platform_names())
    for word, row in rows.items():
        text = TEMPLATE.read_text()
        own = [LOOP.search(text)[0], line_of(row["Name"], text), *parameters_of(word, text)]  # type: ignore[index]
        assert len(own) == 2 + len(PARAMETERS)
        for each in own:
            assert row["Name"] in each.lower()
            text = text.replace(each, "")
        assert row["Name"] not in text.lower()


# --- an imaginary one -------------------------------------------------------------------------------------------------


def renamed(text: str) -> str:
    return text.replace("Ngorder", "Acme").replace("ngorder", "acme")


@pytest.fixture
def with_acme() -> dict[str, Any]:
    text = TEMPLATE.read_text()
    for own in (line_of("ngorder", text), *parameters_of("Ngorder", text)):
        text = text.replace(own, own + renamed(own))
    (words,) = LOOP.findall(text)
    return parse_template(text.replace(f"[{words}]", f"[{words}, Acme]"))


def resolved_names(node: Any) -> Iterator[str]:
    """What is referred to by Ref or GetAtt."""
    if isinstance(node, dict):
        if set(node) == {"Ref"}:
            yield node["Ref"]
        if set(node) == {"Fn::GetAtt"}:
            yield node["Fn::GetAtt"][0]
        for value in node.values():
            yield from resolved_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from resolved_names(value)


def test_its_line_is_all_that_the_template_wants(with_acme: dict[str, Any]) -> None:
    known = {*with_acme["Resources"], *with_acme["Parameters"]}
    assert not {name for name in resolved_names(with_acme["Resources"]) if not name.startswith("AWS::")} - known
    names = [
        (resource["Type"], str(resource["Properties"][key]))
        for resource in with_acme["Resources"].values()
        for key in ("FunctionName", "QueueName", "LogGroupName", "Name")
        if key in resource["Properties"] and resource["Type"] != "AWS::Logs::MetricFilter"
    ]
    own = [name for name in names if "acme" in name[1]]
    # Three queues, a function and its log, two schedules.
    assert len(own) == len(set(own)) == 7, own
    schedules = Template(with_acme).of_type("AWS::Scheduler::Schedule").values()
    assert sum(each["Target"]["Input"] == '{"platform": "acme"}' for each in schedules) == 2


def test_who_serves_all_platforms_may_serve_it_too(with_acme: dict[str, Any]) -> None:
    roles = Template(with_acme).of_type("AWS::IAM::Role")

    def reach(role: str, service: str, name: str) -> bool:
        patterns = [
            str(statement["Resource"]["Fn::Sub"]).replace("${AWS::StackName}", "orderbridge").rpartition(":")[2]
            for policy in roles[role]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            if service in str(statement["Action"]) and "Fn::Sub" in statement["Resource"]
        ]
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    queue, secret = forward_queue_name("orderbridge", "acme"), credentials_secret("orderbridge", "acme", "shop")
    assert reach("SweeperRole", "sqs:SendMessage", queue)
    assert reach("OrderCancelRole", "sqs:SendMessage", queue)
    assert reach("StockSyncRole", "secretsmanager:", f"{secret}-AbCdEf")
    assert reach("StatusSyncRole", "secretsmanager:", f"{secret}-AbCdEf")
    assert reach("ForwardAcmeRole", "secretsmanager:", f"{secret}-AbCdEf")
    assert not reach("ForwardNgorderRole", "secretsmanager:", f"{secret}-AbCdEf")


OWN = (
    "layers/core/orderbridge/platforms/{}/",
    "cli/orderbridge_sandboxes/{}/",
    "cli/orderbridge_cli/catalogue/{}.json",
    "tests/conformance/platforms/{}.py",
    "docs/platforms/{}.md",
)
"""What a platform has of its own, beside its part of the template."""
COPIED = ("benchmarks", "cli", "docs/platforms", "layers", "tests", "pyproject.toml", "template.yaml")


@pytest.fixture(scope="module")
def project_with_acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a fourth platform."""
    copy = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, copy / name)
    for own in OWN:
        ngorder, acme = copy / own.format("ngorder"), copy / own.format("acme")
        for file in ngorder.rglob("*") if ngorder.is_dir() else [ngorder]:
            if file.is_file() and "__pycache__" not in file.parts:
                written = acme / file.relative_to(ngorder) if ngorder.is_dir() else acme
                written.parent.mkdir(parents=True, exist_ok=True)
                written.write_text(renamed(file.read_text()))
    return copy


def run_in(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process that finds everything in this project."""
    paths = os.pathsep.join(str(project / folder) for folder in ("layers/core", "cli", "."))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment, check=False)


def conformance_of_acme(project: Path) -> tuple[dict[str, int], str]:
    """How many tests of the suite passed and failed for it, and what was said."""
    suite = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", "tests/conformance", "-k", "acme")
    ran = run_in(project, *suite)
    return {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|error)", ran.stdout)}, ran.stdout


ASKED = """
from orderbridge.entrypoints.settings import ForwarderSettings, settings_of
from orderbridge.platforms.registry import can_cancel, definition_of, platform_names
from orderbridge.platforms.status_reads import status_platform
from orderbridge_sandboxes import SANDBOXES, demo_mappings

assert "acme" in platform_names()
assert settings_of("forward_acme") is ForwarderSettings
assert definition_of("acme").title == "Acme"
assert can_cancel("acme")
assert status_platform("acme", lambda _: {}) is not None
assert SANDBOXES["acme"].platform_type.name == "acme"
assert demo_mappings("acme")
"""


def test_its_package_and_its_sandbox_are_all_that_the_code_wants(project_with_acme: Path) -> None:
    asked = run_in(project_with_acme, "-c", ASKED)
    assert asked.returncode == 0, asked.stderr


@pytest.mark.slow
def test_with_its_record_it_passes_the_conformance_suite(project_with_acme: Path) -> None:
    count, said = conformance_of_acme(project_with_acme)
    assert count.keys() == {"passed"}, said
    assert count["passed"] >= LEAST_CONFORMANCE_TESTS


@pytest.mark.slow
def test_without_its_record_every_test_of_the_suite_fails_by_its_name(project_with_acme: Path) -> None:
    record = project_with_acme / "tests/conformance/platforms/acme.py"
    kept = record.read_text()
    record.unlink()
    try:
        count, said = conformance_of_acme(project_with_acme)
    finally:
        record.write_text(kept)
    assert "the platform acme has no record of facts; write tests/conformance/platforms/acme.py" in said
    assert "passed" not in count, said
    assert sum(count.values()) >= LEAST_CONFORMANCE_TESTS


# --- tables -----------------------------------------------------------------------------------------------------------

NAMES_ALL = {
    "tests/contract/test_platform_documents.py": "how many calls the inventory of the documents has",
    "tests/e2e/test_many_lost_answers.py": "orders of one partner at three channels",
    "tests/e2e/test_stock.py": "two sources and a channel that receives",
    "tests/integration/cli/test_channels.py": "settings that are refused, each for its own reason",
    "tests/integration/cli/test_mapping_cells.py": "cells that are refused, each for its own reason",
    "tests/e2e/test_the_night.py": "a night at which each has a trouble of its own",
    "tests/integration/cli/test_mappings.py": "rows that are refused, each for its own reason",
    "tests/integration/stock/test_ngorder_warehouses.py": "who has no warehouses",
    "tests/unit/platforms/test_create_calls.py": "bytes that an earlier version froze",
    "tests/unit/platforms/test_odd_rows.py": "each platform's own reader of a row",
    "tests/unit/status/status_cases.py": "names for three tables",
}
"""Tests that name all platforms for something else: no table that a further platform has to join."""


def named_first(node: ast.AST) -> str | None:
    """The platform that a constant names, or the first one in a row."""
    if isinstance(node, ast.Tuple | ast.List) and node.elts:
        return named_first(node.elts[0])
    words = (
        re.split(r"[ /]", node.value.lower())
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        else [""]
    )
    return words[0] if words[0] in platform_names() else None


def members(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.Dict(keys=keys):
            return [key for key in keys if key is not None]
        case ast.List(elts=found) | ast.Set(elts=found) | ast.Tuple(elts=found):
            return [*found]
        case ast.Match(cases=cases):
            return [case.pattern.value for case in cases if isinstance(case.pattern, ast.MatchValue)]
    return []


def test_no_table_has_to_be_joined_by_a_platform() -> None:
    found: set[str] = set()
    for module in (
        path for folder in ("benchmarks", "cli", "layers", "tests") for path in PROJECT.glob(f"{folder}/**/*.py")
    ):
        text = module.read_text()
        # Only these are worth parsing.
        if not all(name in text.lower() for name in platform_names()):
            continue
        for node in ast.walk(ast.parse(text)):
            if {named_first(member) for member in members(node)} >= {*platform_names()}:
                found.add(module.relative_to(PROJECT).as_posix())
    assert found == set(NAMES_ALL)


# --- every platform ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", platform_names())
def test_every_platform_has_what_the_syncs_look_for_by_its_name(platform: str) -> None:
    """They are imported at a schedule's hour, so a missing one would be found at night."""
    for module, wanted in (("client", "client_maker"), ("statuses", "STATUSES"), ("levels", "Levels")):
        assert hasattr(importlib.import_module(f"orderbridge.platforms.{platform}.{module}"), wanted)
