"""Reads back the table, queues, secrets and log groups."""

from __future__ import annotations

import json
from typing import Any

from orderbridge_cli.local.deployment.read_back.resource import Resource, template_tags
from orderbridge_cli.local.deployment.template import Json


def table(resource: Resource) -> Json:
    held = resource.aws.dynamodb.describe_table(TableName=resource.physical_id)["Table"]
    ttl = resource.aws.dynamodb.describe_time_to_live(TableName=resource.physical_id)["TimeToLiveDescription"]
    backups = resource.aws.dynamodb.describe_continuous_backups(TableName=resource.physical_id)[
        "ContinuousBackupsDescription"
    ]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    return {
        "TableName": held["TableName"],
        "BillingMode": held.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "KeySchema": held["KeySchema"],
        "AttributeDefinitions": held["AttributeDefinitions"],
        "GlobalSecondaryIndexes": held.get("GlobalSecondaryIndexes", []),
        "LocalSecondaryIndexes": held.get("LocalSecondaryIndexes", []),
        "StreamSpecification": held.get("StreamSpecification", {}),
        "DeletionProtectionEnabled": held.get("DeletionProtectionEnabled", False),
        "TimeToLiveSpecification": {
            "AttributeName": ttl.get("AttributeName"),
            "Enabled": ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"),
        },
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        },
        "SSESpecification": {"SSEEnabled": held.get("SSEDescription", {}).get("Status") in ("ENABLED", "ENABLING")},
        "Tags": template_tags(resource.aws.dynamodb.list_tags_of_resource(ResourceArn=held["TableArn"])["Tags"]),
    }


def secret(resource: Resource) -> Json:
    held = resource.aws.secrets.describe_secret(SecretId=resource.physical_id)
    properties: Json = {
        "Name": held["Name"],
        "Description": held.get("Description", ""),
        "Tags": template_tags(held.get("Tags", [])),
    }
    rules = resource.template.get("GenerateSecretString")
    if rules and len(held.get("VersionIdsToStages", {})) > 1:
        properties["GenerateSecretString"] = rules  # they were for the first version; this is a later one
    elif rules:
        value = resource.aws.secrets.get_secret_value(SecretId=resource.physical_id)["SecretString"]
        properties["GenerateSecretString"] = _generated(value, rules)
    return properties


def _generated(value: str, rules: Json) -> Json:
    """How a generated secret obeys its rules, in the rules' own words."""
    template, key = rules.get("SecretStringTemplate"), rules.get("GenerateStringKey")
    properties: Json = {}
    if template is not None:
        try:
            document = json.loads(value)
            generated = str(document.pop(key))
        except (ValueError, KeyError, AttributeError):
            return {}
        properties = {"SecretStringTemplate": json.dumps(document), "GenerateStringKey": key}
        if json.loads(template) == document:
            properties["SecretStringTemplate"] = template
    else:
        generated = value
    properties["PasswordLength"] = len(generated)
    properties["ExcludePunctuation"] = generated.isalnum()
    properties["ExcludeCharacters"] = "".join(
        sign for sign in rules.get("ExcludeCharacters", "") if sign not in generated
    )
    return properties


def queue(resource: Resource) -> Json:
    said = resource.aws.sqs.get_queue_attributes(QueueUrl=resource.physical_id, AttributeNames=["All"])
    held: dict[str, Any] = {str(name): value for name, value in said["Attributes"].items()}
    for document in ("RedrivePolicy", "RedriveAllowPolicy"):
        if document in held:
            held[document] = json.loads(held[document])
    return {**held, "QueueName": held["QueueArn"].rsplit(":", 1)[1]}


def queue_policy(resource: Resource) -> Json:
    policies = []
    for url in resource.template["Queues"]:
        held = resource.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        policies.append(json.loads(held.get("Policy", "{}")))
    # One policy document stands for all of its queues: each must hold it.
    differing = [policy for policy in policies if policy != resource.template["PolicyDocument"]]
    return {"Queues": resource.template["Queues"], "PolicyDocument": (differing or policies)[0]}


def log_group(resource: Resource) -> Json:
    groups = resource.aws.logs.describe_log_groups(logGroupNamePrefix=resource.physical_id)["logGroups"]
    held = next((group for group in groups if group["logGroupName"] == resource.physical_id), None)
    if held is None:
        return {}
    properties: Json = {"LogGroupName": held["logGroupName"]}
    if "retentionInDays" in held:
        properties["RetentionInDays"] = held["retentionInDays"]
    if "kmsKeyId" in held:
        properties["KmsKeyId"] = held["kmsKeyId"]
    return properties


def metric_filter(resource: Resource) -> Json:
    group = resource.template["LogGroupName"]
    filters = resource.aws.logs.describe_metric_filters(logGroupName=group, filterNamePrefix=resource.physical_id)[
        "metricFilters"
    ]
    if not filters:
        return {}
    (held,) = filters
    return {
        "LogGroupName": group,
        "FilterPattern": held["filterPattern"],
        "MetricTransformations": [
            {name[0].upper() + name[1:]: value for name, value in transformation.items()}
            for transformation in held["metricTransformations"]
        ],
    }
