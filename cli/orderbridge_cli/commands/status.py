"""`orderbridge status`: one screen that says what is wrong, how many orders it holds up, and what to do."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.lists import table
from orderbridge_cli.output import answer, counted, printable, stacked, wants_json
from orderbridge_cli.times import age, span

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from orderbridge_cli.operating.overview import ChannelOverview, Need, Overview, TakeOverview

WATCH_SECONDS = 5
SHOWN_PER_KIND = 6
"""So many needs of one kind the screen names; `--json` has all."""


def status(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every few seconds, until Ctrl-C.")] = False,
) -> None:
    """Every channel, what waits there, and what needs a person, each with the command that helps.

    Exit 1 while a channel is not ok or something needs a person.
    """
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import take_overview

    take = take_overview(Operations.here())
    if watch:
        overview = _watch(take)
    else:
        overview = take()
        answer(described(overview), lambda: rendered(overview, take.clock()))
    if not overview.is_well:
        raise typer.Exit(1)


def _watch(take: TakeOverview) -> Overview:
    """Show the overview until Ctrl-C; the last one that was taken."""
    import sys

    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from orderbridge.aws.errors import AWS_FAILURES
    from orderbridge_cli.failures import explain

    if wants_json() or not sys.stdout.isatty():
        raise typer.BadParameter("is for a terminal; without it, `status` prints once", param_hint="--watch")

    last = take()

    def look() -> RenderableType:
        nonlocal last
        try:
            last = take()
            return rendered(last, take.clock())
        except AWS_FAILURES as failure:
            # Whoever watches through the night wants to see it come back, too.
            return Text(f"{explain(failure)} It is tried again.")

    with (
        suppress(KeyboardInterrupt),
        Live(rendered(last, take.clock()), console=Console(highlight=False), screen=True, auto_refresh=False) as live,
    ):
        while True:
            time.sleep(WATCH_SECONDS)
            live.update(look(), refresh=True)
    return last


def described(overview: Overview) -> dict[str, Any]:
    """An overview as the command shows it (docs/interfaces.md#command-line)."""
    return {
        "channels": [
            {
                "channel": each.channel,
                "platform": each.platform,
                "state": each.state,
                "reason": each.reason,
                "since": each.since,
                "next_try": each.next_try,
                "waiting": each.waiting.shown,
                "oldest": each.oldest,
                "command": channel_command(each),
            }
            for each in overview.channels
        ],
        "needs_you": [
            {
                "kind": need.kind,
                "channel": need.channel,
                "count": need.count.shown,
                "oldest": need.oldest,
                "reason": _reason(need),
                "command": need_command(need),
                "codes": list(need.codes),
            }
            for need in overview.needs
        ],
        "today": {"accepted": overview.today.accepted.shown, "delivered": overview.today.delivered.shown},
    }


def channel_command(channel: ChannelOverview) -> str | None:
    """What helps a channel; None where it is ok."""
    match channel.remedy:
        case None:
            return None
        case "credentials":
            return f"orderbridge channels set-credentials {channel.channel} FILE.json"
        case remedy:
            return f"orderbridge channels {remedy} {channel.channel}"


def need_command(need: Need) -> str:
    """What a person does about it, or where the person looks first."""
    match need.kind:
        case "IN_DOUBT":
            if len(need.codes) == 1:
                return f"orderbridge forwards resolve {need.codes[0]} {need.channel} --sent <ID>"
            return f"orderbridge forwards list --state IN_DOUBT --channel {need.channel} --csv"
        case "NEEDS_MAPPING":
            return f"orderbridge mappings missing {need.channel} --csv"
        case "REJECTED":
            reason = f" --reason {_quoted(need.reason)}" if need.reason else ""
            return f"orderbridge forwards retry --channel {need.channel} --state REJECTED{reason}"
        case "DEAD_LETTER":
            return f"orderbridge dlq redrive --queue {need.queue}"
        case "WEBHOOK":
            if need.webhook is None:
                raise TypeError("a webhook's need names it")
            client_id, webhook_id = need.webhook.client_id, need.webhook.webhook_id
            if need.webhook.state == "disabled":
                return f"orderbridge webhooks enable {client_id} {webhook_id} --replay"
            if need.webhook.failed_at is not None:
                return f"orderbridge webhooks replay {client_id} --failed --webhook {webhook_id}"
            return f"orderbridge webhooks deliveries {client_id} --webhook {webhook_id}"


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(printable(text))


def _reason(need: Need) -> str | None:
    if need.queue is not None:
        return f"given up in {need.queue}"
    if need.webhook is not None:
        return f"{need.webhook.client_id}, {need.webhook.url}: {need.reason}"
    return need.reason


def rendered(overview: Overview, now: datetime) -> RenderableType:
    """An overview for a person."""
    from rich.text import Text

    rows = [
        (
            each.channel,
            each.state if each.since is None else f"{each.state} for {age(each.since, now)}",
            each.waiting.shown,
            None if each.oldest is None else age(each.oldest, now),
            None if each.next_try is None else _ahead(each.next_try, now),
            each.reason,
        )
        for each in overview.channels
    ]
    parts: list[RenderableType] = [
        Text(_headline(overview)),
        table(None, ("channel", "state", "waiting", "oldest", "next", "reason"), rows),
        *(_command(command) for command in map(channel_command, overview.channels) if command is not None),
    ]
    if overview.needs:
        parts.append(Text("\nNeeds you", style="bold"))
    shown = Counter[str]()
    for need in overview.needs:
        shown[need.kind] += 1
        if shown[need.kind] <= SHOWN_PER_KIND:
            parts += [Text(printable(_sentence(need, now))), _command(need_command(need))]
    parts += [
        Text(f"and {counted(left, 'further row')} of {kind}; --json has all of them")
        for kind, number in shown.items()
        if (left := number - SHOWN_PER_KIND) > 0
    ]
    return stacked(*parts)


def _headline(overview: Overview) -> str:
    stopped = sum(each.state != "ok" for each in overview.channels)
    channels = f"{counted(len(overview.channels), 'channel')}, {stopped} not ok" if stopped else "All channels are ok"
    today = f"today {overview.today.accepted.shown} accepted, {overview.today.delivered.shown} delivered"
    needs = "" if overview.needs else "; nothing needs you"
    return f"{channels}; {today}{needs}."


def _sentence(need: Need, now: datetime) -> str:
    oldest = "" if need.oldest is None else f", oldest {age(need.oldest, now)}"
    where = "" if need.channel is None else f"  {need.channel}"
    codes = f"  ({', '.join(need.codes)})" if need.kind == "IN_DOUBT" else ""
    return f"{need.kind}{where}  {need.count.shown}{oldest}: {_reason(need) or 'no reason is known'}{codes}"


def _command(command: str) -> RenderableType:
    from rich.text import Text

    # Never wrapped by us: what a terminal wraps by itself is copied as one line.
    return Text(f"    {command}", style="bold", no_wrap=True, overflow="ignore")


def _ahead(at: str, now: datetime) -> str:
    from orderbridge.values.times import from_iso

    seconds = (from_iso(at) - now).total_seconds()
    return f"in {span(seconds)}" if seconds > 0 else "now"
