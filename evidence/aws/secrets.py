"""Secrets Manager in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class SecretsManager:
    """A client of the secrets with botocore's names."""

    exceptions: Any
    call: Callable[[str, Mapping[str, Any], Callable[[], Any]], Any]
    values: dict[str, str] = field(default_factory=dict)

    def get_secret_value(self, **asked: Any) -> Any:
        def read() -> dict[str, Any]:
            name = asked["SecretId"]
            if name not in self.values:
                response = {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}
                raise self.exceptions.ResourceNotFoundException(response, "GetSecretValue")
            return {"Name": name, "SecretString": self.values[name]}

        return self.call("GetSecretValue", asked, read)

    def put_secret_value(self, **asked: Any) -> Any:
        def write() -> dict[str, Any]:
            if asked["SecretId"] not in self.values:
                response = {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}
                raise self.exceptions.ResourceNotFoundException(response, "PutSecretValue")
            self.values[asked["SecretId"]] = asked["SecretString"]
            return {}

        return self.call("PutSecretValue", asked, write)

    def create_secret(self, **asked: Any) -> Any:
        def create() -> dict[str, Any]:
            if asked["Name"] in self.values:
                response = {"Error": {"Code": "ResourceExistsException", "Message": ""}}
                raise self.exceptions.ResourceExistsException(response, "CreateSecret")
            self.values[asked["Name"]] = asked["SecretString"]
            return {}

        return self.call("CreateSecret", asked, create)
