"""What the template grants is what the functions call: no call without a grant, no grant without a call.

Every function runs its days on moto, with the platforms' sandboxes behind it, and each call is noted as IAM sees it:
action, resource, and the partition keys that it reaches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import mapping_pk
from orderbridge.entrypoints.invocation import HandlerFailed
from orderbridge.orders.table import order_pk
from orderbridge.values.events import OPTIONAL_EVENTS
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.webhooks import items as webhook_items
from orderbridge.webhooks.table import webhook_secret_name
from orderbridge.webhooks.webhook import EVENTS, Webhook
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from orderbridge_sandboxes.faults import Fault
from tests.conformance.facts import facts_of
from tests.contract.template import as_list, template
from tests.e2e.receivers import Receiver
from tests.fakes import samples
from tests.integration.deployed import STACK, Call, Deployed, deployed_stack, sqs_event
from tests.integration.partner_side import Event, PartnerSide, sample_event, with_body

# What AWS itself calls in a function's name, and what no run here can show.
BY_THE_SERVICE = {
    "logs:CreateLogStream": "the runtime writes the log",
    "logs:PutLogEvents": "the runtime writes the log",
    "dynamodb:DescribeStream": "the event source reads the stream",
    "dynamodb:GetRecords": "the event source reads the stream",
    "dynamodb:GetShardIterator": "the event source reads the stream",
    "dynamodb:ListStreams": "the event source reads the stream",
    "sqs:ReceiveMessage": "the event source reads the queue",
    "sqs:DeleteMessage": "the event source reads the queue",
    "sqs:GetQueueAttributes": "the event source reads the queue",
}
WITH_REASONS: dict[tuple[str, str, str, str], str] = {
    ("event_publisher", "sqs:SendMessage", "StreamDeadLetters", ""): "Lambda puts there what could not be published",
    **{
        (function, "dynamodb:Query", "Table", "FORWARD#*"): "a timeline that has outgrown its forward's item"
        for function in ("order_read", "order_cancel")
    },
    **{
        (
            "stock_sync",
            "dynamodb:BatchGetItem",
            "Table",
            keys,
        ): "what was just sold is read first, of a list of ten pages"
        for keys in ("MAPPING#*", "STOCK#*")
    },
}


@dataclass(frozen=True)
class Grant:
    """One action that one statement allows on one resource, by pattern of its leading keys (none: not the table)."""

    function: str
    action: str
    resource: str
    pattern: str
    statement: int

    def is_used_by(self, call: Call) -> bool:
        return self.is_about(call) and (
            not self.pattern or any(fnmatchcase(key, self.pattern) for key in call.leading_keys)
        )

    def is_about(self, call: Call) -> bool:
        mine = (self.function, self.action) == (call.function, call.action)
        return mine and fnmatchcase(call.resource, self.resource)


def grants() -> Iterator[Grant]:
    for function, properties in template().functions().items():
        role = template().resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]
        statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
        for number, statement in enumerate(statements):
            keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [""])
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    for pattern in as_list(keys):
                        yield Grant(function, action, resource_of(resource), pattern, number)


def resource_of(value: Mapping[str, Any]) -> str:
    """A statement's resource, by logical id, as calls are noted."""
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    text = str(value["Fn::Sub"]).replace("${AWS::StackName}", STACK)
    if ":sqs:" in text:  # the platforms' queues by their names, which their logical ids follow
        return text.rpartition(":")[2].replace(f"{STACK}-forward-", "ForwardQueue")
    return text.rpartition(":secret:")[2] if ":secret:" in text else text.replace("${Table.Arn}", "Table")


def allows(held: list[Grant], call: Call) -> bool:
    """Whether one statement allows the call with all the keys that it reaches."""
    about = [grant for grant in held if grant.is_about(call)]
    for statement in {grant.statement for grant in about}:
        patterns = [grant.pattern for grant in about if grant.statement == statement]
        if patterns == [""] or all(any(fnmatchcase(key, p) for p in patterns) for key in call.leading_keys):
            return True
    return False


# --- a day of every function ------------------------------------------------------------------------------------------


