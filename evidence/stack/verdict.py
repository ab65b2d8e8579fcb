"""What must hold of a stack at rest: accepted = stored = final or waiting, and nowhere twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from evidence.stack.local_up import LocalUp
from tests.e2e.actors import Platforms

FINAL = frozenset({"SENT", "REJECTED", "CANCELLED"})
WAITING = frozenset({"IN_DOUBT", "NEEDS_MAPPING"})
"""For a person. Nobody pauses a channel here: what is PAUSED is behind a breaker, and goes on by itself."""
EVERYTHING = "100000"  # of `forwards list`


@dataclass(frozen=True)
class Found:
    """What the stack has stored, and what the platforms hold."""

    stored: tuple[tuple[str, str], ...]
    """Reference and code of each order in the table."""
    forwards: tuple[Mapping[str, Any], ...]
    """As `forwards list` has them; a channel is called as its platform."""
    held: Mapping[str, Mapping[str, int]]
    """By platform and code: how many orders it holds."""

    def states(self) -> dict[str, dict[str, int]]:
        """How many forwards of each channel are in which state."""
        channels = sorted({each["channel"] for each in self.forwards})
        return {
            channel: dict(
                sorted(Counter(each["state"] for each in self.forwards if each["channel"] == channel).items())
            )
            for channel in channels
        }


def forwards_of(up: LocalUp, channels: Iterable[str]) -> list[dict[str, Any]]:
    """Every forward, as the operator sees it."""
    return [
        forward
        for channel in channels
        for forward in up.operator.run("forwards", "list", "--channel", channel, "--limit", EVERYTHING)
    ]


def found_on(up: LocalUp, platforms: Platforms) -> Found:
    """What is there now."""
    return Found(
        stored=tuple(_stored(up.description)),
        forwards=tuple(forwards_of(up, platforms.urls)),
        held={
            platform: {code: len(orders) for code, orders in platforms.all_held(platform).items()}
            for platform in platforms.urls
        },
    )


def _stored(description: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    table = boto3.client(
        "dynamodb",
        endpoint_url=description["aws_endpoint_url"],
        region_name=description["region"],
        aws_access_key_id=description["access_key"],
        aws_secret_access_key=description["secret_key"],
    )
    pages = table.get_paginator("scan").paginate(
        TableName=description["table"],
        FilterExpression="SK = :order",
        ExpressionAttributeValues={":order": {"S": "ORDER"}},
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            # An order without one is none of the clients'.
            yield json.loads(item["content"]["S"])["purchase_order_no"] or "", item["code"]["S"]


def at_rest(forwards: Iterable[Mapping[str, Any]], codes: Iterable[str], channels: Iterable[str]) -> bool:
    """Whether every order has its forward for each channel, and nothing more happens to any of them by itself."""
    known = {(each["code"], each["channel"]): each["state"] for each in forwards}
    wanted = {(code, channel) for code in codes for channel in channels}
    return wanted <= known.keys() and all(state in FINAL | WAITING for state in known.values())


def violations(accepted: Mapping[str, str], found: Found) -> list[str]:
    """What does not hold, in words that name the order; none where all is well.

    Args:
        accepted: The code that each reference was answered with.
        found: What is there at rest.
    """
    return [*_of_orders(accepted, found), *_of_forwards(found), *_of_platforms(found)]


def _of_orders(accepted: Mapping[str, str], found: Found) -> Iterable[str]:
    stored = dict(found.stored)
    for reference, code in accepted.items():
        if reference not in stored:
            yield f"{reference} was accepted as {code} and is not stored"
        elif stored[reference] != code:
            yield f"{reference} was accepted as {code} and is stored as {stored[reference]}"
    for reference in stored.keys() - accepted.keys():
        yield f"{reference} is stored and was never accepted"
    for code, times in Counter(code for _, code in found.stored).items():
        if times > 1:
            yield f"the code {code} was given to {times} orders"


def _of_forwards(found: Found) -> Iterable[str]:
    codes = {code for _, code in found.stored}
    known = {(each["code"], each["channel"]) for each in found.forwards}
    for platform in found.held:
        for code in sorted(codes):
            if (code, platform) not in known:
                yield f"{code} has no forward to {platform}"
    for forward in found.forwards:
        name, state = f"the forward of {forward['code']} to {forward['channel']}", forward["state"]
        if forward["code"] not in codes:
            yield f"{name} belongs to no stored order"
        if state not in FINAL | WAITING:
            yield f"{name} is {state}, neither final nor waiting"
        if state in WAITING and not forward["error"]:
            yield f"{name} is {state} and does not say why"


def _of_platforms(found: Found) -> Iterable[str]:
    codes = {code for _, code in found.stored}
    states = {(each["channel"], each["code"]): each["state"] for each in found.forwards}
    for platform, held in found.held.items():
        for code, times in held.items():
            if times > 1:
                yield f"{platform} holds {times} orders of {code}"
            if code not in codes:
                yield f"{platform} holds an order of {code}, which is not stored"
            if states.get((platform, code)) in ("REJECTED", "CANCELLED", "NEEDS_MAPPING"):
                yield f"{platform} holds an order of {code}, whose forward is {states[platform, code]}"
    for (platform, code), state in states.items():
        if state == "SENT" and not found.held[platform].get(code):
            yield f"the forward of {code} to {platform} is SENT, and {platform} holds no order of it"
