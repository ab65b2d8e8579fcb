"""The safeguards that the proof tests itself with: where each is, its absence, and which row has to see that.

Ordered as an order's way goes: intake, publishing, sending, looking, waiting, cancelling, telling, status and stock.
"""

from __future__ import annotations

from dataclasses import dataclass

Edit = tuple[str, str]


@dataclass(frozen=True)
class Safeguard:
    """A safeguard by the words for it. `guard` is what else holds where no row can see that it is missing."""

    name: str
    place: str
    """``package.module:Class.function``, below ``orderbridge``."""
    edits: tuple[Edit, ...]
    row: str
    guard: str = ""


OUTCOMES = "__import__('orderbridge.channels.outcomes', fromlist=['x'])"

INTAKE = (
    Safeguard(
        "an order is put only where its reference is free",
        "orders.table:TableOrderIntake.put_if_absent",
        ((' ConditionExpression="attribute_not_exists(PK)",\n', "\n"),),
        "every order posted up to five times",
    ),
    Safeguard(
        "a write that the SDK repeats knows its own order again",
        "orders.intake:AcceptOrder._store",
        (("if existing.code == order.code:", "if False:"),),
        "PutItem repeated by the SDK",
    ),
    Safeguard(
        "a code that may be on an order is not used again",
        "orders.intake:AcceptOrder._store",
        (("self.codes.abandon(order.code)", "self.codes.give_back(order.code)"),),
        "the answer to PutItem lost",
    ),
    Safeguard(
        "codes are counted in the table, by one update",
        "orders.table:TableCodeCounter.reserve",
        (('"ADD last_number :count"', '"SET last_number = :count"'),),
        "every order posted eight times at once",
    ),
    Safeguard(
        "an order is due from its acceptance on",
        "orders.intake:AcceptOrder._store",
        (("due_at=after(now, self.sweep_grace_seconds),", "due_at=None,"),),
        "the stream dark for 25 hours",
    ),
)

PUBLISHING = (
    Safeguard(
        "an order stays due until it is published",
        "forwarding.publishing:PublishOrder.__call__",
        (("    transitions = first", "    self.orders.mark_published(order)\n    transitions = first"),),
        "the stream dark, and the bus does not answer",
    ),
    Safeguard(
        "forwards exist before they are announced",
        "forwarding.publishing:PublishOrder.__call__",
        (
            ("    for transition in transitions:\n        self.orders.create_forward(transition)\n", ""),
            (
                "    self.orders.mark_published(order)",
                (
                    "    for transition in transitions:\n        self.orders.create_forward(transition)\n"
                    "    self.orders.mark_published(order)"
                ),
            ),
        ),
        "the publisher killed at any step",
        guard="a message of a forward that is not there yet comes again; a unit test holds the order of the two",
    ),
    Safeguard(
        "a forward is created only where there is none",
        "forwarding.writer:ForwardWriter.creation",
        (('condition="attribute_not_exists(PK)"', "condition=None"),),
        "the publisher killed at any step",
    ),
    Safeguard(
        "every entry's own answer of the bus is read",
        "aws.bus:EventBridgeBus._put",
        (("if not entries:", "if True:"),),
        "the bus refuses single entries",
    ),
    Safeguard(
        "the sweeper publishes orders that the stream lost",
        "forwarding.sweeping:Sweep._order",
        (("    order = self.orders", "    return 'gone'\n    order = self.orders"),),
        "the stream dark for 25 hours",
    ),
    Safeguard(
        "an end has an entry in the outbox",
        "forwarding.forward.states:Transition.needs_outbox",
        (("return self.is_news and is_of_an_end", "return False"),),
        "the stream dark for 25 hours",
    ),
    Safeguard(
        "an entry stays in the outbox until its change is published",
        "forwarding.publishing:PublishForwardChange.__call__",
        (("    order = despite_races", "    self.outbox.published(forward)\n    order = despite_races"),),
        "the stream dark, and the bus does not answer",
    ),
    Safeguard(
        "an entry is taken out only by who published its latest change",
        "forwarding.table:TableOutbox.published",
        ((" AND revision <= :told", " AND revision <> :told"),),
        "the stream dark for 25 hours",
        guard="the later change's own record in the stream; test_outbox holds the condition",
    ),
    Safeguard(
        "messages to the partner are written with the change",
        "forwarding.table:TableOrders.save_progress",
        (
            (
                (
                    'write_all_or_nothing(self._client, [{"Update": update}, *messages]) '
                    "if messages else self._update(update)"
                ),
                'self._update(update) and [self._client.put_item(**each["Put"]) for each in messages] is not None',
            ),
        ),
        "the publisher killed at any step",
    ),
    Safeguard(
        "an order's change is written over the one before it alone",
        "forwarding.table:TableOrders.save_progress",
        (
            (
                (
                    '"attribute_exists(PK) AND "\n        + ("changes = :before" if order.changes > 1 '
                    'else "attribute_not_exists(changes)")'
                ),
                '"attribute_exists(PK)"',
            ),
        ),
        "everything killed at any step",
        guard="an order's records come from one shard, in their order; test_webhooks_in_the_table holds the condition",
    ),
)

