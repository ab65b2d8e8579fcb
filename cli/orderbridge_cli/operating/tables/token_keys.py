"""The token keys' secret as an operator changes it. What runs reads it through `orderbridge.partners.secrets`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretTokenKeys:
    """`TokenKeyVault` on one secret.

    Two rotations at the same moment leave the later one; the key of the other has never signed, so nothing is lost.
    """

    def __init__(self, client: SecretsManagerClient, secret: str) -> None:
        self._client = client
        self._secret = secret

    def read(self) -> Mapping[str, Any]:
        document: dict[str, Any] = json.loads(self._client.get_secret_value(SecretId=self._secret)["SecretString"])
        return document

    def write(self, document: Mapping[str, Any]) -> None:
        self._client.put_secret_value(SecretId=self._secret, SecretString=json.dumps(document))
