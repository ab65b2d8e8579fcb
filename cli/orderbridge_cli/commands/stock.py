"""`orderbridge stock`: levels read now, as they are known, and where channels differ from their source of record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.commands.rounds import BUSY_PAUSE_SECONDS, BrokeOff, invoke_round
from orderbridge_cli.lists import listing, table, wants_file
from orderbridge_cli.output import Failure, answer, command, counted, new_group, note, progress, wants_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

    from orderbridge.channels.channel import Channel
    from orderbridge_cli.operating.stock import StockOverview
    from orderbridge_cli.target import Operations


group = new_group("stock", "Stock levels of the platforms.")

FUNCTION = "StockSyncFunction"


@command(group, "sync")
def sync(
    channel: Annotated[
        str | None, typer.Argument(metavar="CHANNEL", help="Only this channel; else all that feed or receive stock.")
    ] = None,
) -> None:
    """Read the platforms' stock now, to the end, and push what differs to the channels that receive it."""
    from orderbridge_cli.target import Operations

    stack = Operations.here()
    channels = _channels(stack, channel)
    if not channels:
        note("No channel feeds stock or receives it: their settings say neither stock.source nor stock.push.")
    with progress("syncing stock") as say:
        entries = [_sync_to_end(stack, each, say) for each in channels]
    document = {"channels": entries}
    aborted = [entry["channel"] for entry in entries if not entry["ok"]]
    if aborted:
        said = [f"{p['key']}: {p['detail']}" for e in entries if not e["ok"] for p in e["problems"]]
        raise Failure(f"Not synced to the end: {', '.join(aborted)}.", document, said)
    answer(document, lambda: _synced(entries))


def _channels(stack: Operations, name: str | None) -> Sequence[Channel]:
    from orderbridge.stock.runs import in_order, takes_part
    from orderbridge_cli.operating.channels import known_channel

    if name is not None:
        return [known_channel(stack.channels, name)]
    return in_order(channel for channel in stack.channels.list_channels() if takes_part(channel))


def _sync_to_end(stack: Operations, channel: Channel, say: Callable[[str], None]) -> dict[str, Any]:
    """The channel's entry once its run is at its end."""
    restart, has_waited = True, False
    while True:
        say(f"syncing {channel.name}")
        try:
            entry = invoke_round(stack, FUNCTION, {"channel": channel.name, "anew": restart})
        except BrokeOff as broke_off:
            problems = [{"key": channel.name, "detail": f"the stock sync broke off: {broke_off}"}]
            return {"channel": channel.name, "ok": False, "read": 0, "changed": 0, "pushed": 0, "problems": problems}
        state = entry.pop("state", "aborted")
        if state == "busy":
            if not has_waited:
                note(f"Another run is at work on {channel.name}; waiting for its end.")
            has_waited = True
            time.sleep(BUSY_PAUSE_SECONDS)
        elif state == "continues":
            restart = False
        else:
            return entry


def _synced(entries: Sequence[dict[str, Any]]) -> RenderableType:
    from orderbridge_cli.output import stacked

    names = ("channel", "read", "changed", "pushed")
    parts = [table(None, names, [[entry[name] for name in names] for entry in entries])]
    problems = [(entry["channel"], p["key"], p["detail"]) for entry in entries for p in entry["problems"]]
    if problems:
        parts.append(table("Problems", ("channel", "key", "detail"), problems))
    return stacked(*parts)


@command(group, "show", lists=True)
def show(
    product_code: Annotated[str | None, typer.Argument(metavar="PRODUCT_CODE", help="Only this product.")] = None,
) -> None:
    """The levels that are known of a product, or of all."""
    found = list(_overview().products(product_code))
    rows = [
        (each["product_code"], level["channel"], level["available"], level["as_of"])
        for each in found
        for level in each["levels"]
    ]
    columns = ("product_code", "channel", "available", "as_of")
    if wants_file():
        listing([dict(zip(columns, row, strict=True)) for row in rows], columns, "level")
        return
    note(f"{counted(len(rows), 'level')}.")
    answer(found, lambda: table(None, columns, rows))


@command(group, "drift", lists=True)
def drift() -> None:
    """Where a channel's level differs from that at the product's source of record, and since when."""
    found = list(_overview().drift())
    columns = ("product_code", "source", "expected", "channel", "available", "since")
    if not found and not wants_file() and not wants_json():
        answer(found, lambda: "No channel differs.")
        return
    listing(found, columns, "level", optional=("since",))


def _overview() -> StockOverview:
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import stock_overview

    return stock_overview(Operations.here())
