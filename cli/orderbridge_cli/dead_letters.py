"""`orderbridge dlq`: messages that were given up, and their way back into the queue of their platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.output import Failure, answer, command, counted, new_group, note, progress, table

if TYPE_CHECKING:
    from orderbridge.aws.dead_letters import DeadLetter, DeadLetterQueue, DeadLetters
    from orderbridge_cli.target import Operations

group = new_group("dlq", "Messages that were given up.")

_HIDDEN_WHILE_SHOWN_S = 5
_HIDDEN_WHILE_REDRIVEN_S = 120

Queue = Annotated[
    str | None, typer.Option("--queue", metavar="Q", help="Of one queue, as `dlq list` names it; else of all.")
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")]


@command(group, "list")
def list_queues() -> None:
    """The dead-letter queues, and about how many messages are in each."""
    letters = _letters(_stack())
    rows = [{"queue": queue.name, "messages": letters.count(queue)} for queue in letters.queues()]
    answer(rows, lambda: table(None, ("queue", "messages"), [(row["queue"], row["messages"]) for row in rows]))


@command(group, "show")
def show(*, queue: Queue = None, limit: Limit = 100) -> None:
    """What the messages are about. They stay where they are."""
    letters = _letters(_stack())
    with progress("looking"):
        found = list(_read(letters, queue, limit, _HIDDEN_WHILE_SHOWN_S))
        for letter in found:
            letters.show_again(letter)
    rows = [_row(letter) for letter in found]
    columns = ("queue", "code", "channel", "sent_at", "receives", "error")
    answer(rows, lambda: table(None, columns, [[row[name] for name in columns] for row in rows]))


@command(group, "redrive")
def redrive(
    *,
    queue: Queue = None,
    limit: Limit = 1000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
) -> None:
    """Send the messages to their platforms' queues again. A forwarder that has done its work does nothing twice."""
    stack = _stack()
    letters = _letters(stack)
    redriven: list[dict[str, Any]] = []
    kept: list[DeadLetter] = []
    with progress("reading") as say:
        for letter in _read(letters, queue, limit, _HIDDEN_WHILE_REDRIVEN_S):
            if not _is_redrivable(letter):
                kept.append(letter)
                continue
            redriven.append(_row(letter))
            if dry_run:
                kept.append(letter)
            elif letter.message is not None:
                # Sent first: a crash between leaves the message twice, which does no harm.
                stack.queues.send(letter.message)
                letters.remove(letter)
                say(f"{len(redriven)} sent")
        # Only now, or a queue would hand out the same messages again and again.
        for letter in kept:
            letters.show_again(letter)
    left = sum(not _is_redrivable(letter) for letter in kept)
    if left:
        note(f"{counted(left, 'message')} about no single forward left there; the sweeper finds what they stand for.")
    words = "would be sent again" if dry_run else "sent again"
    answer(
        {"redriven": redriven, "left": left, "dry_run": dry_run},
        lambda: f"{counted(len(redriven), 'message')} {words}.",
    )


def _stack() -> Operations:
    from orderbridge_cli.target import Operations

    return Operations.here()


def _letters(stack: Operations) -> DeadLetters:
    from orderbridge.aws.dead_letters import DeadLetters

    return DeadLetters(stack.clients.cloudformation, stack.clients.sqs, stack.facts.name)


def _read(letters: DeadLetters, wanted: str | None, limit: int, hidden_seconds: int) -> Iterator[DeadLetter]:
    left = limit
    for queue in _queues(letters, wanted):
        for letter in letters.read(queue, left, hidden_seconds):
            left -= 1
            yield letter
        if left == 0:
            return


def _is_redrivable(letter: DeadLetter) -> bool:
    from orderbridge.platforms.names import platform_names

    return letter.message is not None and letter.message.channel.platform in platform_names()


def _queues(letters: DeadLetters, wanted: str | None) -> list[DeadLetterQueue]:
    queues = letters.queues()
    if wanted is None:
        return queues
    named = [queue for queue in queues if queue.name == wanted]
    if not named:
        raise Failure(f"There is no dead-letter queue {wanted}; there are {', '.join(each.name for each in queues)}.")
    return named


def _row(letter: DeadLetter) -> dict[str, Any]:
    from datetime import UTC, datetime

    from orderbridge.domain.times import to_iso

    message = letter.message
    sent_at = to_iso(datetime.fromtimestamp(int(letter.sent_at) / 1000, UTC)) if letter.sent_at else None
    return {
        "queue": letter.queue.name,
        "message_id": letter.message_id,
        "code": message.code if message else None,
        "client_id": message.key.client_id if message else None,
        "channel": message.channel.name if message else None,
        "platform": message.channel.platform if message else None,
        "sent_at": sent_at,
        "receives": letter.receives,
        "error": letter.error,
    }
