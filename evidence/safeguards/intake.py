"""Safeguards of taking an order in and publishing it."""

from __future__ import annotations

from evidence.safeguards.safeguard import Safeguard

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
        "forwarding.publishing:PublishOrder.announce",
        (("    queued = [", "    self.orders.mark_published(order)\n    queued = ["),),
        "the stream dark, and the bus does not answer",
    ),
    Safeguard(
        "forwards exist before they are announced",
        "forwarding.publishing:PublishOrder.__call__",
        (
            (
                "    self.created(order)\n    self.announce(order)\n",
                "    self.announce(order)\n    self.created(order)\n",
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
        "every message's own answer of a queue is read",
        "aws.messages:_send",
        (("None if each in taken else", "None if True else"),),
        "queues refuse single messages",
        guard="each forward's own due time, by which the sweeper finds it again; test_messages holds the answers",
    ),
    Safeguard(
        "an order whose messages were not taken stays due",
        "values.sweeps:_Share._resumed",
        (("partial(next, carried) if failed is None else partial(carried.throw, failed)", "partial(next, carried)"),),
        "queues refuse single messages",
        guard="each forward's own due time, by which the sweeper finds it again; test_sweeps holds it",
    ),
    Safeguard(
        "the sweeper publishes orders that the stream lost",
        "forwarding.sweeping:Sweep._order",
        (("    order = self.orders", "    return 'gone'\n    order = self.orders"),),
        "the stream dark for 25 hours",
    ),
    Safeguard(
        "a forward with news is due until they are relayed",
        "forwarding.forward.states:Transition.to_store",
        (("if self.is_news:", "if False:"),),
        "the stream dark for 25 hours",
    ),
    Safeguard(
        "news stay due until they are published",
        "forwarding.publishing:PublishForwardChange.__call__",
        (
            (
                "    despite_races",
                "    for forward in changes:\n        self.orders.relayed(forward)\n    despite_races",
            ),
        ),
        "the stream dark, and the bus does not answer",
    ),
    Safeguard(
        "news are taken away only by who relayed the latest",
        "forwarding.table:TableOrders.relayed",
        (("revision = :relayed AND ", "(revision = :relayed OR revision <> :relayed) AND "),),
        "statuses change while nothing but the sweeper tells of them",
    ),
    Safeguard(
        "a write that is no news keeps the news that nobody has relayed",
        "forwarding.forward.states:Transition.to_store",
        (("    if self.is_news:", "    forward = replace(forward, news_due_at=None)\n    if self.is_news:"),),
        "statuses change while nothing but the sweeper tells of them",
    ),
    Safeguard(
        "what is due for its next action, too, stays due when its news are relayed",
        "forwarding.table:TableOrders.relayed",
        (('due = "" if forward.due_at is not None else', 'due = "" if False else'),),
        "closed before it was processed",
    ),
    Safeguard(
        "what is PAUSED stays due for its next action when its news are relayed",
        "forwarding.table:TableOrders.relayed",
        (
            (
                'due = "" if forward.due_at is not None else',
                'due = "" if forward.due_at is not None and forward.state.value != "PAUSED" else',
            ),
        ),
        "closed before it was processed",
    ),
    Safeguard(
        "messages to the partner are written with the change",
        "forwarding.publishing:PublishForwardChange._project",
        (
            (
                "    self.orders.save_progress(told)\n",
                "    self.orders.save_progress(replace(told, messages=''))\n",
            ),
        ),
        "any weather, 1",
    ),
    Safeguard(
        "messages that have no item of their own are made up for",
        "forwarding.publishing:PublishForwardChange._project",
        (("    self._deliver(order, now, perhaps_there=True)\n", ""),),
        "any weather, 1",
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
