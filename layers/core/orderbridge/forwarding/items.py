"""Items of forwards, their frozen requests and the timeline, and the values they stand for. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orderbridge.aws.items import Item, due_shard, from_item, item_bytes, keys, to_item
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding import log
from orderbridge.forwarding.answers import KeptAnswer
from orderbridge.forwarding.forward.states import LISTED_STATES, Forward, ForwardState
from orderbridge.forwarding.order_status import is_completed, is_open, open_since
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.orders.table import ALONE, NEWS
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import from_iso

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel


FORWARD_SK = "FORWARD"


def forward_pk(key: ForwardKey) -> str:
    """The partition of a forward and all that belongs to it; it begins with what a role may be held to."""
    order, channel = key.order, key.channel
    return f"FORWARD#{channel.platform}#{channel.name}#{order.client_id}#{order.reference_hash}"


def forward_key(pk: str) -> ForwardKey:
    """The forward that a partition is of."""
    _, platform, channel, client_id, reference_hash = pk.split("#")
    return ForwardKey(OrderKey(client_id, reference_hash), ChannelRef(channel, platform))


def forward_keys(key: ForwardKey) -> Item:
    return keys(forward_pk(key), FORWARD_SK)


def request_sk(body_hash: str) -> str:
    return f"REQUEST#{body_hash}"


BESIDE = "beside"
"""As `ALONE`, where the forward is due for another reason, too."""


def forward_item(forward: Forward) -> Item:
    """A forward with its log, small: a write costs one unit.

    It is in the waiting index only while it waits, for somebody or for its platform's word on the order.
    """
    pk = forward_pk(forward.forward_key)
    waiting, since = _waiting_place(forward)
    return to_item(
        {
            "PK": pk,
            "SK": FORWARD_SK,
            "forward_code": forward.code,
            "state": forward.state.value,
            NEWS: _news(forward),
            "created_at": forward.created_at,
            "updated_at": forward.updated_at,
            "due_at": forward.sweep_at,
            "due_shard": due_shard(pk) if forward.sweep_at is not None else None,
            "waiting": waiting,
            "waiting_since": since,
            "not_before": forward.not_before,
            "attempts": forward.attempts,
            "attempt_id": forward.attempt_id,
            "lease_until": forward.lease_until,
            "body_hash": forward.body_hash,
            "external_id": forward.external_id,
            "platform_status": forward.platform_status,
            "completed_at": forward.completed_at,
            "platform_status_raw": dict(forward.platform_status_raw) or None,
            "payment_status": forward.payment_status,
            "shipment_problem": forward.shipment_problem,
            "awb_number": forward.awb_number,
            "cancel_answer": forward.cancel_answer,
            "cancel_asked_since": forward.cancel_asked_since,
            "cancel_unanswered": forward.cancel_unanswered or None,
            "in_question_since": forward.in_question_since,
            "negative_looks": forward.negative_looks or None,
            "failed_looks": forward.failed_looks or None,
            "put_offs": forward.deferrals or None,
            "tries": forward.tries or None,
            "strikes": forward.strikes or None,
            "tried_since": forward.tried_since,
            "says_held": forward.says_held or None,
            "is_absent": forward.is_absent or None,
            "missing": [[need.kind, need.shown] for need in forward.missing] or None,
            "error": forward.error,
            "log": log.to_text(forward.log, forward.created_at) if forward.log else None,
            "has_older_lines": forward.has_older_lines or None,
            "revision": forward.revision,
        }
    )


def _news(forward: Forward) -> str | None:
    if forward.news_due_at is None:
        return None
    return ALONE if forward.due_at is None else BESIDE


def request_keys(forward: Forward, body_hash: str) -> Item:
    return keys(forward_pk(forward.forward_key), request_sk(body_hash))


UNUSED_KEPT = timedelta(days=400)
"""How long a request is kept of a forward that never comes to an end."""
ROOM_BYTES = 900
"""How large a forward's item may be before its log is moved out of it: what is written then is still one unit."""
LOG_BYTES = 150
"""A log that is no larger stays, however large the rest is: it would not help."""
DETAIL_BYTES = 80
"""A line with a longer detail is never in the log."""


def fitted(forward: Forward) -> tuple[Forward, list[TimelineEntry]]:
    """The forward with those lines in its log that there is room for, and the others, which go apart."""
    apart = [line for line in forward.log if len((line.detail or "").encode()) > DETAIL_BYTES]
    fitting = replace(
        forward,
        log=tuple(line for line in forward.log if line not in apart),
        has_older_lines=forward.has_older_lines or bool(apart),
    )
    item = forward_item(fitting)
    if item_bytes(item) > ROOM_BYTES and len(item.get("log", {"S": ""})["S"].encode()) > LOG_BYTES:
        return replace(fitting, log=(), has_older_lines=True), list(forward.log)
    return fitting, apart


def lines_item(forward: Forward, lines: Sequence[TimelineEntry]) -> Item:
    """Lines of the forward's timeline that have no room in its item; they are never changed."""
    return to_item(
        {
            "PK": forward_pk(forward.forward_key),
            "SK": f"EVENT#{lines[0].at}#{secrets.token_hex(4)}",
            "begins": forward.created_at,
            "log": log.to_text(lines, forward.created_at),
        }
    )


