"""Reads at a platform: a call that is no create call, its JSON, or a `ReadFailed` that says why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orderbridge.calls.answers import common_outcome, summary_of
from orderbridge.calls.asking import AnswerTooLarge, AskFailed
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.calls.paging import ListFailed, PageTooLarge
from orderbridge.channels.outcomes import Refused
from orderbridge.http.exchange import CallFailed, ReplyTooLarge
from orderbridge.http.transport import Reply


def list_failure(failure: AskFailed | CallFailed) -> ListFailed:
    """What a page without a reply means for its list: one that was too large may be asked for in smaller ones."""
    if isinstance(failure, AskFailed) and isinstance(failure.outcome, Refused):
        refused = failure.outcome
        return ListFailed(refused.reason, refused.retry_after, credentials=refused.credentials)
    kind = PageTooLarge if isinstance(failure, AnswerTooLarge | ReplyTooLarge) else ListFailed
    return kind(str(failure))


def document_in(reply: Reply, unwanted: Iterable[str] = ()) -> Any:
    """The JSON of a 2xx answer; raises `ListFailed` for another status and for what is not JSON."""
    outcome = common_outcome(reply, refuses_with_503=True, unwanted=unwanted)
    if isinstance(outcome, Refused):
        raise ListFailed(outcome.reason, outcome.retry_after, credentials=outcome.credentials)
    if outcome is not None:
        raise ListFailed(summary_of(reply, unwanted))
    try:
        return read_json(reply.body)
    except NotJson as unreadable:
        raise ListFailed(f"{reply.status} with {unreadable}") from None
