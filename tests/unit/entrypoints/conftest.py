"""Handlers without AWS."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _of_any_table(any_table: None) -> None:
    """What is tested here is not whether the table is of the right version."""
