"""Many forwards moved as one: `forwards retry` and `forwards resolve --from`, and the lists they begin with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from orderbridge.channels.lookups import Absent, CannotLook, Found
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition, change
from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
from orderbridge_cli import platform_calls
from orderbridge_cli.operating.channels import OperateChannels
from orderbridge_cli.operating.forwards import MoveForward
from tests.integration.cli.conftest import Operator, state_of

SALESMANIA, SIRCLO = ChannelRef("salesmania", "salesmania"), ChannelRef("sirclo", "sirclo")
RETRY = ("forwards", "retry", "--channel", "salesmania", "--state", "REJECTED")

Place, Move = Callable[..., Order], Callable[..., Forward]


def into(state: ForwardState, error: str | None = None) -> Callable[[Forward], Transition]:
    def moved(forward: Forward) -> Transition:
        sending = replace(forward, state=ForwardState.SENDING, attempts=1)
        event = {"REJECTED": "ForwardRejected", "IN_DOUBT": "ForwardInDoubt", "SENT": "ForwardSent"}[state]
        return change(sending, state, utc_now(), event, error, error=error, due_at=None)

    return moved


@pytest.fixture
def rejected(two_partners: Operator, place_order: Place, move: Move) -> list[Order]:
    """Three orders that SalesMania rejected for two reasons, and one that SIRCLO did."""
    placed = [place_order(number, channels=[SALESMANIA]) for number in (1, 2, 3)]
    for order, error in zip(placed, ("no product 17", "no product 18", "credit limit"), strict=True):
        move(order, "salesmania", into(ForwardState.REJECTED, error))
    elsewhere = place_order(4, channels=[SIRCLO])
    move(elsewhere, "sirclo", into(ForwardState.REJECTED, "no product 17"))
    return [*placed, elsewhere]


def states(operator: Operator, orders: list[Order]) -> list[str]:
    return [state_of(operator, order, order.channels[0].name) for order in orders]


def failed(operator: Operator, *arguments: Any) -> Any:
    """The document of a run that did not do all."""
    result = operator.run(*arguments, "--json")
    assert result.exit_code == 1, result.output
    return json.loads(result.stdout)


# --- retry ------------------------------------------------------------------------------------------------------------


def test_all_that_one_channel_rejected_is_sent_again_each_with_its_line(
    two_partners: Operator, rejected: list[Order]
) -> None:
    done = two_partners.json(*RETRY)

    assert sorted(each["code"] for each in done["done"]) == [order.code for order in rejected[:3]]
    assert (done["skipped"], done["failed"], done["dry_run"]) == ([], [], False)
    assert states(two_partners, rejected) == ["QUEUED", "QUEUED", "QUEUED", "REJECTED"]
    assert sorted(message["code"] for message in two_partners.messages("salesmania")) == [
        order.code for order in rejected[:3]
    ]
    timeline = two_partners.json("orders", "show", rejected[0].code)["timeline"]
    assert timeline[-1]["event"] == "ForwardRetried"
    assert timeline[-1]["detail"].startswith("by ")


@pytest.mark.parametrize("reason", ["no product", "NO PRODUCT 99", "no product #", "product 17"])
def test_a_reason_chooses_whatever_numbers_are_in_it(
    two_partners: Operator, rejected: list[Order], reason: str
) -> None:
    two_partners.json(*RETRY, "--reason", reason)

    assert states(two_partners, rejected) == ["QUEUED", "QUEUED", "REJECTED", "REJECTED"]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(two_partners: Operator, rejected: list[Order]) -> None:
    would = two_partners.json(*RETRY, "--dry-run")

    assert (len(would["done"]), would["dry_run"]) == (3, True)
    assert states(two_partners, rejected) == ["REJECTED"] * 4
    assert two_partners.messages("salesmania") == []


def test_a_forward_that_has_moved_on_meanwhile_is_skipped_and_said_to_be(
    two_partners: Operator, rejected: list[Order], move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    def somebody_is_quicker(*_: Any) -> None:
        queued = ForwardState.QUEUED
        move(rejected[2], "salesmania", lambda forward: change(forward, queued, utc_now(), "ForwardRetried", None))

    monkeypatch.setattr(OperateChannels, "hasten", somebody_is_quicker)

    done = two_partners.json(*RETRY)

    assert done["skipped"] == [{"code": rejected[2].code, "channel": "salesmania", "reason": "it is QUEUED by now"}]
    assert len(done["done"]) == 2


def test_what_breaks_off_says_what_was_done_and_the_same_command_goes_on(
    two_partners: Operator, rejected: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    retried, calls = MoveForward.retry_out_of, [0]

    def breaks_off(self: MoveForward, *arguments: Any) -> Forward:
        calls[0] += 1
        if calls[0] == 2:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")
        return retried(self, *arguments)

    monkeypatch.setattr(MoveForward, "retry_out_of", breaks_off)

    broken = failed(two_partners, *RETRY)
    assert len(broken["done"]) == 1
    assert "the same command goes on" in broken["error"]

    assert len(two_partners.json(*RETRY)["done"]) == 2
    assert states(two_partners, rejected[:3]) == ["QUEUED"] * 3


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--channel", "salesmania"),
        ("--state", "REJECTED"),
        ("SO-20250101-00001",),
        ("SO-20250101-00001", "salesmania", "--state", "REJECTED"),
        ("SO-20250101-00001", "salesmania", "--dry-run"),
        ("--channel", "salesmania", "--state", "SENT"),
        ("--channel", "salesmania", "--state", "REJECTED", "--reason", " "),
        ("--channel", "salesmania", "--state", "REJECTED", "--since", "yesterday"),
    ],
)
def test_one_and_many_are_never_mixed_up(set_up: Operator, arguments: tuple[str, ...]) -> None:
    assert set_up.run("forwards", "retry", *arguments).exit_code == 2


# --- resolve ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(two_partners: Operator, place_order: Place, move: Move, monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Three orders of which nobody knows whether SalesMania has them."""
    monkeypatch.setattr(platform_calls, "look_for", lambda *_: CannotLook("nobody can look"))
    placed = [place_order(number, channels=[SALESMANIA]) for number in (1, 2, 3)]
    for order in placed:
        move(order, "salesmania", into(ForwardState.IN_DOUBT, "no answer"))
    return placed