class Days:
    """Everything that functions do, once."""

    def __init__(self, stack: Deployed, sandboxes: Mapping[str, Sandbox[Any]], receiver: Receiver) -> None:
        self.stack = stack
        self.sandboxes = sandboxes
        self.receiver = receiver
        # Of forty calls at once an environment lets four through by itself; after them it asks the partner's bucket.
        # On a slow machine too: nothing is given again while this runs.
        stack.parameters.update(AllowLoopbackHttp="true", PartnerCallsAtOnce="40", PartnerCallsPerSecond="0.0001")
        self.partner = PartnerSide(stack)
        channels = tuple(ChannelRef(f"{platform}-demo", platform) for platform in sandboxes)
        routes = {"SITE-NOWHERE": ()}
        self.partner.partner = replace(self.partner.partner, channels=channels, routes=routes)
        stack.add_partner(self.partner.partner)
        for platform in sandboxes:
            self.stack.add_channel(self.channel(platform), demo.DEMO_CREDENTIALS[platform])
            for kind, key, value in demo.demo_mappings(platform):
                stack.add_mapping(ChannelRef(f"{platform}-demo", platform), MappingKey.of(kind, key), value)  # type: ignore[arg-type]
        self._add_webhook()

    def channel(self, platform: str) -> Channel:
        document = {**demo.demo_settings(platform, self.sandboxes[platform].url), "rate_limit": 10_000, "timeout_s": 25}
        return Channel(f"{platform}-demo", platform, document)

    def webhook(self, **changes: Any) -> Webhook:
        at = "2025-01-01T00:00:00.000Z"
        return Webhook(samples.CLIENT_ID, "wh_0123456789abcdef", self.receiver.url, EVENTS, at, **changes)

    def _add_webhook(self) -> None:
        webhook = self.webhook()
        self.stack.put(webhook_items.webhook_item(webhook))
        name = webhook_secret_name(STACK, webhook.client_id, webhook.webhook_id)
        secret = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
        self.stack.add_secret(name, {"secrets": [secret]})

    def run(self) -> None:
        self.logins()
        for number in range(3):
            self.post(number)
        self.publish()
        self.forward_all()
        self.publish()
        self.tell_partners()
        self.read_and_cancel()
        self.sweep()
        self.sync()
        self.troubles()

    # --- parts --------------------------------------------------------------------------------------------------------

    def logins(self) -> None:
        """One fails; then there are more of each than an environment lets through by itself."""
        right = {"client_id": samples.CLIENT_ID, "client_secret": samples.CLIENT_SECRET}
        for body in ({"client_id": "x", "client_secret": "y"}, *[right] * 5):
            self.stack.call("auth_login", with_body(sample_event("auth_login"), body))
        for _ in range(5):
            self.stack.call("auth_refresh", with_body(sample_event("auth_refresh"), {"token": self.partner.token}))

    def post(self, number: int, **changes: Any) -> str:
        order = self.partner.order(purchase_order_no=f"PO-{number}", **changes)
        status, body, _ = self.stack.answer("order_intake", order)
        assert status in (200, 201), body
        code: str = body["data"]["code"]
        return code

    def publish(self) -> None:
        """The stream, with all that is there; the publisher does not mind what it knows."""
        self.stack.call("event_publisher", self.stack.stream_records())

    def forward(self, platform: str, *numbers: int) -> None:
        details = [
            {
                "code": order.code,
                "client_id": order.client_id,
                "reference_hash": order.key.reference_hash,
                "channel": f"{platform}-demo",
                "platform": platform,
            }
            for order in self.stack.orders()
            if order.content.purchase_order_no in {f"PO-{number}" for number in numbers}
        ]
        self.stack.call(f"forward_{platform}", sqs_event(*details))

    def forward_all(self) -> None:
        for platform in self.sandboxes:
            self.forward(platform, 0, 1)

    def tell_partners(self) -> None:
        """Deliver what waits for the webhook; its receiver fails, is slow from then on, and wants no more."""
        answers = [500, 410]
        self.receiver.answer = lambda: answers.pop(0)
        first, second = self.stack.messages("WebhookQueue")
        self.stack.call("webhook_sender", sqs_event(first))
        self.stack.put(webhook_items.webhook_item(self.webhook(slow_since="2025-01-01T00:00:00.000Z")))
        self.stack.call("webhook_sender", sqs_event(second))
        (handed_over,) = self.stack.messages("SlowWebhookQueue")
        self.stack.call("webhook_sender", sqs_event(handed_over))
        assert answers == []

    def troubles(self) -> None:
        """A mapping that only the platform knows, others that nobody knows, refusals, lost answers, bad credentials."""
        self.post(10, products=[{"product_code": "PROD-007", "quantity": 1}])
        self.post(11, products=[{"product_code": "PROD-999", "quantity": 1}])
        self.post(12)
        self.post(13)
        self.post(14, customer_code="CUST-999")
        self.publish()
        for platform, sandbox in self.sandboxes.items():
            self.stack.put_away(mapping_pk(ChannelRef(f"{platform}-demo", platform), "product"), "PROD-007")
            self.forward(platform, 10, 11, 14)
            sandbox.faults.add(Fault("close_before", method="POST"))
            self.forward(platform, 12)
            self.stack.end_leases()
            self.forward(platform, 12)
            sandbox.faults.clear()
            sandbox.faults.add(Fault("status", status=401, count=None))
            with suppress(HandlerFailed):  # it asks SalesMania only about orders whose id there is known
                self.stack.call("status_sync", {"platform": platform})
            self.stack.put_channel(self.channel(platform))
            self.forward(platform, 13)
            sandbox.faults.clear()
            self.stack.put_channel(self.channel(platform))  # and what was PAUSED is let go
            self.forward(platform, 13)
            self.forward(platform, 0)

    def read_and_cancel(self) -> None:
        codes = {order.content.purchase_order_no: order.code for order in self.stack.orders()}
        reads = sample_event("order_read")
        for resource, code, query in (
            ("/api/v1/sales-orders/{code}", codes["PO-0"], None),
            ("/api/v1/sales-orders", None, {"limit": "5"}),
            ("/api/v1/sales-orders", None, {"purchase_order_no": "PO-0"}),
            ("/api/v1/stocks", None, None),
            ("/api/v1/stocks", None, {"product_code": "PROD-001"}),
        ):
            event = self.partner.signed({**reads, "resource": resource, "queryStringParameters": query})
            event["path"], event["pathParameters"] = resource.format(code=code), {"code": code} if code else None
            event["multiValueQueryStringParameters"] = None
            status, body, _ = self.stack.answer("order_read", event)
            assert status == 200, body
        self.stack.answer("api_info", sample_event("api_info"))
        for number in ("PO-0", "PO-2", "PO-2", "PO-2", "PO-2"):
            status, body, _ = self.stack.answer("order_cancel", self.cancellation(codes[number]))
            assert status == 200, body

    def cancellation(self, code: str) -> Event:
        event = json.dumps(self.partner.signed(sample_event("order_cancel")))
        changed: Event = json.loads(event.replace("SO-20250101-00001", code))
        return changed

    def sweep(self) -> None:
        self.post(20)
        self.post(21, site_code="SITE-NOWHERE")
        self.stack.call(
            "event_publisher", self.stack.stream_records(order_pk(OrderKey.of(samples.CLIENT_ID, "po:PO-21")))
        )
        known = replace(self.partner.partner, routes={"SITE-NOWHERE": self.partner.partner.channels})
        self.stack.add_partner(known)
        for slow_since in (None, "2025-01-01T00:00:00.000Z"):
            self.stack.put(webhook_items.webhook_item(self.webhook(slow_since=slow_since)))
            self.stack.make_due()
            self.stack.call("sweeper", sample_event("sweeper"))

    def sync(self) -> None:
        self.sandboxes["sirclo"].set_stock("PROD-001", 1)  # and Ngorder, the source of record, says otherwise
        for platform in [*self.sandboxes, *self.sandboxes]:
            self.stack.call("stock_sync", {"platform": platform})
            self.stack.call("status_sync", {"platform": platform})
        self.stack.call("stock_sync", {"channel": "sirclo-demo"})
        for platform, sandbox in self.sandboxes.items():
            for held in sandbox.orders:
                self._advance(platform, sandbox, held.id)
            self.stack.put_away(mapping_pk(ChannelRef(f"{platform}-demo", platform), "product"), "PROD-003")
            self.stack.call("stock_sync", {"platform": platform})
            self.stack.call("status_sync", {"platform": platform})

    def _advance(self, platform: str, sandbox: Sandbox[Any], order: int) -> None:
        facts = facts_of(platform)
        sandbox.set_status(order, facts.cancelled if platform == "ngorder" else facts.shipped)


