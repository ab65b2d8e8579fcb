"""The token keys and the pepper, from Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orderbridge.aws.errors import AWS_FAILURES
from orderbridge.partners.token_keys import REMEMBERED_SECONDS, signing_kid
from orderbridge.partners.tokens import SigningKeys
from orderbridge.values.refusals import Unavailable
from orderbridge.values.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


KEYS_CACHE_SECONDS = REMEMBERED_SECONDS
KEYS_REFETCH_SECONDS = 60


def _nothing(_failure: Exception) -> None:
    """Nobody wants to know."""


@dataclass
class SecretKeyRing:
    """`KeyRing` on the secret that `partners.token_keys` describes.

    A ring that was read outlives an outage of Secrets Manager: the tokens of before are verified with it, new ones are
    signed. Only a key that it does not hold cannot be distinguished from a wrong one then, which is `Unavailable`.
    `client` is made when the ring is first read: a second AWS client is a sixth of a cold import.
    """

    client: Callable[[], SecretsManagerClient]
    secret: str
    clock: Clock
    note_failure: Callable[[Exception], object] = _nothing
    _read_at: float = float("-inf")
    _failed_at: float = float("-inf")
    _keys: SigningKeys | None = None

    def current(self) -> SigningKeys:
        """At most five minutes old; older where it cannot be read, which is tried again every minute."""
        now = self.clock().timestamp()
        if self._keys is None:
            return self._read(now)
        if now - self._read_at >= KEYS_CACHE_SECONDS and now - self._failed_at >= KEYS_REFETCH_SECONDS:
            with suppress(*AWS_FAILURES):
                return self._read(now)
        return self._keys

    def refreshed(self) -> SigningKeys:
        now = self.clock().timestamp()
        if self._keys is None or now - max(self._read_at, self._failed_at) >= KEYS_REFETCH_SECONDS:
            return self._read(now)
        if self._failed_at > self._read_at:
            # Not asked again within the minute: whoever sends unknown keys would make every call wait for nothing.
            raise Unavailable
        return self._keys

    def _read(self, now: float) -> SigningKeys:
        try:
            answer = self.client().get_secret_value(SecretId=self.secret)
        except AWS_FAILURES as failure:
            self._failed_at = now
            self.note_failure(failure)
            raise
        self._keys, self._read_at = signing_keys(json.loads(answer["SecretString"]), now), now
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
