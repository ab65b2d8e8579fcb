"""The rows of the proof: what platforms, networks, AWS, partners, operators and our own machines do to orders."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any


from evidence.weather import ANY, CANCEL, LISTS, STOCK, AwsFault, Posts, Row, Strike
from orderbridge_sandboxes import DEMO_CREDENTIALS, demo_mappings
from orderbridge_sandboxes.faults import FaultKind

if TYPE_CHECKING:
    from evidence.world import World

ONCE = Strike("commit_then_close", most_per_order=1)
OFTEN = Strike("commit_then_close", share=0.5, most_per_order=1)
MINUTE, HOUR = 60.0, 3600.0


def answered(status: int, *, processed: bool, share: float = 1.0, most: float | None = 1.0, **details: Any) -> Strike:
    """A status in place of the true answer."""
    kind: FaultKind = "commit_then_status" if processed else "status"
    return Strike(kind, share=share, most_per_order=most, details={"status": status, **details})


# --- what becomes of the call that creates an order -------------------------------------------------------------------

CALLS = (
    Row("nobody listens at the address", unreachable=0.3),
    Row("nobody listens, and messages are lost", unreachable=0.5, messages_lost=0.5),
    Row("closed before it was processed", (Strike("close_before", most_per_order=1),)),
    Row("reset before it was processed", (Strike("close_before", most_per_order=1, details={"reset": True}),)),
    Row("processed, then closed", (ONCE,)),
    Row("processed, then reset", (Strike("commit_then_close", most_per_order=1, details={"reset": True}),)),
    Row("processed, half an answer", (Strike("truncate", most_per_order=1),)),
    Row("processed, garbage", (Strike("garbage", most_per_order=1),)),
    Row("processed, another shape", (Strike("wrong_shape", most_per_order=1, details={"body": ["another shape"]}),)),
    Row("processed, answered too late", answered_late=0.6),
    Row("processed after we had given up", processed_late=0.6),
    Row("500, not processed", (answered(500, processed=False),)),
    Row("500, processed", (answered(500, processed=True),)),
    Row("502, processed", (answered(502, processed=True),)),
    Row("503, not processed", (answered(503, processed=False),)),
    Row("503, processed", (answered(503, processed=True),)),
    Row("429", (answered(429, processed=False, share=0.3),)),
    Row("429, Retry-After in seconds", (answered(429, processed=False, share=0.1, retry_after=30),)),
    Row(
        "429, Retry-After as a date",
        (answered(429, processed=False, share=0.1, retry_after="Mon, 03 Mar 2025 03:02:00 GMT"),),
    ),
    Row("401, now and then", (answered(401, processed=False, share=0.05, most=0.02),)),
    # What is before a platform, and its application in a bad hour, are known to say so. None of it proves anything.
    Row("404 of a proxy, not processed", (answered(404, processed=False, body="default backend - 404"),)),
    Row("404 in JSON, processed", (answered(404, processed=True, body={"message": "not found"}),)),
    Row("421, not processed", (answered(421, processed=False, body="<html>Misdirected Request</html>"),)),
    Row("425, not processed", (answered(425, processed=False, body=""),)),
    Row("408, processed", (answered(408, processed=True, body="<html>Request Timeout</html>"),)),
    Row("400 in HTML, processed", (answered(400, processed=True, body="<html>400 Bad Request</html>"),)),
    Row("409 in JSON of a proxy, processed", (answered(409, processed=True, body={"message": "Conflict"}),)),
    Row("451, not processed", (answered(451, processed=False, body={"message": "no"}),)),
    Row("302 to a login page, not processed", (answered(302, processed=False, body="<html>Log in</html>"),)),
    Row("200, a page, not processed", (answered(200, processed=False, body="<html>Maintenance</html>"),)),
    Row("200, nothing, not processed", (answered(200, processed=False, raw=""),)),
    Row(
        "200, an error inside, not processed",
        (answered(200, processed=False, body={"code": "IllegalAccessToken", "message": "Illegal access token"}),),
    ),
    Row("200, status error, processed", (answered(200, processed=True, body={"status": "error"}),)),
    Row("202, queued, not processed", (answered(202, processed=False, body={"message": "queued"}),)),
    Row(
        "200, an id that is none, processed",
        (answered(200, processed=True, body={"response": "Success", "data": {"id": 0, "order_id": 0}}),),
    ),
    Row("200, UTF-16, processed", (answered(200, processed=True, raw="//57AH0A"),)),
    Row("500 for one order, without end", (answered(500, processed=False, most=None, holds="-00003"),), may_doubt=True),
)  # fmt: skip


def any_answer(seed: int) -> tuple[Strike, ...]:
    """Forty answers that nobody thought of: any status, any of some bodies, processed or not."""
    draw = random.Random(seed)
    bodies: tuple[Any, ...] = (
        "", "null", "<html></html>", {}, [], {"data": None}, {"data": []}, {"message": "x"}, {"status": 200},
        {"error": True}, {"response": "Success"}, {"response": "Failed"}, {"data": {"id": 77}}, {"data": {"order_id": 5}},
        {"data": {"succeed": [], "failed": []}}, {"code": 0}, {"success": False}, {"errors": [{"message": "no"}]},
    )  # fmt: skip
    statuses = (200, 200, 200, 201, 202, 204, 400, 404, 405, 408, 409, 410, 413, 415, 422, 424, 425, 429, 500, 501, 502)
    return tuple(
        replace(
            answered(
                draw.choice(statuses), processed=draw.random() < 0.5, share=0.1, most=0.1, body=draw.choice(bodies)
            ),
            is_drawn=True,
        )
        for _ in range(40)
    )


def drawn_weather(seed: int) -> Row:
    """Whatever goes together: faults of the platforms, of AWS and of our own machines, drawn."""
    draw = random.Random(seed)
    strikes = draw.sample(DRAWN_STRIKES, 3)
    killed = {name: 0.01 for name in draw.sample(("order_intake", "event_publisher", "forward_", "sweeper"), 2)}
    aws = draw.sample(
        [
            AwsFault(kind, "", "", 0.03)
            for kind in ("refused", "conflict", "before", "after")
        ],
        1,
    )  # fmt: skip
    return Row(
        f"any weather, {seed}",
        tuple(replace(strike, share=0.4, most_per_order=1) for strike in strikes),
        tuple(aws),
        killed,
        unreachable=draw.choice((0, 0.1)),
        messages_lost=draw.choice((0, 0.2)),
        messages_repeated=draw.choice((0, 0.3)),
        events_refused=draw.choice((0, 0.2)),
        events_dropped=draw.choice((0, 0.2)),
        receiver_fails=draw.choice((0, 0.2)),
        posts=Posts(times=draw.choice((1, 3)), at_once=draw.choice((1, 2)), answers_lost=draw.choice((0, 0.2))),
        cancelled=draw.choice((0, 0.2)),
        expects_each=False,
    )


DRAWN_STRIKES = [
    *(Strike(kind) for kind in ("close_before", "commit_then_close", "garbage", "truncate")),
    *(Strike(kind, LISTS) for kind in ("close_before", "garbage", "truncate", "wrong_shape")),
    *(answered(status, processed=False) for status in (400, 401, 429, 500, 503)),
    *(answered(status, processed=True) for status in (500, 502, 503, 504)),
]
ANY_WEATHER = tuple(drawn_weather(seed) for seed in range(1, 7))

ANY_ANSWER = (
    Row("any answer", any_answer(1), expects_each=False, may_doubt=True, weight=0.5),
    Row("any other answer", any_answer(2), expects_each=False, may_doubt=True, weight=0.5),
)

# --- looking for an order whose answer was lost -----------------------------------------------------------------------

LOOKS = (
    Row("lost, and lists that fail", (ONCE, Strike("status", LISTS, most_per_order=2.5))),
    Row(
        "lost, and lists cut short or of another shape",
        (
            ONCE,
            Strike("truncate", LISTS, share=0.4, most_per_order=1),
            Strike("wrong_shape", LISTS, share=0.4, most_per_order=1),
            Strike("page_repeat", LISTS, share=0.4, most_per_order=1),
        ),
        expects_each=False,
    ),
    Row("lost, and lists 20 s behind", (ONCE,), platform={"lookup_lag_seconds": 20.0}),
    Row(
        "lost, and lists almost twice the settle time behind",
        (ONCE,),
        platform={"lookup_lag_seconds": 57.0},
        notes="the settle time should exceed the lag; up to twice of it nothing doubles all the same",
    ),
    Row(
        "lost, and lists behind by more than twice the settle time",
        (ONCE,),
        platform={"lookup_lag_seconds": 180.0},
        may_double=True,
        notes="outside of the promise: where a platform shows an order later than twice `settle_s`, it may come twice",
    ),
)

# --- our own machines, and AWS ----------------------------------------------------------------------------------------

MACHINES = (
    Row("forwarders killed at any step", (OFTEN,), killed={"forward_": 0.02}),
    Row("the publisher killed at any step", killed={"event_publisher": 0.02}),
    Row("the sweeper killed at any step", events_dropped=1.0, killed={"sweeper": 0.01}),
    Row("intake killed at any step", killed={"order_intake": 0.05}),
    Row("everything killed at any step", (OFTEN,), killed={name: 0.01 for name in (
        "order_intake", "event_publisher", "forward_", "sweeper", "webhook_sender")}, receiver_fails=0.1),
    Row("the sweeper killed between claim and send", events_dropped=1.0,
        aws=(AwsFault("before", "SendMessage", "sweeper", 0.3),)),
    Row("two sweepers at once", (OFTEN,), events_dropped=0.8, sweepers=2),
    Row("one message to three workers at once", (OFTEN,), messages_repeated=1.0, copies=3),
    Row("two workers with the same message", (ONCE,), messages_repeated=0.7, copies=2),
    Row("messages and events lost", (OFTEN,), messages_lost=0.3, events_refused=0.3),
    Row("functions that hang until their time is over", (OFTEN,), aws=(
        AwsFault("hangs", "TransactWriteItems", "forward_", 0.05), AwsFault("hangs", "PutEvents", "event_publisher", 0.1),
    )),
    Row("clocks two minutes apart", (OFTEN,), skew_seconds=120, patience=2),
)  # fmt: skip

AWS = (
    Row("the answer to PutItem lost", aws=(AwsFault("lost", "PutItem", "order_intake", 0.4),)),
    Row("PutItem repeated by the SDK", aws=(AwsFault("repeated", "PutItem", "order_intake", 0.5),)),
    Row("DynamoDB throttles", (OFTEN,), aws=(AwsFault("refused", "", "", 0.03),)),
    Row("answers of DynamoDB lost", (OFTEN,), aws=(AwsFault("lost", "TransactWriteItems", "", 0.1),)),
    Row("single writes repeated by the SDK", (OFTEN,), aws=(
        AwsFault("repeated", "PutItem", "", 0.2), AwsFault("repeated", "UpdateItem", "", 0.2))),
    Row("writes meet other transactions", (OFTEN,), aws=(AwsFault("conflict", "", "", 0.1),)),
    Row("the bus refuses single entries", events_refused=0.5),
    Row("the bus does not answer", aws=(AwsFault("refused", "PutEvents", "", 0.5), AwsFault("lost", "PutEvents", "", 0.2))),
    Row("the bus accepts and drops", events_dropped=0.9),
    Row("the stream dark for 25 hours", stream_dark_hours=25.0, hours=26.0, expected=("records given up",)),
    Row("the stream dark, and the bus does not answer", stream_dark_hours=25.0, hours=26.0, aws=(
        AwsFault("refused", "PutEvents", "", 0.6),)),
    Row("queues do not answer", (OFTEN,), aws=(
        AwsFault("refused", "SendMessage", "", 0.3), AwsFault("lost", "SendMessage", "", 0.2),
        AwsFault("refused", "GetQueueUrl", "", 0.5))),
    Row("secrets cannot be read", aws=(AwsFault("refused", "GetSecretValue", "", 0.5),)),
)  # fmt: skip

# --- partners ---------------------------------------------------------------------------------------------------------

PARTNERS = (
    Row("every order posted up to five times", posts=Posts(times=5)),
    Row("every order posted eight times at once", posts=Posts(at_once=8), weight=0.5),
    Row("answers to the partner lost", posts=Posts(times=2, answers_lost=0.4)),
    Row("posted again, at once and unheard, while intake fails", posts=Posts(times=3, at_once=4, answers_lost=0.2),
        aws=(AwsFault("lost", "PutItem", "order_intake", 0.2), AwsFault("refused", "UpdateItem", "order_intake", 0.2)),
        killed={"order_intake": 0.02}, weight=0.5),
    Row("the partner's webhook fails", receiver_fails=0.5, killed={"webhook_sender": 0.05}, messages_lost=0.3),
    Row("orders taken back", cancelled=0.7),
    Row("orders taken back at once", cancelled=1.0, cancelled_within=0.4),
    Row("orders taken back while answers are lost", (ONCE, Strike("commit_then_close", CANCEL, share=0.5, most_per_order=0.5)),
        cancelled=0.7, messages_lost=0.3, killed={"forward_": 0.01, "order_cancel": 0.02}),
    Row("the partner's calls limited", parameters={"PartnerCallsPerSecond": "2", "PartnerCallsAtOnce": "10"},
        posts=Posts(times=2, at_once=4, over_seconds=2.0), patience=2, expected=("answered 429",)),
)  # fmt: skip


def rotate_keys(world: World) -> None:
    """A new key pair: registered, used, and the old one revoked once caches have forgotten it."""
    old = world.operator.kids()
    world.operator.add_key(2)

    def use() -> None:
        world.partner.key_number = 2
        world.machine.struck["the partner's key rotated"] += 1

    world.later(2 * MINUTE, use)
    world.later(4 * MINUTE, lambda: [world.operator.revoke_key(kid) for kid in old] and None)


def rotate_secret(world: World) -> None:
    world.partner.secret = world.operator.rotate_secret()
    world.machine.struck["the partner's secret rotated"] += 1


def rotate_token_keys(world: World) -> None:
    world.operator.rotate_token_keys()
    world.machine.struck["token keys rotated"] += 1


def replace_token_keys(world: World) -> None:
    world.operator.rotate_token_keys(compromised=True)
    world.machine.struck["token keys replaced"] += 1


def rotate_credentials(world: World) -> None:
    """A platform gives out new credentials; the operator stores them some minutes later."""
    for label, facts in world.facts.items():
        sandbox, old = world.sandboxes[label], DEMO_CREDENTIALS[facts.name]
        settings = fields(sandbox.platform.settings)
        name = next(each.name for each in settings if each.metadata.get("secret") and each.name in old)
        new = {**old, name: f"{old[name]}-new"}
        sandbox.change(**{name: new[name]})
        store = partial(world.operator.store_credentials, world.channel_of(label), new)
        world.later(3 * MINUTE, partial(world.begin, "operator", store))
    world.machine.struck["credentials rotated"] += 1


SLOWLY = Posts(over_seconds=20 * MINUTE, times=2)
CREDENTIALS = (
    Row("tokens end", posts=Posts(over_seconds=30 * HOUR), hours=31.0, expected=("a token renewed",), weight=0.5),
    Row("the partner changes its key", posts=SLOWLY, script=((5 * MINUTE, rotate_keys),),
        expected=("the partner's key rotated",)),
    Row("the partner's secret is rotated", posts=SLOWLY, script=((8 * MINUTE, rotate_secret),),
        expected=("the partner's secret rotated",)),
    Row("token keys are rotated, and once replaced", posts=SLOWLY,
        script=((2 * MINUTE, rotate_token_keys), (9 * MINUTE, rotate_token_keys), (15 * MINUTE, replace_token_keys)),
        expected=("token keys rotated", "token keys replaced")),
    Row("a platform's credentials are rotated", (OFTEN,), posts=SLOWLY, script=((7 * MINUTE, rotate_credentials),),
        expected=("credentials rotated",)),
)  # fmt: skip

# --- operators, and hours in which a platform is down -----------------------------------------------------------------


def import_what_is_missing(world: World) -> None:
    for label, facts in world.facts.items():
        rows = [row for row in demo_mappings(facts.name) if row[0] in world.row.without_mappings]
        world.begin("operator", partial(world.operator.import_mappings, world.channel_of(label), rows))
    world.machine.struck["mappings imported"] += 1


def change_prices(world: World) -> None:
    """Other prices are imported while orders wait between two attempts: what was frozen goes out as it was."""
    for label, facts in world.facts.items():
        dearer = [
            (kind, key, {**value, "price": value["price"] + 1})
            for kind, key, value in demo_mappings(facts.name)
            if kind == "product" and "price" in value
        ]
        if dearer:
            world.begin("operator", partial(world.operator.import_mappings, world.channel_of(label), dearer))
    world.machine.struck["prices changed"] += 1


def import_routes(world: World) -> None:
    world.begin("operator", partial(world.operator.import_routes, {"SITE-001": ",".join(world.channels)}))
    world.machine.struck["routes imported"] += 1


def pause_all(world: World) -> None:
    for channel in world.channels:
        world.begin("operator", partial(world.operator.pause, channel))
    world.machine.struck["channels paused"] += 1


def resume_all(world: World) -> None:
    for channel in world.channels:
        world.begin("operator", partial(world.operator.resume, channel))


def redrive_twice(world: World) -> None:
    world.machine.struck["dead letters"] += world.operator.redrive(world.queues, times=2)


def burst(world: World) -> None:
    """Ten times as many orders as came until now, within a minute."""
    count = len(world.partner.placed)
    for number in range(10 * count):
        world.place_later(f"PO/BURST/{number + 1}", world.machine.draw.uniform(0, MINUTE))
    world.machine.struck["burst"] += 1


def down(name: str) -> Row:
    """A platform answers nothing but 503 for six hours; then orders come in a burst."""
    return Row(
        f"{name} down for six hours, then ten times the orders",
        (Strike("status", ANY, details={"status": 503, "body": "<html>down</html>"}, at=(name,)),),
        posts=Posts(over_seconds=5.5 * HOUR),
        script=((6 * HOUR + MINUTE, burst),),
        expected=("burst",),
        weight=0.1,
    )


def racing(*scripts: Callable[[World], None]) -> tuple[tuple[float, Callable[[World], None]], ...]:
    """Scripts again and again while orders come."""
    return tuple((20.0 + 25 * number, script) for number, script in enumerate(scripts))


OPERATORS = (
    *(down(name) for name in ("salesmania", "sirclo", "ngorder")),
    Row("mappings imported while orders come", (OFTEN,), without_mappings=("product",),
        settings={"look_up_mappings": False}, script=racing(import_what_is_missing), expected=("mappings imported",)),
    Row("prices changed between two attempts", (Strike("close_before", most_per_order=1),),
        script=tuple((seconds, change_prices) for seconds in (30.0, 60.0, 90.0)), expected=("prices changed",)),
    Row("routes imported while orders come", is_unrouted=True, script=racing(import_routes), expected=("routes imported",)),
    Row("channels paused and resumed while orders come", (OFTEN,),
        posts=Posts(over_seconds=400.0), expected=("channels paused",),
        script=((20.0, pause_all), (150.0, resume_all), (170.0, pause_all), (300.0, resume_all))),
    Row("import, cancel, route and pause at once", (OFTEN,), is_unrouted=True, without_mappings=("customer",),
        cancelled=0.3, script=racing(import_routes, pause_all, import_what_is_missing, resume_all),
        killed={"forward_": 0.01}, expected=("mappings imported", "routes imported", "channels paused")),
    Row("dead letters replayed twice under live traffic", (OFTEN,), posts=Posts(over_seconds=HOUR),
        aws=(AwsFault("before", "BatchGetItem", "forward_", 0.9, seconds=0.75 * HOUR),),
        script=((HOUR, redrive_twice), (1.2 * HOUR, redrive_twice)), expected=("dead letters",)),
    Row("the platforms' rates limited", (OFTEN,), settings={"rate_limit": 0.5}, patience=2,
        expected=("turns waited for",)),
)  # fmt: skip

# --- rounds of stock and statuses -------------------------------------------------------------------------------------

ROUNDS = (
    Row("rounds killed at any step", killed={"status_sync": 0.01, "stock_sync": 0.01}, rounds_are_bad=True, hours=24.0,
        weight=0.5),
    Row("rounds whose lists fail", (
        Strike("status", LISTS, share=0.3), Strike("status", STOCK, share=0.3), Strike("truncate", STOCK, share=0.3),
        Strike("wrong_shape", LISTS, share=0.2)), rounds_are_bad=True, weight=0.5),
    Row("two rounds of everything at once", rounds_are_bad=True, rounds_at_once=2, weight=0.5,
        killed={"status_sync": 0.003, "stock_sync": 0.003}),
    Row("rounds that AWS throttles", aws=(
        AwsFault("refused", "", "status_sync", 0.05), AwsFault("refused", "", "stock_sync", 0.05),
        AwsFault("lost", "", "status_sync", 0.05), AwsFault("conflict", "", "status_sync", 0.1)),
        rounds_are_bad=True, weight=0.5),
)  # fmt: skip

ROWS: tuple[Row, ...] = (
    *CALLS, *ANY_ANSWER, *ANY_WEATHER, *LOOKS, *MACHINES, *AWS, *PARTNERS, *CREDENTIALS, *OPERATORS, *ROUNDS,
)  # fmt: skip


def row_named(name: str) -> Row:
    """The row of this name; raises KeyError."""
    return {row.name: row for row in ROWS}[name]
