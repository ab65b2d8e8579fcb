"""A night at which everything comes together: found with one command, settled with eight."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orderbridge_cli.target import Operations, target_of
from orderbridge_sandboxes import DEMO_CREDENTIALS, demo_mappings
from tests.conformance.facts import facts_of
from tests.e2e.actors import Operator, Partner, Platforms
from tests.e2e.conftest import outlive_caches, wait_for
from tests.e2e.receivers import Receiver

pytestmark = pytest.mark.e2e

QUICK = {"settle_s": 1, "timeout_s": 25, "probe_s": 3600}
"""A channel that is down is tried again by a person, not in the middle of the test."""
FIND, SETTLE_WITH = 1, 8


class CountingOperator:
    """An operator of whose commands each counts."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self.commands: list[tuple[str, ...]] = []

    def __call__(self, *arguments: str, exit_code: int = 0) -> Any:
        self.commands.append(arguments)
        return self._operator.run(*arguments, exit_code=exit_code)

    def text(self, *arguments: str) -> str:
        """What a command prints that is a file, not a document."""
        self.commands.append(arguments)
        return self._operator.text(*arguments)


@pytest.fixture(autouse=True)
def healthy_afterwards(platforms: Platforms) -> Iterator[None]:
    yield
    platforms.heal()


def test_the_night_is_found_with_one_command_and_settled_with_eight(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms, tmp_path: Path, local_stack: Any
) -> None:
    # --- what happens -------------------------------------------------------------------------------------------------
    receiver_answers = [410]
    with Receiver(lambda: receiver_answers[0]) as receiver:
        down, renewed, rejecting, doubtful = (
            new_partner(name, settings=QUICK) for name in ("sirclo", "ngorder", "salesmania", "salesmania")
        )
        unmapped, told = new_partner("ngorder", settings=QUICK), new_partner("ngorder", settings=QUICK)
        create = facts_of("salesmania").create
        reason = facts_of("salesmania").rejects[0]

        platforms.strike("sirclo", kind="status", status=503, count=None)
        waiting = [down.place(f"PO-DOWN-{number}") for number in range(30)]

        (renewed_channel,) = renewed.channels
        wrong = write(tmp_path / "old-key.json", {"api_key": "the-key-of-last-year"})
        operator.run("channels", "set-credentials", renewed_channel, wrong)
        outlive_caches()
        refused = [renewed.place(f"PO-KEY-{number}") for number in range(8)]

        platforms.strike(
            "salesmania", kind="status", method=create.method, path=create.path, count=12,
            status=reason.status, body=reason.body,
        )  # fmt: skip
        rejected = [rejecting.place(f"PO-REJECTED-{number}") for number in range(12)]
        until(operator, rejecting, rejected, "REJECTED")

        platforms.strike("salesmania", kind="commit_then_close", method=create.method, path=create.path)
        held = doubtful.place("PO-HELD")
        until(operator, doubtful, [held], "IN_DOUBT")
        platforms.strike("salesmania", kind="close_before", method=create.method, path=create.path)
        absent = doubtful.place("PO-ABSENT")
        until(operator, doubtful, [absent], "IN_DOUBT")

        new_product = {"products": [{"product_code": "PROD-NEW", "quantity": 1}]}
        parked = [unmapped.place(f"PO-UNMAPPED-{number}", **new_product) for number in range(5)]
        until(operator, unmapped, parked, "NEEDS_MAPPING")

        hook = operator.run("webhooks", "add", told.client_id, receiver.url)["webhook"]
        outlive_caches()
        announced = told.place("PO-ANNOUNCED")
        wait_for(lambda: webhook_state(operator, told, hook) == "disabled", what="a disabled webhook")
        until(operator, told, [announced], "SENT")

        give_up_a_message(local_stack, operator, announced)
        until(operator, renewed, refused, "PAUSED")
        wait_for(lambda: operator.run("channels", "show", down.channels[0])["breaker"]["state"] == "open")
        channels = {name for each in (down, renewed, rejecting, doubtful, unmapped, told) for name in each.channels}

        # --- found ----------------------------------------------------------------------------------------------------
        at_night = CountingOperator(operator)
        shown = at_night("status", exit_code=1)

        by_name = {each["channel"]: each for each in shown["channels"]}
        assert (by_name[down.channels[0]]["state"], by_name[down.channels[0]]["waiting"]) == ("down", 30)
        assert (by_name[renewed_channel]["state"], by_name[renewed_channel]["waiting"]) == ("paused", 8)
        needs = {
            (need["kind"], need["channel"]): need for need in shown["needs_you"] if need["channel"] in {*channels, None}
        }
        counts = {key: need["count"] for key, need in needs.items() if key[1] is not None}
        assert counts == {
            ("IN_DOUBT", doubtful.channels[0]): 2,
            ("NEEDS_MAPPING", unmapped.channels[0]): 5,
            ("REJECTED", rejecting.channels[0]): 12,
        }
        assert needs["IN_DOUBT", doubtful.channels[0]]["codes"] == sorted([held, absent])
        assert needs["DEAD_LETTER", None]["count"] == 1
        assert hook in needs["WEBHOOK", None]["command"]
        assert len(at_night.commands) == FIND

        # --- settled --------------------------------------------------------------------------------------------------
        platforms.heal()
        receiver_answers[0] = 200
        settle = CountingOperator(operator)

        settle("channels", "resume", down.channels[0])
        settle("channels", "set-credentials", renewed_channel, write(tmp_path / "k.json", DEMO_CREDENTIALS["ngorder"]))
        settle(*shlex.split(needs["REJECTED", rejecting.channels[0]]["command"])[1:])
        form = settle.text("mappings", "missing", unmapped.channels[0], "--csv")
        filled = filled_in(form, dict(demo_products())["PROD-001"])
        settle("mappings", "import", unmapped.channels[0], write_text(tmp_path / "filled.csv", filled))
        (at_platform,) = platforms.held("salesmania", held)
        channel = doubtful.channels[0]
        rows = f"code,channel,sent_as\n{held},{channel},{at_platform['id']}\n{absent},{channel},absent\n"
        settle("forwards", "resolve", "--from", write_text(tmp_path / "decisions.csv", rows))
        settle(*shlex.split(needs["DEAD_LETTER", None]["command"])[1:])
        settle(*shlex.split(needs["WEBHOOK", None]["command"])[1:])

        assert len(settle.commands) <= SETTLE_WITH
        for partner, codes in (
            (down, waiting), (renewed, refused), (rejecting, rejected), (doubtful, [held, absent]), (unmapped, parked)
        ):  # fmt: skip
            until(operator, partner, codes, "SENT")
        wait_for(lambda: receiver.about(announced) and webhook_state(operator, told, hook) == "active")
        after = operator.status()
        assert not [need for need in after["needs_you"] if need["channel"] in channels or hook in need["command"]]
        assert [each for each in after["channels"] if each["channel"] in channels and each["state"] != "ok"] == []
        for code in [*waiting, *refused, *rejected, held, absent, *parked]:
            (platform,) = {forward["platform"] for forward in operator.order(code)["forwards"]}
            assert len(platforms.held(platform, code)) == 1