def decisions(operator: Operator, *rows: tuple[Order | str, str]) -> Any:
    lines = [f"{row.code if isinstance(row, Order) else row},salesmania,{sent_as}" for row, sent_as in rows]
    return operator.file("decisions.csv", "\n".join(["code,channel,sent_as", *lines]))


def test_each_row_of_a_file_settles_one_and_an_empty_one_none(two_partners: Operator, doubtful: list[Order]) -> None:
    file = decisions(two_partners, (doubtful[0], "4711"), (doubtful[1], "absent"), (doubtful[2], ""))

    done = two_partners.json("forwards", "resolve", "--from", file)

    assert [each["code"] for each in done["done"]] == [order.code for order in doubtful[:2]]
    assert states(two_partners, doubtful) == ["SENT", "QUEUED", "IN_DOUBT"]
    (forward,) = two_partners.json("orders", "show", doubtful[0].code)["forwards"]
    assert forward["external_id"] == "4711"
    again = two_partners.json("forwards", "resolve", "--from", file)
    assert (again["done"], len(again["skipped"])) == ([], 2), "the same file does nothing twice"


def test_what_is_said_to_be_absent_and_is_found_is_not_sent_again(
    two_partners: Operator, doubtful: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_platform = {doubtful[0].code: Found("99"), doubtful[1].code: Absent()}
    monkeypatch.setattr(platform_calls, "look_for", lambda _, record: at_platform[record.forward.code])
    file = decisions(two_partners, (doubtful[0], "absent"), (doubtful[1], "absent"))

    said = failed(two_partners, "forwards", "resolve", "--from", file)

    (refused,) = said["failed"]
    assert refused["code"] == doubtful[0].code
    assert "the platform holds it, as 99" in refused["error"]
    assert states(two_partners, doubtful[:2]) == ["IN_DOUBT", "QUEUED"], "one that fails stops no other"


def test_one_wrong_row_and_nothing_is_settled(two_partners: Operator, doubtful: list[Order]) -> None:
    file = decisions(two_partners, (doubtful[0], "4711"), ("SO-20250101-99999", "1"), (doubtful[1], "#N/A"))

    said = failed(two_partners, "forwards", "resolve", "--from", file)

    assert [line.split(":")[0] for line in said["rows"]] == ["line 3", "line 4"]
    assert states(two_partners, doubtful) == ["IN_DOUBT"] * 3


def test_a_file_of_another_kind_is_refused(two_partners: Operator) -> None:
    file = two_partners.file("mappings.csv", "kind,key,value\nproduct,P,1\n")

    assert "code,channel,sent_as" in two_partners.refused("forwards", "resolve", "--from", file)


def test_a_dry_run_of_a_file_settles_nothing(two_partners: Operator, doubtful: list[Order]) -> None:
    file = decisions(two_partners, (doubtful[0], "4711"))

    assert len(two_partners.json("forwards", "resolve", "--from", file, "--dry-run")["done"]) == 1
    assert states(two_partners, doubtful) == ["IN_DOUBT"] * 3


@pytest.mark.parametrize("others", [("SO-20250101-00001",), ("--absent",), ("--sent", "1"), ("--absent", "--unseen")])
def test_a_file_says_all(set_up: Operator, others: tuple[str, ...]) -> None:
    file = set_up.file("decisions.csv", "code,channel,sent_as\n")

    assert set_up.run("forwards", "resolve", *others, "--from", file).exit_code == 2


def test_the_list_of_what_is_in_doubt_is_the_form_of_decisions(two_partners: Operator, doubtful: list[Order]) -> None:
    result = two_partners.run("forwards", "list", "--state", "IN_DOUBT", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["sent_as"] for row in rows} == {""}

    unchanged = two_partners.file("form.csv", result.stdout)
    assert two_partners.json("forwards", "resolve", "--from", unchanged)["done"] == []

    filled = io.StringIO()
    writer = csv.DictWriter(filled, list(rows[0]))
    writer.writeheader()
    writer.writerows({**row, "sent_as": "4711"} for row in rows)
    done = two_partners.json("forwards", "resolve", "--from", two_partners.file("filled.csv", filled.getvalue()))
    assert len(done["done"]) == 3


# --- lists ------------------------------------------------------------------------------------------------------------


def test_orders_and_forwards_are_found_by_what_is_in_them(
    two_partners: Operator, rejected: list[Order], place_order: Place
) -> None:
    other = place_order(44, client_id="budi", channels=[SIRCLO], site="SITE-9")

    def orders(*options: str) -> set[str]:
        return {row["code"] for row in two_partners.json("orders", "list", *options)}

    def forwards(*options: str) -> set[str]:
        return {row["code"] for row in two_partners.json("forwards", "list", *options)}

    everything = {order.code for order in [*rejected, other]}
    for found in (orders, forwards):
        assert found("--customer", "CUST-001") == everything
        assert found("--customer", "CUST-00") == set()
        assert found("--site", "site-9") == set() or found("--site", "SITE-9") == {other.code}
        assert found("--product", "PROD-001") == everything
        assert found("--product", "PROD-002") == set()
        assert found("--channel", "sirclo") == {rejected[3].code, other.code}
        assert found("--po", "po-4") == {rejected[3].code, other.code}
        assert found("--reason", "credit") == {rejected[2].code}
        assert found("--reason", "no product", "--channel", "sirclo") == {rejected[3].code}
    assert forwards("--state", "REJECTED", "--po", "PO-1") == {rejected[0].code}
    for option in ("--customer", "--site", "--product", "--po", "--reason"):
        assert two_partners.run("orders", "list", option, " ").exit_code == 2
        assert two_partners.run("forwards", "list", option, "").exit_code == 2
    assert "There is no channel nowhere" in two_partners.refused("orders", "list", "--channel", "nowhere")


def test_a_forward_says_when_something_is_done_for_it_by_itself(
    two_partners: Operator, rejected: list[Order], place_order: Place
) -> None:
    place_order(9, channels=[SIRCLO])

    by_state = {row["state"]: row["next_attempt"] for row in two_partners.json("forwards", "list")}

    assert by_state["QUEUED"] is not None
    assert by_state["REJECTED"] is None


def test_an_order_is_shown_with_what_was_sent_for_it(two_partners: Operator, place_order: Place, move: Move) -> None:
    from orderbridge.forwarding.ports import FrozenRequest

    order = place_order(1, channels=[SIRCLO])
    request = FrozenRequest("POST", "/v1/orders", b'{"order_id": "[red]x"}')
    (forward,) = two_partners.stack.desk.list_forwards(order)
    two_partners.stack.desk.freeze(forward, request)

    (shown,) = two_partners.json("orders", "show", order.code, "--attempts")["forwards"]

    assert shown["requests"] == [
        {"method": "POST", "path": "/v1/orders", "body": request.body.decode(), "sha256": request.body_hash}
    ]
    text = two_partners.run("orders", "show", order.code, "--attempts").stdout
    assert 'POST /v1/orders\n{"order_id": "[red]x"}' in text
    assert all(word in text for word in ("CUST-001", "SITE-001", "John Doe", "Jl. Contoh 1", "PROD-001"))
    assert "requests" not in two_partners.json("orders", "show", order.code)["forwards"][0]
