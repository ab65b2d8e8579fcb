"""What CloudFormation makes of the template, resource by resource, as `tests/contract/expansion.json` records it.

``python -m tests.contract.expansion > tests/contract/expansion.json`` records it again; the difference says what a
deployment would change. A renamed queue, table or secret is a lost one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orderbridge_cli.local.deployment.template import Deployed, expand, parameter_values, read_template
from tests.contract.template import TEMPLATE

RECORDED = Path(__file__).with_name("expansion.json")
LONGEST_SHOWN = 120

# Every condition of the template holds, so that nothing is left out.
GIVEN = {
    "AccessLog": "true",
    "AlarmTopicArn": "arn:aws:sns:ap-southeast-3:123456789012:alarms",
    "AwsEndpointUrl": "http://localhost",
    "WebAcl": "true",
}
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "ap-southeast-3",
    "AWS::StackName": "orderbridge",
    "AWS::URLSuffix": "amazonaws.com",
}

Entries = dict[str, dict[str, Any]]


def expansion(path: Path = TEMPLATE) -> dict[str, Entries]:
    """Each section's entries with their attributes and properties: a short value as it is, another by its digest.

    References are resolved: a logical id stands for a physical one that AWS would choose, and a parameter's name for
    its value, so that two parameters with one default are distinguished.
    """
    template = read_template(path)
    parameters = parameter_values(template, GIVEN)
    for resource in template["Resources"].values():
        for place in {"CodeUri", "ContentUri"} & set(resource["Properties"]):
            resource["Properties"][place] = f"s3://code/{resource['Properties'][place].strip('/')}.zip"
    expanded = expand(template, parameters)
    ids = {name: name for name in expanded["Resources"]}
    named = {name: f"parameter {name}" for name in parameters} | GIVEN
    stack = Deployed(expanded, named, PSEUDO, ids, lambda *names: ".".join(names))
    return {
        "Parameters": {name: _shown(each) for name, each in expanded["Parameters"].items()},
        "Conditions": {name: _shown(each) for name, each in expanded["Conditions"].items()},
        "Outputs": {name: _shown(stack.value(each)) for name, each in expanded["Outputs"].items()},
        "Resources": {name: _shown(_flat(stack.value(each))) for name, each in expanded["Resources"].items()},
    }


def _flat(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.pop("Properties")
    assert not set(resource) & set(properties)
    return resource | properties


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _short(value) for name, value in sorted(entry.items())}


def _short(value: Any) -> Any:
    text = json.dumps(value, sort_keys=True)
    if len(text) <= LONGEST_SHOWN and not isinstance(value, (dict, list)):
        return value
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def written(sections: Mapping[str, Entries]) -> str:
    """The record's text: an entry a line."""
    parts = []
    for section, entries in sections.items():
        lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(entries.items())]
        parts.append(f"{json.dumps(section)}: {{\n  " + ",\n  ".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    print(written(expansion()), end="")
