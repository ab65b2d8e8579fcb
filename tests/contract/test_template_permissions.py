"""What the template grants: to each role, on its own resources, and for the table by partition key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import pytest

from orderbridge.aws import items
from orderbridge.aws.schema import SCHEMA
from orderbridge.channels import table as channel_table
from orderbridge.channels.credentials import credentials_secret
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.items import COMPLETED, OPEN, forward_pk, waiting_places
from orderbridge.forwarding.queues import forward_queue_name
from orderbridge.orders import table as order_table
from orderbridge.orders.codes import order_code
from orderbridge.partners import table as partner_table
from orderbridge.partners.table import bucket_pk, failures_pk
from orderbridge.platforms.names import platform_names
from orderbridge.status.table import status_pk
from orderbridge.stock.table import run_pk, stock_pk
from orderbridge.values.events import SOURCE
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
from orderbridge.webhooks.items import DELIVERY_SHARDS, SHARDS, deliveries_pk, webhooks_pk
from tests.contract.template import as_list, template

WILDCARDS_WITH_REASONS = {
    "${Table.Arn}/stream/*": "a stream's name ends in the moment it was made, and a table has one",
    **dict.fromkeys(
        (f"/channels/{platform}/*" for platform in platform_names()),
        "channels are added while the system runs, each with a secret under its platform's path",
    ),
    "/channels/*": "stock goes from one platform's channels to another's, and one function asks all for statuses",
    "${AWS::StackName}-forward-*": "the queues of all platforms, so that a new one's is among them",
    "/webhooks/*": "webhooks are added while the system runs, each with a secret of its own",
}

# A partition key of each kind of item, as the code writes it.
PARTITION_KEYS = {
    "ORDER#*": order_table.order_pk(OrderKey.of("acme", "po:PO-1")),
    "FORWARD#*": forward_pk(ForwardKey(OrderKey.of("acme", "po:PO-1"), ChannelRef("shop", "acme"))),
    **{
        f"{kind}#{platform}#*": pk(ChannelRef("shop", platform))
        for platform in platform_names()
        for kind, pk in (
            ("BREAKER", lambda channel: channel_table.breaker_pk(channel.platform, channel.name)),
            ("FORWARD", lambda channel: forward_pk(ForwardKey(OrderKey.of("acme", "po:PO-1"), channel))),
            ("MAPPING", lambda channel: channel_table.mapping_pk(channel, "product")),
        )
    },
    "PARTNER#*": partner_table.partner_pk("acme"),
    "CHANNEL#*": channel_table.channel_pk("shop"),
    "BREAKER#*": channel_table.breaker_pk("acme", "shop"),
    "MAPPING#*": channel_table.mapping_pk(ChannelRef("shop", "acme"), "product"),
    "CODES#*": f"CODES#{date(2026, 1, 2).isoformat()}",
    "STOCK#*": stock_pk("shop"),
    "STOCKRUN#*": run_pk("shop"),
    "STATUS#*": status_pk("shop"),
    "WEBHOOKS#*": webhooks_pk("acme"),
    "DELIVERY#*": deliveries_pk("acme", "wh_0123456789abcdef", "07"),
    "LIMIT#*": bucket_pk("acme"),
    "LOGINS#*": failures_pk("client#acme"),
    "SCHEMA": SCHEMA,
}

# The same for the indexes that functions query.
INDEX_KEYS = {
    "due": [f"{kind}{number:02d}" for kind in ("", "W") for number in range(items.DUE_SHARDS)],
    "waiting": [
        place
        for platform in platform_names()
        for state in (OPEN, COMPLETED, ForwardState.PAUSED)
        for place in waiting_places(ChannelRef("shop", platform), state)
    ],
    "by_code": [order_code(date(2026, 1, 2), 1), order_code(date(2026, 1, 2), 123456)],
    "by_partner_day": order_table.partner_days("acme", "2026-01-02"),
    "registry": ["CHANNEL"],
}

TITLES = sorted(
    name.removeprefix("ForwardQueue")
    for name in template().of_type("AWS::SQS::Queue")
    if name.startswith("ForwardQueue")
)
"""The platforms' names as they are in logical ids."""

