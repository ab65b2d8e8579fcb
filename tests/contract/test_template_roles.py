"""What each role of the template can do to channels: their settings, pauses, breakers and credentials.

Credentials go to the host that a channel's settings name. So no function writes settings, and none reads the secrets of
a platform that is not its own, but for those that work for all platforms.
"""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from orderbridge.channels.credentials import credentials_secret
from orderbridge.channels.table import breaker_pk, channel_pk, mapping_pk
from orderbridge.forwarding.items import forward_pk
from orderbridge.orders.table import order_pk
from orderbridge.platforms.names import platform_names
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
from orderbridge_cli.local.deployment.template import parse_template
from tests.contract.policies import NotUnderstood, Request, Role, arn, like
from tests.contract.template import TEMPLATE, Template, template

TEXT = TEMPLATE.read_text()
TABLE = arn(template(), {"Fn::GetAtt": ["Table", "Arn"]})
ROLES = [Role(template(), name) for name in template().of_type("AWS::IAM::Role")]
FORWARDERS = {
    properties["Environment"]["Variables"]["PLATFORM"]: properties["Role"]["Fn::GetAtt"][0]
    for name, properties in template().functions().items()
    if name.startswith("forward_")
}
OF_ALL_PLATFORMS = {"StockSyncRole", "StatusSyncRole"}
"""Who reads the secrets of all platforms: levels go from each to each, and one function asks all for statuses."""

WRITES = (
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "PartiQLInsert",
    "PartiQLUpdate",
    "PartiQLDelete",
)
READS = ("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect")
NAMES = ("x", "toko", "ngorder", "a.b_c-d")
REFS = [ChannelRef(name, platform) for platform in platform_names() for name in NAMES]
ORDER = OrderKey.of("acme", "po:PO-1")
BREAKERS = [breaker_pk(channel.platform, channel.name) for channel in REFS]
FORWARDS = [forward_pk(ForwardKey(ORDER, channel)) for channel in REFS]
MAPPINGS = [mapping_pk(channel, "product") for channel in REFS]
CHANNELS = [channel_pk(name) for name in NAMES]


def on_the_table(action: str, *keys: str) -> Request:
    return Request(f"dynamodb:{action}", TABLE, {"dynamodb:LeadingKeys": keys})


def written_by(role: Role, keys: list[str]) -> set[str]:
    """Which of these partition keys a role may write, alone or in one request with another."""
    batches = [(key,) for key in keys] + list(combinations(keys, 2))
    return {key for batch in batches for write in WRITES if role.allows(on_the_table(write, *batch)) for key in batch}


def secrets_of(role: Role) -> set[str]:
    """The platforms whose credentials a role may read."""
    return {
        platform
        for platform in platform_names()
        for name in ("shop", "ngorder")
        if role.allows(Request("secretsmanager:GetSecretValue", secret_arn(platform, name)))
    }


def secret_arn(platform: str, channel: str) -> str:
    name = credentials_secret("orderbridge", platform, channel)
    return f"arn:aws:secretsmanager:ap-southeast-3:123456789012:secret:{name}-AbCdEf"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_role_may_write_a_channel(role: Role) -> None:
    assert written_by(role, CHANNELS) == set()


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_may_write_breakers_and_pauses_of_its_own_platform_only(role: Role) -> None:
    own = [platform for platform, name in FORWARDERS.items() if name == role.name]
    if role.name == "StatusSyncRole":
        own = list(platform_names())  # it pauses the channel whose credentials are refused

    assert written_by(role, BREAKERS) == {key for key in BREAKERS if key.split("#")[1] in own}


@pytest.mark.parametrize("name", FORWARDERS.values())
def test_a_forwarder_writes_forwards_and_mappings_of_its_own_platform_only_and_no_order(name: str) -> None:
    keys = [*FORWARDS, *MAPPINGS, order_pk(ORDER)]
    own = [key for key in keys if key.startswith((f"FORWARD#{_platform(name)}#", f"MAPPING#{_platform(name)}#"))]
    assert written_by(Role(template(), name), keys) == {*own}
    assert len(own) == 2 * len(NAMES)