def read_lines(item: Mapping[str, Any]) -> Sequence[TimelineEntry]:
    """The lines in an item that `lines_item` made."""
    channel = forward_key(item["PK"]["S"]).channel
    return log.from_text(item["log"]["S"], item["begins"]["S"], channel.name)


WAITING_SHARDS = 4
"""Over how many keys of the waiting index those of one channel and state are spread; a key takes 1,000 writes a second.

With one key a channel would stop at some 300 orders a second, and a write of the forward itself would be refused.
"""
OPEN, COMPLETED = "OPEN", "COMPLETED"
"""Where in the waiting index SENT forwards are: not at their end, and those that may still come back."""


def waiting_places(channel: ChannelRef | Channel, state: str) -> list[str]:
    """The keys of the waiting index under which a channel's forwards in a state are."""
    return [f"{channel.platform}#{channel.name}#{state}#{shard}" for shard in range(WAITING_SHARDS)]


def _waiting_place(forward: Forward) -> tuple[str | None, str | None]:
    state, since = _waiting_state(forward)
    if state is None:
        return None, None
    shard = int(due_shard(forward_pk(forward.forward_key))) % WAITING_SHARDS
    return waiting_places(forward.channel, state)[shard], since


def _waiting_state(forward: Forward) -> tuple[str | None, str | None]:
    if forward.state in LISTED_STATES:
        return forward.state.value, forward.updated_at
    # By the order's business date, because platforms list their orders by that.
    if is_open(forward):
        return OPEN, open_since(forward)
    if is_completed(forward):
        return COMPLETED, open_since(forward)
    return None, None


def read_forward(item: Mapping[str, Any]) -> Forward:
    values = from_item(item)
    key = forward_key(values["PK"])
    return Forward(
        key=key.order,
        code=values["forward_code"],
        channel=key.channel,
        state=ForwardState(values["state"]),
        created_at=values["created_at"],
        updated_at=values["updated_at"],
        due_at=values.get("due_at") if values.get(NEWS) != ALONE else None,
        news_due_at=values.get("due_at") if NEWS in values else None,
        log=log.from_text(values["log"], values["created_at"], key.channel.name) if "log" in values else (),
        has_older_lines=bool(values.get("has_older_lines")),
        not_before=values.get("not_before"),
        attempts=int(values["attempts"]),
        attempt_id=values.get("attempt_id"),
        lease_until=values.get("lease_until"),
        body_hash=values.get("body_hash"),
        external_id=values.get("external_id"),
        platform_status=values.get("platform_status"),
        completed_at=values.get("completed_at"),
        platform_status_raw=tuple(sorted(values.get("platform_status_raw", {}).items())),
        payment_status=values.get("payment_status"),
        shipment_problem=values.get("shipment_problem"),
        awb_number=values.get("awb_number"),
        cancel_answer=values.get("cancel_answer"),
        cancel_asked_since=values.get("cancel_asked_since"),
        cancel_unanswered=int(values.get("cancel_unanswered", 0)),
        in_question_since=values.get("in_question_since"),
        negative_looks=int(values.get("negative_looks", 0)),
        failed_looks=int(values.get("failed_looks", 0)),
        deferrals=int(values.get("put_offs", 0)),
        tries=int(values.get("tries", 0)),
        strikes=int(values.get("strikes", 0)),
        tried_since=values.get("tried_since"),
        says_held=bool(values.get("says_held")),
        is_absent=bool(values.get("is_absent")),
        missing=tuple(MappingKey.of(kind, key) for kind, key in values.get("missing", ())),
        error=values.get("error"),
        revision=int(values["revision"]),
    )


def request_item(forward: Forward, request: FrozenRequest) -> Item:
    """The frozen request: its own item, named by its bytes and written once, so that a repeat sends identical ones."""
    return to_item(
        {
            "PK": forward_pk(forward.forward_key),
            "SK": request_sk(request.body_hash),
            "method": request.method,
            "path": request.path,
            "body": request.body.decode(),
            "expires_at": int((from_iso(forward.created_at) + UNUSED_KEPT).timestamp()),
        }
    )


def read_request(item: Mapping[str, Any]) -> FrozenRequest:
    values = from_item(item)
    return FrozenRequest(values["method"], values["path"], values["body"].encode())


ANSWER_KEPT = timedelta(days=30)


def answer_sk(attempt_id: str) -> str:
    return f"ANSWER#{attempt_id}"


def answer_item(forward: Forward, answer: KeptAnswer) -> Item:
    """What an attempt brought that did not end as SENT: an item of its own, never changed."""
    return to_item(
        {
            "PK": forward_pk(forward.forward_key),
            "SK": answer_sk(answer.attempt_id),
            "at": answer.at,
            "status": answer.status,
            "content_type": answer.content_type,
            "body": answer.body,
            "trouble": answer.trouble,
            "expires_at": int((from_iso(answer.at) + ANSWER_KEPT).timestamp()),
        }
    )


def read_answer(item: Mapping[str, Any]) -> KeptAnswer:
    values = from_item(item)
    return KeptAnswer(
        attempt_id=values["SK"].removeprefix(answer_sk("")),
        at=values["at"],
        status=int(values["status"]) if "status" in values else None,
        content_type=values.get("content_type"),
        body=values.get("body"),
        trouble=values.get("trouble"),
    )
