"""The interfaces that others hold on to: what the page promises of the command's documents is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from typer.main import get_command

from orderbridge.channels.channel import Channel
from orderbridge.entrypoints.stock_schedule import described
from orderbridge.forwarding.forward.states import FINAL_STATES, ForwardState
from orderbridge.orders.order import OrderStatus
from orderbridge.reading.views import OrderView
from orderbridge.stock.drift import Comparison
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.runs import RunReport
from orderbridge.stock.sync import RunResult
from orderbridge.values.timeline import TimelineEntry
from orderbridge_cli.commands import orders, partners
from orderbridge_cli.main import app
from orderbridge_cli.operating import channels as operating_channels
from tests.docs.pages import DOCS, ROOT
from tests.fakes import samples

PAGE = (DOCS / "interfaces.md").read_text(encoding="utf-8")
PROMISED = dict(re.findall(r"^\| `([\w ]+)`[^|]*\| [^|]*?`([\[{].*[\]}])`[^|]*\|$", PAGE, re.MULTILINE))


def members(document: Any) -> Iterator[str]:
    """The names of all members of a document, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield name
            yield from members(value)
    elif isinstance(document, list | tuple):
        for entry in document:
            yield from members(entry)


def shown() -> dict[str, Any]:
    """What the commands print, of values that have something of everything."""
    order = samples.order()
    nowhere = samples.order(channels=(), unrouted_since=order.created_at)
    at = order.created_at
    level = StockLevel("shop", "PROD-001", 1, at)
    return {
        "orders show": orders.described(OrderView(nowhere, [], [TimelineEntry(at, "ForwardQueued")])),
        "partners show": partners.described(samples.partner()),
        "channels show": operating_channels.described(Channel("shop", "sirclo", {})),
        "stock drift": [Comparison(level, StockLevel("source", "PROD-001", 2, at)).drift()],
        "stock sync": {"channels": [described(RunResult("shop", "done", _report()))]},
    }


def _report() -> RunReport:
    report = RunReport()
    report.note("PROD-001", "could not be read")
    return report


@pytest.mark.parametrize("command", shown())
def test_a_commands_document_has_every_member_that_is_promised(command: str) -> None:
    promised = set(re.findall(r'"(\w+)"', PROMISED[command]))

    assert len(promised) > 4
    assert promised <= set(members(json.loads(json.dumps(shown()[command], default=str))))


@pytest.mark.parametrize("command", re.findall(r"^\| `([\w-]+ [\w-]+)`", PAGE, re.MULTILINE))
def test_every_command_that_is_promised_is_there(command: str) -> None:
    found: Any = get_command(app)
    for word in command.split():
        found = found.commands[word]


def test_the_states_are_those_of_the_code() -> None:
    of_a_forward, of_an_order = re.findall(r"^An? \w+ is ((?:`[A-Z_]+`|[, \n]|or)+)", PAGE, re.MULTILINE)
    (final,) = re.findall(r"((?:`[A-Z_]+`|[, \n]|and)+) are final", PAGE)

    assert set(re.findall(r"`(\w+)`", of_a_forward)) == set(ForwardState)
    assert set(re.findall(r"`(\w+)`", of_an_order)) == set(get_args(OrderStatus))
    assert set(re.findall(r"`(\w+)`", final)) == FINAL_STATES


def test_the_make_targets_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`(?:make )?([a-z]+)`", PAGE.split("(`make help`)", 1)[0]))

    assert named <= targets
    assert len(named) > 6
