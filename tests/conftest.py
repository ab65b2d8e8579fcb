"""What every kind of test may use."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

from tests.skips import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["any_table", "load_function", "project", "pytest_sessionfinish", "pytest_terminal_summary"]

# No example is too slow: a busy machine is no failure.
settings.register_profile("on any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on any machine")

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture
def any_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers take their table for one of this build's version, without a look at it."""
    from orderbridge.entrypoints.own_table import OwnTable

    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setattr(OwnTable, "require", lambda _table: None)


@pytest.fixture
def load_function() -> Iterator[Callable[[str], ModuleType]]:
    """``load_function("auth_login")`` is a fresh import of that function's app.py: a cold start.

    Every function's module is called ``app``, so each is loaded from its path under a name of its own. Set the
    environment before loading: a function builds its ports when it is imported.
    """
    from tests.contract.template import template  # the tests of one part do without it

    loaded: list[str] = []

    def load(name: str) -> ModuleType:
        path = template().folder(name) / "app.py"
        module_name = f"functions_{name}_app_{len(loaded)}"
        spec = importlib.util.spec_from_file_location(module_name, path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        loaded.append(module_name)
        spec.loader.exec_module(module)
        return module

    yield load
    for module_name in loaded:
        sys.modules.pop(module_name, None)
