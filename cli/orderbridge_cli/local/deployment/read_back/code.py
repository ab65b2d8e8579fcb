"""Reads back functions, their layer, roles, permissions and event source mappings."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from orderbridge_cli.local.deployment.read_back.resource import Resource, template_tags
from orderbridge_cli.local.deployment.template import Json
from orderbridge_cli.local.engine.aws import EngineClients


def _stored_code(aws: EngineClients, place: Json) -> str:
    """The checksum of an uploaded package, as Lambda gives it."""
    body = aws.s3.get_object(Bucket=place["S3Bucket"], Key=place["S3Key"])["Body"].read()
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def function(resource: Resource) -> Json:
    held = resource.aws.functions.get_function(FunctionName=resource.physical_id)
    configuration: dict[str, Any] = dict(held["Configuration"])
    variables = configuration.get("Environment", {}).get("Variables", {})
    # Numbers compare with their texts elsewhere; here only a text is right: no process starts with anything else.
    variables = {name: value if isinstance(value, str) else {"not a text": value} for name, value in variables.items()}
    same_code = configuration["CodeSha256"] == _stored_code(resource.aws, resource.template["Code"])
    return {
        **configuration,
        "Code": resource.template["Code"] if same_code else {"CodeSha256": configuration["CodeSha256"]},
        "Environment": {"Variables": variables},
        "Layers": [layer["Arn"] for layer in configuration.get("Layers", [])],
        "Tags": template_tags({"Key": key, "Value": value} for key, value in held.get("Tags", {}).items()),
        "ReservedConcurrentExecutions": held.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
    }


def layer(resource: Resource) -> Json:
    held: dict[str, Any] = dict(resource.aws.functions.get_layer_version_by_arn(Arn=resource.physical_id))
    same_code = held["Content"]["CodeSha256"] == _stored_code(resource.aws, resource.template["Content"])
    return {
        **held,
        "LayerName": held["LayerArn"].rsplit(":", 1)[1],
        "Content": resource.template["Content"] if same_code else held["Content"],
    }


def permission(resource: Resource) -> Json:
    policy = json.loads(resource.aws.functions.get_policy(FunctionName=resource.template["FunctionName"])["Policy"])
    found = [_permission_properties(statement, resource.template["FunctionName"]) for statement in policy["Statement"]]
    return next((properties for properties in found if resource.template.items() <= properties.items()), {})


def _permission_properties(statement: Json, function_name: str) -> Json:
    principal = statement.get("Principal", "")
    conditions = {
        key.lower(): value for operator in statement.get("Condition", {}).values() for key, value in operator.items()
    }
    properties = {
        "Action": statement.get("Action"),
        "FunctionName": function_name if statement.get("Resource", "").endswith(f":{function_name}") else None,
        "Principal": next(iter(principal.values())) if isinstance(principal, dict) else principal,
    }
    for name, key in (("SourceArn", "aws:sourcearn"), ("SourceAccount", "aws:sourceaccount")):
        if key in conditions:
            properties[name] = conditions[key]
    return properties if statement.get("Effect") == "Allow" else {}


def event_source_mapping(resource: Resource) -> Json:
    held: dict[str, Any] = dict(resource.aws.functions.get_event_source_mapping(UUID=resource.physical_id))
    return {
        **held,
        "FunctionName": held["FunctionArn"].split(":function:", 1)[1],
        "Enabled": held["State"] in ("Enabled", "Enabling", "Creating", "Updating"),
    }


def role(resource: Resource) -> Json:
    held = resource.aws.iam.get_role(RoleName=resource.physical_id)["Role"]
    names = resource.aws.iam.list_role_policies(RoleName=resource.physical_id)["PolicyNames"]
    attached = resource.aws.iam.list_attached_role_policies(RoleName=resource.physical_id)["AttachedPolicies"]
    return {
        "RoleName": held["RoleName"],
        "Path": held["Path"],
        "Description": held.get("Description", ""),
        "AssumeRolePolicyDocument": held["AssumeRolePolicyDocument"],
        "Tags": template_tags(held.get("Tags", [])),
        "MaxSessionDuration": held.get("MaxSessionDuration"),
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached],
        "Policies": [
            {
                "PolicyName": name,
                "PolicyDocument": resource.aws.iam.get_role_policy(RoleName=resource.physical_id, PolicyName=name)[
                    "PolicyDocument"
                ],
            }
            for name in names
        ],
    }
