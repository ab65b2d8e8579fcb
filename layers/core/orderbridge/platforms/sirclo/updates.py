"""Orders moved between statuses: the request of either revision, and what became of each order in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from orderbridge.calls.answers import common_outcome, flat_words, redacted
from orderbridge.calls.documents import NotJson, read_json
from orderbridge.calls.endpoints import Request
from orderbridge.channels.outcomes import Accepted, Outcome, Rejected, Unknown
from orderbridge.http.transport import Reply
from orderbridge.platforms.sirclo import Revision
from orderbridge.platforms.sirclo.endpoints import UpdateOrder, UpdateStatus
from orderbridge.values.text import bounded

Bucket = Literal["accepted", "packed", "completed", "cancelled"]
CANCELLED_WORDS = frozenset({"canceled", "cancelled"})
"""Both spellings are SIRCLO's own: the bucket has two l, the status one (traps C2)."""


@dataclass(frozen=True, slots=True)
class Move:
    """One order into one bucket. `extra` is what the bucket asks for: airwaybill_number, received_by, cancel_reason."""

    bucket: Bucket
    id: int
    order_number: str
    extra: Mapping[str, str]


def update_request(moves: Iterable[Move], revision: Revision, now: datetime) -> Request[Any]:
    """The call that makes these moves."""
    is_later = revision == "2021-02"
    buckets: dict[str, list[dict[str, Any]]] = {}
    for move in moves:
        number = {} if is_later else {"order_number": move.order_number}
        item = {"id": move.id, **number, **move.extra, "updated_at": _stamp(now, is_later=is_later)}
        buckets.setdefault(move.bucket, []).append(item)
    return (UpdateStatus if is_later else UpdateOrder).model_validate(buckets)


def _stamp(now: datetime, *, is_later: bool) -> str:
    moment = now.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if is_later else "%Y-%m-%d %H:%M:%S.%f")


def read_update(reply: Reply, moves: Iterable[Move], unwanted: Iterable[str] = ()) -> dict[int, Outcome]:
    """What became of each move, by SIRCLO's id; an order on neither list of the answer is `Unknown` (traps C23)."""
    wanted = {move.id: move for move in moves}
    outcome = common_outcome(reply, refuses_with_503=True, unwanted=unwanted)
    if outcome is not None:
        return dict.fromkeys(wanted, outcome)
    try:
        document = read_json(reply.body)
    except NotJson as unreadable:
        return dict.fromkeys(wanted, Unknown(f"{reply.status} with {unreadable}"))
    data = document.get("data") if isinstance(document, Mapping) else None
    buckets = data if isinstance(data, Mapping) else {}
    succeed, failed = _rows(buckets, "succeed"), _rows(buckets, "failed")
    return {number: _outcome_of(move, succeed, failed, unwanted) for number, move in wanted.items()}


def _rows(buckets: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    rows = buckets.get(name)
    return {str(row.get("id")): row for row in rows if isinstance(row, Mapping)} if isinstance(rows, list) else {}


def _outcome_of(
    move: Move,
    succeed: Mapping[str, Mapping[str, Any]],
    failed: Mapping[str, Mapping[str, Any]],
    unwanted: Iterable[str],
) -> Outcome:
    if str(move.id) in succeed:
        return Accepted(str(move.id))
    row = failed.get(str(move.id))
    if row is None:
        return Unknown("the answer says neither that it succeeded nor that it failed")
    status = str(row.get("order_status", row.get("status", ""))).strip().lower()
    if move.bucket == "cancelled" and status in CANCELLED_WORDS:
        return Accepted(str(move.id))  # it was cancelled before: asking twice does no harm
    words = redacted("; ".join(flat_words(row)), unwanted) or "failed, without a reason"
    return Rejected(f"{words} (the order is {bounded(status, 60)})" if status else words)
