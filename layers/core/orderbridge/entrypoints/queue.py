"""Handlers for queues, streams and schedules: what fails is logged without its data and handed back to be repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from orderbridge.entrypoints.log import begin_invocation, log, log_failure
from orderbridge.forwarding.events import ForwardMessage
from orderbridge.forwarding.forward.states import Forward

Event = Mapping[str, Any]


class HandlerFailed(Exception):
    """An invocation that must be repeated. It names a type only: the Lambda runtime prints what is raised."""


@contextmanager
def invocation(function: str, context: Any) -> Iterator[None]:
    """Log this invocation on its own, and let no exception's message out of it."""
    begin_invocation(function=function, request_id=getattr(context, "aws_request_id", None))
    try:
        yield
    except Exception as failure:  # noqa: BLE001 - whatever it is, its message stays here
        log_failure("invocation_failed", failure)
        raise HandlerFailed(type(failure).__name__) from None


class OutOfTime(Exception):
    """Too little of the invocation is left to begin this message; it goes back to the queue untouched."""


QueueHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def queue_handler(forward: Callable[[ForwardMessage], Forward], seconds_per_message: float) -> QueueHandler:
    """The handler of a platform's queue of forwards."""

    def handle(body: str) -> None:
        result = forward(read_message(body))
        log(
            "forward_handled",
            code=result.code,
            channel=result.channel.name,
            platform=result.channel.platform,
            state=result.state.value,
            attempts=result.attempts,
        )

    return in_parts(handle, seconds_per_message)


def in_parts(handle: Callable[[str], None], seconds_per_message: float) -> QueueHandler:
    """An SQS handler with partial batch responses.

    A message is begun only while enough time is left to end it, so that no attempt dies with the function.
    """
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def handle_record(record: SQSRecord, lambda_context: Any) -> None:
        begin_invocation(request_id=lambda_context.aws_request_id, message_id=record.message_id)
        try:
            _require_time(lambda_context, seconds_per_message)
            handle(record.body)
        except Exception as failure:
            log_failure("message_failed", failure)
            raise

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return dict(process_partial_response(event, handle_record, processor, context))

    return handler


def _require_time(context: Any, seconds: float) -> None:
    if context.get_remaining_time_in_millis() < seconds * 1000:
        raise OutOfTime


def read_message(body: str) -> ForwardMessage:
    """The message in a queue entry: a detail by itself, or a whole EventBridge event around it."""
    document = json.loads(body)
    return ForwardMessage.from_detail(document.get("detail", document))
