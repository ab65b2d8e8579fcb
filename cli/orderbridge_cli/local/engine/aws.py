"""Clients of the local engine, as its root user; nothing of the caller's AWS configuration reaches them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from orderbridge_cli.local.engine.engine import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


def isolated_session() -> boto3.Session:
    """A session that reads neither ~/.aws nor AWS_* of the environment: whose they are, they are not the engine's."""
    nothing = (None, None, None, None)
    session = botocore.session.Session(
        session_vars=dict.fromkeys(("profile", "config_file", "credentials_file", "ca_bundle", "data_path"), nothing)
    )
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=REGION,
        botocore_session=session,
    )


class EngineClients:
    """One client per AWS service, made when it is first asked for."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = isolated_session()
        self._config = Config(
            connect_timeout=5,
            read_timeout=120,
            retries={"total_max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"},
            proxies={},
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
        )

    @cached_property
    def apigateway(self) -> APIGatewayClient:
        return self._session.client("apigateway", endpoint_url=self._url, config=self._config)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        return self._session.client("cloudformation", endpoint_url=self._url, config=self._config)

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        return self._session.client("cloudwatch", endpoint_url=self._url, config=self._config)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        return self._session.client("dynamodb", endpoint_url=self._url, config=self._config)

    @cached_property
    def events(self) -> EventBridgeClient:
        return self._session.client("events", endpoint_url=self._url, config=self._config)

    @cached_property
    def iam(self) -> IAMClient:
        return self._session.client("iam", endpoint_url=self._url, config=self._config)

    @cached_property
    def functions(self) -> LambdaClient:
        return self._session.client("lambda", endpoint_url=self._url, config=self._config)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        return self._session.client("logs", endpoint_url=self._url, config=self._config)

    @cached_property
    def s3(self) -> S3Client:
        return self._session.client("s3", endpoint_url=self._url, config=self._config)

    @cached_property
    def scheduler(self) -> Any:
        return self._session.client("scheduler", endpoint_url=self._url, config=self._config)

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        return self._session.client("secretsmanager", endpoint_url=self._url, config=self._config)

    @cached_property
    def sqs(self) -> SQSClient:
        return self._session.client("sqs", endpoint_url=self._url, config=self._config)
