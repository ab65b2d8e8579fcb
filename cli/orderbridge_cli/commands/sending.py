"""`orderbridge orders send`: one signed test order through the API into one channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.output import Failure, answer, note, progress

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge_cli.target import Operations

KIND = "TEST"
STILL_MOVING = frozenset({"QUEUED", "SENDING"})


def send(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="Where it goes, and nowhere else.")],
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Though the channel leads to a real account, where it makes a real order.")
    ] = False,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="CODE", help="Else the first one that is mapped.")
    ] = None,
    site: Annotated[
        str | None, typer.Option("--site", metavar="CODE", help="Else the first one that is mapped.")
    ] = None,
    sales: Annotated[
        str | None, typer.Option("--sales", metavar="NAME", help="Else the first one that is mapped.")
    ] = None,
    product: Annotated[
        str | None,
        typer.Option("--product", metavar="CODE", help="One piece of it; else of the first one."),
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to look what becomes of it.")
    ] = 60.0,
) -> None:
    """Send one signed test order through login, intake, bus and queue into one channel.

    It is that of a partner made for it, whose orders go to this channel alone, and which is suspended afterwards.
    Exit 1 unless the order is SENT.
    """
    from orderbridge_cli.commands.partner_calls import new_partner, order_number, wait_for_order
    from orderbridge_cli.operating.channels import known_channel
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import operate_partners

    stack = Operations.here()
    known = known_channel(stack.channels, channel)
    _require_consent(known, yes=yes)
    codes = _first_mapped(stack, known)
    order = {
        "customer_code": customer or codes.get("customer", KIND),
        "site_code": site or codes.get("site", KIND),
        "sales_name": sales or codes.get("sales", KIND),
        "address": "a test order, please do not deliver",
        "purchase_order_no": order_number(KIND),
        "products": [{"product_code": product or codes.get("product", KIND), "quantity": 1}],
    }
    with progress("sending") as say, new_partner(stack, "test", f"Test orders to {channel}", [channel]) as partner:
        try:
            code = partner.post(order)
        finally:
            operate_partners(stack).suspend(partner.client_id)
        note(f"{code} is accepted, as {order['purchase_order_no']} of {partner.client_id}.")
        say(f"waiting for {channel}")
        shown = wait_for_order(stack, code, wait, _has_come_to_rest)
    document = _document(code, channel, shown["forwards"])
    words = f"{code} on {channel} is {document['state'] or 'not published yet'}"
    if document["state"] != "SENT":
        # The sentence is the error, and holds the forward's own.
        raise Failure(f"{words}{_why(document)}.", {name: document[name] for name in document if name != "error"})
    answer(document, lambda: f"{words}, {document['external_id'] or 'under our code'} there.")


def _require_consent(channel: Channel, *, yes: bool) -> None:
    from orderbridge.http.base_urls import is_loopback

    if not yes and not is_loopback(str(channel.settings["base_url"])):
        raise typer.BadParameter(
            f"{channel.name} leads to {channel.settings['base_url']}, where this makes a real order; --yes does it",
            param_hint="--yes",
        )


def _first_mapped(stack: Operations, channel: Channel) -> dict[str, str]:
    """The first code of each kind that the channel maps, as partners write it."""
    first: dict[str, str] = {}
    for key, _ in stack.mapping_rows.rows(channel):
        first.setdefault(key.kind, key.shown)
    return first


def _has_come_to_rest(forwards: Sequence[Mapping[str, Any]]) -> bool:
    return bool(forwards) and all(each["state"] not in STILL_MOVING for each in forwards)


def _document(code: str, channel: str, forwards: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    forward: Mapping[str, Any] = next(iter(forwards), {})
    return {
        "code": code,
        "channel": channel,
        "state": forward.get("state"),
        "external_id": forward.get("external_id"),
        "missing": forward.get("missing", []),
        "error": forward.get("error"),
    }


def _why(document: Mapping[str, Any]) -> str:
    needs = ", ".join(f"{need['kind']}:{need['key']}" for need in document["missing"])
    said = "; ".join(filter(None, (document["error"], needs and f"it needs {needs}")))
    return f": {said}" if said else ""
