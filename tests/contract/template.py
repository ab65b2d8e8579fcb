"""The template as the contract tests read it: short forms resolved to their long ones, loops unrolled, and a few ways
of asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from orderbridge_cli.local.deployment.template import Deployed, read_template

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "template.yaml"

Document = dict[str, Any]


class Template:
    """One template, asked by resource type."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.resources: dict[str, Document] = document["Resources"]

    def of_type(self, resource_type: str) -> dict[str, Document]:
        """The properties of every resource of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def logical_ids(self) -> dict[str, str]:
        """The logical id of every function by its own name: ``orderbridge-order-intake`` is ``order_intake``."""
        return {
            properties["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-").replace("-", "_"): logical_id
            for logical_id, properties in self.of_type("AWS::Serverless::Function").items()
        }

    def functions(self) -> dict[str, Document]:
        """The properties of every function, by its own name."""
        return {name: self.resources[logical_id]["Properties"] for name, logical_id in self.logical_ids().items()}

    def folder(self, function: str) -> Path:
        """Where a function's code is."""
        return PROJECT / self.functions()[function]["CodeUri"]

    def variables(self, function: str) -> dict[str, Any]:
        """A function's own environment, without what Globals give to all."""
        return dict(self.functions()[function].get("Environment", {}).get("Variables", {}))

    def shared_variables(self, **given: str) -> dict[str, Any]:
        """What every function is given, for these parameters (the others have their defaults)."""
        parameters = {name: str(spec.get("Default", "")) for name, spec in self.document["Parameters"].items()}
        shared = self.document["Globals"]["Function"]["Environment"]["Variables"]
        return dict(Deployed(self.document, parameters | given, {}, {}, lambda *names: ".".join(names)).value(shared))

    def routes(self) -> dict[tuple[str, str], str]:
        """Each (method, path) of the API with the function that answers it."""
        return {
            (each["Properties"]["Method"], each["Properties"]["Path"]): name
            for name, properties in self.functions().items()
            for each in properties.get("Events", {}).values()
            if each["Type"] == "Api"
        }

    def statements(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every statement of every role and queue policy, with its resource's logical id."""
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role["Policies"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement
        for name, policy in self.of_type("AWS::SQS::QueuePolicy").items():
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement

    def number(self, value: Any) -> int:
        """A number that is written out, found in the Mappings, or a parameter's default."""
        if isinstance(value, Mapping) and "Ref" in value:
            value = self.document["Parameters"][value["Ref"]]["Default"]
        if isinstance(value, Mapping):
            table, row, column = value["Fn::FindInMap"]
            value = self.document["Mappings"][table][row][column]
        return int(value)


@cache
def template() -> Template:
    return Template(read_template(TEMPLATE))


def as_list(value: Any) -> list[Any]:
    """What may be alone or as a list, as a list."""
    return list(value) if isinstance(value, list) else [value]
