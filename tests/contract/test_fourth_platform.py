"""A fourth platform is one package, one sandbox and one line of the template: CONTRIBUTING's list, held.

An imaginary one, Acme, is Ngorder under another name: its package, its line, its word in the loop, its parameters.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from orderbridge import platforms
from orderbridge.channels.channel import Channel
from orderbridge.channels.credentials import credentials_secret
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted
from orderbridge.entrypoints.settings import ForwarderSettings, settings_of
from orderbridge.forwarding.queues import forward_queue_name
from orderbridge.platforms.names import platform_names
from orderbridge.platforms.registry import can_cancel, definition_of, platform_named
from orderbridge.platforms.status_reads import status_platform
from orderbridge_cli.local.deployment.template import parse_template
from orderbridge_sandboxes import DEMO_CREDENTIALS, demo
from orderbridge_sandboxes.ngorder import NgorderSandbox
from tests.contract.template import PROJECT, TEMPLATE, Template, template
from tests.fakes import samples

NAMES_PLATFORMS = {
    "cli/orderbridge_cli/openapi/examples.py": "an example names two",
}
PARAMETERS = ("Workers", "StatusSyncRate")
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


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    package = PROJECT / "layers/core/orderbridge/platforms/ngorder"
    shutil.copytree(package, tmp_path / "acme", ignore=shutil.ignore_patterns("__pycache__"))
    for module in (tmp_path / "acme").rglob("*.py"):
        module.write_text(renamed(module.read_text()))
    monkeypatch.setattr(platforms, "__path__", [*platforms.__path__, str(tmp_path)])
    yield
    for name in [name for name in sys.modules if name.startswith("orderbridge.platforms.acme")]:
        del sys.modules[name]
    vars(platforms).pop("acme", None)


@pytest.mark.usefixtures("acme")
def test_its_package_is_all_that_the_code_wants() -> None:
    assert "acme" in platform_names()
    assert settings_of("forward_acme") is ForwarderSettings
    assert definition_of("acme").title == "Acme"
    assert can_cancel("acme")
    assert status_platform("acme", lambda _: {}) is not None
    with NgorderSandbox() as sandbox:
        settings = demo.demo_settings("ngorder", sandbox.url)
        channel = Channel("shop", "acme", settings)
        acme = platform_named("acme", allow_loopback_http=True)
        order = samples.order()
        mappings = {MappingKey.of(kind, key): value for kind, key, value in demo.demo_mappings("ngorder")}
        request = acme.to_request(order, channel, mappings)
        outcome = acme.create_order(request, channel, DEMO_CREDENTIALS["ngorder"])
        assert isinstance(outcome, Accepted), outcome
        assert len(sandbox.orders) == 1


@pytest.mark.parametrize("platform", platform_names())
def test_every_platform_has_what_the_syncs_look_for_by_its_name(platform: str) -> None:
    """They are imported at a schedule's hour, so a missing one would be found at night."""
    folder = PROJECT / "layers/core/orderbridge/platforms" / platform
    for module, wanted in (("statuses", "Statuses"), ("levels", "Levels")):
        tree = ast.parse((folder / f"{module}.py").read_text())
        assert wanted in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
