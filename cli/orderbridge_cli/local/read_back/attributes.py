"""What `Fn::GetAtt` gives for a deployed resource, asked from the service itself and not from the engine's stack."""

from collections.abc import Callable, Mapping
from functools import cache

from orderbridge_cli.local.aws import EngineClients
from orderbridge_cli.local.engine import ACCOUNT, REGION
from orderbridge_cli.local.template import Unresolvable


class Attributes:
    """The attributes of one stack's resources; each is asked for once."""

    def __init__(self, aws: EngineClients, types: Mapping[str, str], physical_ids: Mapping[str, str]) -> None:
        self._aws = aws
        self._types = types
        self._physical_ids = physical_ids
        self.value = cache(self._value)
        self._readers: dict[tuple[str, str], Callable[[str], str]] = {
            ("AWS::DynamoDB::Table", "Arn"): lambda name: aws.dynamodb.describe_table(TableName=name)["Table"]["TableArn"],
            ("AWS::DynamoDB::Table", "StreamArn"): lambda name: aws.dynamodb.describe_table(TableName=name)["Table"][
                "LatestStreamArn"
            ],
            ("AWS::Events::EventBus", "Arn"): lambda name: aws.events.describe_event_bus(Name=name)["Arn"],
            ("AWS::Events::Rule", "Arn"): self._rule_arn,
            ("AWS::IAM::Role", "Arn"): lambda name: aws.iam.get_role(RoleName=name)["Role"]["Arn"],
            ("AWS::Lambda::Function", "Arn"): lambda name: aws.functions.get_function_configuration(FunctionName=name)[
                "FunctionArn"
            ],
            ("AWS::Logs::LogGroup", "Arn"): lambda name: f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*",
            ("AWS::SQS::Queue", "Arn"): self._queue_arn,
            ("AWS::SQS::Queue", "QueueName"): lambda url: self._queue_arn(url).rsplit(":", 1)[1],
            ("AWS::SecretsManager::Secret", "Id"): lambda name: aws.secrets.describe_secret(SecretId=name)["ARN"],
        }

    def _value(self, resource: str, attribute: str) -> str:
        reader = self._readers.get((self._types.get(resource, ""), attribute))
        if reader is None or not self._physical_ids.get(resource):
            raise Unresolvable(f"GetAtt {resource}.{attribute}")
        return reader(self._physical_ids[resource])

    def _queue_arn(self, url: str) -> str:
        return self._aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def _rule_arn(self, physical_id: str) -> str:
        name = physical_id.rpartition("|")[2]
        # The physical id does not say which bus the rule is on.
        for bus in self._aws.events.list_event_buses()["EventBuses"]:
            for rule in self._aws.events.list_rules(EventBusName=bus["Name"], NamePrefix=name)["Rules"]:
                if rule["Name"] == name:
                    return rule["Arn"]
        raise Unresolvable(f"GetAtt Arn of the rule {name}")
