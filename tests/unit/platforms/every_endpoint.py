"""Every typed request there is, by platform, and the documents' own examples that lie in tests/samples."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orderbridge.platforms import ngorder, salesmania, sirclo
from orderbridge.platforms.endpoints import Request

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PACKAGES = {"ngorder": ngorder, "salesmania": salesmania, "sirclo": sirclo}
MODULES = ("authentication", "endpoints")


def requests_of(platform: str) -> list[type[Request[Any]]]:
    """Every request of a platform, in the order of its document's groups and titles."""
    found = {request for module in _modules(platform) for request in _requests_in(module)}
    return sorted(found, key=lambda request: (request.endpoint.group, request.endpoint.title))


def _modules(platform: str) -> Iterator[str]:
    package = PACKAGES[platform]
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        parts = module.name.removeprefix(f"{package.__name__}.").split(".")
        if parts[0] in MODULES:
            yield module.name


def _requests_in(name: str) -> Iterator[type[Request[Any]]]:
    module = importlib.import_module(name)
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Request) and "endpoint" in vars(value):
            yield value


def sample_folder(request: type[Request[Any]]) -> Path:
    """Where the examples of an endpoint lie."""
    platform = request.__module__.split(".")[2]
    return SAMPLES / platform / re.sub(r"(?<!^)([A-Z])", r"_\1", request.__name__).lower()
