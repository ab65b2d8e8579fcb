"""Safeguards of looking, waiting and cancelling."""

from __future__ import annotations

from evidence.safeguards.safeguard import Safeguard

LOOKING = (
    Safeguard(
        "two looks have to find nothing",
        "forwarding.forward.attempts:_not_found",
        (("if looks < look.negative_looks:", "if False:"),),
        "lost, and lists almost twice the settle time behind",
    ),
    Safeguard(
        "no look counts before the settle time",
        "forwarding.forward.attempts:_not_found",
        (("if elapsed < look.settle_seconds:", "if False:"),),
        "lost, and lists almost twice the settle time behind",
    ),
    Safeguard(
        "a look that fails says nothing about the order",
        "platforms.ngorder.lookup:OrderLists.find",
        (("return Absent() if gap is None else LookFailed(gap.reason, gap.retry_after)", "return Absent()"),),
        "lost, and lists that fail",
    ),
    Safeguard(
        "a list is read to its end",
        "calls.paging:all_rows",
        (("if not page.has_more:", "if True:"), ("so_far.require_all(None if largest == 1 else page)", "pass")),
        "processed, then closed",
    ),
    Safeguard(
        "cancelled orders are looked for too",
        "platforms.ngorder.lookup:OrderLists._rows",
        (("    yield from self._cancelled()", "    yield from ()"),),
        "orders taken back while answers are lost",
        guard="the order is found by its id where it is known; test_ngorder looks for one that was cancelled there",
    ),
    Safeguard(
        "a list that repeats a page is not read whole",
        "calls.paging:all_rows",
        (("if page.rows and not new and not page.odd and so_far.counts.is_repeating:", "if False:"),),
        "lost, and lists cut short or of another shape",
        guard="the total that the list reports; property tests of paging see it",
    ),
)

WAITING = (
    Safeguard(
        "the sweeper brings what no message brings",
        "forwarding.sweeping:Sweep._next_of",
        (("    yield [message_of(forward)]\n", "    yield []\n"),),
        "messages and events lost",
    ),
    Safeguard(
        "a failure of ours puts the message back",
        "entrypoints.queue:in_parts",
        (("            raise\n", ""),),
        "DynamoDB throttles",
        guard="the sweeper, by the forward's due time",
    ),
    Safeguard(
        "a retry is due",
        "forwarding.forward.attempts:_retry",
        (("due_at=after(now, delay + grace_seconds)", "due_at=None"),),
        "nobody listens, and messages are lost",
    ),
    Safeguard(
        "a look is due",
        "forwarding.forward.attempts:_keep_looking",
        (("due_at=after(now, seconds + grace_seconds)", "due_at=None"),),
        "messages and events lost",
    ),
    Safeguard(
        "nothing is sent to a paused channel",
        "forwarding.channel_gate:ChannelGate.access_to",
        (('if channel.state == "paused" and not although_paused:', "if False:"),),
        "channels paused and resumed while orders come",
    ),
    Safeguard(
        "what is paused is due",
        "forwarding.forward.waiting:pause",
        (
            (
                "replace(forward, error=error, not_before=later, due_at=later, deferrals=0)",
                "replace(forward, error=error, not_before=later, due_at=None, deferrals=0)",
            ),
            ("error=error, not_before=later, due_at=later\n", "error=error, not_before=later, due_at=None\n"),
        ),
        "channels paused and resumed while orders come",
        guard="whoever resumes the channel, or finds it recovered, releases all that is PAUSED",
    ),
    Safeguard(
        "a new route is looked for again",
        "forwarding.releasing:RouteOrders.route_one",
        (("    partner = self", "    return\n    partner = self"),),
        "routes imported while orders come",
    ),
    Safeguard(
        "an order is routed once, and not after its partner took it back",
        "forwarding.table:TableOrders.route",
        (('f"attribute_exists(waiting) AND {AWAITS_ROUTE}"', '"size(channels) >= :none"'),),
        "import, cancel, route and pause at once",
        guard="a forwarder looks for the wish before it sends, a forward is created once; test_conditions holds both",
    ),
    Safeguard(
        "an import lets go what waited for it",
        "forwarding.releasing:ReleaseForwards.after_import",
        (("    keys = helped(imported)", "    return iter(())\n    keys = helped(imported)"),),
        "mappings imported while orders come",
        guard="the sweeper looks at parked forwards again after ten minutes",
    ),
    Safeguard(
        "who parks a forward looks once more",
        "forwarding.sending:ForwardOrder._park",
        (("    return self._release(parked)", "    return parked"),),
        "mappings imported while orders come",
        guard="the sweeper looks at parked forwards again after ten minutes",
    ),
)

CANCELLING = (
    Safeguard(
        "an order that was taken back is not sent",
        "forwarding.sending:ForwardOrder._next_step",
        (("case _ if record.order.cancel_requested_at is not None and record.forward.is_unsent:", "case _ if False:"),),
        "orders taken back while answers are lost",
        guard="cancelling takes back what is unsent by itself, and the partner repeats it until it is answered",
    ),
    Safeguard(
        "who settles an attempt looks for a wish to cancel",
        "forwarding.sending:ForwardOrder._cancel_if_requested_meanwhile",
        (("    if sent.due_at is None:", "    return sent\n    if sent.due_at is None:"),),
        "orders taken back at once",
    ),
    Safeguard(
        "the platform is asked to cancel what it holds",
        "forwarding.sending:ForwardOrder._next_step",
        (("case ForwardState.SENT if record.order.cancel_requested_at is not None:", "case _ if False:"),),
        "orders taken back",
    ),
    Safeguard(
        "an unanswered cancel is asked again",
        "forwarding.forward.cancelling:_unanswered",
        (("not_before=after(now, delay), due_at=after(now, delay + grace_seconds)", "due_at=None"),),
        "orders taken back while answers are lost",
    ),
)
