"""`orderbridge orders`: what became of an order, and which orders there are."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument

from orderbridge_cli.lists import listing, table
from orderbridge_cli.output import answer, command, facts, new_group, note, printable, progress, stacked
from orderbridge_cli.times import age

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from orderbridge.forwarding.forward.states import Forward
    from orderbridge.forwarding.ports import FrozenRequest
    from orderbridge.orders.order import Order
    from orderbridge.reading.views import OrderView
    from orderbridge_cli.operating.orders import LookUpOrders
    from orderbridge_cli.operating.search import Search


group = new_group("orders", "What became of an order, and which orders there are.")

DEFAULT_DAYS = 7

Customer = Annotated[str | None, typer.Option("--customer", metavar="CODE", help="Of this customer.")]
Site = Annotated[str | None, typer.Option("--site", metavar="CODE", help="Of this site.")]
Product = Annotated[str | None, typer.Option("--product", metavar="CODE", help="With this product in it.")]
OfChannel = Annotated[str | None, typer.Option("--channel", metavar="C", help="Of one channel.")]
PartOfPo = Annotated[
    str | None, typer.Option("--po", metavar="TEXT", help="Whose purchase order number holds this text.")
]
OfReason = Annotated[
    str | None,
    typer.Option(
        "--reason", metavar="TEXT", help="Whose error or missing key holds this text, whatever numbers are in it."
    ),
]


def _lookup() -> LookUpOrders:
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import look_up_orders

    return look_up_orders(Operations.here())


@command(group, "show")
def show(
    code: Annotated[str, Argument(metavar="CODE", help="The order's code, SO-YYYYMMDD-NNNNN.")],
    *,
    attempts: Annotated[
        bool, typer.Option("--attempts", help="And what the platforms answered where an attempt did not end as SENT.")
    ] = False,
) -> None:
    """An order, its forward to every channel, and everything that happened to it."""
    lookup = _lookup()
    view = lookup.view(code)
    document = described(view)
    if attempts:
        by_channel = {each.channel.name: each for each in view.forwards}
        for shown in document["forwards"]:
            forward = by_channel.get(shown["channel"])
            shown["requests"] = [] if forward is None else list(map(_sent, lookup.desk.requests_of(forward)))
            shown["kept"] = [] if forward is None else [asdict(each) for each in lookup.desk.answers_of(forward)]
    answer(document, lambda: rendered(document))


def _sent(request: FrozenRequest) -> dict[str, Any]:
    """A create call without what it is signed with, which is never kept."""
    return {
        "method": request.method,
        "path": request.path,
        "body": request.body.decode("utf-8", "replace"),
        "sha256": request.body_hash,
    }


@command(group, "list", lists=True)
def list_orders(
    *,
    client_id: Annotated[str | None, typer.Option("--client-id", metavar="X", help="Of one partner.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="T", help=f"From this day or time on; else the last {DEFAULT_DAYS} days."),
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", metavar="S", help="An order's status, or the state of one of its forwards.")
    ] = None,
    purchase_order_no: Annotated[
        str | None,
        typer.Option(
            "--purchase-order-no", metavar="PO", help="The one under this number of its partner, however old."
        ),
    ] = None,
    customer: Customer = None,
    site: Site = None,
    product: Product = None,
    channel: OfChannel = None,
    po: PartOfPo = None,
    reason: OfReason = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 1000,
) -> None:
    """Orders, newest first. What is looked for is looked for order by order, from --since on."""
    _require_known(state)
    search = search_of(customer=customer, site=site, product=product, channel=channel, po=po, reason=reason)
    others = (since, state, customer, site, product, channel, po, reason)
    if purchase_order_no is not None and any(each is not None for each in others):
        raise typer.BadParameter("goes with --client-id alone", param_hint="--purchase-order-no")
    lookup = _lookup()
    begin = default_begin(lookup) if since is None else moment(since, lookup)
    if since is None and purchase_order_no is None:
        note(f"Of the last {DEFAULT_DAYS} days; --since T looks further back.")
    with progress("looking"):
        if purchase_order_no is not None:
            listed = lookup.with_purchase_order_no(purchase_order_no, client_id)
        else:
            listed = lookup.orders(client_id, begin, state, search)
        found = list(itertools.islice(listed, limit + 1))
    now = lookup.clock()
    rows = [_row(order) for order in found[:limit]]
    listing(
        rows,
        ("code", "status", "created_at", "age", "purchase_order_no", "customer_code", "site_code", "client_id"),
        "order",
        optional=("site_code", "customer_code", "client_id", "age", "purchase_order_no"),
        computed={"age": lambda row: age(row["created_at"], now)},
        has_more=len(found) > limit,
    )


def search_of(**wanted: str | None) -> Search:
    """What is looked for; raises the usage error of typer for an empty text."""
    from orderbridge_cli.operating.search import Search

    for name, text in wanted.items():
        if text is not None and not text.strip():
            raise typer.BadParameter("the text is empty", param_hint=f"--{name}")
    return Search(**wanted)


def _require_known(state: str | None) -> None:
    from orderbridge.forwarding.forward.states import ForwardState
    from orderbridge_cli.operating.orders import STATUSES

    known = (*STATUSES, *ForwardState.__members__)
    if state is not None and state not in known:
        raise typer.BadParameter(f"{state!r} is none of {', '.join(dict.fromkeys(known))}", param_hint="--state")


def _row(order: Order) -> dict[str, Any]:
    return {
        "code": order.code,
        "client_id": order.client_id,
        "status": order.status,
        "created_at": order.created_at,
        "purchase_order_no": order.content.purchase_order_no,
        "customer_code": order.content.customer_code,
        "site_code": order.content.site_code,
    }


def default_begin(lookup: LookUpOrders) -> datetime:
    """Where a list begins that nobody said a time for."""
    from datetime import timedelta

    return lookup.clock() - timedelta(days=DEFAULT_DAYS)


def moment(text: str, lookup: LookUpOrders) -> datetime:
    """A moment out of ``2025-01-31``, ``2025-01-31T08:00`` (both in the business time zone), or a time with a zone."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        words = f"{text!r} is neither a day such as 2025-01-31 nor a time such as 2025-01-31T08:00."
        raise typer.BadParameter(words, param_hint="--since") from None
    return said if said.tzinfo is not None else said.replace(tzinfo=ZoneInfo(lookup.business_time_zone))


