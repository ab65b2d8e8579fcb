"""The simulated queues, bus, stream filters and secrets, held to what AWS's documents say of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from evidence.aws.bus import Bus, EventBridge, Rule
from evidence.aws.patterns import matches
from evidence.aws.queues import Queue, Sqs
from evidence.aws.secrets import SecretsManager
from evidence.processes.virtual import exceptions_of
from evidence.system.world import World
from evidence.weather import Row
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.values.events import Event
from tests.contract.template import template

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def called(_operation: str, _asked: Any, act: Callable[[], Any]) -> Any:
    return act()


def bodies(queue: Queue, now: datetime) -> list[str]:
    """What can be received now, one after the other."""
    found = []
    while (message := queue.receive(now)) is not None:
        found.append(message.body)
    return found


# --- queues ---------------------------------------------------------------------------------------------------------


def test_a_message_is_seen_once_its_delay_is_over_and_not_before() -> None:
    queue = Queue("q", visibility_seconds=30)
    queue.send("late", NOW, delay_seconds=900)
    queue.send("soon", NOW)

    assert bodies(queue, NOW) == ["soon"]
    assert bodies(queue, at(29)) == []
    assert queue.next_at == at(30)
    assert bodies(queue, at(899.9)) == ["soon"]
    assert bodies(queue, at(900)) == ["late"]


def test_a_message_that_is_not_deleted_is_seen_again_after_its_visibility_timeout_and_counts_its_receives() -> None:
    queue = Queue("q", visibility_seconds=30)
    queue.send("x", NOW)
    received = [queue.receive(at(30 * times)) for times in range(3)]

    assert [message and message.message_id for message in received] == ["q-0"] * 3
    assert received[0] is not None
    assert received[0].receives == 3
    assert queue.receive(at(89)) is None


def test_a_message_that_is_deleted_is_never_seen_again() -> None:
    queue = Queue("q", visibility_seconds=30)
    queue.send("x", NOW)
    message = queue.receive(NOW)
    assert message is not None
    message.is_deleted = True

    assert queue.next_at is None
    assert queue.receive(at(31)) is None


def test_a_message_goes_to_the_dead_letters_when_it_would_be_received_once_more_than_it_may() -> None:
    dead = Queue("dead", visibility_seconds=30)
    queue = Queue("q", visibility_seconds=30, max_receives=2, dead_letters=dead)
    queue.send("x", NOW)

    assert [bodies(queue, at(30 * times)) for times in range(3)] == [["x"], ["x"], []]
    assert queue.next_at is None
    moved = dead.receive(at(60))
    assert moved is not None
    assert (moved.message_id, moved.body, moved.sent_at) == ("q-0", "x", NOW)


def test_a_dead_letter_is_kept_from_when_it_was_first_sent() -> None:
    """The developer guide: of standard queues "the expiration of a message is always based on its original enqueue"."""
    dead = Queue("dead", visibility_seconds=30, keeps_seconds=100)
    queue = Queue("q", visibility_seconds=30, max_receives=1, dead_letters=dead)
    queue.send("x", NOW)
    assert bodies(queue, at(0)) == ["x"]
    assert bodies(queue, at(90)) == []

    assert bodies(dead, at(101)) == []


def test_a_message_that_nobody_has_deleted_is_gone_after_its_retention() -> None:
    queue = Queue("q", visibility_seconds=60, keeps_seconds=100)
    queue.send("x", NOW)

    assert bodies(queue, at(0)) == ["x"]
    assert bodies(queue, at(100)) == ["x"]
    assert bodies(queue, at(161)) == []
    assert queue.next_at is None


def test_a_batch_is_taken_message_by_message() -> None:
    refused = iter([False, True, False])
    queue = Queue("q", visibility_seconds=30)
    sqs = Sqs({"q": queue}, lambda: NOW, exceptions_of("sqs"), called, lambda: next(refused))
    entries = [{"Id": each, "MessageBody": each, "MessageGroupId": "g"} for each in "abc"]

    answer = sqs.send_message_batch(QueueUrl="q", Entries=entries)

    assert [each["Id"] for each in answer["Successful"]] == ["a", "c"]
    assert [each["Id"] for each in answer["Failed"]] == ["b"]
    assert bodies(queue, NOW) == ["a", "c"]


@pytest.mark.parametrize("ids", ["", "aa", "abcdefghijk"])
def test_a_batch_that_sqs_would_refuse_is_no_batch(ids: str) -> None:
    sqs = Sqs({"q": Queue("q", visibility_seconds=30)}, lambda: NOW, exceptions_of("sqs"), called)
    with pytest.raises(AssertionError):
        sqs.send_message_batch(QueueUrl="q", Entries=[{"Id": each, "MessageBody": "x"} for each in ids])


def test_a_queue_that_is_not_there_is_refused_as_sqs_does() -> None:
    sqs = Sqs({}, lambda: NOW, exceptions_of("sqs"), called)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="q")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl="q", MessageBody="x")


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_that_sqs_does_not_take_is_refused(delay: int) -> None:
    queue = Queue("q", visibility_seconds=30)
    sqs = Sqs({"q": queue}, lambda: NOW, exceptions_of("sqs"), called)
    with pytest.raises(AssertionError, match="a delay"):
        sqs.send_message(QueueUrl="q", MessageBody="x", DelaySeconds=delay)
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="q")["QueueUrl"], MessageBody="x", DelaySeconds=900)
    assert queue.next_at == at(900)


def test_a_group_on_a_standard_queue_neither_orders_messages_nor_holds_any_back() -> None:
    """The developer guide: unlike FIFO queues, "messages with the same MessageGroupId can be processed in parallel"."""
    dead = Queue("dead", visibility_seconds=30)
    queue = Queue("q", visibility_seconds=30, max_receives=1, dead_letters=dead)
    sqs = Sqs({"q": queue}, lambda: NOW, exceptions_of("sqs"), called)
    for body, group in (("1", "a"), ("2", "a"), ("3", "b")):
        sqs.send_message(QueueUrl="q", MessageBody=body, MessageGroupId=group)
    received = [queue.receive(NOW) for _ in range(3)]
    assert [(each.body, each.group) for each in received if each] == [("1", "a"), ("2", "a"), ("3", "b")]
    assert bodies(queue, at(30)) == []
    assert [each.group for _, _, each in dead.waiting] == ["a", "a", "b"], "a dead letter keeps its group"


@pytest.mark.parametrize("asked", [{"MessageGroupId": ""}, {"MessageGroupId": "a b"}, {"MessageGroupId": "x" * 129}])
def test_a_group_that_sqs_does_not_take_is_refused(asked: dict[str, str]) -> None:
    sqs = Sqs({"q": Queue("q", visibility_seconds=30)}, lambda: NOW, exceptions_of("sqs"), called)
    with pytest.raises(AssertionError, match="a message group"):
        sqs.send_message(QueueUrl="q", MessageBody="x", **asked)


def test_a_parameter_that_is_not_simulated_is_not_passed_over() -> None:
    sqs = Sqs({"q": Queue("q", visibility_seconds=30)}, lambda: NOW, exceptions_of("sqs"), called)
    with pytest.raises(AssertionError, match="not simulated"):
        sqs.send_message(QueueUrl="q", MessageBody="x", MessageDeduplicationId="1")


# --- the bus --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "event", "is_matched"),
    [
        ({"a": ["x", "y"]}, {"a": "y", "b": 1}, True),
        ({"a": ["x"]}, {"a": "z"}, False),
        ({"a": ["x"]}, {}, False),
        ({"a": ["x"], "b": ["y"]}, {"a": "x"}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": {"b": ["x"]}}, {}, False),
        ({"a": [{"prefix": "x#"}]}, {"a": "x#1"}, True),
        ({"a": [{"prefix": "x#"}]}, {"a": "x"}, False),
        ({"a": [{"prefix": "x#"}]}, {"a": 1}, False),
        ({"a": ["x"]}, {"a": ["y", "x"]}, True),  # of a list one is enough
        ({"a": ["x"]}, {"a": []}, False),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [True]}, {"a": True}, True),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),  # null is not what is missing
        ({"a": []}, {"a": "x"}, False),
        ({}, {"a": "x"}, True),
    ],
)
def test_a_pattern_matches_as_eventbridges(
    pattern: Mapping[str, Any], event: Mapping[str, Any], is_matched: bool
) -> None:
    assert matches(pattern, event) is is_matched


def test_a_pattern_that_is_not_simulated_is_refused_by_name() -> None:
    with pytest.raises(AssertionError, match="anything-but"):
        matches({"a": [{"anything-but": ["x"]}]}, {"a": "y"})


def entry(detail: Any, kind: str = "ForwardQueued") -> dict[str, Any]:
    text = detail if isinstance(detail, str) else json.dumps(detail)
    return {"Source": "orderbridge", "DetailType": kind, "Detail": text, "EventBusName": "bus"}


def test_every_rule_that_an_event_matches_gets_the_member_that_its_target_asks_for() -> None:
    first, second, third = (Queue(name, 30) for name in ("first", "second", "third"))
    rules = [
        Rule({"detail-type": ["ForwardQueued"]}, first, "detail"),
        Rule({"detail": {"platform": ["sirclo"]}}, second, "detail"),
        Rule({"source": ["another"]}, third, "detail"),
    ]
    bus = Bus(rules, lambda: NOW)
    EventBridge(bus, exceptions_of("events"), called).put_events(Entries=[entry({"platform": "sirclo", "é": 1})])

    found = [[json.loads(body) for body in bodies(queue, NOW)] for queue in (first, second, third)]
    assert found == [[{"platform": "sirclo", "é": 1}], [{"platform": "sirclo", "é": 1}], []]


def test_of_the_entries_of_a_call_those_that_are_refused_are_named_and_the_others_are_put() -> None:
    refused = iter([False, True, False])
    bus = Bus([], lambda: NOW)
    client = EventBridge(bus, exceptions_of("events"), called, fails=lambda: next(refused))
    answer = client.put_events(Entries=[entry({"n": 1}), entry({"n": 2}), entry("[]"), entry("{"), entry({"n": 3})])

    codes = [each.get("ErrorCode") for each in answer["Entries"]]
    assert codes == [None, "InternalFailure", "MalformedDetail", "MalformedDetail", None]
    assert answer["FailedEntryCount"] == 3
    assert [detail["n"] for _, detail in bus.published] == [1, 3]


def test_an_event_that_is_lost_on_its_way_was_accepted_and_comes_nowhere() -> None:
    queue = Queue("q", 30)
    bus = Bus([Rule({}, queue, "detail")], lambda: NOW, drops=lambda: True)
    answer = EventBridge(bus, exceptions_of("events"), called).put_events(Entries=[entry({"n": 1})])

    assert (answer["FailedEntryCount"], len(bus.published), queue.next_at) == (0, 1, None)


@pytest.mark.parametrize("count", [0, 11])
def test_a_call_with_more_entries_than_eventbridge_takes_or_with_none_is_refused(count: int) -> None:
    client = EventBridge(Bus([], lambda: NOW), exceptions_of("events"), called)
    with pytest.raises(AssertionError, match="entries"):
        client.put_events(Entries=[entry({})] * count)


# --- the template's rules and filters -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world with nobody in it: the template's resources, as the proof makes them."""
    with ExitStack() as stack:
        yield World(Row("nobody"), [], 1, stack)


