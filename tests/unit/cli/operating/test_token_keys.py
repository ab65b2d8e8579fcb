"""An operator lists and rotates the token keys."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from orderbridge_cli.operating.refusals import OperationRefused
from orderbridge_cli.operating.token_keys import OperateKeys
from tests.fakes.steps import Clock


class Vault:
    """`TokenKeyVault` in memory."""

    def __init__(self) -> None:
        self.document: Mapping[str, Any] = {"kid": "1", "key": "a" * 64}

    def read(self) -> Mapping[str, Any]:
        return self.document

    def write(self, document: Mapping[str, Any]) -> None:
        self.document = document


def test_keys_are_listed_rotated_and_replaced() -> None:
    vault, clock = Vault(), Clock()
    keys = OperateKeys(vault, lambda: secrets.token_urlsafe(48), clock)
    assert [(each.kid, each.stage) for each in keys.list_keys()] == [("1", "signing")]
    assert [(each.kid, each.stage) for each in keys.rotate()] == [("2", "coming"), ("1", "signing")]
    before = vault.document
    clock.move(120)
    with pytest.raises(OperationRefused, match="180 seconds"):
        keys.rotate()
    assert vault.document == before
    clock.move(180)
    assert [(each.kid, each.stage) for each in keys.list_keys()] == [("2", "signing"), ("1", "leaving")]
    assert [(each.kid, each.stage) for each in keys.replace_compromised()] == [("3", "signing")]
