"""Marks each note as arrived; one named `slow-...` takes its time."""

import json
import os
import time

import boto3

import orderbridge  # noqa: F401 - as all functions do

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    for record in event["Records"]:
        note = json.loads(record["body"])["note"]
        print(f"working on {note} in {os.getpid()}", flush=True)
        if note.startswith("slow-"):
            time.sleep(2)
        table.update_item(
            Key={"PK": note},
            UpdateExpression="SET #state = :arrived ADD times :one",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":arrived": "arrived", ":one": 1},
        )
    return {"batchItemFailures": []}
