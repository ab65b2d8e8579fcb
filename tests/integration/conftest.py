"""The functions as the template deploys them, for the tests that call their handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.integration.deployed import Deployed, deployed_stack


@pytest.fixture
def deployed(
    load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Deployed]:
    """An empty stack."""
    with deployed_stack(load_function, monkeypatch, tmp_path) as stack:
        yield stack