STREAM_READS = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}

BY_ATTRIBUTE = ("ForAllValues:StringEquals", "StringEqualsIfExists")
"""What may narrow a grant on the table further: the attributes that a call names, and what it may be answered."""


def table_grants() -> Iterator[tuple[str, set[str], Mapping[str, Any]]]:
    """Role, actions and statement of every grant on the table or its indexes."""
    for role, statement in template().statements():
        actions = set(as_list(statement["Action"]))
        if any(action.startswith("dynamodb:") for action in actions) and not actions <= STREAM_READS:
            yield role, actions, statement


def leading_keys(statement: Mapping[str, Any]) -> list[str]:
    condition = statement["Condition"]
    assert set(condition) - set(BY_ATTRIBUTE) == {"ForAllValues:StringLike"}, condition
    assert set(condition["ForAllValues:StringLike"]) == {"dynamodb:LeadingKeys"}, condition
    return as_list(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from strings_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)
    else:
        yield str(value)


def test_no_statement_has_a_wildcard_but_those_with_a_reason() -> None:
    used: set[str] = set()
    for owner, statement in template().statements():
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement), owner
        for action in as_list(statement["Action"]):
            assert not {"*", "?"} & set(action), f"{owner}: {action}"
        for resource in strings_in(statement["Resource"]):
            if "*" in resource or "?" in resource:
                reasons = [end for end in WILDCARDS_WITH_REASONS if resource.endswith(end)]
                assert reasons, f"{owner}: {resource}"
                used.update(reasons)
        assert statement.get("Principal", {}) != "*", owner
    assert used == set(WILDCARDS_WITH_REASONS), "a reason stands here for a wildcard that is gone"


def test_the_roles_are_all_that_the_template_grants() -> None:
    for name, role in template().of_type("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        service = "scheduler" if "Schedule" in name else "lambda"
        assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}, name
    for name, function in template().of_type("AWS::Serverless::Function").items():
        assert "Policies" not in function, name
        assert function["Role"] == {"Fn::GetAtt": [name.replace("Function", "Role"), "Arn"]}, name


def test_every_grant_on_the_table_names_the_partition_keys_it_reaches() -> None:
    grants = list(table_grants())
    assert len(grants) >= 15
    for role, actions, statement in grants:
        keys = leading_keys(statement)
        if statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}:
            assert set(keys) <= set(PARTITION_KEYS), role
        else:
            assert index_of(statement) in INDEX_KEYS, role
            assert actions == {"dynamodb:Query"}, role


@pytest.mark.parametrize("pattern", PARTITION_KEYS)
def test_a_granted_partition_key_matches_the_items_of_its_kind_and_no_other(pattern: str) -> None:
    mine = [kind for kind in PARTITION_KEYS if kind.startswith(pattern.removesuffix("*"))]
    assert [kind for kind, key in PARTITION_KEYS.items() if fnmatchcase(key, pattern)] == mine


def index_of(statement: Mapping[str, Any]) -> str | None:
    """The index that a grant is on; None for the table itself."""
    resource = statement["Resource"].get("Fn::Sub", "")
    return resource.removeprefix("${Table.Arn}/index/") if resource.startswith("${Table.Arn}/index/") else None


@pytest.mark.parametrize("index", INDEX_KEYS)
def test_a_grant_on_an_index_reaches_its_keys_and_those_of_no_other(index: str) -> None:
    granted = [leading_keys(statement) for _, _, statement in table_grants() if index_of(statement) == index]
    assert granted
    others = [key for name, keys in INDEX_KEYS.items() if name != index for key in keys]
    for patterns in granted:
        for pattern in patterns:
            assert any(fnmatchcase(key, pattern) for key in INDEX_KEYS[index]), pattern
        assert not [key for key in others for pattern in patterns if fnmatchcase(key, pattern)]
    for key in INDEX_KEYS[index]:
        assert any(fnmatchcase(key, pattern) for patterns in granted for pattern in patterns), key


