"""Puts each new note on the bus."""

import json
import os

import boto3

import orderbridge  # noqa: F401 - as all functions do

events = boto3.client("events")


def handler(event, context):
    for record in event["Records"]:
        detail = json.dumps({"note": record["dynamodb"]["Keys"]["PK"]["S"]})
        entry = {"EventBusName": os.environ["BUS_NAME"], "Source": "notes", "DetailType": "Noted", "Detail": detail}
        answer = events.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise RuntimeError(answer["Entries"])
    print(f"published {len(event['Records'])}")
