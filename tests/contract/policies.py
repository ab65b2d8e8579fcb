"""Whether a role's policies allow a request, as AWS decides it ("Policy evaluation logic", "IAM JSON policy elements").

The local engine ignores ``dynamodb:LeadingKeys``, so what a role may not do is shown here alone. It reads what the
template uses: Allow statements with one level of conditions. Anything else raises `NotUnderstood`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.contract.template import Template, as_list

PARTS = {
    "AWS::Partition": "aws",
    "AWS::Region": "ap-southeast-3",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "orderbridge",
}


class NotUnderstood(Exception):
    """The template says something that is not read here; it must be taught before a test may pass."""


@dataclass(frozen=True)
class Request:
    """One action on one resource, with the keys that AWS gives to conditions; a key may be absent, or have values."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Role:
    """One role of a template."""

    def __init__(self, template: Template, name: str) -> None:
        self.name = name
        self._template = template
        policies = template.of_type("AWS::IAM::Role")[name]["Policies"]
        self._statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]

    def allows(self, request: Request) -> bool:
        """Whether one statement allows the request; without one it is denied."""
        return any(self._allows(statement, request) for statement in self._statements)

    def actions(self, service: str) -> set[str]:
        """Every action on a service that a statement names."""
        named = {action for statement in self._statements for action in as_list(statement["Action"])}
        return {action for action in named if action.startswith(f"{service}:") or "*" in action}

    def _allows(self, statement: Mapping[str, Any], request: Request) -> bool:
        if statement["Effect"] != "Allow" or set(statement) - {"Effect", "Action", "Resource", "Condition"}:
            raise NotUnderstood(statement)
        return (
            # Actions are compared without regard to case.
            any(like(request.action.lower(), action.lower()) for action in as_list(statement["Action"]))
            and any(like(request.resource, pattern) for pattern in self._arns(statement["Resource"]))
            and all(
                _is_met(operator, request.context.get(key), as_list(values))
                for operator, by_key in statement.get("Condition", {}).items()
                for key, values in by_key.items()
            )
        )

    def _arns(self, resources: Any) -> Iterator[str]:
        for resource in as_list(resources):
            yield arn(self._template, resource)


def arn(template: Template, value: Any) -> str:
    """A resource as an ARN; a logical id stands for the name that CloudFormation would make."""
    match value:
        case str():
            return value
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]}:
            kind = template.resources[name]["Type"]
            return f"arn:aws:{kind.split('::')[1].lower()}:ap-southeast-3:123456789012:{name}"
        case {"Fn::Sub": str(text)}:

            def part(found: re.Match[str]) -> str:
                name = found[1]
                return PARTS[name] if name in PARTS else arn(template, {"Fn::GetAtt": name.split(".")})

            return re.sub(r"\$\{([^}]+)\}", part, text)
    raise NotUnderstood(value)


def _is_met(operator: str, values: Sequence[str] | None, patterns: Sequence[str]) -> bool:
    match operator:
        case "ForAllValues:StringLike":
            # "returns true if there are no context keys in the request": whatever does not send the key is let through.
            return all(any(like(value, pattern) for pattern in patterns) for value in values or ())
        case "ForAllValues:StringEquals":
            return all(value in patterns for value in values or ())
        case "StringEqualsIfExists":
            return values is None or all(value in patterns for value in values)
    raise NotUnderstood(operator)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern), re.DOTALL)


def like(value: str, pattern: str) -> bool:
    """AWS's StringLike: ``*`` is any text, ``?`` one character, and nothing else is special."""
    return _expression(pattern).fullmatch(value) is not None
