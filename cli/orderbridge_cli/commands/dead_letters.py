"""`orderbridge dlq`: messages that were given up, their way back into the queue they come from, and their end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.asking import Yes, ask
from orderbridge_cli.lists import listing, wants_file
from orderbridge_cli.output import Failure, answer, command, counted, new_group, note, progress, wants_json

if TYPE_CHECKING:
    from orderbridge_cli.operating.tables.dead_letters import DeadLetter, DeadLetterQueue, DeadLetters
    from orderbridge_cli.target import Operations


group = new_group("dlq", "Messages that were given up.")

_HIDDEN_WHILE_SHOWN_S = 5
_HIDDEN_WHILE_REDRIVEN_S = 120

Queue = Annotated[
    str | None, typer.Option("--queue", metavar="Q", help="Of one queue, as `dlq list` names it; else of all.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")]


@command(group, "list", lists=True)
def list_queues(*, queue: Queue = None, limit: Limit = 1000) -> None:
    """The dead-letter queues, and about how many messages are in each."""
    letters = _stack().dead_letters
    listed = itertools.islice(_queues(letters, queue), limit)
    rows = [{"queue": each.name, "messages": letters.count(each)} for each in listed]
    listing(rows, ("queue", "messages"), "queue")


@command(group, "show", lists=True)
def show(
    *,
    queue: Queue = None,
    limit: Limit = 100,
    raw: Annotated[
        bool, typer.Option("--raw", help="And each message as it is. No content of an order is in one.")
    ] = False,
) -> None:
    """What the messages are about. They stay where they are."""
    letters = _stack().dead_letters
    with progress("looking"):
        found = list(_read(letters, queue, limit, _HIDDEN_WHILE_SHOWN_S))
        for letter in found:
            letters.show_again(letter)
    rows = [_row(letter) for letter in found]
    if raw and not wants_json() and not wants_file():
        answer(rows, lambda: "\n\n".join(f"{each.queue.name} {each.message_id}\n{each.body}" for each in found))
        return
    columns = ("queue", "code", "channel", "client_id", "webhook_id", "sent_at", "receives", "error")
    listing(rows, columns, "message", optional=("client_id", "receives", "sent_at", "webhook_id"))


@command(group, "redrive")
def redrive(*, queue: Queue = None, limit: Limit = 1000, dry_run: DryRun = False) -> None:
    """Send the messages to the queues they come from again. Whoever has done its work does nothing twice."""
    stack = _stack()
    letters = stack.dead_letters
    redriven: list[dict[str, Any]] = []
    kept: list[DeadLetter] = []
    with progress("reading") as say:
        for letter in _read(letters, queue, limit, _HIDDEN_WHILE_REDRIVEN_S):
            send = _way_back(letter, stack)
            if send is None:
                kept.append(letter)
                continue
            redriven.append(_row(letter))
            if dry_run:
                kept.append(letter)
            else:
                # Sent first: a crash between leaves the message twice, which does no harm.
                send()
                letters.remove(letter)
                say(f"{len(redriven)} sent")
        # Only now, or a queue would hand out the same messages again and again.
        for letter in kept:
            letters.show_again(letter)
    left = len(kept) - (len(redriven) if dry_run else 0)
    if left:
        note(
            f"{counted(left, 'message')} left there that no queue takes. The sweeper finds by itself what they stand "
            "for; `dlq discard` clears them away."
        )
    words = "would be sent again" if dry_run else "sent again"
    answer(
        {"redriven": redriven, "left": left, "dry_run": dry_run},
        lambda: f"{counted(len(redriven), 'message')} {words}.",
    )


@command(group, "discard")
def discard(
    *,
    queue: Annotated[str, typer.Option("--queue", metavar="Q", help="Of this queue, as `dlq list` names it.")],
    limit: Limit = 1000,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Throw messages away. No order is in one: the table holds them, and the sweeper finds those that are due there."""
    letters = _stack().dead_letters
    for each in _queues(letters, queue):
        if not dry_run and (messages := letters.count(each)):
            ask(f"About {counted(messages, 'message')} of {queue} is lost.", yes=yes)
    discarded: list[DeadLetter] = []
    with progress("reading") as say:
        for letter in _read(letters, queue, limit, _HIDDEN_WHILE_REDRIVEN_S):
            discarded.append(letter)
            if not dry_run:
                letters.remove(letter)
                say(f"{len(discarded)} discarded")
        if dry_run:
            for letter in discarded:
                letters.show_again(letter)
    words = "would be discarded" if dry_run else "discarded"
    answer(
        {"discarded": [_row(letter) for letter in discarded], "dry_run": dry_run},
        lambda: f"{counted(len(discarded), 'message')} {words}.",
    )


def _stack() -> Operations:
    from orderbridge_cli.target import Operations

    return Operations.here()


def _read(letters: DeadLetters, wanted: str | None, limit: int, hidden_seconds: int) -> Iterator[DeadLetter]:
    left = limit
    for queue in _queues(letters, wanted):
        for letter in letters.read(queue, left, hidden_seconds):
            left -= 1
            yield letter
        if left == 0:
            return


def _way_back(letter: DeadLetter, stack: Operations) -> Callable[[], None] | None:
    """What sends a message to the queue it comes from again; None where there is no such queue."""
    from orderbridge.forwarding.events import ForwardMessage
    from orderbridge.platforms.names import platform_names

    match letter.message:
        case None:
            return None
        case ForwardMessage() as message:
            known = message.channel.platform in platform_names()
            return partial(stack.queues.send, message) if known else None
        case ref:
            return partial(stack.delivery_queue.send, ref)


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

    from orderbridge.values.times import to_iso

    sent_at = to_iso(datetime.fromtimestamp(int(letter.sent_at) / 1000, UTC)) if letter.sent_at else None
    return {
        "queue": letter.queue.name,
        "message_id": letter.message_id,
        **_about(letter),
        "sent_at": sent_at,
        "receives": letter.receives,
        "error": letter.error,
        "body": letter.body,
    }


def _about(letter: DeadLetter) -> dict[str, Any]:
    from orderbridge.forwarding.events import ForwardMessage

    about = dict.fromkeys(("code", "client_id", "channel", "platform", "webhook_id", "delivery_id"))
    match letter.message:
        case None:
            return about
        case ForwardMessage(key=key, code=code, channel=channel):
            return {
                **about, "code": code, "client_id": key.client_id,
                "channel": channel.name, "platform": channel.platform,
            }  # fmt: skip
        case ref:
            return {
                **about, "client_id": ref.client_id, "webhook_id": ref.webhook_id, "delivery_id": ref.message_id,
            }  # fmt: skip
