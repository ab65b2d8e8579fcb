"""Mappings that a platform tells by itself: whatever carries our own code there, exactly, and once.

Which rows come before it: docs/platforms/mapping.md#sources.

A code that is there twice is nobody's, a name is never a code, and a list that could not be read to its end tells
nothing at all: then the order waits for an import, as it would have without looking.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from orderbridge.calls.asking import AskFailed
from orderbridge.calls.paging import ListFailed
from orderbridge.channels.lookups import FoundMappings
from orderbridge.channels.mapping import MappingKey, MappingKind
from orderbridge.http.exchange import CallFailed
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import InvalidValue

RowT = TypeVar("RowT")


class Ambiguous(Exception):
    """A code that is at the platform more than once."""


class Findings:
    """Collects what was found for one order, and what went wrong; only values that the mapper can use are kept."""

    def __init__(self, definition: PlatformDefinition[Any, Any], settings: Any, wanted: Collection[MappingKey]) -> None:
        self._definition = definition
        self._settings = settings
        self._wanted = sorted(wanted)
        self._values: dict[MappingKey, Any] = {}
        self._trouble: list[str] = []

    def wanted(self, kind: MappingKind) -> list[MappingKey]:
        """What is to be found of a kind."""
        return [need for need in self._wanted if need.kind == kind]

    def look(self, keys: Iterable[MappingKey], find: Callable[[MappingKey], Any]) -> None:
        """Note what `find` returns for each key, None for what is not there; a call that fails ends the looking."""
        for need in keys:
            try:
                self._note(need, find(need))
            except Ambiguous as ambiguous:
                self._trouble.append(f"{need.kind} {need.key}: {ambiguous}")
            except (ListFailed, AskFailed, CallFailed) as failed:
                self._trouble.append(f"{need.kind} {need.key}: {failed}")
                return

    def _note(self, need: MappingKey, value: Any) -> None:
        if value is None:
            return
        try:
            self._definition.read_mapping(need.kind, value, self._settings)
        except InvalidValue as invalid:
            self._trouble.append(f"{need.kind} {need.key}: {invalid}")
        else:
            self._values[need] = value

    def found(self) -> FoundMappings:
        """What there is."""
        return FoundMappings(self._values, tuple(self._trouble))


def the_one(rows: Iterable[RowT], what: str) -> RowT | None:
    """The only one of `rows`, None where there is none; raises `Ambiguous` where there are more."""
    found = list(rows)
    if len(found) > 1:
        raise Ambiguous(f"{len(found)} {what} have this code")
    return found[0] if found else None


def given(**members: Any) -> Mapping[str, Any]:
    """The members that have a value; 0 is one."""
    return {name: value for name, value in members.items() if value is not None}
