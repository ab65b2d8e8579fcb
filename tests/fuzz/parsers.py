"""Everything that reads a reply: what is between a platform's bytes and an order, by name.

The parsers are not listed where they can be found: every platform's adapter, `STATUSES` and `Levels` are asked through
their own public methods over a transport that answers with the reply, and every request that reads its answer is asked.
Whatever a port gains is a name that is missing here (`test_any_reply`).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, Self

from pydantic import BaseModel

from orderbridge import platforms
from orderbridge.calls import answers, asking, documents, numbers, reading
from orderbridge.calls.asking import AskFailed
from orderbridge.calls.endpoints import Request
from orderbridge.calls.numbers import MAX_ID_LENGTH
from orderbridge.calls.pace import Pace
from orderbridge.calls.paging import ListFailed
from orderbridge.calls.turns import Turns
from orderbridge.channels import outcomes
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.ports import FrozenRequest, Sought
from orderbridge.http import retry_after, transport
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import NoAnswer
from orderbridge.http.transport import Call, Reply
from orderbridge.platforms.names import platform_names
from orderbridge.platforms.ngorder import replies as ngorder_replies
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.salesmania import client as salesmania_client
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.lookup import page_in
from orderbridge.platforms.status_reads import Statuses
from orderbridge.platforms.stock import StockAccount
from orderbridge.status.changes import StatusReading, take_in
from orderbridge.status.ports import StatusQuery, StatusReadFailed
from orderbridge.stock.drift import PushTarget
from orderbridge.stock.levels import UnreadableLevel, parse_level
from orderbridge.stock.lists import ListedLevel, Snapshot, StockReadFailed
from orderbridge.values.text import MAX_DETAIL_LENGTH
from orderbridge_cli.catalogue.used import requests_of
from orderbridge_sandboxes import demo
from tests.conformance.facts import records_of
from tests.unit.platforms import examples
from tests.unit.status.status_cases import LATER, sent

MOST_CALLS = 6
"""After so many calls nothing is answered any more: a list that goes on for ever is not what is tried here."""

CREATED = "2025-01-01T00:00:00.000Z"
TAKEN = Reply(200, {}, b'{"response":"Success","data":{"id":7,"transaction_code":"T1"}}')
"""How a platform says that it has taken something, as all of them read it."""

LOGIN = (b'{"token":"bearer"}', b'{"data":[{"id":2981}]}', b'{"token":"team"}')


@dataclass(frozen=True)
class Parser:
    """Something that reads a reply. `read` returns what came of it, and raises what it is documented to raise."""

    name: str
    read: Callable[[Reply], Any]
    raises: tuple[type[Exception], ...] = ()

    def run(self, reply: Reply) -> None:
        """Raises whatever must not come of a reply."""
        try:
            require_fit(self.read(reply))
        except self.raises as failed:
            require_fit(str(failed))


def require_fit(value: Any) -> None:
    """Raises unless everything in `value` can be stored: texts are UTF-8, ids and reasons are short and printable."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, Accepted) and value.external_id is not None:
        require_short(value.external_id, MAX_ID_LENGTH)
    elif type(value).__module__ == outcomes.__name__ and is_dataclass(value):
        require_fit(getattr(value, "reason", ""))
    elif isinstance(value, BaseModel):
        require_fit([item for _, item in value])
    elif is_dataclass(value):
        require_fit([getattr(value, described.name) for described in fields(value)])
    elif isinstance(value, Mapping):
        require_fit([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            require_fit(item)
    elif isinstance(value, Decimal):
        assert value.is_finite()
        assert len(format(value, "f")) <= 2 * documents.MAX_DIGITS + 3
    elif isinstance(value, int):
        assert len(str(value)) <= documents.MAX_DIGITS + 1


def require_short(text: str, length: int) -> None:
    assert text.isprintable()
    assert len(text) <= length


class Answering:
    """A transport and its conversations: each call is answered with the reply, the first ones of a login properly.

    `takes`: whatever is written is taken, and only reads are answered with the reply.
    """

    path_prefix = ""

    def __init__(self, reply: Reply, *, logs_in: bool = True, takes: bool = False) -> None:
        self._reply = reply
        self._takes = takes
        self._login = list(LOGIN) if logs_in else []
        self._calls = 0

    def call(self, *arguments: Any) -> Reply:
        call = next(argument for argument in arguments if isinstance(argument, Call))
        if self._login and "/extapi/" in call.target:
            return Reply(200, {}, self._login.pop(0))
        if self._takes and call.method != "GET":
            return TAKEN
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise NoAnswer("enough")
        return self._reply

    def conversation(self, _: str) -> Answering:
        return self

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


@cache
def parsers() -> tuple[Parser, ...]:
    """Every parser."""
    found = [*_of_values(), *_of_documents()]
    for platform in platform_names():
        for facts in records_of(platform):
            channel = examples.channel(platform, rate_limit=10**9, **facts.settings)
            label = facts.label
            ports = (*_adapter(channel), *_statuses(channel), *_levels(channel))
            found += [replace(parser, name=f"{label} {parser.name}") for parser in ports]
            for request in (each for each in requests_of(platform) if each.answer_type() is not Any):
                name = f"{label} {request.__name__}"
                found.append(Parser(name, partial(_asked, channel, request), (AskFailed, ListFailed)))
    return tuple(found)


# --- the ports --------------------------------------------------------------------------------------------------------

ADAPTER_CALLS = ("create_order", "look_for", "cancel_order", "find_mappings", "probe")
"""What of `ports.Platform` reads replies."""

STATUS_CALLS = ("page",)
"""What of `ports_status.StatusAccess` reads replies."""

LEVEL_CALLS = ("page", "read", "push")
"""What of `ports_stock.StockAccess` reads replies."""


def _adapter(channel: Channel) -> Iterator[Parser]:
    credentials = examples.CREDENTIALS[channel.platform]
    order = examples.order((("PROD-001", 10), ("PROD-002", 3)), customer_code="CUST-001", site_code="SITE-001")
    mappings = {MappingKey.of(kind, key): value for kind, key, value in demo.demo_mappings(channel.platform)}  # type: ignore[arg-type]

    def adapter(reply: Reply, logs_in: bool) -> Any:
        return definition_of(channel.platform).make_adapter(Answering(reply, logs_in=logs_in), Turns())  # type: ignore[arg-type]

    @cache
    def request() -> FrozenRequest:
        settings = {**demo.demo_settings(channel.platform, channel.settings["base_url"]), **channel.settings}
        made: FrozenRequest = adapter(Reply(200, {}, b""), True).to_request(
            order, Channel(channel.name, channel.platform, settings), mappings
        )
        return made

    calls: dict[str, Callable[[Any], Any]] = {
        "create_order": lambda made: made.create_order(request(), channel, credentials),
        "look_for": lambda made: (
            made.look_for(Sought(order, request()), channel, credentials),
            made.look_for(Sought(order), channel, credentials),
        ),
        "cancel_order": lambda made: (
            made.cancel_order(order, "7", channel, credentials), made.cancel_order(order, None, channel, credentials)
        ),
        "find_mappings": lambda made: made.find_mappings(sorted(mappings), mappings, channel, credentials),
        "probe": lambda made: made.probe(channel, credentials),
    }  # fmt: skip
    assert tuple(calls) == ADAPTER_CALLS
    for name, call in calls.items():
        yield Parser(name, lambda reply, call=call: [call(adapter(reply, logs_in)) for logs_in in (True, False)])  # type: ignore[misc]


def _statuses(channel: Channel) -> Iterator[Parser]:
    module = importlib.import_module(f"{platforms.__name__}.{channel.platform}.statuses")
    query = StatusQuery(date(2025, 1, 1), date(2025, 1, 2), ("1201", "7"))

    def page(list_name: str, reply: Reply) -> Any:
        given = examples.CREDENTIALS[channel.platform]
        statuses = Statuses(definition_of(channel.platform), module.STATUSES, Answering(reply), lambda _: given)
        with statuses.open(channel) as access:
            found = access.page(query, list_name, 0)
        return [found.instead, *(_taken_in(each, module.TABLE) for each in found.readings[:MOST_VALUES])]

    for name in module.STATUSES.lists:
        yield Parser(f"statuses.page {name}", partial(page, name), (StatusReadFailed,))


def _taken_in(said: Any, table: Any) -> Any:
    """What becomes of a forward, where the row could be read."""
    if not isinstance(said, StatusReading):
        return said
    require_short(said.external_id, MAX_ID_LENGTH)
    news = take_in(sent(), said, table, LATER)
    return None if news is None else (news.transition.entry.detail, news.transition.forward.awb_number, news.unknown)


def _levels(channel: Channel) -> Iterator[Parser]:
    module = importlib.import_module(f"{platforms.__name__}.{channel.platform}.levels")
    definition = definition_of(channel.platform)

    def levels(reply: Reply, *, takes: bool = False) -> Any:
        answering: Any = Answering(reply, takes=takes)
        settings = definition.read_settings(channel.settings)
        credentials = definition.read_credentials(examples.CREDENTIALS[channel.platform])
        pace = Pace(None)
        connect = partial(definition.client_maker(answering), answering, settings, credentials)
        return module.Levels(StockAccount(definition, settings, connect, pace, lambda: 0.0, lambda _: None))

    def page(reply: Reply) -> Any:
        snapshot = Snapshot(CREATED)
        snapshot.add(levels(reply).page(0))
        return json.loads(json.dumps(snapshot.document()))

    def push(reply: Reply) -> Any:
        targets = [PushTarget("7", 5, in_warehouses=False), PushTarget("8", 0, in_warehouses=True)]
        return [list(levels(reply, takes=takes).push(targets)) for takes in (True, False)]

    yield Parser("levels.page", page, (StockReadFailed,))
    for many in (False, True):
        read = lambda reply, many=many: levels(reply).read("7", in_warehouses=many)  # noqa: E731
        yield Parser(f"levels.read in_warehouses={many}", read, (StockReadFailed,))
    yield Parser("levels.push", push)


# --- the endpoints ----------------------------------------------------------------------------------------------------

CLIENTS: Mapping[str, Any] = {"sirclo": SircloClient, "ngorder": NgorderClient}


def _asked(channel: Channel, request_type: type[Request[Any]], reply: Reply) -> Any:
    """What an endpoint's request makes of the reply, whatever it was asked with; of its rows, where nobody asks it."""
    if channel.platform not in CLIENTS:
        return asking.rows_as(request_type.row_type(), salesmania_client.list_in(asking.json_in(reply)))
    definition = definition_of(channel.platform)
    settings = definition.read_settings(channel.settings)
    credentials = definition.read_credentials(examples.CREDENTIALS[channel.platform])
    request: Any = SimpleNamespace(
        endpoint=request_type.endpoint,
        answer_type=request_type.answer_type,
        row_type=request_type.row_type,
        frozen=lambda *_: FrozenRequest("GET", "/x", b""),
    )
    return CLIENTS[channel.platform](Answering(reply), settings, credentials, Deadline.after(60)).ask(request)


# --- what they are made of --------------------------------------------------------------------------------------------

VALUE_READERS: Mapping[str, tuple[Any, Mapping[str, tuple[type[Exception], ...]]]] = {
    "numbers": (
        numbers,
        {
            "number_in": (ValueError,),
            "whole_in": (ValueError,),
            "text_in": (ValueError,),
            "id_in": (ValueError,),
            "positive_id": (),
            "id_or_none": (),
        },
    ),
    "ngorder": (
        ngorder_replies,
        {
            "whole": (ngorder_replies.Unreadable,),
            "quantity": (ngorder_replies.Unreadable,),
            "truth": (ngorder_replies.Unreadable,),
            "read_answer": (ngorder_replies.Unreadable,),
            "page_in": (ListFailed,),
            "phone_digits": (),
            "stripped": (),
        },
    ),
}
"""Readers of any value in a document, by module; what each is documented to raise."""

MOST_VALUES = 40
_MORE_ARGUMENTS = {"page_in": (1, 50)}
_TAKES: Mapping[str, Any] = {"phone_digits": str, "stripped": Mapping, "exact_number": int | Decimal | str}


def _of_values() -> Iterator[Parser]:
    for label, (module, readers) in VALUE_READERS.items():
        for name, raises in readers.items():
            yield Parser(f"{label} {name}", partial(_read_values, getattr(module, name), raises))
    yield Parser("domain parse_level", partial(_read_values, parse_level, (UnreadableLevel,)))
    yield Parser("domain ListedLevel.told", partial(_read_values, partial(ListedLevel.parsed, "7"), ()))
    yield Parser("documents exact_number", partial(_read_values, documents.exact_number, (ValueError,)))


def _read_values(reader: Any, raises: tuple[type[Exception], ...], reply: Reply) -> Any:
    name = getattr(reader, "__name__", "")
    return [
        _outcome(reader, raises, value, *_MORE_ARGUMENTS.get(name, ()))
        for value in values_in(reply)
        if isinstance(value, _TAKES.get(name, object))
    ]


def _outcome(reader: Any, raises: tuple[type[Exception], ...], *arguments: Any) -> Any:
    try:
        return reader(*arguments)
    except raises as failed:
        return str(failed)


def values_in(reply: Reply) -> list[Any]:
    """The first values of a reply, from the document to its leaves."""
    try:
        values: list[Any] = [documents.read_json(reply.body)]
    except documents.NotJson:
        return [reply.body.decode("utf-8", "replace")]
    for value in values:
        if len(values) > MOST_VALUES:
            break
        if isinstance(value, Mapping):
            values += list(value.values())[:MOST_VALUES]
        elif isinstance(value, list):
            values += value[:MOST_VALUES]
    return values


def _of_documents() -> Iterator[Parser]:
    unwanted = ["pass-word-1", "Jl. Anggrek No.106 Blok C5"]
    yield Parser("read_json", lambda reply: documents.read_json(reply.body), (documents.NotJson,))
    yield Parser("inflated", lambda reply: transport._inflated(reply.status, reply.headers, reply.body), (NoAnswer,))
    yield Parser("words_of", answers.words_of)
    yield Parser("summary_of", lambda reply: require_short(answers.summary_of(reply, unwanted), MAX_DETAIL_LENGTH))
    text = lambda reply: reply.body.decode("utf-8", "replace")  # noqa: E731
    yield Parser("redacted", lambda reply: require_short(answers.redacted(text(reply), unwanted), MAX_DETAIL_LENGTH))
    yield Parser("retry_after_seconds", lambda reply: retry_after.retry_after_seconds(reply.headers))
    yield Parser(
        "common_outcome", lambda reply: answers.common_outcome(reply, refuses_with_503=True, unwanted=unwanted)
    )
    yield Parser("document_in", lambda reply: reading.document_in(reply, unwanted), (ListFailed,))
    yield Parser("json_in", asking.json_in, (AskFailed,))
    behind = lambda reply: [page_in(value, 100) for value in values_in(reply)[:1]]  # noqa: E731
    yield Parser("sirclo page_in behind a page", behind, (ListFailed,))
    yield Parser("salesmania list_in", lambda reply: [salesmania_client.list_in(value) for value in values_in(reply)])
