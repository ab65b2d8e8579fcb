"""Reads back the API, the bus with its rules, schedules, and the alarms."""

from __future__ import annotations

import json
from typing import Any

from orderbridge_cli.local.deployment.read_back.resource import Resource
from orderbridge_cli.local.deployment.template import Json
from orderbridge_cli.local.engine.aws import EngineClients


def rest_api(resource: Resource) -> Json:
    held = resource.aws.apigateway.get_rest_api(restApiId=resource.physical_id)
    endpoint: dict[str, Any] = dict(held.get("endpointConfiguration", {}))
    properties: Json = {
        "Name": held["name"],
        "Description": held.get("description", ""),
        "BinaryMediaTypes": held.get("binaryMediaTypes", []),
        "EndpointConfiguration": {"Types": endpoint["types"]} if "types" in endpoint else {},
        "Body": {
            # How the document is written, not what it defines: nothing of it is kept to be read.
            "openapi": resource.template.get("Body", {}).get("openapi"),
            "info": {
                "title": held["name"],
                "version": held.get("version", resource.template["Body"]["info"]["version"]),
            },
            "paths": _paths(resource.aws, resource.physical_id),
            "x-amazon-apigateway-binary-media-types": held.get("binaryMediaTypes", []),
            "x-amazon-apigateway-gateway-responses": _gateway_responses(resource.aws, resource.physical_id),
        },
    }
    if "types" in endpoint:
        properties["Parameters"] = {"endpointConfigurationTypes": ",".join(endpoint["types"])}
    return properties


def _paths(aws: EngineClients, api: str) -> Json:
    paths: Json = {}
    for page in aws.apigateway.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"]):
        for resource in page["items"]:
            methods = {
                name.lower(): _method(dict(method)) for name, method in resource.get("resourceMethods", {}).items()
            }
            if methods:
                paths[resource["path"]] = methods
    return paths


def _method(held: Json) -> Json:
    integration = held.get("methodIntegration", {})
    return {
        "responses": held.get("methodResponses", {}),
        "x-amazon-apigateway-integration": {
            "type": integration.get("type", "").lower(),
            "httpMethod": integration.get("httpMethod"),
            "uri": integration.get("uri"),
        },
    }


def _gateway_responses(aws: EngineClients, api: str) -> Json:
    items = aws.apigateway.get_gateway_responses(restApiId=api)["items"]
    return {
        item["responseType"]: {
            "responseParameters": item.get("responseParameters", {}),
            "responseTemplates": item.get("responseTemplates", {}),
            **({"statusCode": item["statusCode"]} if "statusCode" in item else {}),
        }
        for item in items
        if not item.get("defaultResponse")
    }


def gateway_response(resource: Resource) -> Json:
    held = _gateway_responses(resource.aws, resource.template["RestApiId"]).get(resource.template["ResponseType"], {})
    return {
        "RestApiId": resource.template["RestApiId"],
        "ResponseType": resource.template["ResponseType"],
        **{key[0].upper() + key[1:]: value for key, value in held.items()},
    }


def api_deployment(resource: Resource) -> Json:
    held = resource.aws.apigateway.get_deployment(
        restApiId=resource.template["RestApiId"], deploymentId=resource.physical_id
    )
    return {"RestApiId": resource.template["RestApiId"], "Description": held.get("description", "")}


def api_stage(resource: Resource) -> Json:
    held = resource.aws.apigateway.get_stage(
        restApiId=resource.template["RestApiId"], stageName=resource.template["StageName"]
    )
    settings = [_method_settings(path, dict(values)) for path, values in held.get("methodSettings", {}).items()]
    return {
        "RestApiId": resource.template["RestApiId"],
        "StageName": held["stageName"],
        "DeploymentId": held["deploymentId"],
        "MethodSettings": settings,
        "TracingEnabled": held.get("tracingEnabled", False),
        "Variables": held.get("variables", {}),
    }


def _method_settings(path: str, values: Json) -> Json:
    resource, _, method = path.rpartition("/")
    named = {name[0].upper() + name[1:]: value for name, value in values.items()}
    return {**named, "HttpMethod": method, "ResourcePath": f"/{resource}"}


def event_bus(resource: Resource) -> Json:
    return dict(resource.aws.events.describe_event_bus(Name=resource.physical_id))


def rule(resource: Resource) -> Json:
    bus = resource.template.get("EventBusName", "default")
    name = resource.physical_id.rpartition("|")[2]
    held: dict[str, Any] = dict(resource.aws.events.describe_rule(Name=name, EventBusName=bus))
    if "EventPattern" in held:
        held["EventPattern"] = json.loads(held["EventPattern"])
    return {**held, "Targets": resource.aws.events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]}


def schedule(resource: Resource) -> Json:
    return dict(resource.aws.scheduler.get_schedule(Name=resource.physical_id))


def alarm(resource: Resource) -> Json:
    alarms = resource.aws.cloudwatch.describe_alarms(AlarmNames=[resource.physical_id])["MetricAlarms"]
    return dict(alarms[0]) if alarms else {}
