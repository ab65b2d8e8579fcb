"""Safeguards of sending an order at most once, and of what an answer proves."""

from __future__ import annotations

from evidence.safeguards.safeguard import Safeguard

OUTCOMES = "__import__('orderbridge.channels.outcomes', fromlist=['x'])"

SENDING = (
    Safeguard(
        "SENDING is stored before the first byte leaves",
        "forwarding.sending:ForwardOrder._begun",
        (("return self.orders.save(begun)", "return begun.forward"),),
        "processed, then closed",
    ),
    Safeguard(
        "a forward is written at the revision that was read",
        "forwarding.writer:ForwardWriter.save",
        (
            (
                '"ConditionExpression": "revision = :read",\n',
                '"ConditionExpression": ":read <= :read",\n',
            ),
        ),
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
        (("due_at=min(forward.due_at or due_at, due_at),", "due_at=None,"),),
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
        "a frozen request is named by its bytes",
        "forwarding.items:request_sk",
        (('f"REQUEST#{body_hash}"', '"REQUEST#"'),),
        "prices changed while several workers have the same order",
    ),
    Safeguard(
        "an order that was begun and whose request is gone is not sent anew",
        "forwarding.sending:ForwardOrder._prepared",
        (("record.forward.body_hash is not None and record.request is None", "False"),),
        "prices changed between two attempts",
        guard="the request's own time of 400 days; test_sending holds it",
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
        "forwarding.forward.states:Transition.to_store",
        (("if self.entry is not None:", "if False:"),),
        "processed, then closed",
    ),
    Safeguard(
        "a line that has no room in its forward's item goes apart",
        "forwarding.writer:ForwardWriter.save",
        (("[self.put(forward_items.lines_item(changed, apart))] if apart else []", "[]"),),
        "nobody listens at the address",
    ),
    Safeguard(
        "a change is behind the last one, whatever the clocks say",
        "forwarding.forward.states:Forward.changed_at",
        (("return at if at > self.updated_at else", "return at if True else"),),
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
        guard="few changes are transactions any more; test_conditions holds it",
    ),
)
