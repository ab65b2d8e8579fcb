"""The template: read, expanded from SAM to plain CloudFormation, and its values resolved against a deployed stack."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from orderbridge_cli.local.deployment.loops import unrolled
from orderbridge_cli.local.engine.aws import isolated_session
from orderbridge_cli.local.engine.engine import REGION
from orderbridge_cli.local.machine.problems import DeploymentFailed, LocalStackProblem

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")

Json = dict[str, Any]


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref x`, `!GetAtt a.b`, `!Sub ...`)."""


def _short_form(loader: _TemplateLoader, suffix: str, node: yaml.Node) -> Json:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_TemplateLoader.add_multi_constructor("!", _short_form)


def read_template(path: Path) -> Json:
    """The template as written, short forms spelled out and loops unrolled.

    Raises:
        LocalStackProblem: there is no such file, it is not YAML, or a loop in it cannot be unrolled.
    """
    try:
        return parse_template(path.read_text())
    except FileNotFoundError:
        raise LocalStackProblem(f"There is no template at {path}.") from None
    except yaml.YAMLError as error:
        raise LocalStackProblem(f"{path} cannot be read: {error}") from error


def parse_template(text: str) -> Json:
    """The same of a template's text.

    Raises:
        yaml.YAMLError: it is not YAML.
        LocalStackProblem: a loop in it cannot be unrolled.
    """
    return unrolled(cast("Json", yaml.load(text, _TemplateLoader)))  # noqa: S506 (a SafeLoader)


def parameter_values(template: Json, given: Mapping[str, str]) -> dict[str, str]:
    """The value of every parameter: as given, else its default.

    Raises:
        LocalStackProblem: one has neither, or a name is given that the template does not have.
    """
    declared = template.get("Parameters", {})
    if unknown := sorted(set(given) - set(declared)):
        raise LocalStackProblem(f"The template has no parameter {', '.join(unknown)}.")
    values = {name: given.get(name, spec.get("Default")) for name, spec in declared.items()}
    if missing := sorted(name for name, value in values.items() if value is None):
        raise LocalStackProblem(f"The template's parameter {', '.join(missing)} has no default and no value here.")
    return {name: str(value) for name, value in values.items()}


def expand(template: Json, parameters: Mapping[str, str]) -> Json:
    """What CloudFormation's own SAM transform would make of the template.

    Raises:
        DeploymentFailed: the translator refuses the template, with its reasons.
    """
    # Imported here: it takes half a second, and a refusal to start must not wait for it. samtranslator.transform()
    # itself asks the user's AWS configuration for the region, so its few steps are here, with ours.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own features, on every expansion
    document, values = copy.deepcopy(template), {**parameters, "AWS::Region": REGION}
    to_py27_compatible_template(document, values)  # logical ids are hashes of what this brings into order
    translator = Translator({}, Parser(), boto_session=isolated_session())
    try:
        return cast("Json", undo_mark_unicode_str_in_template(translator.translate(document, parameter_values=values)))
    except InvalidDocumentException as error:
        raise DeploymentFailed(
            "The template cannot be expanded:", [str(cause.message) for cause in error.causes]
        ) from error


class Unresolvable(LookupError):
    """A value that the deployed stack does not tell."""


NO_VALUE = object()


@dataclass(frozen=True)
class Deployed:
    """What a stack's intrinsic functions need: parameters, pseudo parameters and the resources' physical ids."""

    template: Json
    parameters: Mapping[str, str]
    pseudo: Mapping[str, str]
    physical_ids: Mapping[str, str]
    attribute: Callable[[str, str], str]
    """(logical id, attribute name) -> value; raises Unresolvable."""

    def value(self, node: Any) -> Any:
        """The node with every intrinsic function replaced by its value; NO_VALUE for AWS::NoValue."""
        if isinstance(node, list):
            return [value for item in node if (value := self.value(item)) is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if name.startswith("Fn::"):
                return self._function(name.removeprefix("Fn::"), argument)
        return {key: value for key, item in node.items() if (value := self.value(item)) is not NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template holds for these parameters."""
        return bool(self.value(self.template["Conditions"][condition]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        for source in (self.parameters, self.pseudo, self.physical_ids):
            if name in source:
                return source[name]
        raise Unresolvable(f"Ref {name}")

    def _function(self, name: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "And": lambda parts: all(self.value(part) for part in parts),
            "Equals": lambda pair: self.value(pair[0]) == self.value(pair[1]),
            "FindInMap": self._find_in_map,
            "GetAtt": lambda names: self.attribute(*(names.split(".", 1) if isinstance(names, str) else names)),
            "If": lambda choice: self.value(choice[1] if self.holds(choice[0]) else choice[2]),
            "Join": lambda pair: pair[0].join(str(part) for part in self.value(pair[1])),
            "Not": lambda parts: not self.value(parts[0]),
            "Or": lambda parts: any(self.value(part) for part in parts),
            "Select": lambda pair: self.value(pair[1])[int(self.value(pair[0]))],
            "Split": lambda pair: self.value(pair[1]).split(pair[0]),
            "Sub": self._substitute,
        }
        if name not in functions:
            raise Unresolvable(f"Fn::{name}")
        return functions[name](argument)

    def _find_in_map(self, argument: list[Any]) -> Any:
        table, first, second = (self.value(part) for part in argument)
        return self.template["Mappings"][table][first][second]

    def _substitute(self, argument: Any) -> str:
        text, names = (argument, {}) if isinstance(argument, str) else argument

        def replacement(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in names:
                return str(self.value(names[name]))
            resource, _, attribute = name.partition(".")
            return str(self.attribute(resource, attribute) if attribute else self._ref(name))

        return _PLACEHOLDER.sub(replacement, text)
