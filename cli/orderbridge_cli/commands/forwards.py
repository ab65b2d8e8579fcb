"""`orderbridge forwards`: where orders are on their way to each channel, and the two ways to help one by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.commands.orders import (
    DEFAULT_DAYS,
    Customer,
    OfChannel,
    OfReason,
    PartOfPo,
    Product,
    Site,
    default_begin,
    forward_described,
    moment,
    search_of,
    unrouted_described,
)
from orderbridge_cli.lists import listing, wants_file
from orderbridge_cli.output import (
    Failure,
    answer,
    command,
    counted,
    new_group,
    note,
    progress,
    progress_bar,
)
from orderbridge_cli.times import age

if TYPE_CHECKING:
    from orderbridge.forwarding.forward.states import Forward
    from orderbridge.orders.order import Order
    from orderbridge_cli.operating.in_bulk import Step


group = new_group("forwards", "Where orders stand on their way to each channel.")

COLUMNS = (
    "code", "channel", "state", "age", "next_attempt", "external_id", "attempts", "updated_at", "client_id", "error",
)  # fmt: skip
DryRun = Annotated[bool, typer.Option("--dry-run", help="Many: only say what would be done.")]


@command(group, "list", lists=True)
def list_forwards(
    *,
    state: Annotated[str | None, typer.Option("--state", metavar="S", help="QUEUED, SENT, NEEDS_MAPPING, ...")] = None,
    channel: OfChannel = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="T",
            help="Of orders from this day or time on. SENT, CANCELLED and all states together: else of the last "
            f"{DEFAULT_DAYS} days; the others: else all.",
        ),
    ] = None,
    customer: Customer = None,
    site: Site = None,
    product: Product = None,
    po: PartOfPo = None,
    reason: OfReason = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 1000,
) -> None:
    """Forwards: in one state that waits or is on its way, the last changed first; else those of the newest orders."""
    from orderbridge.forwarding.forward.states import Forward, ForwardState
    from orderbridge_cli.operating.orders import INDEXED_STATES
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders

    if state is not None and state not in ForwardState.__members__:
        raise typer.BadParameter(f"{state!r} is none of {', '.join(ForwardState)}", param_hint="--state")
    wanted = ForwardState(state) if state else None
    search = search_of(customer=customer, site=site, product=product, po=po, reason=reason)
    lookup = look_up_orders(Operations.here())
    begin = moment(since, lookup) if since is not None else None
    if begin is None and wanted not in INDEXED_STATES:
        begin = default_begin(lookup)
        note(f"Of orders of the last {DEFAULT_DAYS} days; --since T looks further back.")
    with progress("looking"):
        found = list(itertools.islice(lookup.forwards(wanted, channel, begin, search), limit + 1))
    now = lookup.clock()
    rows = [_row(each) if isinstance(each, Forward) else _unrouted_row(each) for each in found[:limit]]
    if wanted is ForwardState.IN_DOUBT and wants_file():
        # To be filled in: what `resolve --from` reads.
        rows = [{**row, "sent_as": None} for row in rows]
    listing(
        rows,
        (
            "code",
            "channel",
            "state",
            "age",
            "next_attempt",
            "external_id",
            "attempts",
            "updated_at",
            "client_id",
            "error",
        ),
        "forward",
        optional=("client_id", "attempts", "updated_at", "external_id", "next_attempt", "age"),
        computed={"age": lambda row: age(row["created_at"], now)},
        has_more=len(found) > limit,
    )


@command(group, "retry")
def retry(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="The order's code.")] = None,
    channel: Annotated[str | None, typer.Argument(metavar="CHANNEL", help="Which of its channels.")] = None,
    *,
    of_channel: Annotated[
        str | None, typer.Option("--channel", metavar="C", help="Many: those of this channel; goes with --state.")
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", metavar="S", help="Many: REJECTED, IN_DOUBT, NEEDS_MAPPING or PAUSED.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason", metavar="TEXT", help="Many: whose error holds this text, whatever numbers and ids are in it."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="Many: of orders from this day or time on.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Send a forward, or many, again, mapped as it is mapped now; the platform is looked at first where it can be.

    Of many each is on its order's timeline, and one that fails stops no other. What breaks off is gone on with by the
    same command: what has been moved is not in its state any more.
    """
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders, move_forward

    many = {"--channel": of_channel, "--state": state, "--reason": reason, "--since": since}
    named = [name for name, value in many.items() if value is not None]
    if code is None and channel is None:
        if of_channel is None or state is None:
            raise typer.BadParameter("name one forward by CODE and CHANNEL, or many by --channel and --state")
        _retry_many(of_channel, state, reason, since, dry_run=dry_run)
        return
    if named or dry_run:
        raise typer.BadParameter(f"{' and '.join(named) or '--dry-run'}: for many; one is named by CODE and CHANNEL")
    if code is None or channel is None:
        raise typer.BadParameter("one forward is named by CODE and CHANNEL")
    stack = Operations.here()
    _show_moved(move_forward(stack).retry(look_up_orders(stack).key(code), channel))


