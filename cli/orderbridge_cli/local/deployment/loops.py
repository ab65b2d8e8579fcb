"""The template's loops, `Fn::ForEach` of AWS::LanguageExtensions, which neither SAM's translator nor the engine knows.

After CloudFormation's reference of Fn::ForEach, of the Fn::FindInMap and Fn::Sub in it, and of the functions that a Ref
or Fn::GetAtt may then hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orderbridge_cli.local.machine.problems import LocalStackProblem

_EXTENSIONS = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"
_WITH_LOOPS = ("Conditions", "Resources", "Outputs")


def unrolled(template: dict[str, Any]) -> dict[str, Any]:
    """The template with what its loops make in their places; one without AWS::LanguageExtensions as it is.

    Raises:
        LocalStackProblem: a loop is not [name, [value, ...], {key: ...}], makes a key that there is already, or looks
            for something that is not in the Mappings.
    """
    declared = template.get("Transform", [])
    transforms = declared if isinstance(declared, list) else [declared]
    if _EXTENSIONS not in transforms:
        return template
    mappings = template.get("Mappings", {})
    parts = {name: _unroll(template[name], {}, mappings) for name in _WITH_LOOPS if name in template}
    return {**template, **parts, "Transform": [name for name in transforms if name != _EXTENSIONS]}


def _unroll(node: Any, values: Mapping[str, str], mappings: Mapping[str, Any]) -> Any:
    """The node for these values of the loops around it, by their names."""
    if isinstance(node, str):
        return _filled(node, values)
    if isinstance(node, list):
        return [_unroll(item, values, mappings) for item in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for key, item in node.items():
        if str(key).startswith(_LOOP):
            entries = _rounds(key, item, values, mappings)
        else:  # a key may be a number, as the statuses of an API's answers
            entries = [(_unroll(key, values, mappings), _unroll(item, values, mappings))]
        for name, value in entries:
            if name in made:
                raise LocalStackProblem(f"The template has {name} twice, once by a loop.")
            made[name] = value
    return _settled(made, values, mappings) if values else made


def _rounds(key: str, loop: Any, values: Mapping[str, str], mappings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    match loop:
        case [str(name), [*collection], dict(body)] if all(isinstance(value, str) for value in collection):
            rounds = (_unroll(body, {**values, name: value}, mappings) for value in collection)
            return [entry for made in rounds for entry in made.items()]
    raise LocalStackProblem(f"{key} in the template is not a loop: [name, [value, ...], {{key: ...}}].")


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def _settled(node: dict[str, Any], values: Mapping[str, str], mappings: Mapping[str, Any]) -> Any:
    """The value of a function whose arguments are all known; anything else as it is."""
    if len(node) != 1:
        return node
    match node:
        case {"Ref": str(name)} if name in values:
            return values[name]
        case {"Fn::FindInMap": [str(table), str(first), str(second)]}:
            try:
                return mappings[table][first][second]
            except KeyError:
                raise LocalStackProblem(f"The template's Mappings have no {table}.{first}.{second}.") from None
        case {"Fn::Sub": [str(text), dict(names)]} if all(_is_plain(value) for value in names.values()):
            text = _filled(text, names)
            return text if _is_plain(text) else {"Fn::Sub": text}
        case {"Fn::Sub": text} if _is_plain(text):
            return text
    return node


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and "${" not in value
