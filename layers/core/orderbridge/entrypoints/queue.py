"""A queue's messages, one by one: what fails is logged without its data and handed back to be repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from orderbridge.entrypoints.invocation import invocations
from orderbridge.entrypoints.log import begin_invocation, log_failure


class OutOfTime(Exception):
    """Too little of the invocation is left to begin this message; it goes back to the queue untouched."""


QueueHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def in_parts(function: str, handle: Callable[[str], None], seconds_per_message: float) -> QueueHandler:
    """An SQS handler with partial batch responses.

    A message is begun only while enough time is left to end it, so that no attempt dies with the function.
    """
    invocation = invocations(function)
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
        with invocation(context):
            return dict(process_partial_response(event, handle_record, processor, context))

    return handler


def _require_time(context: Any, seconds: float) -> None:
    if context.get_remaining_time_in_millis() < seconds * 1000:
        raise OutOfTime