def granted(role: str, prefix: str) -> dict[str, set[str]]:
    """The partition keys on which a role has each action."""
    found: dict[str, set[str]] = {}
    for owner, actions, statement in table_grants():
        if owner == role:
            for action in actions:
                found.setdefault(action.removeprefix(prefix), set()).update(leading_keys(statement))
    return found


def test_the_intake_path_may_write_orders_and_count_codes_and_only_read_partners() -> None:
    assert granted("OrderIntakeRole", "dynamodb:") == {
        "PutItem": {"ORDER#*"},
        "UpdateItem": {"CODES#*", "LIMIT#*"},
        "Query": {"PARTNER#*"},
        "GetItem": {"SCHEMA"},
    }


def test_refresh_reads_partners_and_counts_calls() -> None:
    assert granted("AuthRefreshRole", "dynamodb:") == {
        "Query": {"PARTNER#*"},
        "UpdateItem": {"LIMIT#*"},
        "GetItem": {"SCHEMA"},
    }


def test_login_reads_partners_and_counts_calls_and_failures() -> None:
    assert granted("AuthLoginRole", "dynamodb:") == {
        "GetItem": {"PARTNER#*", "SCHEMA"},
        "UpdateItem": {"LOGINS#*", "LIMIT#*"},
    }


def test_reading_writes_nothing_but_the_count_of_calls() -> None:
    writes = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
    assert {action: keys for action, keys in granted("OrderReadRole", "dynamodb:").items() if action in writes} == {
        "UpdateItem": {"LIMIT#*"}
    }


def test_cancelling_changes_orders_and_forwards_and_nothing_else() -> None:
    held = granted("OrderCancelRole", "dynamodb:")
    assert held["PutItem"] == {"ORDER#*", "FORWARD#*"}
    assert held["UpdateItem"] == {"ORDER#*", "LIMIT#*"}
    assert set(held) == {"PutItem", "UpdateItem", "GetItem", "BatchGetItem", "Query"}


def test_what_everybody_may_ask_reads_channels_and_the_tables_version_only() -> None:
    assert granted("ApiInfoRole", "dynamodb:") == {
        "Query": {"CHANNEL"},
        "BatchGetItem": {"BREAKER#*"},
        "GetItem": {"SCHEMA"},
    }


def test_the_pattern_of_the_platforms_queues_reaches_theirs_and_no_other() -> None:
    pattern = "${AWS::StackName}-forward-*"
    names = {
        properties["QueueName"]["Fn::Sub"]: queue for queue, properties in template().of_type("AWS::SQS::Queue").items()
    }
    reached = {name: queue for name, queue in names.items() if fnmatchcase(name, pattern)}
    assert set(reached) == {forward_queue_name("${AWS::StackName}", platform) for platform in platform_names()}
    assert {queue.lower() for queue in reached.values()} == {f"forwardqueue{name}" for name in platform_names()}


def test_every_function_may_read_of_which_version_the_table_is_and_none_may_write_it() -> None:
    roles = {properties["Role"]["Fn::GetAtt"][0] for properties in template().functions().values()}
    held = {
        (role, action)
        for role, actions, statement in table_grants()
        for action in actions
        if SCHEMA in leading_keys(statement)
    }
    assert held == {(role, "dynamodb:GetItem") for role in roles}


@pytest.mark.parametrize("name", TITLES)
def test_a_forwarder_reaches_its_own_platforms_secrets_and_queue_only(name: str) -> None:
    platform = name.lower()
    role = f"Forward{name}Role"
    own = [statement for owner, statement in template().statements() if owner == role]
    secrets = [
        statement["Resource"]["Fn::Sub"] for statement in own if statement["Action"] == "secretsmanager:GetSecretValue"
    ]
    (path,) = secrets
    arn = path.replace("${AWS::StackName}", "orderbridge")
    named = arn.rsplit(":secret:", 1)[1]
    assert fnmatchcase(credentials_secret("orderbridge", platform, "shop") + "-AbCdEf", named)
    for other in set(platform_names()) - {platform}:
        assert not fnmatchcase(credentials_secret("orderbridge", other, "shop") + "-AbCdEf", named)
    queues = {
        resource
        for statement in own
        if any(action.startswith("sqs:") for action in as_list(statement["Action"]))
        for resource in strings_in(statement["Resource"])
    }
    assert queues == {f"ForwardQueue{name}", "Arn"}


