"""`make deploy ENV=...`: each environment builds what it deploys, and says nothing that the template does not know."""

from __future__ import annotations

import subprocess
import tomllib

import pytest

from orderbridge_cli.environments import CONFIG, parameters_of
from tests.contract.template import PROJECT, template
from tests.patience import PATIENCE_S

ENVIRONMENTS = ("dev", "staging", "prod")
SETTINGS = tomllib.loads(CONFIG.read_text(encoding="utf-8"))


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_gives_parameters_that_there_are_values_that_are_allowed(environment: str) -> None:
    known = template().document["Parameters"]

    for name, value in parameters_of(environment).items():
        assert name in known
        assert value in map(str, known[name].get("AllowedValues", [value]))
        if known[name]["Type"] == "Number":
            number = float(value)
            assert known[name].get("MinValue", number) <= number <= known[name].get("MaxValue", number)


def test_each_environment_is_a_stack_of_its_own_and_reads_the_templates_loops() -> None:
    shared = [SETTINGS[name]["global"]["parameters"] for name in ENVIRONMENTS]

    assert len({each["stack_name"] for each in shared}) == len(ENVIRONMENTS)
    assert all(each["language_extensions"] is True for each in shared)
    assert set(SETTINGS) == {"version", "default", *ENVIRONMENTS}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_built_for_the_architecture_that_it_is_deployed_with(environment: str) -> None:
    planned = make("--dry-run", "deploy", f"ENV={environment}").stdout

    assert f"-m orderbridge_cli.environments {environment} Architecture" in planned
    assert f"deploy --config-env {environment}" in planned
    assert parameters_of(environment)["Architecture"] in ("arm64", "x86_64")


@pytest.mark.parametrize("given", [[], ["ENV="], ["ENV=production"], ["ENV=dev staging"]])
def test_an_environment_that_is_not_there_is_refused_before_anything_is_built(given: list[str]) -> None:
    done = make("deploy", *given)

    assert done.returncode != 0
    assert "make deploy ENV=dev, staging or prod" in done.stderr
    assert "Build" not in done.stdout
