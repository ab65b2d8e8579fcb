"""What `Fn::GetAtt` gives for a deployed resource, asked from the service itself and not from the engine's stack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from orderbridge_cli.local.deployment.template import Unresolvable
from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.engine.engine import ACCOUNT, REGION


class Attributes:
    """The attributes of one stack's resources; each is asked for once."""

    def __init__(self, aws: EngineClients, types: Mapping[str, str], physical_ids: Mapping[str, str]) -> None:
        self._aws = aws
        self._types = types
        self._physical_ids = physical_ids
        self.value = cache(self._value)
        self._readers = {
            ("AWS::DynamoDB::Table", "Arn"): self._table_arn,
            ("AWS::DynamoDB::Table", "StreamArn"): self._stream_arn,
            ("AWS::Events::EventBus", "Arn"): self._bus_arn,
            ("AWS::Events::Rule", "Arn"): self._rule_arn,
            ("AWS::IAM::Role", "Arn"): self._role_arn,
            ("AWS::Lambda::Function", "Arn"): self._function_arn,
            ("AWS::Logs::LogGroup", "Arn"): self._log_group_arn,
            ("AWS::SQS::Queue", "Arn"): self._queue_arn,
            ("AWS::SQS::Queue", "QueueName"): self._queue_name,
            ("AWS::SecretsManager::Secret", "Id"): self._secret_arn,
        }

    def _value(self, resource: str, attribute: str) -> str:
        reader = self._readers.get((self._types.get(resource, ""), attribute))
        if reader is None or not self._physical_ids.get(resource):
            raise Unresolvable(f"GetAtt {resource}.{attribute}")
        return reader(self._physical_ids[resource])

    def _table_arn(self, name: str) -> str:
        return self._aws.dynamodb.describe_table(TableName=name)["Table"]["TableArn"]

    def _stream_arn(self, name: str) -> str:
        return self._aws.dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]

    def _bus_arn(self, name: str) -> str:
        return self._aws.events.describe_event_bus(Name=name)["Arn"]

    def _rule_arn(self, physical_id: str) -> str:
        name = physical_id.rpartition("|")[2]
        # The physical id does not say which bus the rule is on.
        for bus in self._aws.events.list_event_buses()["EventBuses"]:
            for rule in self._aws.events.list_rules(EventBusName=bus["Name"], NamePrefix=name)["Rules"]:
                if rule["Name"] == name:
                    return rule["Arn"]
        raise Unresolvable(f"GetAtt Arn of the rule {name}")

    def _role_arn(self, name: str) -> str:
        return self._aws.iam.get_role(RoleName=name)["Role"]["Arn"]

    def _function_arn(self, name: str) -> str:
        return self._aws.functions.get_function_configuration(FunctionName=name)["FunctionArn"]

    def _log_group_arn(self, name: str) -> str:
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"

    def _queue_arn(self, url: str) -> str:
        return self._aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def _queue_name(self, url: str) -> str:
        return self._queue_arn(url).rsplit(":", 1)[1]

    def _secret_arn(self, name: str) -> str:
        return self._aws.secrets.describe_secret(SecretId=name)["ARN"]
