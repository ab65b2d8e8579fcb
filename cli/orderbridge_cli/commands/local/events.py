"""What one function of the running stack is started with and called with: `orderbridge local env` and `local event`.

The events in ``events/`` are what each trigger really sends. Here they become the demo partner's, on the stack that
runs: its token, signature and client id, an order that is there, a message that is there.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orderbridge_cli.commands.local.seeding import DEMO_PARTNER
from orderbridge_cli.local.machine.places import PROJECT_ROOT
from orderbridge_cli.output import Failure, note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderbridge.values.ids import OrderKey
    from orderbridge_cli.target import Operations


EVENTS = PROJECT_ROOT / "events"
ORDERS = "/api/v1/sales-orders"
PAGE = 10

Event = dict[str, Any]


def event_names() -> list[str]:
    """The names that there are events of: a function's, or one that begins with it."""
    return sorted(path.stem for path in EVENTS.glob("*.json"))


def sample_event(name: str) -> Event:
    """The event of `events/<name>.json`, with its place-holders."""
    event: Event = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def with_values(event: Event, headers: Mapping[str, str]) -> Event:
    """The event with these values in those of the headers that it has."""
    own = {name: value for name, value in headers.items() if name in event["headers"]}
    multiple = {name: [value] for name, value in own.items()}
    return {
        **event,
        "headers": {**event["headers"], **own},
        "multiValueHeaders": {**event["multiValueHeaders"], **multiple},
    }


def variables(stack: Operations) -> dict[str, dict[str, str]]:
    """The variables of every deployed function by its name in the template, as SAM's ``--env-vars`` takes them.

    A secret is not among them: functions are given the names of secrets, and read them by their role.
    """
    functions = stack.clients.functions
    found: dict[str, dict[str, str]] = {}
    for logical_id, name in stack.clients.physical_ids(stack.facts.name, "AWS::Lambda::Function"):
        configuration = functions.get_function_configuration(FunctionName=name)
        found[logical_id] = dict(configuration.get("Environment", {}).get("Variables", {}))
    return found


@dataclass
class DemoEvents:
    """Events of the partner that `orderbridge local up` has registered, for the local stack that runs."""

    stack: Operations
    folder: Path

    @classmethod
    def here(cls, stack: Operations) -> DemoEvents:
        """Raises `Failure` where no local stack runs for this directory, or nothing was seeded."""
        if stack.target.state is None:
            raise Failure("Events are for the local stack, and none runs here; start it with `orderbridge local up`.")
        folder = Path(stack.target.state) / "demo-partner"
        if not (folder / "partner.json").exists():
            raise Failure(f"There is no partner {DEMO_PARTNER}: start `orderbridge local up` without --no-seed.")
        return cls(stack, folder)

    def event(self, name: str) -> Event:
        """The event of this name, ready to be sent; the demo partner sends an order first where it needs one."""
        event = sample_event(name)
        if "httpMethod" in event:
            return self._request(event)
        match event.get("Records", [{}])[0].get("eventSource"):
            case "aws:dynamodb":
                return self._stream(event)
            case "aws:sqs":
                return self._message(event)
        return event

    # --- the API ------------------------------------------------------------------------------------------------------

    @cached_property
    def _issued(self) -> dict[str, str]:
        issued: dict[str, str] = json.loads((self.folder / "partner.json").read_text())
        return {name: issued[name] for name in ("client_id", "client_secret")}

    @cached_property
    def _token(self) -> str:
        from orderbridge_cli.commands.partner_calls import call

        token: str = call(self.stack, "POST", "/api/v1/auth/login", {}, self._issued)["token"]
        return token

    def _headers(self) -> dict[str, str]:
        from orderbridge_cli.commands.sign import read_private_key, signed_headers

        signed = signed_headers(DEMO_PARTNER, read_private_key(self.folder / "private.pem"), int(time.time()))
        return {"Authorization": f"Bearer {self._token}", **signed}

    def _request(self, event: Event) -> Event:
        if "Authorization" in event["headers"]:
            event = with_values(event, self._headers())
        if event["pathParameters"] is not None:
            event["pathParameters"] = {"code": self._code}
            event["path"] = event["resource"].format(code=self._code)
            event["requestContext"]["path"] = f"/{event['requestContext']['stage']}{event['path']}"
        body = json.loads(event["body"]) if event["body"] is not None else {}
        if "client_secret" in body:
            body = self._issued
        elif "token" in body:
            body = {"token": self._token}
        elif "products" in body:
            # Of its own number: the same order again would be no new one.
            body["purchase_order_no"] = f"PO-{int(time.time())}-{secrets.token_hex(4)}"
        return {**event, "body": json.dumps(body)} if body else event

    @cached_property
    def _code(self) -> str:
        """The code of the partner's newest order; it sends one where it has none."""
        from orderbridge_cli.commands.partner_calls import call

        headers = {"Authorization": f"Bearer {self._token}"}
        found = call(self.stack, "GET", f"{ORDERS}?limit={PAGE}", headers)["data"]
        if not found:
            note(f"the partner {DEMO_PARTNER} has no order yet, and sends one")
            body = json.loads(self._request(sample_event("order_intake"))["body"])
            found = [call(self.stack, "POST", ORDERS, self._headers(), body)["data"]]
        code: str = found[0]["code"]
        return code

    @cached_property
    def _key(self) -> OrderKey:
        from orderbridge.reading.orders import key_of_code

        key = key_of_code(self.stack.order_reads, self._code, time.sleep)
        if key is None:
            raise Failure(f"The order {self._code} is not in the table's index yet; try again.")
        return key

    # --- stream and queues --------------------------------------------------------------------------------------------

    def _stream(self, event: Event) -> Event:
        """The insertion of the partner's newest order, as it is in the table now."""
        from orderbridge.aws.items import keys
        from orderbridge.orders.table import order_pk

        record: Event = event["Records"][0]
        of_order = keys(order_pk(self._key), "ORDER")
        item = self.stack.clients.dynamodb.get_item(TableName=self.stack.table, Key=of_order, ConsistentRead=True)
        image = {name: _as_in_a_stream(value) for name, value in item["Item"].items()}
        return {"Records": [{**record, "dynamodb": {**record["dynamodb"], "Keys": of_order, "NewImage": image}}]}

    def _message(self, event: Event) -> Event:
        record: Event = event["Records"][0]
        body = json.loads(record["body"])
        body = self._delivery(body) if "message_id" in body else self._forward(body)
        return {"Records": [{**record, "body": json.dumps(body)}]}

    def _forward(self, body: dict[str, str]) -> dict[str, str]:
        """The forward of the partner's newest order to the demo channel of the queue's platform."""
        named = {"code": self._code, "client_id": self._key.client_id, "reference_hash": self._key.reference_hash}
        return {**body, **named, "channel": body["platform"]}

    def _delivery(self, body: dict[str, str]) -> dict[str, str]:
        """The newest message to a webhook of the partner, or one that the function will not know."""
        from orderbridge_cli.wiring import operate_webhooks

        deliveries = operate_webhooks(self.stack).records(DEMO_PARTNER, None, None)
        newest = max(deliveries, key=lambda delivery: delivery.created_at, default=None)
        if newest is not None:
            return newest.ref.detail()
        note(f"no message is known: `orderbridge webhooks add {DEMO_PARTNER} URL`, and send an order")
        return {**body, "client_id": DEMO_PARTNER}


def _as_in_a_stream(value: Mapping[str, Any]) -> dict[str, Any]:
    """An attribute as a stream record in JSON has it: binary values in Base64."""
    return {"B": base64.b64encode(value["B"]).decode()} if "B" in value else dict(value)