def described(view: OrderView) -> dict[str, Any]:
    """An order as the command shows it (docs/interfaces.md#command-line)."""
    order = view.order
    # An order that no channel takes is shown in the place of its forwards, as soon as it waits for one.
    is_shown = not order.channels and (order.unrouted_since is not None or not order.awaits_route)
    # Of one millisecond, what happened to the order as a whole comes first.
    timeline = sorted(view.timeline, key=lambda entry: (entry.at, entry.channel is not None))
    return {
        "code": order.code,
        "client_id": order.client_id,
        "status": view.status(),
        "created_at": order.created_at,
        "purchase_order_no": order.content.purchase_order_no,
        "content": order.content.model_dump(mode="json", exclude={"purchase_order_no"}),
        "forwards": [*map(forward_described, view.forwards), *([unrouted_described(order)] if is_shown else [])],
        "timeline": [
            {"at": order.created_at, "event": "OrderAccepted", "channel": None, "detail": None},
            *(
                {"at": entry.at, "event": entry.event, "channel": entry.channel, "detail": entry.detail}
                for entry in timeline
            ),
        ],
    }


def forward_described(forward: Forward) -> dict[str, Any]:
    """A forward as the command shows it."""
    return {
        "channel": forward.channel.name,
        "platform": forward.channel.platform,
        "state": forward.state.value,
        "external_id": forward.external_id,
        "attempts": forward.attempts,
        "missing": [{"kind": need.kind, "key": need.shown} for need in forward.missing],
        "error": forward.error,
        **_platform_says(forward),
    }


