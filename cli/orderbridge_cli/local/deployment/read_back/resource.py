"""What a reader gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge_cli.local.deployment.template import Json
from orderbridge_cli.local.engine.aws import EngineClients


@dataclass(frozen=True)
class Resource:
    """One resource of the stack: where to ask, its physical id, and what the template says of it, values resolved."""

    aws: EngineClients
    physical_id: str
    template: Json


def template_tags(tags: Iterable[Mapping[str, Any]]) -> list[Json]:
    """The tags without those that CloudFormation itself puts on every resource."""
    return [dict(tag) for tag in tags if not tag["Key"].startswith("aws:cloudformation:")]
