"""AWS clients, made once per environment and only when first used.

They are botocore's, which boto3's low-level clients are too: what boto3 adds around them is never used here and costs a
third of a cold start.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# A call that hangs must not eat a partner's request or a forward's lease; the SDK repeats what is safe to repeat.
# Parameters are not checked on the way out: what is sent is built and typed here, and AWS checks it anyway.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
    parameter_validation=False,
)


class _OwnServices(Loader):
    """Knows which services are called here; botocore would look through the folders of all 400 to find out."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - of whatever type
        return ["dynamodb", "events", "secretsmanager", "sqs"]


@cache
def _session() -> Session:
    session = Session()
    session.register_component("data_loader", _OwnServices())
    return session


@cache
def _client(service: str) -> Any:
    return _session().create_client(service, config=_CONFIG)


def dynamodb() -> DynamoDBClient:
    client: DynamoDBClient = _client("dynamodb")
    return client


def events() -> EventBridgeClient:
    client: EventBridgeClient = _client("events")
    return client


def sqs() -> SQSClient:
    client: SQSClient = _client("sqs")
    return client


def secrets_manager() -> SecretsManagerClient:
    client: SecretsManagerClient = _client("secretsmanager")
    return client
