"""The token keys and the pepper, from Secrets Manager."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orderbridge.domain.times import Clock
from orderbridge.domain.tokens import SigningKeys

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEYS_CACHE_SECONDS = 300
KEYS_REFETCH_SECONDS = 60
NEW_KEY_VERIFIES_BEFORE_IT_SIGNS_SECONDS = 300


@dataclass
class SecretKeyRing:
    """`KeyRing` on one secret: ``{"kid", "key", "created_at"?, "previous"?: [{"kid", "key"}]}``.

    A new key verifies for five minutes before it signs, so that every environment knows it when its first token comes.
    """

    client: SecretsManagerClient
    secret: str
    clock: Clock
    _fetched_at: float = float("-inf")
    _keys: SigningKeys | None = None

    def current(self) -> SigningKeys:
        return self._keys_at_most_old(KEYS_CACHE_SECONDS)

    def refreshed(self) -> SigningKeys:
        return self._keys_at_most_old(KEYS_REFETCH_SECONDS)

    def _keys_at_most_old(self, seconds: float) -> SigningKeys:
        now = self.clock().timestamp()
        if self._keys is None or now - self._fetched_at >= seconds:
            document = json.loads(self.client.get_secret_value(SecretId=self.secret)["SecretString"])
            self._keys = signing_keys(document, now)
            self._fetched_at = now
        return self._keys


def signing_keys(document: dict[str, Any], now: float) -> SigningKeys:
    """The ring that a secret describes at a moment (unix seconds)."""
    previous: list[dict[str, str]] = document.get("previous", [])
    ring = {entry["kid"]: entry["key"].encode() for entry in [*previous, document]}
    is_new = now - float(document.get("created_at", 0)) < NEW_KEY_VERIFIES_BEFORE_IT_SIGNS_SECONDS
    return SigningKeys(ring, signing_kid=previous[0]["kid"] if is_new and previous else document["kid"])


@dataclass
class SecretPepper:
    """`PepperSource` on one secret, read once: a pepper is never changed, since every stored hash depends on it."""

    client: SecretsManagerClient
    secret: str

    def pepper(self) -> bytes:
        return self._pepper

    @cached_property
    def _pepper(self) -> bytes:
        return self.client.get_secret_value(SecretId=self.secret)["SecretString"].encode()
