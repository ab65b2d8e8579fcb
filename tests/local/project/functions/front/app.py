"""Answers what it got (/echo), or keeps a note (/notes)."""

import json
import os

import boto3
from botocore.exceptions import ClientError

import orderbridge

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
secrets = boto3.client("secretsmanager")


def handler(event, context):
    print(f"front {event['path']}")
    if event["path"] == "/api/v1/echo":
        body = {"version": orderbridge.VERSION, "event": event, "environment": dict(os.environ), "denied": denied()}
        return {"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": json.dumps(body)}
    table.put_item(Item={"PK": event["body"], "state": "new"})
    return {"statusCode": 201, "body": event["body"]}


def denied():
    """What the role does not grant, tried all the same."""
    secrets.get_secret_value(SecretId=os.environ["SECRET"])
    try:
        table.delete_item(Key={"PK": "nothing"})
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None