def test_a_forward_comes_into_its_platforms_queue_and_into_no_other(world: World) -> None:
    platforms = {name.removeprefix("forward_"): name for name in world.functions if name.startswith("forward_")}
    assert len(platforms) >= 3
    published = EventBridgeBus(world.aws.clients["events"], "orderbridge")
    for platform in platforms:
        published.publish([Event(kind, {"platform": platform}) for kind in ("ForwardQueued", "ForwardSent")])

    for platform, function in platforms.items():
        queue = world.aws.queues[world.functions[function].variables["QUEUE_URL"]]
        assert [json.loads(body) for body in bodies(queue, world.machine.now)] == [{"platform": platform}]
    assert [name for name, queue in world.aws.queues.items() if bodies(queue, world.machine.now)] == []


def test_every_queue_has_what_the_template_says(world: World) -> None:
    number = template().number
    for name, properties in template().of_type("AWS::SQS::Queue").items():
        queue = world.aws.queues[world.aws.names[name]]
        assert queue.keeps_seconds == number(properties["MessageRetentionPeriod"])
        assert queue.visibility_seconds == number(properties.get("VisibilityTimeout", 30))
        redrive = properties.get("RedrivePolicy")
        assert (queue.dead_letters is None) is (redrive is None)
        if redrive is not None:
            target = world.aws.names[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
            assert (queue.dead_letters, queue.max_receives) == (
                world.aws.queues[target],
                number(redrive["maxReceiveCount"]),
            )


NEWS_OF_A_FORWARD = ("alone", "beside")


@pytest.mark.parametrize("event_name", ["INSERT", "MODIFY", "REMOVE"])
@pytest.mark.parametrize("news", [None, "QUEUED", "SENT", "PAUSED", *NEWS_OF_A_FORWARD])
@pytest.mark.parametrize(
    ("pk", "sk"),
    [
        ("ORDER#artia#1", "ORDER"),
        ("FORWARD#sirclo#shop#artia#1", "FORWARD"),
        ("ORDER#artia#1", "EVENT#2025#1"),
        ("FORWARD#sirclo#shop#artia#1", "REQUEST#0123"),
        ("BREAKER#sirclo#shop", "STATE"),
        ("CHANNEL#shop", "PROFILE"),
    ],
)
def test_the_publisher_is_woken_by_new_orders_news_of_forwards_and_pauses_and_by_nothing_else(
    world: World, pk: str, sk: str, news: str | None, event_name: str
) -> None:
    image = {"PK": {"S": pk}, "SK": {"S": sk}, **({"news": {"S": news}} if news else {})}
    record = {
        "eventName": event_name,
        "dynamodb": {"Keys": {name: image[name] for name in ("PK", "SK")}, "NewImage": image},
    }
    is_written = event_name != "REMOVE"

    is_wanted = (
        (sk == "ORDER" and event_name == "INSERT")
        or (sk in ("FORWARD", "ORDER") and is_written and news in NEWS_OF_A_FORWARD)
        or (pk.startswith("BREAKER#") and is_written and news == "PAUSED")
    )
    assert any(matches(pattern, record) for pattern in world.lanes.filters) is is_wanted


# --- secrets ------------------------------------------------------------------------------------------------------


def test_a_secret_is_read_written_and_made_as_secrets_manager_does() -> None:
    secrets = SecretsManager(exceptions_of("secretsmanager"), called)
    secrets.create_secret(Name="a", SecretString="1")
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "1"
    secrets.put_secret_value(SecretId="a", SecretString="2")
    assert secrets.get_secret_value(SecretId="a")["SecretString"] == "2"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda secrets: secrets.get_secret_value(SecretId="b"), "ResourceNotFoundException"),
        (lambda secrets: secrets.put_secret_value(SecretId="b", SecretString="1"), "ResourceNotFoundException"),
        (lambda secrets: secrets.create_secret(Name="a", SecretString="2"), "ResourceExistsException"),
    ],
)
def test_what_secrets_manager_refuses_is_refused_and_changes_nothing(act: Callable[[Any], Any], code: str) -> None:
    secrets = SecretsManager(exceptions_of("secretsmanager"), called, {"a": "1"})
    with pytest.raises(ClientError) as refused:
        act(secrets)
    assert refused.value.response["Error"]["Code"] == code
    assert isinstance(refused.value, getattr(secrets.exceptions, code))
    assert secrets.values == {"a": "1"}