@pytest.fixture
def seen(
    load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[set[Call]]:
    with ExitStack() as held:
        stack = held.enter_context(deployed_stack(load_function, monkeypatch, tmp_path))
        stack.parameters["OptionalEvents"] = ",".join(OPTIONAL_EVENTS)
        sandboxes = {name: held.enter_context(sandbox()) for name, sandbox in SANDBOXES.items()}
        receiver = held.enter_context(Receiver())
        Days(stack, sandboxes, receiver).run()
        yield set(stack.calls)


def test_what_is_granted_is_what_is_called(seen: set[Call]) -> None:
    held = list(grants())
    without_a_grant = sorted(call for call in seen if not allows(held, call))
    unused = [
        grant
        for grant in held
        if grant.action not in BY_THE_SERVICE and not any(grant.is_used_by(call) for call in seen)
    ]
    held_with_reasons = {(g.function, g.action, g.resource, g.pattern) for g in unused} & WITH_REASONS.keys()

    assert {call.function for call in seen} == set(template().functions())
    assert without_a_grant == []
    assert [g for g in unused if (g.function, g.action, g.resource, g.pattern) not in WITH_REASONS] == []
    assert held_with_reasons == WITH_REASONS.keys(), "a reason stands here for a grant that is gone, or that is used"


def test_a_call_beyond_its_statement_is_found() -> None:
    """So that the test above cannot pass because everything is taken for allowed."""
    held = [
        Grant("f", "dynamodb:BatchGetItem", "Table", "ORDER#*", 0),
        Grant("f", "dynamodb:BatchGetItem", "Table", "MAPPING#*", 1),
        Grant("f", "sqs:SendMessage", "Queue", "", 2),
    ]

    assert allows(held, Call("f", "dynamodb:BatchGetItem", "Table", ("ORDER#a", "ORDER#b")))
    assert allows(held, Call("f", "sqs:SendMessage", "Queue"))
    assert not allows(held, Call("f", "dynamodb:BatchGetItem", "Table", ("MAPPING#a", "ORDER#b")))
    assert not allows(held, Call("f", "dynamodb:BatchGetItem", "Table/index/due", ("ORDER#a",)))
    assert not allows(held, Call("f", "dynamodb:GetItem", "Table", ("ORDER#a",)))
    assert not allows(held, Call("g", "dynamodb:BatchGetItem", "Table", ("ORDER#a",)))
    assert not allows(held, Call("f", "sqs:SendMessage", "Another"))
