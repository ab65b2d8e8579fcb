"""Reads back functions, their layer, roles, permissions and event source mappings."""

import base64
import hashlib
import json
from typing import Any

from orderbridge_cli.local.aws import EngineClients
from orderbridge_cli.local.template import Json


def _stored_code(aws: EngineClients, place: Json) -> str:
    """The checksum of an uploaded package, as Lambda gives it."""
    body = aws.s3.get_object(Bucket=place["S3Bucket"], Key=place["S3Key"])["Body"].read()
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def function(aws: EngineClients, physical_id: str, template: Json) -> Json:
    held = aws.functions.get_function(FunctionName=physical_id)
    configuration: dict[str, Any] = dict(held["Configuration"])
    same_code = configuration["CodeSha256"] == _stored_code(aws, template["Code"])
    return {
        **configuration,
        "Code": template["Code"] if same_code else {"CodeSha256": configuration["CodeSha256"]},
        "Layers": [layer["Arn"] for layer in configuration.get("Layers", [])],
        "Tags": [{"Key": key, "Value": value} for key, value in held.get("Tags", {}).items() if not _of_the_stack(key)],
        "ReservedConcurrentExecutions": held.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
    }


def _of_the_stack(tag: str) -> bool:
    return tag.startswith("aws:cloudformation:")


def layer(aws: EngineClients, physical_id: str, template: Json) -> Json:
    held: dict[str, Any] = dict(aws.functions.get_layer_version_by_arn(Arn=physical_id))
    same_code = held["Content"]["CodeSha256"] == _stored_code(aws, template["Content"])
    return {
        **held,
        "LayerName": held["LayerArn"].rsplit(":", 1)[1],
        "Content": template["Content"] if same_code else held["Content"],
    }


def permission(aws: EngineClients, physical_id: str, template: Json) -> Json:
    policy = json.loads(aws.functions.get_policy(FunctionName=template["FunctionName"])["Policy"])
    found = [_permission_properties(statement, template["FunctionName"]) for statement in policy["Statement"]]
    return next((properties for properties in found if template.items() <= properties.items()), {})


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


def event_source_mapping(aws: EngineClients, physical_id: str, template: Json) -> Json:
    held: dict[str, Any] = dict(aws.functions.get_event_source_mapping(UUID=physical_id))
    return {
        **held,
        "FunctionName": held["FunctionArn"].split(":function:", 1)[1],
        "Enabled": held["State"] in ("Enabled", "Enabling", "Creating", "Updating"),
    }


def role(aws: EngineClients, physical_id: str, template: Json) -> Json:
    held = aws.iam.get_role(RoleName=physical_id)["Role"]
    names = aws.iam.list_role_policies(RoleName=physical_id)["PolicyNames"]
    attached = aws.iam.list_attached_role_policies(RoleName=physical_id)["AttachedPolicies"]
    return {
        "RoleName": held["RoleName"],
        "Path": held["Path"],
        "Description": held.get("Description", ""),
        "AssumeRolePolicyDocument": held["AssumeRolePolicyDocument"],
        "MaxSessionDuration": held.get("MaxSessionDuration"),
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached],
        "Policies": [
            {
                "PolicyName": name,
                "PolicyDocument": aws.iam.get_role_policy(RoleName=physical_id, PolicyName=name)["PolicyDocument"],
            }
            for name in names
        ],
    }