def until(operator: Operator, partner: Partner, codes: list[str], state: str) -> None:
    """Wait until these orders are in this state at the partner's channel."""
    (channel,) = partner.channels

    def states() -> dict[str, str]:
        return {row["code"]: row["state"] for row in operator.run("forwards", "list", "--channel", channel)}

    wait_for(lambda: dict.fromkeys(codes, state).items() <= states().items(), every=0.5, what=state)


def webhook_state(operator: Operator, partner: Partner, webhook: str) -> str:
    (found,) = [each for each in operator.run("webhooks", "list", partner.client_id) if each["webhook"] == webhook]
    return str(found["state"])


def give_up_a_message(local_stack: Any, operator: Operator, code: str) -> None:
    """A forward's message that was received too often."""
    target = target_of(json.loads((operator.folder / ".local" / "stack.json").read_text()))
    stack = Operations(target)
    key = stack.order_reads.key_of_code(code)
    assert key is not None
    (forward,) = operator.order(code)["forwards"]
    detail = {
        "code": code, "client_id": key.client_id, "reference_hash": key.reference_hash,
        "channel": forward["channel"], "platform": forward["platform"],
    }  # fmt: skip
    (queue,) = [each for each in stack.dead_letters.queues() if each.name == f"forward-{forward['platform']}"]
    stack.clients.sqs.send_message(QueueUrl=queue.url, MessageBody=json.dumps(detail))


def demo_products() -> Iterator[tuple[str, Any]]:
    """What Ngorder's sandbox has, by our codes."""
    return ((key, value) for kind, key, value in demo_mappings("ngorder") if kind == "product")


def filled_in(form: str, value: dict[str, Any]) -> str:
    """The form of missing mappings with this value in every row."""
    rows = list(csv.DictReader(io.StringIO(form)))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows({**row, "value": json.dumps(value)} for row in rows)
    return out.getvalue()


def write(path: Path, document: Any) -> str:
    return write_text(path, json.dumps(document))


def write_text(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)
