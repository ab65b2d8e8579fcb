"""Asks Ngorder's endpoints (`endpoints`) and reads its answers through `replies`, whatever form they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

from orderbridge.calls.answers import redacted
from orderbridge.calls.asking import AskFailed, json_in, read_as, require_success, rows_as
from orderbridge.calls.client import PlatformClient
from orderbridge.calls.endpoints import Answer, Request
from orderbridge.calls.numbers import id_or_none
from orderbridge.calls.paging import ListFailed, Page, all_rows
from orderbridge.channels.outcomes import Rejected, Unknown
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Reply, Transport
from orderbridge.platforms.ngorder import Credentials, Settings
from orderbridge.platforms.ngorder.replies import Unreadable, page_in, read_answer

AnswerT = TypeVar("AnswerT")
RowT = TypeVar("RowT", bound=Answer)


class NgorderClient(PlatformClient[Settings, Credentials]):
    """One account."""

    __slots__ = ()

    def headers(self, request: FrozenRequest, access: str) -> Mapping[str, str]:  # noqa: ARG002 - all calls are alike
        """English, so that a person can read what Ngorder says (traps D57, E11)."""
        return {"Authorization": f"Bearer {self.credentials.api_key.get_secret_value()}", "Accept-Language": "en"}

    def ask(self, request: Request[AnswerT]) -> AnswerT:
        """What the endpoint answers, in the request's own type; raises `AskFailed`."""
        reply = self.reply_to(request)
        require_success(reply, self.unwanted())
        return cast("AnswerT", self._read(request, reply))

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

    def _read(self, request: Request[Any], reply: Reply) -> Any:
        try:
            answer = read_answer(json_in(reply))
        except Unreadable as unreadable:
            raise AskFailed(Unknown(f"{reply.status} with {unreadable}")) from None
        if answer.failed:
            words = redacted("; ".join(answer.messages), self.unwanted())
            raise AskFailed(Rejected(words or "failed, without a reason"))
        if (row := request.row_type()) is not None:
            return rows_as(row, answer.data)
        return read_as(request.answer_type(), answer.data)


def client_maker(transport: Transport) -> type[NgorderClient]:  # noqa: ARG001 - its conversation is all that it needs
    """What makes a client of an account."""
    return NgorderClient