def unrouted_described(order: Order) -> dict[str, Any]:
    """An order that no channel takes, as the command shows it in a forward's place."""
    return {
        "channel": None,
        "platform": None,
        "state": "NEEDS_MAPPING" if order.awaits_route else "CANCELLED",
        "external_id": None,
        "attempts": 0,
        "missing": [{"kind": "route", "key": order.content.site_code}] if order.awaits_route else [],
        "error": None,
    }


def _platform_says(forward: Forward) -> dict[str, Any]:
    """What the platform has said since it holds the order; nothing where it has said nothing."""
    from orderbridge.forwarding.order_status import channel_status

    if not forward.platform_status_raw:
        return {}
    return {
        "status": channel_status(forward),
        "awb_number": forward.awb_number,
        "shipment_problem": forward.shipment_problem,
        "payment_status": forward.payment_status,
        "platform_says": dict(forward.platform_status_raw),
    }


def rendered(document: dict[str, Any]) -> RenderableType:
    """An order for a person."""
    content = document["content"]
    head = {name: document[name] for name in ("code", "client_id", "status", "created_at", "purchase_order_no")}
    head |= {name: content[name] for name in ("customer_code", "site_code", "sales_name", "address")}
    products = [(line["product_code"], line["quantity"]) for line in content["products"]]
    forwards = [
        (each["channel"], each["platform"], each["state"], each["external_id"], each["attempts"], _trouble(each))
        for each in document["forwards"]
    ]
    columns = ("channel", "platform", "state", "external id", "attempts", "needs, error or status")
    return stacked(
        facts(head),
        table("Products", ("product_code", "quantity"), products),
        table("Forwards", columns, forwards, ("platform", "attempts", "external id")),
        *(_request(each["channel"], sent) for each in document["forwards"] for sent in each.get("requests", ())),
        *(_kept(each["channel"], kept) for each in document["forwards"] for kept in each.get("kept", ())),
        *_nothing_kept(document["forwards"]),
        timeline_table(document["timeline"]),
    )


def _request(channel: str, sent: dict[str, Any]) -> RenderableType:
    """What was sent to a channel, or was to be, for a person."""
    from rich.text import Text

    body = printable(sent["body"], keep_lines=True)
    return stacked(Text(f"Request to {channel}: {sent['method']} {printable(sent['path'])}"), Text(body))


def _nothing_kept(forwards: Sequence[dict[str, Any]]) -> Iterator[RenderableType]:
    from rich.text import Text

    for each in forwards:
        if "requests" in each and not each["requests"] and each["attempts"]:
            yield Text(f"The request to {each['channel']} is not kept any more.")


def _kept(channel: str, kept: dict[str, Any]) -> RenderableType:
    """The answer to an attempt for a person; a platform's text is never taken for markup."""
    from rich.text import Text

    head = {name: kept[name] for name in ("at", "status", "content_type", "trouble") if kept[name] is not None}
    return stacked(
        Text(f"Answer of {channel} to the attempt {kept['attempt_id']}"),
        facts(head),
        *([Text(printable(kept["body"], keep_lines=True))] if kept["body"] else []),
    )


def timeline_table(timeline: list[dict[str, Any]]) -> RenderableType:
    """An order's timeline for a person."""
    columns = ("at", "event", "channel", "detail")
    return table("Timeline", columns, [[entry[name] for name in columns] for entry in timeline])


def _trouble(forward: dict[str, Any]) -> str | None:
    said = ", ".join(forward[name] for name in ("status", "shipment_problem", "awb_number") if forward.get(name))
    needs = ", ".join(f"{need['kind']}:{need['key']}" for need in forward["missing"])
    return "; ".join(filter(None, (needs, forward["error"], said))) or None
