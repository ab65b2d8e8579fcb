"""`orderbridge webhooks`: where partners' systems hear of their orders, and what became of each message."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orderbridge_cli.asking import Yes, ask
from orderbridge_cli.lists import listing
from orderbridge_cli.output import answer, command, counted, facts, new_group, note, progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderbridge.webhooks.delivery import Delivery
    from orderbridge.webhooks.webhook import Webhook
    from orderbridge_cli.operating.webhooks import IssuedWebhook, OperateWebhooks


group = new_group("webhooks", "Where partners' systems hear of their orders, and what became of each message.")

SECONDS_PER_HOUR = 3600

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The partner's client id.")]
WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Which webhook; `list` shows them.")]
OneWebhook = Annotated[str | None, typer.Option("--webhook", metavar="WEBHOOK", help="Of one webhook; else of all.")]


def _webhooks() -> OperateWebhooks:
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import operate_webhooks

    return operate_webhooks(Operations.here())


@command(group, "add")
def add(
    client_id: ClientId,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages go: https, on the public internet.")],
    *,
    events: Annotated[
        str | None, typer.Option("--events", metavar="a,b", help="Only these; else every event there is.")
    ] = None,
) -> None:
    """Tell a partner's system of every change of its orders. The webhook's secret is printed this once."""
    from orderbridge.webhooks.webhook import EVENTS

    wanted = EVENTS if events is None else [each.strip() for each in events.split(",") if each.strip()]
    _show_secret(_webhooks().add(client_id, url, wanted))


@command(group, "list", lists=True)
def list_webhooks(
    client_id: Annotated[str | None, typer.Argument(metavar="CLIENT_ID", help="Of one partner; else of all.")] = None,
) -> None:
    """The webhooks and how they are; never a secret."""
    found = [described(webhook) for webhook in _webhooks().of(client_id)]
    columns = (
        "webhook", "client_id", "url", "state", "reason", "failures", "rest_until", "slow_since", "failed_at",
    )  # fmt: skip
    listing(found, columns, "webhook", optional=("slow_since", "rest_until", "client_id", "failures"))


@command(group, "deliveries", lists=True)
def deliveries(
    client_id: ClientId,
    *,
    webhook: OneWebhook = None,
    state: Annotated[
        Literal["PENDING", "DELIVERED", "FAILED"] | None, typer.Option("--state", help="Only those in this state.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")] = 100,
) -> None:
    """The messages of the last weeks, the newest first, with every attempt."""
    with progress("looking"):
        found = list(itertools.islice(_webhooks().records(client_id, webhook, state), limit + 1))
    rows = [{**delivery_described(each), "tries": len(each.kept_attempts)} for each in found[:limit]]
    columns = ("message", "webhook", "event", "code", "state", "tries", "next_attempt", "error")
    optional = ("webhook", "event", "tries", "code")
    listing(rows, columns, "message", optional=optional, has_more=len(found) > limit)


@command(group, "replay")
def replay(
    client_id: ClientId,
    message_ids: Annotated[
        list[str] | None, typer.Argument(metavar="MESSAGE", help="Which; `deliveries` lists them.")
    ] = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Every message that has failed.")] = False,
    webhook: OneWebhook = None,
) -> None:
    """Send messages once more, each under its old id, so that a receiver that has it already can tell."""
    if bool(message_ids) == failed:
        raise typer.BadParameter("name messages, or say --failed")
    webhooks = _webhooks()
    sent = _replayed(
        webhooks.replay_failed(client_id, webhook) if failed else webhooks.replay(client_id, message_ids or [])
    )
    answer({"replayed": sent}, lambda: f"{len(sent)} messages are on their way again.")


def _replayed(deliveries: Iterable[Delivery]) -> list[dict[str, Any]]:
    with progress("sending") as say:
        sent: list[dict[str, Any]] = []
        for each in deliveries:
            sent.append(delivery_described(each))
            say(f"{len(sent)} on their way")
    return sent


@command(group, "rotate")
def rotate(
    client_id: ClientId,
    webhook: WebhookId,
    *,
    overlap_hours: Annotated[
        float,
        typer.Option("--overlap-hours", metavar="H", min=0, max=24 * 30, help="So long the old one signs too."),
    ] = 24,
    yes: Yes = False,
) -> None:
    """A new secret, printed this once. For the overlap each message has two signatures."""
    if overlap_hours == 0:
        ask(
            "The old secret signs nothing any more; the receiver refuses all messages until it has the new one.",
            yes=yes,
        )
    issued = _webhooks().rotate(client_id, webhook, overlap_hours * SECONDS_PER_HOUR)
    if overlap_hours == 0:
        note("The old secret signs nothing any more, within a minute.")
    _show_secret(issued)


@command(group, "enable")
def enable(
    client_id: ClientId,
    webhook: WebhookId,
    *,
    and_replay: Annotated[
        bool, typer.Option("--replay", help="And send every message once more that has failed meanwhile.")
    ] = False,
) -> None:
    """Send messages to a webhook again that was disabled because its receiver answered 410."""
    webhooks = _webhooks()
    enabled = described(webhooks.enable(client_id, webhook))
    if and_replay:
        replayed = _replayed(webhooks.replay_failed(client_id, webhook))
        note(f"{counted(len(replayed), 'message')} on their way again.")
    else:
        note("What has failed meanwhile is sent again by `orderbridge webhooks replay --failed`.")
    answer(enabled, lambda: facts(enabled))


@command(group, "remove")
def remove(client_id: ClientId, webhook: WebhookId, *, yes: Yes = False) -> None:
    """Send nothing there any more, and forget its secret."""
    webhooks = _webhooks()
    url = webhooks.find(client_id, webhook).url
    ask(f"{url} hears nothing any more; its secret and what is on its way there are lost.", yes=yes)
    webhooks.remove(client_id, webhook)
    answer({"webhook": webhook, "state": "removed"}, lambda: f"{webhook} is removed.")


def described(webhook: Webhook) -> dict[str, Any]:
    """A webhook as the command shows it."""
    return {
        "webhook": webhook.webhook_id,
        "client_id": webhook.client_id,
        "url": webhook.url,
        "events": list(webhook.events),
        "state": webhook.state,
        "reason": webhook.reason,
        "since": webhook.since,
        "created_at": webhook.created_at,
        "failures": webhook.failures,
        "rest_until": webhook.rest_until,
        "slow_since": webhook.slow_since,
        "failed_at": webhook.failed_at,
    }


def delivery_described(delivery: Delivery) -> dict[str, Any]:
    """A message as the command shows it."""
    return {
        "message": delivery.ref.message_id,
        "webhook": delivery.ref.webhook_id,
        "event": delivery.event,
        "code": delivery.code,
        "state": delivery.state,
        "created_at": delivery.created_at,
        "next_attempt": delivery.not_before if delivery.state == "PENDING" else None,
        "error": delivery.error,
        "attempts": [
            {
                "at": attempt.at,
                "status": attempt.status,
                "detail": attempt.detail,
                "milliseconds": attempt.milliseconds,
            }
            for attempt in delivery.kept_attempts
        ],
    }


def _show_secret(issued: IssuedWebhook) -> None:
    note("The secret is shown this once.")
    document = {**described(issued.webhook), "secret": issued.secret}
    answer(document, lambda: facts({name: _joined(value) for name, value in document.items()}))


def _joined(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
