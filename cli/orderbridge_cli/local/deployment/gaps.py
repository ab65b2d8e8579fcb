"""The known gaps between template.yaml and what the local engine does with it (known_gaps.yaml)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from orderbridge_cli.local.deployment.template import Json

How = Literal["left_out", "removed", "rewritten", "dropped", "called", "idle"]
KNOWN_GAPS = Path(__file__).with_name("known_gaps.yaml")


@dataclass(frozen=True)
class Gap:
    """One thing that the engine does not do as the template says.

    `property` is a dotted path without list positions (`Targets.RetryPolicy`); empty for the whole resource type.
    """

    type: str
    property: str
    how: How
    reason: str
    instead: str


def known_gaps(path: Path = KNOWN_GAPS) -> list[Gap]:
    """All known gaps.

    Raises:
        ValueError: an entry lacks something, or has an unknown `how`.
    """
    gaps = []
    for entry in yaml.safe_load(path.read_text()):
        try:
            gap = Gap(**{"property": "", **entry})
        except TypeError as error:
            raise ValueError(f"{path}: {entry}: {error}") from None
        if gap.how not in get_args(How):
            raise ValueError(f"{path}: {gap.type} {gap.property}: unknown `how`: {gap.how}")
        gaps.append(gap)
    return gaps


def without_refused(template: Json, gaps: Iterable[Gap]) -> Json:
    """The template without what the engine refuses to create."""
    refused = [gap for gap in gaps if gap.how in ("left_out", "removed")]
    resources = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        concerned = [gap for gap in refused if gap.type == resource["Type"]]
        if any(gap.how == "left_out" and (not gap.property or gap.property in properties) for gap in concerned):
            continue
        for gap in concerned:
            properties = _without(properties, gap.property.split("."))
        resources[name] = {**resource, "Properties": properties}
    return {**template, "Resources": resources}


def _without(node: Any, path: list[str]) -> Any:
    if isinstance(node, list):
        return [_without(item, path) for item in node]
    if not isinstance(node, dict) or path[0] not in node:
        return node
    if len(path) == 1:
        return {key: value for key, value in node.items() if key != path[0]}
    return {**node, path[0]: _without(node[path[0]], path[1:])}
