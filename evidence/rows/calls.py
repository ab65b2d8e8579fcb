"""Rows of what becomes of the call that creates an order: lost, late, cut, answered by anything at all."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from evidence.rows.strikes import ONCE, answered
from evidence.weather import LISTS, AwsFault, Posts, Row, Strike

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
)


def any_answer(seed: int) -> tuple[Strike, ...]:
    """Forty answers that nobody thought of: any status, any of some bodies, processed or not."""
    draw = random.Random(seed)
    bodies: tuple[Any, ...] = (
        "",
        "null",
        "<html></html>",
        {},
        [],
        {"data": None},
        {"data": []},
        {"message": "x"},
        {"status": 200},
        {"error": True},
        {"response": "Success"},
        {"response": "Failed"},
        {"data": {"id": 77}},
        {"data": {"order_id": 5}},
        {"data": {"succeed": [], "failed": []}},
        {"code": 0},
        {"success": False},
        {"errors": [{"message": "no"}]},
    )
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
    killed = dict.fromkeys(draw.sample(("order_intake", "event_publisher", "forward_", "sweeper"), 2), 0.01)
    aws = draw.sample(
        [AwsFault(kind, "", "", 0.03) for kind in ("refused", "conflict", "before", "after")],
        1,
    )
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
        may_doubt=True,
        expects_each=False,
        # Lists are read only where an order has to be looked for: among few orders, of none.
        weight=2.0 if all(strike.on == LISTS for strike in strikes) else 1.0,
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
