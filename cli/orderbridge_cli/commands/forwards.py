"""`orderbridge forwards`: where orders are on their way to each channel, and the two ways to help one by hand."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.commands.orders import DEFAULT_DAYS, default_begin, forward_described, moment, unrouted_described
from orderbridge_cli.output import answer, command, counted, new_group, note, progress, table

if TYPE_CHECKING:
    from orderbridge.forwarding.forward.states import Forward
    from orderbridge.orders.order import Order


group = new_group("forwards", "Where orders stand on their way to each channel.")

Code = Annotated[str, typer.Argument(metavar="CODE", help="The order's code.")]
ChannelName = Annotated[str, typer.Argument(metavar="CHANNEL", help="Which of its channels.")]


@command(group, "list")
def list_forwards(
    *,
    state: Annotated[str | None, typer.Option("--state", metavar="S", help="QUEUED, SENT, NEEDS_MAPPING, ...")] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="C", help="Of one channel.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="T",
            help="Of orders from this day or time on. SENT, CANCELLED and all states together: else of the last "
            f"{DEFAULT_DAYS} days; the others: else all.",
        ),
    ] = None,
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
    lookup = look_up_orders(Operations.here())
    begin = moment(since, lookup) if since is not None else None
    if begin is None and wanted not in INDEXED_STATES:
        begin = default_begin(lookup)
        note(f"Of orders of the last {DEFAULT_DAYS} days; --since T looks further back.")
    with progress("looking"):
        found = list(itertools.islice(lookup.forwards(wanted, channel, begin), limit + 1))
    if len(found) > limit:
        note(f"There are more than {counted(limit, 'forward')}; --state, --channel, --since or --limit says which.")
    rows = [_row(each) if isinstance(each, Forward) else _unrouted_row(each) for each in found[:limit]]
    columns = ("code", "client_id", "channel", "state", "external_id", "attempts", "updated_at", "error")
    answer(rows, lambda: table(None, columns, [[row[name] for name in columns] for row in rows]))


@command(group, "retry")
def retry(code: Code, channel: ChannelName) -> None:
    """Send a forward again, with the mappings as they are now; the platform is looked at first where it can be."""
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders, move_forward

    stack = Operations.here()
    _show_moved(move_forward(stack).retry(look_up_orders(stack).key(code), channel))


@command(group, "resolve")
def resolve(
    code: Code,
    channel: ChannelName,
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
) -> None:
    """Settle an IN_DOUBT forward, after a look at the platform."""
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders, move_forward

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


def _row(forward: Forward) -> dict[str, Any]:
    return {
        "code": forward.code,
        "client_id": forward.key.client_id,
        **forward_described(forward),
        "created_at": forward.created_at,
        "updated_at": forward.updated_at,
    }


def _unrouted_row(order: Order) -> dict[str, Any]:
    since = order.unrouted_since
    return {
        "code": order.code,
        "client_id": order.client_id,
        **unrouted_described(order),
        "created_at": since,
        "updated_at": since,
    }


def _show_moved(forward: Forward) -> None:
    answer(_row(forward), lambda: f"{forward.code} on {forward.channel.name} is {forward.state.value}.")
