"""The token keys and the pepper, from Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orderbridge.domain.times import Clock
from orderbridge.domain.token_keys import REMEMBERED_SECONDS, signing_kid
from orderbridge.domain.tokens import SigningKeys

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEYS_CACHE_SECONDS = REMEMBERED_SECONDS
KEYS_REFETCH_SECONDS = 60


@dataclass
class SecretKeyRing:
    """`KeyRing` on the secret that `domain.token_keys` describes.

    `client` is made when the ring is first read: a second AWS client is a sixth of a cold import.
    """

    client: Callable[[], SecretsManagerClient]
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
            document = json.loads(self.client().get_secret_value(SecretId=self.secret)["SecretString"])
            self._keys = signing_keys(document, now)
            self._fetched_at = now
        return self._keys


def signing_keys(document: dict[str, Any], now: float) -> SigningKeys:
    """The ring that a secret describes at a moment (unix seconds)."""
    ring = {entry["kid"]: entry["key"].encode() for entry in [*document.get("previous", []), document]}
    return SigningKeys(ring, signing_kid=signing_kid(document, now))


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
