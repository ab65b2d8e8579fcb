"""Asks Ngorder's endpoints (`endpoints`) and reads its answers through `replies`, whatever form they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from orderbridge.calls.answers import redacted
from orderbridge.calls.asking import AskFailed, json_in, read_as, require_success, rows_as, send
from orderbridge.calls.endpoints import Answer, Request, wire
from orderbridge.calls.numbers import id_or_none
from orderbridge.calls.paging import ListFailed, Page, all_rows
from orderbridge.calls.reading import document_in, list_failure
from orderbridge.channels.outcomes import Rejected, Unknown
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Conversation, Reply
from orderbridge.platforms.adapter import secrets_of
from orderbridge.platforms.ngorder import Credentials, Settings
from orderbridge.platforms.ngorder.replies import Unreadable, page_in, read_answer

AnswerT = TypeVar("AnswerT")
RowT = TypeVar("RowT", bound=Answer)


def headers(credentials: Credentials) -> dict[str, str]:
    """The headers of every call; English, so that a person can read what Ngorder says (traps D57, E11)."""
    return {"Authorization": f"Bearer {credentials.api_key.get_secret_value()}", "Accept-Language": "en"}


@dataclass(frozen=True, slots=True)
class NgorderClient:
    """One account, on one connection; `deadline` is for all its calls together."""

    conversation: Conversation
    settings: Settings
    credentials: Credentials
    deadline: Deadline

    def ask(self, request: Request[AnswerT]) -> AnswerT:
        """What the endpoint answers, in the request's own type; raises `AskFailed`."""
        reply = self.reply_to(request)
        require_success(reply, secrets_of(self.credentials))
        return cast("AnswerT", self._read(request, reply))

    def reply_to(self, request: Request[Any]) -> Reply:
        """The answer, whatever its status; raises `AskFailed` where there is none."""
        return self.send(request.frozen())

    def send(self, request: FrozenRequest) -> Reply:
        """As `reply_to`, of bytes that are made."""
        call = wire(request, headers(self.credentials))
        return send(self.conversation, call, self.deadline.sooner(float(self.settings.timeout_s)))

    def every(self, request: Request[list[RowT]], identity: str, per_page: int) -> Iterator[RowT]:
        """Every row of a list that is paged, from its first page to its last; raises `ListFailed` for anything odd.

        `identity` is the member by which a row is known, `per_page` what the list allows at most.
        """
        kind = request.row_type()
        has_sizes = "per_page" in type(request).model_fields

        def read(number: int, size: int) -> Page:
            return self.page(request, number + 1, size if has_sizes else per_page)

        for row in all_rows(read, lambda row: id_or_none(row.get(identity)), per_page if has_sizes else 1):
            try:
                yield read_as(kind, row)
            except AskFailed as failed:
                raise ListFailed(str(failed)) from None

    def page(self, request: Request[Any], number: int, per_page: int) -> Page:
        """One page, its rows as they came, keys stripped; `number` from 1. Raises `ListFailed`."""
        paging = {"per_page": per_page, "pagination_offset": number}
        known = {name: value for name, value in paging.items() if name in type(request).model_fields}
        paged = request.model_copy(update=known)
        return page_in(self.document(paged), number, per_page)

    def document(self, request: Request[Any]) -> Any:
        """The JSON of a read; raises `ListFailed`."""
        try:
            reply = self.reply_to(request)
        except AskFailed as failed:
            raise list_failure(failed) from None
        return document_in(reply, secrets_of(self.credentials))

    def _read(self, request: Request[Any], reply: Reply) -> Any:
        try:
            answer = read_answer(json_in(reply))
        except Unreadable as unreadable:
            raise AskFailed(Unknown(f"{reply.status} with {unreadable}")) from None
        if answer.failed:
            words = redacted("; ".join(answer.messages), secrets_of(self.credentials))
            raise AskFailed(Rejected(words or "failed, without a reason"))
        if (row := request.row_type()) is not None:
            return rows_as(row, answer.data)
        return read_as(request.answer_type(), answer.data)