def test_the_stock_sync_writes_levels_and_its_runs_and_only_reads_the_rest() -> None:
    grants = granted("StockSyncRole", "dynamodb:")
    writes = {"PutItem", "DeleteItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems"}
    assert {action: keys for action, keys in grants.items() if action in writes} == {
        "PutItem": {"STOCK#*", "STOCKRUN#*"},
        "DeleteItem": {"STOCK#*"},
    }
    assert grants["Query"] == {"MAPPING#*", "STOCK#*", "CHANNEL"}
    assert not any("ORDER#*" in keys or "PARTNER#*" in keys for keys in grants.values())


def test_a_stock_schedule_may_call_the_stock_sync_and_nothing_else() -> None:
    (statement,) = [statement for owner, statement in template().statements() if owner == "StockScheduleRole"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": ["StockSyncFunction", "Arn"]}
    (trust,) = template().of_type("AWS::IAM::Role")["StockScheduleRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_events_may_only_be_put_under_our_own_source() -> None:
    puts = [statement for _, statement in template().statements() if statement["Action"] == "events:PutEvents"]
    assert len(puts) >= 2
    for statement in puts:
        assert statement["Resource"] == {"Fn::GetAtt": ["Bus", "Arn"]}
        assert statement["Condition"] == {"StringEqualsIfExists": {"events:source": SOURCE}}


def test_only_a_platforms_own_rule_may_fill_its_queues() -> None:
    policies = template().of_type("AWS::SQS::QueuePolicy")
    assert {title.lower() for title in TITLES} == set(platform_names())
    for platform in TITLES:
        for queue in (f"ForwardQueue{platform}", f"RuleDeadLetters{platform}"):
            policy = policies[f"{queue}Policy"]
            assert policy["Queues"] == [{"Ref": queue}]
            (statement,) = policy["PolicyDocument"]["Statement"]
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
            rule = {"Fn::GetAtt": [f"Rule{platform}", "Arn"]}
            assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}


def test_the_function_that_calls_what_partners_choose_reaches_their_webhooks_and_nothing_else_of_theirs() -> None:
    assert granted("WebhookSenderRole", "dynamodb:") == {
        "BatchGetItem": {"DELIVERY#*", "WEBHOOKS#*", "PARTNER#*"},
        "PutItem": {"DELIVERY#*"},
        "UpdateItem": {"WEBHOOKS#*"},
        "GetItem": {"SCHEMA"},
    }
    secrets = [
        resource
        for owner, statement in template().statements()
        if owner == "WebhookSenderRole" and "secretsmanager:GetSecretValue" in as_list(statement["Action"])
        for resource in strings_in(statement["Resource"])
    ]
    assert len(secrets) == 1
    assert secrets[0].endswith(":secret:${AWS::StackName}/webhooks/*")


def test_the_status_sync_changes_forwards_and_pauses_channels_and_writes_nothing_else() -> None:
    writes = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
    held = granted("StatusSyncRole", "dynamodb:")
    assert {action: keys for action, keys in held.items() if action in writes} == {
        "PutItem": {"FORWARD#*", "STATUS#*"},
        "UpdateItem": {"BREAKER#*"},
    }


def test_the_shards_of_webhooks_are_none_of_those_of_orders() -> None:
    assert {DELIVERY_SHARDS + shard for shard in SHARDS} == {f"W{number:02d}" for number in range(items.DUE_SHARDS)}


def test_nothing_that_runs_by_itself_can_change_where_a_webhooks_messages_go() -> None:
    writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    reaching = [(actions, each) for _, actions, each in table_grants() if "WEBHOOKS#*" in leading_keys(each)]
    writing = [(actions & writes, each) for actions, each in reaching if actions & writes]
    assert [actions for actions, _ in writing] == [{"dynamodb:UpdateItem"}]
    for _, statement in writing:
        changed = {*statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]}
        assert changed >= {"PK", "state", "reason", "since", "failures", "rest_until", "slow_since"}
        assert not changed & {"url", "events", "client_id", "webhook_id"}
