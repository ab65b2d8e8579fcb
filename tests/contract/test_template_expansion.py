"""The template's expansion: against its record, and against what the tools make of the template's loops."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
from cfnlint.decode import decode
from cfnlint.template import Template as LintedTemplate
from cfnlint.template.transforms.transform import Transform

from orderbridge_cli.local.deployment.template import Deployed, parameter_values, read_template
from tests.contract.expansion import GIVEN, PSEUDO, RECORDED, expansion, written
from tests.contract.template import PROJECT, TEMPLATE
from tests.patience import PATIENCE_S

# The first of SAM CLI's two steps, with which validate, build, package, deploy and local begin.
BY_SAM_CLI = """
import json, sys
from samcli.lib.cfn_language_extensions.sam_integration import expand_language_extensions
from samcli.yamlhelper import yaml_parse

template = yaml_parse(open("template.yaml").read())
print(json.dumps(expand_language_extensions(template, json.load(sys.stdin), enabled=True).expanded_template))
"""


def differences(recorded: dict[str, Any], found: dict[str, Any], place: str = "") -> list[str]:
    """Every place where the two are not the same, by its path."""
    differing = []
    for name in sorted({*recorded, *found}):
        one, other = recorded.get(name), found.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            differing += differences(one, other, f"{place}{name}.")
        elif one != other:
            differing.append(f"{place}{name}: {one} -> {other}")
    return differing


def resolved(document: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """Every resource with its references resolved; a logical id stands for a physical one."""
    ids = {name: name for name in document["Resources"]}
    stack = Deployed(document, parameters, PSEUDO, ids, lambda *names: ".".join(names))
    return {name: stack.value(resource) for name, resource in document["Resources"].items()}


# --- against the record -----------------------------------------------------------------------------------------------


def test_the_expansion_has_the_ids_the_names_and_the_properties_of_the_record() -> None:
    """What is meant to change is recorded again, as expansion.py says, and the difference read line by line."""
    assert differences(json.loads(RECORDED.read_text()), expansion()) == []


def test_the_record_is_as_it_would_be_written() -> None:
    assert RECORDED.read_text() == written(json.loads(RECORDED.read_text()))


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        (("ForwardQueueSirclo", "QueueName"), "orderbridge-forward-Sirclo"),
        (("ForwardSalesManiaRole", "Policies"), "sha256:000000000000"),
        (("ForwardNgorderFunctionQueue", "BatchSize"), 2),
    ],
)
def test_a_difference_is_named_by_its_resource_and_property(place: tuple[str, str], changed: Any) -> None:
    recorded = json.loads(RECORDED.read_text())
    found = json.loads(RECORDED.read_text())
    resource, attribute = place
    found["Resources"][resource][attribute] = changed
    (difference,) = differences(recorded, found)
    assert difference.startswith(f"Resources.{resource}.{attribute}: ")
    del found["Resources"][resource]
    assert [each.split(":")[0] for each in differences(recorded, found)] == [f"Resources.{resource}"]


# --- against the tools ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_sam_cli_makes_the_same_of_the_loops() -> None:
    ours = read_template(TEMPLATE)
    parameters = parameter_values(ours, GIVEN)
    done = subprocess.run(
        [str(PROJECT / ".tools" / "sam" / "bin" / "python"), "-c", BY_SAM_CLI], cwd=PROJECT,
        input=json.dumps(parameters | PSEUDO), capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    # Of a Fn::Sub that it knows in part SAM CLI keeps the text, so what refers to a resource in it is still to be read.
    theirs = json.dumps(resolved(json.loads(done.stdout), parameters))
    assert differences(resolved(ours, parameters), json.loads(re.sub(r"\$\{(\w+(?:\.\w+)?)\}", r"\1", theirs))) == []


def test_cfn_lint_makes_the_same_of_the_loops() -> None:
    ours = read_template(TEMPLATE)
    parameters = parameter_values(ours, GIVEN)
    document, _ = decode(str(TEMPLATE))
    del document["Globals"]  # which cfn-lint would give to the functions here, and the translator gives to ours later
    linted = LintedTemplate(str(TEMPLATE), document, ["ap-southeast-3"])
    assert Transform().transform(linted) == []
    theirs = resolved(json.loads(json.dumps(linted.template)), parameters)
    assert differences(resolved(ours, parameters), theirs) == []