def _platform(forwarder: str) -> str:
    return next(platform for platform, name in FORWARDERS.items() if name == forwarder)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_reads_the_credentials_of_its_own_platform_only(role: Role) -> None:
    own = {platform for platform, name in FORWARDERS.items() if name == role.name}
    assert secrets_of(role) == (set(platform_names()) if role.name in OF_ALL_PLATFORMS else own)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_role_may_change_a_secret_or_its_own_rights(role: Role) -> None:
    assert role.actions("secretsmanager") <= {"secretsmanager:GetSecretValue"}
    assert role.actions("iam") | role.actions("sts") == set()


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_role_has_an_action_that_is_held_to_no_partition_key(role: Role) -> None:
    """A request without leading keys meets the condition, and a Scan or an export sends none."""
    without = [action for action in (*WRITES, *READS) if role.allows(Request(f"dynamodb:{action}", TABLE))]
    assert {"Scan", "PartiQLSelect", *WRITES[4:]} & set(without) == set()
    granted = {action.partition(":")[2] for action in role.actions("dynamodb")}
    streams = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
    keyed = {"ConditionCheckItem", "GetItem", "BatchGetItem", "Query", *WRITES[:4]}
    assert granted <= streams | keyed


def test_every_platform_has_a_forwarder_that_may_do_its_work() -> None:
    """So that the tests above cannot pass because nothing is allowed, or nothing is asked."""
    assert FORWARDERS.keys() == set(platform_names())
    for platform, name in FORWARDERS.items():
        role = Role(template(), name)
        own = (channel_pk("toko"), breaker_pk(platform, "toko"))
        assert role.allows(on_the_table("BatchGetItem", *own))
        assert role.allows(on_the_table("UpdateItem", own[1]))
        for other in set(platform_names()) - {platform}:
            assert not role.allows(on_the_table("BatchGetItem", own[0], breaker_pk(other, "toko")))
    assert len(ROLES) > len(template().functions())


BEFORE = re.compile(r'LeadingKeys: \[!Sub \["BREAKER#.+\]\]')


def test_the_grant_that_let_every_forwarder_write_every_channel_is_found() -> None:
    """The statement as it once was: a forwarder paused its channel, and could put any address into any other."""
    for was in ('LeadingKeys: ["CHANNEL#*"]', 'LeadingKeys: ["*"]', 'LeadingKeys: ["C*", "ORDER#*"]'):
        old = Template(parse_template(BEFORE.sub(was, TEXT)))
        for name in FORWARDERS.values():
            assert written_by(Role(old, name), CHANNELS) == set(CHANNELS)


@pytest.mark.parametrize(
    ("value", "pattern", "is_like"),
    [
        ("BREAKER#sirclo#x", "BREAKER#sirclo#*", True),
        ("BREAKER#sirclo#", "BREAKER#sirclo#*", True),
        ("BREAKER#sirclo2#x", "BREAKER#sirclo#*", False),
        ("BREAKER#sirclo", "BREAKER#sirclo#*", False),
        ("a.b", "a?b", True),
        ("ab", "a?b", False),
        ("a[b]", "a[b]", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("a\nb", "a*", True),
        ("CHANNEL#x", "channel#*", False),
    ],
)
def test_patterns_are_read_as_aws_reads_them(value: str, pattern: str, is_like: bool) -> None:
    assert like(value, pattern) is is_like


def test_a_condition_on_keys_that_a_request_does_not_send_is_met() -> None:
    role = Role(template(), "ForwardSircloRole")

    assert role.allows(Request("dynamodb:UpdateItem", TABLE))
    assert role.allows(on_the_table("UpdateItem"))
    assert not role.allows(on_the_table("UpdateItem", breaker_pk("sirclo", "x"), breaker_pk("ngorder", "x")))


def test_what_the_evaluation_does_not_know_is_no_permission_and_no_refusal() -> None:
    document = parse_template(TEXT.replace("ForAllValues:StringLike", "StringLike"))
    with pytest.raises(NotUnderstood):
        Role(Template(document), "ForwardSircloRole").allows(on_the_table("UpdateItem", "CHANNEL#x"))