SENDING = (
    Safeguard(
        "SENDING is stored before the first byte leaves",
        "forwarding.sending:ForwardOrder._begun",
        (
            (
                "return self.orders.save(begun, freeze=None if ready.is_frozen else ready.request)",
                "return begun.forward",
            ),
        ),
        "processed, then closed",
    ),
    Safeguard(
        "a forward is written at the revision that was read",
        "forwarding.writer:ForwardWriter._put_at_revision",
        (('"ConditionExpression": "revision = :read",\n', "\n"),),
        "one message to three workers at once",
    ),
    Safeguard(
        "a lease keeps others from a forward that is being sent",
        "forwarding.forward.attempts:begin_attempt",
        (("lease_until = now + timedelta(seconds=lease_seconds)", "lease_until = now"),),
        "one message to three workers at once",
        guard="a look that finds nothing sends nothing, and the write at the revision",
    ),
    Safeguard(
        "a forward that is being sent is due when its lease is over",
        "forwarding.forward.attempts:begin_attempt",
        (("due_at=after(lease_until, 5),", "due_at=None,"),),
        "forwarders killed at any step",
        guard="the killed worker's message comes again after its visibility timeout",
    ),
    Safeguard(
        "the request is frozen, and sent again as it was",
        "forwarding.sending:ForwardOrder._prepared",
        (("record.request or self._mapped_request", "self._mapped_request"),),
        "prices changed between two attempts",
    ),
    Safeguard(
        "a call that left without an answer is not taken for one that never left",
        "http.exchange:Progress.failure",
        (("if not self.has_written:", "if True:"),),
        "processed, then closed",
    ),
    Safeguard(
        "what proves nothing is looked at before it is sent again",
        "forwarding.forward.attempts:settle_attempt",
        (
            ("case TurnedAway(reason) | Unknown(reason) if look", "case TurnedAway(reason) if look"),
            ("by_application=True) | Unknown(reason):", "by_application=True):"),
            ("case NotSent(reason):", "case NotSent(reason) | Unknown(reason):"),
        ),
        "processed, then closed",
    ),
    Safeguard(
        "a platform without a look-up is never sent to twice",
        "forwarding.forward.attempts:settle_attempt",
        (
            ("by_application=True) | Unknown(reason):", "by_application=True):"),
            ("case NotSent(reason):", "case NotSent(reason) | Unknown(reason):"),
        ),
        "processed, garbage",
    ),
    Safeguard(
        "an application that says 404 may have read the order",
        "forwarding.forward.attempts:settle_attempt",
        (("case TurnedAway(reason, by_application=True) | Unknown(reason):", "case Unknown(reason):"),),
        "404 in JSON, processed",
    ),
    Safeguard(
        "a 5xx proves nothing",
        "calls.answers:common_outcome",
        (("return Unknown(words, of_order=status != 503)", "return Refused(words)"),),
        "500, processed",
    ),
    Safeguard(
        "a 503 is a refusal only where the channel says so",
        "calls.answers:common_outcome",
        (("(status == 503 and refuses_with_503)", "status == 503"),),
        "503, processed",
    ),
    Safeguard(
        "a page of HTML rejects no order",
        "calls.answers:common_outcome",
        (("        and isinstance(_document_in(reply), Mapping | list)\n", ""),),
        "400 in HTML, processed",
        guard="the words of a proxy's page speak of no content; test_any_answer draws pages and words",
    ),
    Safeguard(
        "words about something else reject no order",
        "calls.answers:is_no_trouble",
        (("return bool(words) and not speaks_of_trouble(words)", "return True"),),
        "409 in JSON of a proxy, processed",
        guard="every platform's own words of refusal; test_any_answer draws them",
    ),
    Safeguard(
        "a success without its proof is none",
        "platforms.adapter:PlatformAdapter.create_order",
        (
            (
                "return self.read_created(client, request, client.send(request))",
                (
                    "reply = client.send(request)\n"
                    f"            if reply.status < 300: return {OUTCOMES}.Accepted(None)\n"
                    "            return self.read_created(client, request, reply)"
                ),
            ),
        ),
        "200, a page, not processed",
    ),
    Safeguard(
        "an order that is SENT keeps the platform's id",
        "forwarding.forward.attempts:_sent",
        (("external_id=external_id,", "external_id=None,"),),
        "processed, then closed",
    ),
    Safeguard(
        "what is in doubt has its reason",
        "forwarding.forward.attempts:_in_doubt",
        (("error=error, due_at", "error=None, due_at"),),
        "processed, then closed",
    ),
    Safeguard(
        "every change leaves its line on the timeline",
        "forwarding.writer:ForwardWriter._beside",
        (("line = [] if entry is None else [", "line = [] and ["),),
        "processed, then closed",
    ),
    Safeguard(
        "a change is behind the last one, whatever the clocks say",
        "forwarding.forward.states:Forward.changed_at",
        (("return at if at >= self.updated_at else", "return at if True else"),),
        "clocks two minutes apart",
    ),
    Safeguard(
        "a transaction that met another one says nothing about its conditions",
        "aws.writes:write_all_or_nothing",
        (('if "ConditionalCheckFailed" in cancellation_codes(cancelled):', "if True:"),),
        "writes meet other transactions",
        guard="`despite_conflicts` tries again before, six times",
    ),
    Safeguard(
        "a transaction that was cancelled is made again or fails, and is not taken for done",
        "aws.writes:despite_conflicts",
        (
            (
                (
                    'if not tries_left or cancellation_codes(cancelled) - {"None"} != {"TransactionConflict"}:\n'
                    "                raise"
                ),
                "return",
            ),
        ),
        "writes meet other transactions",
    ),
)

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
        "forwarding.sweeping:Sweep._forward",
        (("    self.queues.send(message_of(claimed))\n", ""),),
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
        (("    record = self", "    return\n    record = self"),),
        "routes imported while orders come",
    ),
    Safeguard(
        "an order is routed once, and not after its partner took it back",
        "forwarding.table:TableOrders.route",
        (('"size(channels) = :none AND attribute_not_exists(cancel_requested_at)"', '"size(channels) >= :none"'),),
        "import, cancel, route and pause at once",
        guard="the place of the order is closed at its revision; test_routes races the two",
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

TELLING = (
    Safeguard(
        "messages to the partner that were left behind are sent",
        "webhooks.sending:SweepDeliveries._carry_on",
        (("    record, now = self", "    return 'gone'\n    record, now = self"),),
        "queues do not answer",
    ),
    Safeguard(
        "a message without an answer comes again",
        "http.answer:Answer.is_success",
        (("return self.status is not None and 200 <= self.status < 300", "return True"),),
        "the partner's webhook fails",
    ),
    Safeguard(
        "messages are signed with the partner's secret",
        "webhooks.signing:_signature",
        (("key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))", "key = b''"),),
        "the partner's webhook fails",
    ),
    Safeguard(
        "a change at one channel is told, though the order's own status stays",
        "forwarding.order_status:progress",
        (("if status == order.status and announced == _read(order.announced):", "if status == order.status:"),),
        "processed, then closed",
    ),
    Safeguard(
        "a message that is under way is swept once it is lost",
        "webhooks.delivery:begin",
        (("due_at=after(from_iso(over), 5),", "due_at=None,"),),
        "the partner's webhook fails",
    ),
)

ROUNDS = (
    Safeguard(
        "a word that nobody knows is kept and told",
        "status.changes:take_in",
        (("if followed == forward and not unknown and not steps_back:", "if followed == forward:"),),
        "processed, then closed",
    ),
    Safeguard(
        "a page of statuses that is not read moves nothing on",
        "status.sync:_Session._page",
        (("if failed.credentials or self.cursor.failures < TRIES_PER_PAGE:", "if failed.credentials:"),),
        "rounds whose lists fail",
        guard="every round reads the open orders anew; unit tests of the sync hold the number of tries",
    ),
    Safeguard(
        "a status is taken in at the forward's revision, and read again where that moved on",
        "status.sync:_Session._taken_in",
        (("        except LostRace:\n", "        except ZeroDivisionError:\n"),),
        "rounds that AWS throttles",
        guard="a round that broke off is begun again by the next schedule",
    ),
    Safeguard(
        "a list of stock that is not complete changes nothing",
        "stock.sync:_Steps._read_and_apply",
        (("while not snapshot.is_complete:", "if not snapshot.is_complete:"),),
        "processed, then closed",
        guard="the sandboxes' lists of stock are one page here; test_runs reads several",
    ),
    Safeguard(
        "a level that is pushed is the one of record",
        "stock.applying:ApplyReadings._write",
        (("self.session.levels.write(self.session.run, changed, gone)", "None"),),
        "processed, then closed",
    ),
)

SAFEGUARDS: tuple[Safeguard, ...] = (
    *INTAKE, *PUBLISHING, *SENDING, *LOOKING, *WAITING, *CANCELLING, *TELLING, *ROUNDS,
)  # fmt: skip
