"""After a deployment: every resource is read back from the engine and held against the template."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from orderbridge_cli.local.deployment.deployment import DeployedStack
from orderbridge_cli.local.deployment.gaps import Gap
from orderbridge_cli.local.deployment.read_back import code, storage, surface
from orderbridge_cli.local.deployment.read_back.attributes import Attributes
from orderbridge_cli.local.deployment.read_back.comparison import differences
from orderbridge_cli.local.deployment.read_back.resource import Resource
from orderbridge_cli.local.deployment.template import Deployed, Json, Unresolvable
from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.engine.engine import ACCOUNT, REGION

# From a resource to the properties that the engine holds for it, in CloudFormation's names. A property that is not
# among them counts as one that the engine does not hold.
Reader = Callable[[Resource], Json]

READERS: dict[str, Reader] = {
    "AWS::ApiGateway::Deployment": surface.api_deployment,
    "AWS::ApiGateway::GatewayResponse": surface.gateway_response,
    "AWS::ApiGateway::RestApi": surface.rest_api,
    "AWS::ApiGateway::Stage": surface.api_stage,
    "AWS::CloudWatch::Alarm": surface.alarm,
    "AWS::DynamoDB::Table": storage.table,
    "AWS::Events::EventBus": surface.event_bus,
    "AWS::Events::Rule": surface.rule,
    "AWS::IAM::Role": code.role,
    "AWS::Lambda::EventSourceMapping": code.event_source_mapping,
    "AWS::Lambda::Function": code.function,
    "AWS::Lambda::LayerVersion": code.layer,
    "AWS::Lambda::Permission": code.permission,
    "AWS::Logs::LogGroup": storage.log_group,
    "AWS::Logs::MetricFilter": storage.metric_filter,
    "AWS::SQS::Queue": storage.queue,
    "AWS::Scheduler::Schedule": surface.schedule,
    "AWS::SQS::QueuePolicy": storage.queue_policy,
    "AWS::SecretsManager::Secret": storage.secret,
}


@dataclass(frozen=True)
class ReadBack:
    """What came of reading a stack back."""

    resources: int
    """How many resources were read."""
    differences: tuple[str, ...]
    """One line for each property that differs and is no known gap."""
    closed_gaps: tuple[str, ...]
    """Known gaps of kind `dropped` in which nothing differed: the engine has learnt it, or the template lost it."""


def read_back(aws: EngineClients, deployed: Deployed, gaps: Iterable[Gap]) -> ReadBack:
    """Reads every resource of the stack and compares each property that the template gives it."""
    dropped = {(gap.type, gap.property) for gap in gaps if gap.how == "dropped"}
    used: set[tuple[str, str]] = set()
    lines = []
    resources = deployed.template["Resources"]
    for name, resource in resources.items():
        kind = resource["Type"]
        for path, words in _resource_differences(aws, deployed, name, resource):
            if gap := next((gap for gap in dropped if gap[0] == kind and _covers(gap[1], path)), None):
                used.add(gap)
            else:
                lines.append(f"{name} ({kind}) {path}: {words}")
    closed = tuple(f"{kind} {path}" for kind, path in sorted(dropped - used))
    return ReadBack(len(resources), tuple(lines), closed)


def deployed_values(aws: EngineClients, stack: DeployedStack) -> Deployed:
    """The stack with what its intrinsic functions refer to."""
    types = {name: resource["Type"] for name, resource in stack.template["Resources"].items()}
    return Deployed(
        template=stack.template,
        parameters=stack.parameters,
        pseudo={
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        },
        physical_ids=stack.physical_ids,
        attribute=Attributes(aws, types, stack.physical_ids).value,
    )


def _resource_differences(aws: EngineClients, deployed: Deployed, name: str, resource: Json) -> list[tuple[str, str]]:
    if resource.get("Condition") and not deployed.holds(resource["Condition"]):
        return []
    reader = READERS.get(resource["Type"])
    if reader is None:
        return [("", "nothing reads this type back (cli/orderbridge_cli/local/read_back)")]
    if not deployed.physical_ids.get(name):
        return [("", "the engine has no such resource")]
    try:
        expected = deployed.value(resource.get("Properties", {}))
        actual = reader(Resource(aws, deployed.physical_ids[name], expected))
    except Unresolvable as error:
        return [("", f"{error} cannot be resolved")]
    except ClientError as error:
        return [("", f"the engine does not tell: {error}")]
    return list(differences("", expected, actual))


def _covers(gap: str, path: str) -> bool:
    return not gap or path == gap or path.startswith(f"{gap}.")
