"""Which calls the layer makes, and which of its modules makes each."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from orderbridge import platforms
from orderbridge.calls.endpoints import Request


def requests_of(platform: str) -> list[type[Request[Any]]]:
    """Every typed request in a platform's package."""
    return [
        value
        for module in _modules(platform)
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Request) and "endpoint" in vars(value)
        if value.__module__ == module.__name__
    ]


def users_of(platform: str) -> dict[type[Request[Any]], list[str]]:
    """The platform's modules that import each typed request, by their names in its package."""
    users: dict[type[Request[Any]], list[str]] = {request: [] for request in requests_of(platform)}
    for module in _modules(platform):
        imported = set(_imports(module))
        for request, names in users.items():
            if (request.__module__, request.__name__) in imported:
                names.append(module.__name__.rpartition(".")[2])
    return users


def _modules(platform: str) -> Iterator[ModuleType]:
    package = importlib.import_module(f"{platforms.__name__}.{platform}")
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def _imports(module: ModuleType) -> Iterator[tuple[str, str]]:
    """What a module imports from others, inside functions too."""
    for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", name.name) for name in node.names)
