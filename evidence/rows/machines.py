"""Rows of our own machines, and of AWS."""

from __future__ import annotations

from evidence.rows.strikes import OFTEN, ONCE
from evidence.weather import AwsFault, Row

MACHINES = (
    Row("forwarders killed at any step", (OFTEN,), killed={"forward_": 0.02}),
    Row("the publisher killed at any step", killed={"event_publisher": 0.02}),
    Row("the sweeper killed at any step", events_dropped=1.0, killed={"sweeper": 0.01}),
    Row("intake killed at any step", killed={"order_intake": 0.05}),
    Row(
        "everything killed at any step",
        (OFTEN,),
        killed=dict.fromkeys(("order_intake", "event_publisher", "forward_", "sweeper", "webhook_sender"), 0.01),
        receiver_fails=0.1,
    ),
    Row(
        "the sweeper killed between claim and send",
        events_dropped=1.0,
        aws=(AwsFault("before", "SendMessageBatch", "sweeper", 0.3),),
    ),
    Row("two sweepers at once", (OFTEN,), events_dropped=0.8, sweepers=2),
    Row("one message to three workers at once", (OFTEN,), messages_repeated=1.0, copies=3),
    Row("two workers with the same message", (ONCE,), messages_repeated=0.7, copies=2),
    Row("messages and events lost", (OFTEN,), messages_lost=0.3, events_refused=0.3),
    Row("messages delayed by up to a quarter of an hour", (OFTEN,), messages_delayed=0.5, receiver_fails=0.1),
    Row(
        "functions that hang until their time is over",
        (OFTEN,),
        aws=(
            AwsFault("hangs", "PutItem", "forward_", 0.05),
            AwsFault("hangs", "PutEvents", "event_publisher", 0.1),
        ),
    ),
    Row("clocks two minutes apart", (OFTEN,), skew_seconds=120, patience=2),
)

AWS = (
    Row("the answer to PutItem lost", aws=(AwsFault("lost", "PutItem", "order_intake", 0.4),)),
    Row("PutItem repeated by the SDK", aws=(AwsFault("repeated", "PutItem", "order_intake", 0.5),)),
    Row("DynamoDB throttles", (OFTEN,), aws=(AwsFault("refused", "", "", 0.03),)),
    Row(
        "answers of DynamoDB lost",
        (OFTEN,),
        cancelled=0.4,
        aws=(
            AwsFault("lost", "TransactWriteItems", "", 0.3),
            AwsFault("lost", "PutItem", "forward_", 0.1),
            AwsFault("lost", "UpdateItem", "event_publisher", 0.1),
        ),
    ),
    Row(
        "single writes repeated by the SDK",
        (OFTEN,),
        aws=(AwsFault("repeated", "PutItem", "", 0.2), AwsFault("repeated", "UpdateItem", "", 0.2)),
    ),
    Row("writes meet other transactions", (OFTEN,), unreachable=0.3, aws=(AwsFault("conflict", "", "", 0.1),)),
    Row("the bus refuses single entries", events_refused=0.5),
    Row(
        "the bus does not answer",
        aws=(AwsFault("refused", "PutEvents", "", 0.5), AwsFault("lost", "PutEvents", "", 0.2)),
    ),
    Row("the bus accepts and drops", events_dropped=0.9),
    Row("the stream dark for 25 hours", stream_dark_hours=25.0, hours=26.0, expected=("records given up",)),
    Row(
        "the stream dark, and the bus does not answer",
        stream_dark_hours=25.0,
        hours=26.0,
        aws=(AwsFault("refused", "PutEvents", "", 0.6),),
    ),
    Row(
        "queues do not answer",
        (OFTEN,),
        aws=(
            AwsFault("refused", "SendMessage", "", 0.3),
            AwsFault("lost", "SendMessage", "", 0.2),
            AwsFault("refused", "SendMessageBatch", "", 0.3),
            AwsFault("lost", "SendMessageBatch", "", 0.2),
            AwsFault("refused", "GetQueueUrl", "", 0.5),
        ),
    ),
    Row("queues refuse single messages", stream_dark_hours=5.0, messages_refused=0.5, sweepers=2),
    Row("secrets cannot be read", aws=(AwsFault("refused", "GetSecretValue", "", 0.5),)),
)
