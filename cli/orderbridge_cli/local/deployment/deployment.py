"""The template becomes a stack of the local engine, or an existing stack becomes what the template says now."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from orderbridge_cli.local.deployment.gaps import Gap, without_refused
from orderbridge_cli.local.deployment.packages import Package, function_package, local_layer
from orderbridge_cli.local.deployment.rewrites import rewritten
from orderbridge_cli.local.deployment.template import Json, expand, parameter_values, read_template
from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.engine.engine import REGION
from orderbridge_cli.local.machine.places import Project, StateDir
from orderbridge_cli.local.machine.problems import DeploymentFailed

_TIMEOUT_S = 600.0  # a busy machine is slow, and not broken
_STEP_S = 0.05
# A stack in one of these states never held anything and cannot be updated: it is deleted and made again.
_NEVER_LIVED = frozenset(
    {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS"}
)


@dataclass(frozen=True)
class DeployedStack:
    """What is after a deployment: the expanded template without what the engine refuses, and its values."""

    name: str
    template: Json
    parameters: Mapping[str, str]
    physical_ids: Mapping[str, str]
    outputs: Mapping[str, str]
    changed: bool
    """Whether anything was created or updated."""


class Deployment:
    """Deploys one project as one stack."""

    def __init__(self, clients: EngineClients, engine_url: str, project: Project, state: StateDir, stack: str) -> None:
        self._clients = clients
        self._engine_url = engine_url
        self._project = project
        self._state = state
        self._stack = stack
        self._bucket = f"{stack}-artifacts"

    def deploy(self, given: Mapping[str, str], gaps: Sequence[Gap]) -> DeployedStack:
        """Creates the stack, or updates it to the template.

        Raises:
            DeploymentFailed: the template cannot be expanded, or the engine refused it, with its events.
        """
        template = read_template(self._project.template)
        parameters = parameter_values(template, {"AwsEndpointUrl": self._engine_url, **given})
        packaged = self._package(template)
        expanded = rewritten(without_refused(expand(packaged, parameters), gaps), gaps, parameters)
        changed = self._submit(self._upload_template(expanded), parameters)
        described = self._describe()
        if described is None:
            raise DeploymentFailed(f"The stack {self._stack} is gone right after its deployment.")
        resources = self._clients.cloudformation.describe_stack_resources(StackName=self._stack)["StackResources"]
        return DeployedStack(
            name=self._stack,
            template=expanded,
            parameters=parameters,
            physical_ids={item["LogicalResourceId"]: item.get("PhysicalResourceId", "") for item in resources},
            outputs={item["OutputKey"]: item["OutputValue"] for item in described.get("Outputs", [])},
            changed=changed,
        )

    def code_folder(self, function: str) -> str:
        """The folder of a function's code, by its name in the template."""
        return str(read_template(self._project.template)["Resources"][function]["Properties"]["CodeUri"])

    def function_packages(self) -> dict[str, Package]:
        """The current code of every function, by its name in the template."""
        resources = read_template(self._project.template)["Resources"]
        return {
            name: function_package(self._project.root / resource["Properties"]["CodeUri"])
            for name, resource in resources.items()
            if resource["Type"] == "AWS::Serverless::Function"
        }

    def _package(self, template: Json) -> Json:
        """The template with its code in the engine's store."""
        packaged = copy.deepcopy(template)
        code = self.function_packages()
        layer = local_layer(self._project, self._state, f"{self._stack}-")
        for name, resource in packaged["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = f"s3://{self._bucket}/{code[name].key}"
            elif resource["Type"] == "AWS::Serverless::LayerVersion":
                resource["Properties"]["ContentUri"] = f"s3://{self._bucket}/{layer.key}"
        self._upload([*code.values(), layer])
        return packaged

    def _upload(self, packages: Iterable[Package]) -> None:
        s3 = self._clients.s3
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=self._bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        there = {item["Key"] for item in s3.list_objects_v2(Bucket=self._bucket).get("Contents", [])}
        for package in packages:
            if package.key not in there:
                s3.put_object(Bucket=self._bucket, Key=package.key, Body=package.content)

    def _upload_template(self, expanded: Json) -> str:
        # By address: a body in the call may have 51,200 bytes, on AWS as well.
        key = f"{self._stack}.template.json"
        self._clients.s3.put_object(Bucket=self._bucket, Key=key, Body=json.dumps(expanded).encode())
        return f"{self._engine_url}/{self._bucket}/{key}"

    def _submit(self, template_url: str, parameters: Mapping[str, str]) -> bool:
        cloudformation = self._clients.cloudformation
        existing = self._describe()
        if existing and existing["StackStatus"] in _NEVER_LIVED:
            cloudformation.delete_stack(StackName=self._stack)
            self._wait(lambda stack: stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS"))
            existing = None
        call: Callable[..., Any] = cloudformation.update_stack if existing else cloudformation.create_stack
        started = time.time()
        try:
            call(
                StackName=self._stack,
                TemplateURL=template_url,
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
        except ClientError as error:
            message = error.response["Error"].get("Message", str(error))
            if "No updates are to be performed" in message:
                return False
            raise DeploymentFailed(f"The engine refused the stack {self._stack}:", [message]) from error
        done = self._wait(lambda stack: stack is not None and not stack["StackStatus"].endswith("_IN_PROGRESS"))
        status = done["StackStatus"] if done else "gone"
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise DeploymentFailed(f"The stack {self._stack} is {status}:", self._failures(started))
        return True

    def _wait(self, done: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + _TIMEOUT_S
        while not done(stack := self._describe()):
            if time.monotonic() > deadline:
                status = stack["StackStatus"] if stack else "gone"
                raise DeploymentFailed(f"The stack {self._stack} is still {status} after {_TIMEOUT_S:.0f} s.")
            time.sleep(_STEP_S)
        return stack

    def _describe(self) -> Any:
        try:
            return self._clients.cloudformation.describe_stacks(StackName=self._stack)["Stacks"][0]
        except ClientError:
            return None

    def _failures(self, since: float) -> list[str]:
        events = self._clients.cloudformation.describe_stack_events(StackName=self._stack)["StackEvents"]
        return [
            f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): {event.get('ResourceStatusReason')}"
            for event in sorted(events, key=lambda event: event["Timestamp"])
            if "FAILED" in event.get("ResourceStatus", "")
            and event["Timestamp"].timestamp() >= since - 1
            and event.get("ResourceStatusReason")
        ]
