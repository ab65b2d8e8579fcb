"""AWS clients, made once per environment and only when first used.

They are botocore's, which boto3's low-level clients are too: what boto3 adds around them is never used here and costs a
third of a cold start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may hang, in seconds for each try; the SDK repeats what is safe to repeat.

    Between two tries it waits at most 1, 2, 4 ... seconds.
    """

    connect_seconds: float
    answer_seconds: float
    tries: int


ANSWERING = Patience(connect_seconds=1, answer_seconds=2, tries=3)
"""For a caller who waits: one call that hangs ends while the function still has time to answer 503."""
WORKING = Patience(connect_seconds=2, answer_seconds=5, tries=4)
"""For what nobody waits for; it must not eat a forward's lease."""


SERVICES = ("dynamodb", "events", "secretsmanager", "sqs")
"""What functions call."""


class OwnServices(Loader):
    """Reads of botocore's data what a few services need; the rest would be a sixth of a cold start."""

    def __init__(self, services: Sequence[str]) -> None:
        super().__init__()
        self._services = list(services)

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - of whatever type
        """The services that are called here; botocore would look through the folders of all 400 to find out."""
        return self._services

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Without the list of all services' addresses in all regions: each service's own rules name its address."""
        if name == "endpoints":
            return {"version": 3, "partitions": []}, self.BUILTIN_DATA_PATH
        loaded: tuple[Any, str] = super().load_data_with_path(name)
        return loaded


@cache
def _session() -> Session:
    session = Session()
    session.register_component("data_loader", OwnServices(SERVICES))
    return session


@cache
def _client(service: str, patience: Patience) -> Any:
    session = _session()
    config = Config(
        # Said in full and once: left to itself botocore puts it together anew, twice for every call.
        user_agent=f"orderbridge {session.user_agent()}",
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.answer_seconds,
        retries={"mode": "standard", "total_max_attempts": patience.tries},
        tcp_keepalive=True,
        # Parameters are not checked on the way out: what is sent is built and typed here, and AWS checks it anyway.
        parameter_validation=False,
    )
    return session.create_client(service, config=config)


def dynamodb(patience: Patience = WORKING) -> DynamoDBClient:
    client: DynamoDBClient = _client("dynamodb", patience)
    return client


def events(patience: Patience = WORKING) -> EventBridgeClient:
    client: EventBridgeClient = _client("events", patience)
    return client


def sqs(patience: Patience = WORKING) -> SQSClient:
    client: SQSClient = _client("sqs", patience)
    return client


def secrets_manager(patience: Patience = WORKING) -> SecretsManagerClient:
    client: SecretsManagerClient = _client("secretsmanager", patience)
    return client
