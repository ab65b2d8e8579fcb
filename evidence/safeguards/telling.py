"""Safeguards of what partners are told, and of what platforms say."""

from __future__ import annotations

from evidence.safeguards.safeguard import Safeguard

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
        "nobody listens at the address",
    ),
    Safeguard(
        "a message is due from when it is written",
        "webhooks.delivery:new_delivery",
        (("due_at=after(now, grace_seconds)", "due_at=None"),),
        "the partner's webhook fails",
    ),
    Safeguard(
        "a message of a slow receiver is sent over to the slow lane",
        "webhooks.sending:SendDelivery._next_step",
        (('self.queues["slow"].send(delivery.ref)', "pass"),),
        "the partner's webhook is slow",
        guard="the sweeper sends it there by its due time; test_lanes sees it",
    ),
    Safeguard(
        "a message whose call was given up early is still due",
        "webhooks.delivery:hand_over",
        (("due_at=after(now, grace_seconds)", "due_at=None"),),
        "the partner's webhook is slow",
        guard="a receiver turns slow seldom, so few calls are given up; test_lanes sees it",
    ),
    Safeguard(
        "a call that was given up early is made again with more time",
        "webhooks.sending:SendDelivery._attempt",
        (('self.queues["slow"].send(handed.ref)', "pass"),),
        "the partner's webhook is slow",
        guard="the sweeper, by the message's due time",
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
