"""Known gaps of kind `rewritten`: what the engine misreads, said in another way that means the same on AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from orderbridge_cli.local.deployment.gaps import Gap
from orderbridge_cli.local.deployment.template import Json

_NO_VALUE = {"Ref": "AWS::NoValue"}
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"


def rewritten(template: Json, gaps: Iterable[Gap], parameters: Mapping[str, str]) -> Json:
    """The template with every rewrite that a known gap asks for, for these values of its parameters."""
    for gap in gaps:
        if gap.how == "rewritten":
            template = REWRITES[gap.type, gap.property](template, parameters)
    return template


def _secret_refs_as_ids(template: Json, _: Mapping[str, str]) -> Json:
    secrets = {n for n, resource in template["Resources"].items() if resource["Type"] == "AWS::SecretsManager::Secret"}

    def rewrite(node: Any) -> Any:
        if isinstance(node, list):
            return [rewrite(item) for item in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and node.get("Ref") in secrets:
            return {"Fn::GetAtt": [node["Ref"], "Id"]}
        return {key: rewrite(item) for key, item in node.items()}

    return {key: rewrite(value) for key, value in template.items()}


def _gateway_responses_as_resources(template: Json, _: Mapping[str, str]) -> Json:
    resources: Json = {}
    for name, resource in template["Resources"].items():
        resources[name] = resource
        if resource["Type"] != "AWS::ApiGateway::RestApi":
            continue
        responses = resource["Properties"].get("Body", {}).get(_GATEWAY_RESPONSES, {})
        for kind, response in responses.items():
            resources[f"{name}Response{kind.title().replace('_', '')}"] = {
                "Type": "AWS::ApiGateway::GatewayResponse",
                "Properties": {
                    "RestApiId": {"Ref": name},
                    "ResponseType": kind,
                    **{key[0].upper() + key[1:]: value for key, value in response.items()},
                },
            }
    # A stage serves the responses that its deployment found.
    found = [name for name, resource in resources.items() if resource["Type"] == "AWS::ApiGateway::GatewayResponse"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::ApiGateway::Deployment" and found:
            before = resource.get("DependsOn", [])
            resources[name] = {**resource, "DependsOn": [*([before] if isinstance(before, str) else before), *found]}
    return {**template, "Resources": resources}


def _variables_as_text(template: Json, _: Mapping[str, str]) -> Json:
    def text(value: Any) -> Any:
        if isinstance(value, str) or value == _NO_VALUE:
            return value
        if isinstance(value, dict) and "Fn::If" in value:
            condition, *branches = value["Fn::If"]
            return {"Fn::If": [condition, *map(text, branches)]}
        return str(value).lower() if isinstance(value, bool) else {"Fn::Join": ["", [value]]}

    resources: Json = {}
    for name, resource in template["Resources"].items():
        resources[name] = resource
        variables = resource.get("Properties", {}).get("Environment", {}).get("Variables")
        if resource["Type"] == "AWS::Lambda::Function" and variables:
            environment = {"Variables": {variable: text(value) for variable, value in variables.items()}}
            resources[name] = {**resource, "Properties": {**resource["Properties"], "Environment": environment}}
    return {**template, "Resources": resources}


def _concurrency_as_number(template: Json, parameters: Mapping[str, str]) -> Json:
    resources: Json = {}
    for name, resource in template["Resources"].items():
        resources[name] = resource
        limit = resource.get("Properties", {}).get("ScalingConfig", {}).get("MaximumConcurrency")
        if resource["Type"] == "AWS::Lambda::EventSourceMapping" and isinstance(limit, dict):
            scaling = {"MaximumConcurrency": int(parameters[limit["Ref"]])}
            resources[name] = {**resource, "Properties": {**resource["Properties"], "ScalingConfig": scaling}}
    return {**template, "Resources": resources}


REWRITES: dict[tuple[str, str], Callable[[Json, Mapping[str, str]], Json]] = {
    ("AWS::SecretsManager::Secret", "Ref"): _secret_refs_as_ids,
    ("AWS::Lambda::Function", "Environment.Variables"): _variables_as_text,
    ("AWS::Lambda::EventSourceMapping", "ScalingConfig.MaximumConcurrency"): _concurrency_as_number,
    ("AWS::ApiGateway::RestApi", f"Body.{_GATEWAY_RESPONSES}"): _gateway_responses_as_resources,
}
