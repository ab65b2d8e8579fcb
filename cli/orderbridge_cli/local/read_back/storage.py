"""Reads back the table, queues, secrets and log groups."""

import json
from typing import Any

from orderbridge_cli.local.aws import EngineClients
from orderbridge_cli.local.template import Json


def table(aws: EngineClients, physical_id: str, template: Json) -> Json:
    held = aws.dynamodb.describe_table(TableName=physical_id)["Table"]
    ttl = aws.dynamodb.describe_time_to_live(TableName=physical_id)["TimeToLiveDescription"]
    backups = aws.dynamodb.describe_continuous_backups(TableName=physical_id)["ContinuousBackupsDescription"]
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
        "Tags": aws.dynamodb.list_tags_of_resource(ResourceArn=held["TableArn"])["Tags"],
    }


def secret(aws: EngineClients, physical_id: str, template: Json) -> Json:
    held = aws.secrets.describe_secret(SecretId=physical_id)
    properties: Json = {"Name": held["Name"], "Description": held.get("Description", ""), "Tags": held.get("Tags", [])}
    if "GenerateSecretString" in template:
        value = aws.secrets.get_secret_value(SecretId=physical_id)["SecretString"]
        properties["GenerateSecretString"] = _generated(value, template["GenerateSecretString"])
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
    # A key set by hand since (rotation) may be longer; shorter it must not be.
    wanted = int(rules.get("PasswordLength", 32))
    properties["PasswordLength"] = wanted if len(generated) >= wanted else len(generated)
    properties["ExcludePunctuation"] = generated.isalnum()
    properties["ExcludeCharacters"] = "".join(sign for sign in rules.get("ExcludeCharacters", "") if sign not in generated)
    return properties


def queue(aws: EngineClients, physical_id: str, template: Json) -> Json:
    held: dict[str, Any] = dict(
        aws.sqs.get_queue_attributes(QueueUrl=physical_id, AttributeNames=["All"])["Attributes"]
    )
    for document in ("RedrivePolicy", "RedriveAllowPolicy"):
        if document in held:
            held[document] = json.loads(held[document])
    return {**held, "QueueName": held["QueueArn"].rsplit(":", 1)[1]}


def queue_policy(aws: EngineClients, physical_id: str, template: Json) -> Json:
    policies = []
    for url in template["Queues"]:
        held = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        policies.append(json.loads(held.get("Policy", "{}")))
    # One policy document stands for all of its queues: each must hold it.
    differing = [policy for policy in policies if policy != template["PolicyDocument"]]
    return {"Queues": template["Queues"], "PolicyDocument": (differing or policies)[0]}


def log_group(aws: EngineClients, physical_id: str, template: Json) -> Json:
    groups = aws.logs.describe_log_groups(logGroupNamePrefix=physical_id)["logGroups"]
    held = next((group for group in groups if group["logGroupName"] == physical_id), None)
    if held is None:
        return {}
    properties: Json = {"LogGroupName": held["logGroupName"]}
    if "retentionInDays" in held:
        properties["RetentionInDays"] = held["retentionInDays"]
    if "kmsKeyId" in held:
        properties["KmsKeyId"] = held["kmsKeyId"]
    return properties
