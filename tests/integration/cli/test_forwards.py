"""`orderbridge forwards`, and what lets forwards go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, Outcome, Refused, Rejected, Unknown
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.forward.waiting import park_for_mappings, pause, release
from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
from orderbridge_cli.operating import orders as operating_orders
from orderbridge_cli.operating.tables.orders import TableOperatorOrders
from tests.integration.cli.attempts import NGORDER, SALESMANIA, SIRCLO, Move, Place, attempt
from tests.integration.cli.conftest import Operator, state_of


def _frozen(operator: Operator, order: Order, channel: str) -> bool:
    return any(
        item["SK"]["S"].startswith("REQUEST#") and item["PK"]["S"].split("#")[2] == channel for item in operator.items()
    )


@pytest.fixture
def no_scan(operator: Operator) -> Iterator[None]:
    """Whoever lists orders or forwards reads those, and not the whole table."""

    def refuse(**_: Any) -> None:
        raise AssertionError("a scan of the whole table")

    events = operator.stack.clients.dynamodb.meta.events
    events.register("before-call.dynamodb.Scan", refuse)
    yield
    events.unregister("before-call.dynamodb.Scan", refuse)


@pytest.mark.usefixtures("no_scan")
def test_forwards_are_listed_by_state_and_channel(two_partners: Operator, place_order: Place, move: Move) -> None:
    first = place_order(1, channels=[SIRCLO, NGORDER])
    second = place_order(2, client_id="budi", channels=[SIRCLO])
    unrouted = place_order(3)
    rejected = place_order(4, client_id="budi", channels=[NGORDER])
    attempt(two_partners, first, "sirclo", Accepted("991"))
    attempt(two_partners, rejected, "ngorder", Rejected("no"))
    move(first, "ngorder", lambda f: park_for_mappings(f, [MappingKey.of("product", "P")], utc_now()))

    def listed(*arguments: str) -> list[tuple[str, str | None]]:
        return [(each["code"], each["channel"]) for each in two_partners.json("forwards", "list", *arguments)]

    assert listed("--state", "SENT") == [(first.code, "sirclo")]
    assert listed("--state", "QUEUED") == [(second.code, "sirclo")]
    assert listed("--state", "REJECTED") == [(rejected.code, "ngorder")]
    assert listed("--state", "REJECTED", "--channel", "sirclo") == []
    assert listed("--state", "CANCELLED") == []
    assert listed("--state", "NEEDS_MAPPING") == [(first.code, "ngorder"), (unrouted.code, None)]
    assert listed("--state", "NEEDS_MAPPING", "--channel", "ngorder") == [(first.code, "ngorder")]
    assert listed("--channel", "sirclo") == [(second.code, "sirclo"), (first.code, "sirclo")]
    assert listed("--state", "QUEUED", "--channel", "ngorder") == []
    assert [code for code, _ in listed()] == [rejected.code, unrouted.code, second.code, first.code, first.code]
    assert two_partners.run("forwards", "list", "--state", "LOST").exit_code == 2
    assert "There is no channel tokopedia." in two_partners.refused("forwards", "list", "--channel", "tokopedia")


@pytest.mark.usefixtures("no_scan")
def test_a_list_of_forwards_says_where_it_ends(two_partners: Operator, place_order: Place) -> None:
    now = utc_now()
    old, recent = (place_order(n, channels=[SIRCLO], at=now - timedelta(days=days)) for n, days in ((1, 20), (2, 1)))
    for order in (old, recent):
        attempt(two_partners, order, "sirclo", Accepted(order.code))
    rejected = place_order(3, channels=[NGORDER], at=now - timedelta(days=20))
    attempt(two_partners, rejected, "ngorder", Rejected("no"))

    def codes(*arguments: str) -> list[str]:
        return [each["code"] for each in two_partners.json("forwards", "list", *arguments)]

    assert codes() == codes("--state", "SENT") == [recent.code]
    assert "last 7 days" in two_partners.run("forwards", "list").stderr
    long_ago = (now - timedelta(days=30)).date().isoformat()
    assert codes("--since", long_ago) == [recent.code, rejected.code, old.code]
    assert codes("--since", long_ago, "--limit", "1") == [recent.code]
    assert "more than 1 forward;" in two_partners.run("forwards", "list", "--since", long_ago, "--limit", "1").stderr
    assert codes("--state", "REJECTED") == [rejected.code], "what a person has to do something about, however old"
    assert codes("--state", "REJECTED", "--since", recent.created_at) == []
    assert "last 7 days" not in two_partners.run("forwards", "list", "--state", "REJECTED").stderr


def test_many_forwards_are_listed_once_each_newest_order_first(
    two_partners: Operator, place_order: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operating_orders, "ORDERS_AT_ONCE", 3)
    now = utc_now()
    placed = [place_order(n, channels=[SIRCLO], at=now - timedelta(minutes=n)) for n in range(1, 9)]

    listed = [each["code"] for each in two_partners.json("forwards", "list")]

    assert listed == [order.code for order in placed]


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_rejected_forward_is_retried_and_mapped_again(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SIRCLO])
    attempt(set_up, order, "sirclo", Rejected("sku unknown"))
    assert _frozen(set_up, order, "sirclo")

    moved = set_up.json("forwards", "retry", order.code, "sirclo")

    assert moved["state"] == "SENDING", "SIRCLO is looked at first"
    assert state_of(set_up, order, "sirclo") is ForwardState.SENDING
    assert not _frozen(set_up, order, "sirclo")
    assert [message["code"] for message in set_up.messages("sirclo")] == [order.code]
    events = [entry["event"] for entry in set_up.json("orders", "show", order.code)["timeline"]]
    assert events[-1] == "ForwardRetried"


def test_where_nobody_can_look_a_rejected_forward_is_queued_again(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SALESMANIA])
    attempt(set_up, order, "salesmania", Rejected("no such customer"))
    assert set_up.json("forwards", "retry", order.code, "salesmania")["state"] == "QUEUED"
    assert len(set_up.messages("salesmania")) == 1


def test_a_doubt_is_retried_where_the_platform_can_be_looked_at(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SIRCLO])
    attempt(set_up, order, "sirclo", Unknown("timeout"))
    assert set_up.json("forwards", "retry", order.code, "sirclo")["state"] == "SENDING"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [(Accepted("1"), "holds it already"), (Unknown("timeout"), "forwards resolve"), (None, "queued already")],
)
def test_a_forward_in_another_state_is_not_retried(
    set_up: Operator, place_order: Place, outcome: Outcome | None, said: str
) -> None:
    order = place_order(1, channels=[SALESMANIA])
    if outcome is not None:
        attempt(set_up, order, "salesmania", outcome)
    before = set_up.items()

    assert said in set_up.refused("forwards", "retry", order.code, "salesmania")

    assert set_up.items() == before
    assert set_up.messages("salesmania") == []


def test_a_wait_that_a_platform_has_asked_for_is_cut_short_with_the_request_as_it_was(
    set_up: Operator, place_order: Place
) -> None:
    order = place_order(1, channels=[SIRCLO])
    attempt(set_up, order, "sirclo", Refused("429", retry_after=3600))
    assert set_up.json("forwards", "retry", order.code, "sirclo")["state"] == "QUEUED"
    assert _frozen(set_up, order, "sirclo")
    assert len(set_up.messages("sirclo")) == 1
    assert "queued already" in set_up.refused("forwards", "retry", order.code, "sirclo")


def test_a_doubt_that_is_just_there_is_not_resolved_as_absent_before_a_look_can_tell(
    set_up: Operator, place_order: Place
) -> None:
    order = place_order(1, channels=[SIRCLO])
    attempt(set_up, order, "sirclo", Unknown("timeout"))
    before = set_up.items()
    said = set_up.refused("forwards", "resolve", order.code, "sirclo", "--absent")
    assert "may not be listed yet" in said
    assert "--unseen" in said
    assert set_up.items() == before
    assert set_up.json("forwards", "resolve", order.code, "sirclo", "--absent", "--unseen")["state"] == "QUEUED"


def test_unseen_goes_with_absent_alone(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SIRCLO])
    assert set_up.run("forwards", "resolve", order.code, "sirclo", "--sent", "1", "--unseen").exit_code == 2


def test_the_unrouted_place_is_not_retried(set_up: Operator, place_order: Place) -> None:
    order = place_order(1)
    assert "import a route" in set_up.refused("forwards", "retry", order.code, "unrouted")


def test_a_channel_the_order_does_not_go_to_is_refused(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SIRCLO])
    assert "no forward to ngorder" in set_up.refused("forwards", "retry", order.code, "ngorder")


def test_doubt_is_settled_as_sent_with_the_platforms_id(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SALESMANIA])
    attempt(set_up, order, "salesmania", Unknown("timeout"))

    moved = set_up.json("forwards", "resolve", order.code, "salesmania", "--sent", "8812")

    assert (moved["state"], moved["external_id"]) == ("SENT", "8812")
    assert set_up.messages("salesmania") == []
    entry = set_up.json("orders", "show", order.code)["timeline"][-1]
    assert entry["event"] == "ForwardResolved"
    who, _, what = entry["detail"].partition(": ")
    assert who.startswith("by user/"), "who it was, as AWS knows them"
    assert "8812" in what


@pytest.mark.parametrize(("channel", "said"), [(SIRCLO, "is asked to"), (SALESMANIA, "which has no call")])
def test_an_operator_who_settles_doubt_hears_that_the_order_is_unwanted(
    set_up: Operator, place_order: Place, channel: ChannelRef, said: str
) -> None:
    order = place_order(1, channels=[channel])
    attempt(set_up, order, channel.name, Unknown("timeout"))
    set_up.stack.desk.request_cancel(order, "2025-01-01T00:00:00.000Z", None, "2025-01-01T00:01:00.000Z")

    result = set_up.run("forwards", "resolve", order.code, channel.name, "--sent", "8812")

    assert said in result.stderr
    assert len(set_up.messages(channel.platform)) == (channel is SIRCLO)


def test_where_aws_does_not_say_who_calls_the_command_works_all_the_same(
    set_up: Operator, place_order: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sts.example.com")

    order = place_order(1, channels=[SIRCLO])
    attempt(set_up, order, "sirclo", Rejected("sku unknown"))
    clients = set_up.stack.clients
    monkeypatch.setattr(clients, "_client", lambda *_: SimpleNamespace(get_caller_identity=refuse))
    monkeypatch.delitem(vars(set_up.stack), "operator", raising=False)

    set_up.json("forwards", "retry", order.code, "sirclo")
    entry = set_up.json("orders", "show", order.code)["timeline"][-1]
    assert entry["detail"].startswith("by an operator: out of REJECTED")


def test_doubt_is_settled_as_absent_by_sending_the_same_request_again(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SALESMANIA])
    attempt(set_up, order, "salesmania", Unknown("timeout"))

    moved = set_up.json("forwards", "resolve", order.code, "salesmania", "--absent")

    assert moved["state"] == "QUEUED"
    assert _frozen(set_up, order, "salesmania")
    assert len(set_up.messages("salesmania")) == 1
    assert "only an IN_DOUBT" in set_up.refused("forwards", "resolve", order.code, "salesmania", "--absent")


@pytest.mark.parametrize("arguments", [(), ("--absent", "--sent", "1"), ("--sent", " ")])
def test_resolve_takes_exactly_one_answer(set_up: Operator, place_order: Place, arguments: tuple[str, ...]) -> None:
    order = place_order(1, channels=[SALESMANIA])
    assert set_up.run("forwards", "resolve", order.code, "salesmania", *arguments).exit_code == 2


@pytest.mark.parametrize("state", [Accepted("1"), Rejected("no"), None])
def test_only_doubt_is_resolved(set_up: Operator, place_order: Place, state: Outcome | None) -> None:
    order = place_order(1, channels=[SIRCLO])
    if state is not None:
        attempt(set_up, order, "sirclo", state)
    before = set_up.items()
    for arguments in (("--absent",), ("--sent", "2")):
        assert "only an IN_DOUBT" in set_up.refused("forwards", "resolve", order.code, "sirclo", *arguments)
    assert set_up.items() == before


def test_resuming_a_channel_lets_go_what_it_held(set_up: Operator, place_order: Place, move: Move) -> None:
    order = place_order(1, channels=[SIRCLO])
    set_up.json("channels", "pause", "sirclo")
    move(order, "sirclo", lambda forward: pause(forward, "paused", utc_now(), 600))
    assert json.loads(set_up.run("forwards", "list", "--state", "PAUSED", "--json").stdout)[0]["error"] == "paused"

    resumed: dict[str, Any] = set_up.json("channels", "resume", "sirclo")

    assert resumed["released"] == 1
    assert state_of(set_up, order, "sirclo") is ForwardState.QUEUED
    assert len(set_up.messages("sirclo")) == 1


def test_a_forward_that_left_its_pause_by_itself_is_not_let_go_again(
    set_up: Operator, place_order: Place, move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = place_order(1, channels=[SIRCLO])
    set_up.json("channels", "pause", "sirclo")
    paused = move(order, "sirclo", lambda forward: pause(forward, "paused", utc_now(), 600))
    move(order, "sirclo", lambda forward: release(forward, "by its forwarder", utc_now(), 60))
    monkeypatch.setattr(TableOperatorOrders, "waiting", lambda *_: iter([paused]))

    assert set_up.json("channels", "resume", "sirclo")["released"] == 0
    assert set_up.messages("sirclo") == []


def test_setting_a_paused_channel_up_again_lets_go_what_it_held(
    set_up: Operator, place_order: Place, move: Move
) -> None:
    order = place_order(1, channels=[SIRCLO])
    set_up.json("channels", "pause", "sirclo")
    move(order, "sirclo", lambda forward: pause(forward, "credentials refused", utc_now(), 600))

    assert set_up.add_channel("sirclo").exit_code == 0

    assert set_up.json("channels", "show", "sirclo")["state"] == "active"
    assert state_of(set_up, order, "sirclo") is ForwardState.QUEUED
