"""Unit tests have no network and no environment."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket

_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_", "PYTHON", "PYTEST", "HYPOTHESIS", "COVERAGE")


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    """Opening a socket fails; the pair inside an asyncio loop is no way out and may be."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a unit depends on is given to it; nothing is read from the machine's environment."""
    for name in list(os.environ):
        if not name.startswith(_KEPT):
            monkeypatch.delenv(name)
