"""`orderbridge drain`: whether a stack has come to rest, before an upgrade that begins with an empty table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.output import Failure, answer, progress

if TYPE_CHECKING:
    from orderbridge_cli.operating.draining import Remains


def drain(
    *,
    give_up_statuses: Annotated[
        bool,
        typer.Option(
            "--give-up-statuses",
            help="Orders that are sent hold nothing up, though their platform's last word on them is not known yet.",
        ),
    ] = False,
) -> None:
    """Whether nothing is open any more, so that an upgrade may empty the stack. Changes nothing; reads the whole table.

    Take no more orders first, or what it says is old. With an emptied stack goes more than what is open: partners no
    longer find their orders, an order that is posted again is a new one and is sent again, orders that are sent are not
    followed or cancelled, and what was rejected cannot be retried. Exit 1 while anything is open.
    """
    from orderbridge_cli.operating.draining import look_for_remains
    from orderbridge_cli.target import Operations

    with progress("reading the whole table"):
        remains = look_for_remains(Operations.here().open_work)
    is_drained = remains.is_nothing(without_followed=give_up_statuses)
    document = {"drained": is_drained, **_document(remains)}
    if not is_drained:
        raise Failure("Something is still open; do not empty this stack.", document, _lines(remains))
    lines = ["Nothing is open; an upgrade may empty this stack.", *_lines(remains)]
    answer(document, lambda: "\n".join(lines))


def _document(remains: Remains) -> dict[str, Any]:
    return {
        "unpublished": remains.unpublished,
        "channels": [
            {
                "channel": name,
                "states": dict(sorted(remains.open.get(name, {}).items())),
                "sent_and_followed": remains.followed.get(name, 0),
            }
            for name in sorted({*remains.open, *remains.followed})
        ],
        "events_to_publish": remains.untold,
        "deliveries": remains.deliveries,
        "queues": dict(remains.queues),
    }


def _lines(remains: Remains) -> list[str]:
    lines = [
        f"{name}: {count} {state}" for name, found in sorted(remains.open.items()) for state, count in found.items()
    ]
    lines += [f"{name}: {count} SENT, their status not at its end" for name, count in sorted(remains.followed.items())]
    for count, what in (
        (remains.unpublished, "orders that are not published, or wait for a route"),
        (remains.untold, "forwards whose last event is not published"),
        (remains.deliveries, "webhook messages under way"),
        *((count, f"messages in {name}") for name, count in remains.queues.items()),
    ):
        if count:
            lines.append(f"{count} {what}")
    return lines
