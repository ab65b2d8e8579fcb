"""Asks an endpoint and reads what comes back; what does not come back is an `AskFailed` that says what is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orderbridge.calls.answers import common_outcome
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.channels.outcomes import NotSent, Refused, Rejected, TurnedAway, Unknown
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed, NoAnswer, NothingSent, ReplyTooLarge
from orderbridge.http.transport import Call, Conversation, Reply
from orderbridge.values.text import bounded


def outcome_of_failure(failure: CallFailed) -> NotSent | Unknown:
    """What a create call without a reply means: a repeat is safe exactly where no byte left."""
    if isinstance(failure, NothingSent):
        return NotSent(str(failure))
    # A 503 that was cut short is about the platform, too.
    return Unknown(str(failure), of_order=not (isinstance(failure, NoAnswer) and failure.status == 503))


Failure = Rejected | Refused | TurnedAway | NotSent | Unknown


class AskFailed(Exception):
    """A call that did not bring what it should; `outcome` says what is known of it (channels.outcomes)."""

    def __init__(self, outcome: Failure) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class AnswerTooLarge(AskFailed):
    """An answer that is larger than the transport takes."""


def send(conversation: Conversation, call: Call, deadline: Deadline) -> Reply:
    """The answer, whatever its status; raises `AskFailed` where there is none."""
    try:
        return conversation.call(call, deadline)
    except ReplyTooLarge as failure:
        raise AnswerTooLarge(outcome_of_failure(failure)) from None
    except CallFailed as failure:
        raise AskFailed(outcome_of_failure(failure)) from None


def require_success(reply: Reply, unwanted: Iterable[str]) -> None:
    """Raises `AskFailed` for a status that is none of success."""
    outcome = common_outcome(reply, refuses_with_503=True, unwanted=unwanted)
    if isinstance(outcome, Rejected | Refused | TurnedAway | Unknown):
        raise AskFailed(outcome)


def json_in(reply: Reply) -> Any:
    """The JSON of a success; raises `AskFailed` where it is none."""
    try:
        return read_json(reply.body)
    except NotJson as unreadable:
        raise AskFailed(Unknown(f"{reply.status} with {unreadable}")) from None


def read_as(kind: Any, value: Any) -> Any:
    """`value` as a model; raises `AskFailed` where an id or another thing that it cannot be without is unreadable."""
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as failure:
        errors = failure.errors(include_input=False, include_url=False, include_context=False)
        places = bounded(", ".join(sorted({".".join(map(str, error["loc"])) for error in errors})))
        raise AskFailed(Unknown(f"an answer that cannot be read: {places or 'no object'}")) from None


def rows_as(kind: Any, values: Any) -> list[Any]:
    """Every row as a model; raises `AskFailed` where it is no list of them."""
    if not isinstance(values, list) or not all(isinstance(value, Mapping) for value in values):
        raise AskFailed(Unknown("an answer that is no list of objects"))
    return [read_as(kind, value) for value in values]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
