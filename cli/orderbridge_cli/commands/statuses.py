"""`orderbridge statuses`: what the platforms say about orders, asked now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.commands.rounds import BUSY_PAUSE_SECONDS, BrokeOff, invoke_round
from orderbridge_cli.lists import table
from orderbridge_cli.output import Failure, answer, command, new_group, progress, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from orderbridge.channels.channel import Channel
    from orderbridge_cli.target import Operations


group = new_group("statuses", "What the platforms say about orders.")

BEYOND_THE_LEASE_SECONDS = 60
"""How much longer than the lease of a run that died this command waits for another run's end."""

COUNTS = ("pages", "rows", "matched", "changed", "unread", "failed_pages")
"""What adds up over the steps of a round."""

BUSY = "another run"
FUNCTION = "StatusSyncFunction"


@command(group, "sync")
def sync(
    channel: Annotated[
        str | None, typer.Argument(metavar="CHANNEL", help="Only this channel; else all that are active.")
    ] = None,
) -> None:
    """Ask the platforms now about every order not at its end or completed lately, and bring back what they say."""
    from orderbridge_cli.target import Operations

    stack = Operations.here()
    with progress("asking the platforms") as say:
        entries = []
        for each in _channels(stack, channel):
            say(f"asking about the orders of {each.name}")
            entries.append(_sync_to_end(stack, each.name))
    document = {"channels": entries}
    failed = [entry["channel"] for entry in entries if not entry["ok"]]
    if failed:
        said = [f"{e['channel']}: {problem}" for e in entries if not e["ok"] for problem in e["problems"]]
        raise Failure(f"Not asked to the end: {', '.join(failed)}.", document, said)
    answer(document, lambda: _shown(entries))


def _channels(stack: Operations, name: str | None) -> Sequence[Channel]:
    from orderbridge_cli.operating.channels import known_channel

    if name is not None:
        return [known_channel(stack.channels, name)]
    return sorted((each for each in stack.channels.list_channels() if each.state == "active"), key=lambda c: c.name)


def _sync_to_end(stack: Operations, channel: str) -> dict[str, Any]:
    """What the runs until the end of a whole round have done together."""
    from orderbridge.values.leases import LEASE_SECONDS

    together: dict[str, Any] = {**dict.fromkeys(COUNTS, 0), "unknown": {}, "problems": []}
    give_up = time.monotonic() + LEASE_SECONDS + BEYOND_THE_LEASE_SECONDS
    while True:
        try:
            entry = invoke_round(stack, FUNCTION, {"channel": channel})
        except BrokeOff as broke_off:
            together["problems"].append(f"the status sync broke off: {broke_off}")
            return {"channel": channel, "ok": False, "finished": False, "skipped": None, **together}
        for name in COUNTS:
            together[name] += entry[name]
        for words, count in entry["unknown"].items():
            together["unknown"][words] = together["unknown"].get(words, 0) + count
        together["problems"] += entry["problems"]
        if (entry["skipped"] or "").startswith(BUSY) and time.monotonic() < give_up:
            time.sleep(BUSY_PAUSE_SECONDS)
        elif entry["finished"] or entry["skipped"] or not entry["ok"]:
            return {**entry, **together}


def _shown(entries: Sequence[dict[str, Any]]) -> RenderableType:
    names = ("channel", "pages", "rows", "matched", "changed", "skipped")
    parts = [table(None, names, [[entry[name] for name in names] for entry in entries])]
    unknown = [(entry["channel"], words, count) for entry in entries for words, count in entry["unknown"].items()]
    if unknown:
        parts.append(table("Not in our table", ("channel", "words", "orders"), unknown))
    problems = [(entry["channel"], problem) for entry in entries for problem in entry["problems"]]
    if problems:
        parts.append(table("Problems", ("channel", "problem"), problems))
    return stacked(*parts)
