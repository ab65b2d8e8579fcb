"""An operator's way into AWS: clients for one account or local engine, and what a deployed stack says about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError, NoRegionError
from botocore.session import Session

from orderbridge.aws.clients import OwnServices
from orderbridge.aws.errors import AWS_FAILURES

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient


_SERVICES = ("cloudformation", "dynamodb", "lambda", "secretsmanager", "sqs", "sts")
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
_LOCAL = Config(proxies={})
_ASK_ONCE = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})
# An invocation is waited for as long as a function may take, and is never repeated by the SDK.
_INVOKE_CONFIG = Config(connect_timeout=5, read_timeout=900, tcp_keepalive=True, retries={"total_max_attempts": 1})


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """How AWS is reached. Nothing given: by the usual environment, as the AWS SDK reads it."""

    endpoint_url: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)


class StackNotFound(Exception):
    """There is no such stack in this account and region."""


class StackUnfinished(Exception):
    """The stack is there and does not say what an operator needs, because its deployment has not succeeded yet."""


@dataclass(frozen=True, slots=True)
class StackFacts:
    """A deployed stack: its name, outputs and parameters."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def output(self, name: str) -> str:
        """The value of an output; raises `StackUnfinished` where there is none."""
        if name not in self.outputs:
            raise StackUnfinished(f"the stack {self.name} has no output {name}")
        return self.outputs[name]


class OperatorClients:
    """One client per AWS service, made when it is first asked for."""

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    @cached_property
    def _session(self) -> Session:
        # Keys given outright are the local engine's: no profile of the user's is read, so that a broken one is no harm.
        untouched = None if self._access.access_key is None else {"profile": (None, None, None, None)}
        session = Session(session_vars=untouched)
        session.register_component("data_loader", OwnServices(_SERVICES))
        return session

    def _client(self, service: str, config: Config = _CONFIG) -> Any:
        access = self._access
        if access.region is None and self._session.get_config_variable("region") is None:
            raise NoRegionError
        return self._session.create_client(
            service,
            region_name=access.region,
            endpoint_url=access.endpoint_url,
            aws_access_key_id=access.access_key,
            aws_secret_access_key=access.secret_key,
            config=config if access.access_key is None else config.merge(_LOCAL),
        )

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        client: CloudFormationClient = self._client("cloudformation")
        return client

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @cached_property
    def functions(self) -> LambdaClient:
        client: LambdaClient = self._client("lambda", _INVOKE_CONFIG)
        return client

    @cached_property
    def secrets_manager(self) -> SecretsManagerClient:
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @cached_property
    def sqs(self) -> SQSClient:
        client: SQSClient = self._client("sqs")
        return client

    def caller(self) -> str | None:
        """Who calls, e.g. ``user/jane`` or ``assumed-role/Operator/jane``; None where AWS does not say."""
        client: STSClient = self._client("sts", _CONFIG.merge(_ASK_ONCE))
        try:
            return client.get_caller_identity()["Arn"].split(":", 5)[5]
        except (*AWS_FAILURES, KeyError, IndexError):
            return None

    def describe_stack(self, name: str) -> StackFacts:
        """What a stack says about itself; raises `StackNotFound`."""
        try:
            stack = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"].get("Message", ""):
                raise StackNotFound(name) from error
            raise
        return StackFacts(
            name=name,
            outputs={each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
            parameters={each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])},
        )

    def physical_ids(self, stack: str, resource_type: str) -> Iterator[tuple[str, str]]:
        """Each resource of a type: its name in the template and its id."""
        for page in self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == resource_type:
                    yield resource["LogicalResourceId"], resource["PhysicalResourceId"]

    def physical_id(self, stack: str, logical_id: str) -> str:
        """The id of a stack's resource, e.g. a queue's URL."""
        answer = self.cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        return answer["StackResourceDetail"]["PhysicalResourceId"]
