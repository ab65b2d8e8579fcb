"""The functions as the template deploys them, for the tests that call their handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from moto import mock_aws

from tests.integration.deployed import REGION, Deployed, logging_to, noted_by


@pytest.fixture
def deployed(
    load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Deployed]:
    """An empty stack; no AWS account, no files of the user's."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    stack = Deployed(load_function, monkeypatch)
    with mock_aws(), logging_to(stack.log), noted_by(stack):
        stack.deploy()
        yield stack