def _retry_many(channel: str, state: str, reason: str | None, since: str | None, *, dry_run: bool) -> None:
    from orderbridge.forwarding.forward.states import LISTED_STATES, Forward, ForwardState
    from orderbridge_cli.operating.in_bulk import Step
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders, move_forward

    if state not in LISTED_STATES:
        raise typer.BadParameter(f"{state!r} is none of {', '.join(sorted(LISTED_STATES))}", param_hint="--state")
    wanted, search = ForwardState(state), search_of(reason=reason)
    stack = Operations.here()
    lookup, move = look_up_orders(stack), move_forward(stack)
    begin = moment(since, lookup) if since is not None else None
    with progress("looking"):
        # Listed first: one that comes to the same state again meanwhile is not moved twice.
        found = [each for each in lookup.forwards(wanted, channel, begin, search) if isinstance(each, Forward)]
    if found and not dry_run:
        move.hasten(channel)
    steps = [Step(each.code, channel, partial(move.retry_out_of, wanted, each.key, channel)) for each in found]
    _carry_out(steps, dry_run=dry_run)


@command(group, "resolve")
def resolve(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="The order's code.")] = None,
    channel: Annotated[str | None, typer.Argument(metavar="CHANNEL", help="Which of its channels.")] = None,
    *,
    sent: Annotated[
        str | None,
        typer.Option("--sent", metavar="EXTERNAL_ID", help="The platform holds the order, under this id."),
    ] = None,
    absent: Annotated[
        bool,
        typer.Option("--absent", help="The platform does not hold the order; it is looked at first, and sent again."),
    ] = False,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="With --absent: on your word alone, though the look for the order fails.")
    ] = False,
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            readable=True,
            help="Many: a CSV with the columns code,channel,sent_as; sent_as is the platform's id, or the word absent, "
            "or empty where it is undecided.",
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Settle a forward that is IN_DOUBT, or many, after a look at the platform."""
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders, move_forward

    if decisions is not None:
        if code is not None or sent is not None or absent or unseen:
            raise typer.BadParameter("the file says all; it goes with --dry-run alone", param_hint="--from")
        _resolve_many(decisions, dry_run=dry_run)
        return
    if dry_run:
        raise typer.BadParameter("goes with --from", param_hint="--dry-run")
    if code is None or channel is None:
        raise typer.BadParameter("name one forward by CODE and CHANNEL, or many by --from FILE.csv")
    if (sent is None) is not absent:
        raise typer.BadParameter("give exactly one of --sent EXTERNAL_ID and --absent")
    if unseen and not absent:
        raise typer.BadParameter("--unseen goes with --absent")
    if sent is not None and not sent.strip():
        raise typer.BadParameter("the external id is empty", param_hint="--sent")
    stack = Operations.here()
    lookup, move = look_up_orders(stack), move_forward(stack)
    key = lookup.key(code)
    if sent is None:
        _show_moved(move.resolve_absent(key, channel, unseen=unseen))
        return
    moved = move.resolve_sent(key, channel, sent.strip())
    if lookup.view(code).order.cancel_requested_at is not None:
        asked = (
            "the platform is asked to." if moved.due_at is not None else "do that at the platform, which has no call."
        )
        note(f"Its partner wants this order cancelled: {asked}")
    _show_moved(moved)


def _resolve_many(file: Path, *, dry_run: bool) -> None:
    from orderbridge_cli.operating.csv_files import BadRow, UnreadableFile
    from orderbridge_cli.operating.decisions import read_decisions
    from orderbridge_cli.operating.in_bulk import Step
    from orderbridge_cli.operating.refusals import OperationRefused
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders, move_forward

    try:
        decided, undecided, bad = read_decisions(file.read_bytes())
    except UnreadableFile as unreadable:
        raise Failure(f"{file}: {unreadable}.") from unreadable
    stack = Operations.here()
    lookup, move = look_up_orders(stack), move_forward(stack)
    wrong, steps = list(bad), []
    with progress("checking"):
        for each in decided:
            try:
                key = lookup.key(each.code)
                move.read(key, each.channel)
            except OperationRefused as refused:
                wrong.append(BadRow(each.line, str(refused)))
            else:
                settle = partial(move.settle, key, each.channel, each.sent_as)
                steps.append(Step(each.code, each.channel, settle))
    if wrong:
        lines = [f"line {row.line}: {row.reason}" for row in sorted(wrong, key=lambda row: row.line)]
        many = counted(len(wrong), "row")
        raise Failure(f"{file}: {many} wrong, so nothing was settled.", {"rows": lines}, lines)
    if undecided:
        note(f"{counted(undecided, 'row')} undecided, and left as they are.")
    _carry_out(steps, dry_run=dry_run)


def _carry_out(steps: Sequence[Step], *, dry_run: bool) -> None:
    """Take the steps, and say what became of each; raises `Failure` where one failed, or all of it broke off."""
    from orderbridge.aws.errors import AWS_FAILURES
    from orderbridge_cli.failures import explain
    from orderbridge_cli.operating.in_bulk import InBulk

    bulk, broken = InBulk(), None
    if dry_run:
        bulk.done = [(step.code, step.channel) for step in steps]
    else:
        with progress_bar(len(steps), "forwards") as advance:
            try:
                bulk.carry_out(steps, advance)
            except KeyboardInterrupt:
                broken = "Stopped."
            except AWS_FAILURES as failure:
                broken = explain(failure)
    document: dict[str, Any] = {
        "done": [{"code": code, "channel": channel} for code, channel in bulk.done],
        "skipped": [{"code": code, "channel": channel, "reason": why} for code, channel, why in bulk.skipped],
        "failed": [{"code": code, "channel": channel, "error": why} for code, channel, why in bulk.failed],
        "dry_run": dry_run,
    }
    words = f"{counted(len(bulk.done), 'forward')} {'would be moved' if dry_run else 'moved'}"
    words += f", {len(bulk.skipped)} skipped, {len(bulk.failed)} failed"
    if broken is not None:
        raise Failure(f"{broken} {words}; the same command goes on.", document)
    lines = [f"{code} on {channel}: {why}" for code, channel, why in (*bulk.failed, *bulk.skipped)]
    if bulk.failed:
        raise Failure(f"{words}.", document, lines)
    for line in lines:
        note(line)
    answer(document, lambda: f"{words}.")


def _row(forward: Forward) -> dict[str, Any]:
    from orderbridge_cli.operating.orders import next_attempt

    return {
        "code": forward.code,
        "client_id": forward.key.client_id,
        **forward_described(forward),
        "created_at": forward.created_at,
        "updated_at": forward.updated_at,
        "next_attempt": next_attempt(forward),
    }


def _unrouted_row(order: Order) -> dict[str, Any]:
    since = order.unrouted_since
    return {
        "code": order.code,
        "client_id": order.client_id,
        **unrouted_described(order),
        "created_at": since,
        "updated_at": since,
        "next_attempt": None,
    }


def _show_moved(forward: Forward) -> None:
    answer(_row(forward), lambda: f"{forward.code} on {forward.channel.name} is {forward.state.value}.")
