"""Requests as data: where parameters go, how answers are read, and the documents' own examples of both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from orderbridge.calls.asking import AskFailed, read_as, rows_as
from orderbridge.calls.documents import read_json
from orderbridge.calls.endpoints import Answer, Endpoint, InBody, InBoth, InPath, InQuery, Place, Request, wire
from orderbridge.calls.numbers import Number, Text, Whole
from orderbridge.channels.outcomes import NotSent, Refused, Rejected, TurnedAway, Unknown
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed, NoAnswer, NothingSent
from orderbridge.http.transport import Call, Reply
from orderbridge.platforms.names import platform_names
from orderbridge.platforms.ngorder import DEFINITION as NGORDER
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import CreateStockCount, GetVariations, SyncStock
from orderbridge.platforms.ngorder.replies import stripped
from orderbridge.platforms.salesmania.client import list_in
from orderbridge.platforms.salesmania.endpoints import GetOrder
from orderbridge.platforms.sirclo.endpoints import UpdateOrder
from orderbridge_cli.catalogue.used import requests_of
from tests.unit.platforms.examples import BASE_URLS, CREDENTIALS, sample_folder


class OneReply:
    """A conversation in which everything is answered with one reply, or fails in one way."""

    path_prefix = ""

    def __init__(self, reply: Reply | CallFailed) -> None:
        self._reply = reply
        self.calls: list[Call] = []

    def call(self, call: Call, deadline: Deadline) -> Reply:
        self.calls.append(call)
        if isinstance(self._reply, CallFailed):
            raise self._reply
        return self._reply


def json_reply(document: Any, status: int = 200, **headers: str) -> Reply:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Reply(status, {"content-type": "application/json", **headers}, body)


def ngorder(reply: Reply | CallFailed) -> NgorderClient:
    settings = NGORDER.read_settings({"base_url": BASE_URLS["ngorder"]})
    account = NGORDER.read_credentials(CREDENTIALS["ngorder"])
    return NgorderClient(OneReply(reply), settings, account, Deadline.after(5))  # type: ignore[arg-type]


# --- what goes out ---


class Everything(Request[Any]):
    """A request with a parameter in every place."""

    endpoint = Endpoint("G", "Everything", "POST", "/<root>/things/{id}")

    id: InPath[int]
    name: InQuery[str | None] = None
    flag: InQuery[bool | None] = None
    amount: InBody[Decimal | None] = None
    both: InBoth[int | None] = None
    items: InBody[list[int] | None] = None


def test_each_parameter_goes_to_its_place() -> None:
    request = Everything(id=0, name="a b&c=é:1", flag=False, amount=Decimal("0.10"), both=0, items=[1, 2])
    call = wire(request.frozen({"root": "v1"}), {"Authorization": "x"})
    assert call.method == "POST"
    assert call.target == "/v1/things/0?name=a%20b%26c%3D%C3%A9:1&flag=false&both=0"
    assert call.body == b'{"amount":0.1,"both":0,"items":[1,2]}'
    assert call.headers == {"Content-Type": "application/json", "Authorization": "x"}


def test_what_is_not_given_is_not_sent() -> None:
    call = wire(Everything(id=7).frozen({"root": "v1"}), {})
    assert (call.target, call.body, call.headers) == ("/v1/things/7", b"", {})


def test_a_path_of_a_channel_may_have_a_query_of_its_own() -> None:
    assert Everything(id=7, flag=True).frozen({"root": "v1?"}).path == "/v1?/things/7&flag=true"


@pytest.mark.parametrize("value", ["../../admin", "a/b", "a?b", "é"])
def test_a_parameter_in_a_path_cannot_leave_its_place(value: str) -> None:
    target = GetOrder(id=value).frozen({"orders": "/orders"}).path
    assert target.count("/") == 2
    assert "?" not in target


def test_an_unknown_parameter_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValidationError):
        Everything(id=1, nmae="x")  # type: ignore[call-arg]


def _every_request() -> Iterator[type[Request[Any]]]:
    for platform in platform_names():
        yield from requests_of(platform)


def sample(request: type[Request[Any]], name: str) -> Any:
    folder = sample_folder(request.__module__.split(".")[2], request.endpoint.group, request.endpoint.title)
    return read_json((folder / name).read_bytes())


@pytest.mark.parametrize("request_type", [SyncStock, CreateStockCount, UpdateOrder])
def test_the_documents_own_requests_can_be_made(request_type: type[Request[Any]]) -> None:
    documented = sample(request_type, "request.json")
    assert read_json(request_type.model_validate(documented).frozen().body) == documented


# --- what comes back ---


READ = [
    request
    for request in _every_request()
    # SalesMania's document has one answer, and that is {}.
    if request.answer_type() is not Any and "salesmania" not in request.__module__
]


@pytest.mark.parametrize("request_type", READ, ids=lambda request: request.__module__.split(".")[2] + request.__name__)
def test_the_documents_own_answers_are_read_and_nothing_that_is_used_is_lost(request_type: type[Request[Any]]) -> None:
    document = sample(request_type, "200.json")
    data = stripped(document).get("data", document)
    if (row := request_type.row_type()) is not None:
        assert data
        for read, said in zip(rows_as(row, data), data, strict=True):
            assert _lost(read, said) == set()
    else:
        assert _lost(read_as(request_type.answer_type(), data), data) == set()


def _lost(model: Any, said: Any) -> set[str]:
    """The members of an answer that could not be read though something is there."""
    lost = set()
    for name in type(model).model_fields:
        value = getattr(model, name)
        if value is None and said.get(name) not in (None, ""):
            lost.add(f"{name}={said[name]!r}")
        if isinstance(value, list) and value and isinstance(value[0], BaseModel):
            for item, item_told in zip(value, said[name], strict=True):
                lost |= {f"{name}.{inner}" for inner in _lost(item, item_told)}
    return lost


class Thing(Answer):
    id: Whole
    name: Text | None = None
    level: Number | None = None
    inner: Thing | None = None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"id": 0, "level": " 20 "}, {"id": 0, "level": Decimal(20)}),
        ({"id": "7", "level": "N/A"}, {"id": 7}),
        ({"id": 1, "level": None, "unheard": "of"}, {"id": 1}),
        ({"id": 1, "name": 5, "inner": "text"}, {"id": 1}),
        ({"id": 1, "inner": {"level": 3}}, {"id": 1}),
        ({"id": 1, "inner": {"id": 2, "level": ""}}, {"id": 1, "inner": Thing(id=2)}),
    ],
)
def test_what_cannot_be_read_is_unknown_and_never_0(said: Any, expected: dict[str, Any]) -> None:
    assert Thing.model_validate(said) == Thing(**expected)


@pytest.mark.parametrize("said", [{}, {"id": None}, {"id": "x"}, {"id": True}, {"id": 1.5}, [], "text", None])
def test_an_answer_without_its_id_is_unreadable(said: Any) -> None:
    with pytest.raises(ValidationError):
        Thing.model_validate(said)


SET = SyncStock(variation_id=1, amount=0)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (NothingSent("dns"), NotSent),
        (NoAnswer("reset"), Unknown),
        (json_reply({"message": "Slow down!"}, 429), Refused),
        (json_reply({}, 401), Refused),
        (json_reply({}, 503), Refused),
        (json_reply({}, 422), Unknown),
        (json_reply({"message": "no such product"}, 422), Rejected),
        (json_reply({"message": "no such product"}, 404), TurnedAway),
        (json_reply({}, 500), Unknown),
        (json_reply(b"<html>"), Unknown),
        (json_reply("text"), Unknown),
        (json_reply({"response": "Failed", "message": "no"}), Rejected),
        (json_reply({"response": "Success", "data": None}), Unknown),
        (json_reply({"response": "Success", "data": [1]}), Unknown),
    ],
)
def test_a_call_that_fails_says_what_is_known(reply: Any, kind: type) -> None:
    with pytest.raises(AskFailed) as failed:
        ngorder(reply).ask(SET)
    assert isinstance(failed.value.outcome, kind)


def test_a_list_with_one_bad_row_is_no_list() -> None:
    with pytest.raises(AskFailed):
        ngorder(json_reply({"data": [{"variation_id": 1}, {"name": "x"}]})).ask(GetVariations(per_page=2))


@pytest.mark.parametrize("document", [[{" variation_id ": " 7"}], {"data ": [{"variation_id": 7.0}]}])
def test_a_list_is_read_with_and_without_an_envelope_and_whatever_the_spaces(document: Any) -> None:
    (row,) = ngorder(json_reply(document)).ask(GetVariations(per_page=1))
    assert row.variation_id == 7


@pytest.mark.parametrize("document", [{"data": {"variation_id": 7}}, {"data": None}, {"data": ["x"]}])
def test_what_is_no_list_of_objects_is_no_list(document: Any) -> None:
    with pytest.raises(AskFailed, match="no list of objects"):
        ngorder(json_reply(document)).ask(GetVariations(per_page=1))


@pytest.mark.parametrize("document", [[{"id": 1}], {"data": [{"id": 1}]}, {"products": [{"id": 1}]}])
def test_a_salesmania_list_comes_in_three_ways(document: Any) -> None:
    assert list_in(document) == [{"id": 1}]


@pytest.mark.parametrize("document", [{}, {"a": [], "b": []}, {"data": None}])
def test_what_is_no_one_list_is_none(document: Any) -> None:
    assert list_in(document) is None


@pytest.mark.parametrize("request_type", list(_every_request()), ids=lambda request: request.__name__)
def test_every_request_says_what_it_is(request_type: type[Request[Any]]) -> None:
    assert request_type.endpoint.path.startswith(("/", "<"))
    assert request_type.__doc__
    kind = request_type.row_type() or request_type.answer_type()
    assert kind is Any or issubclass(kind, Answer)
    fields = request_type.model_fields.items()
    in_path = {described.alias or name for name, described in fields if Place.PATH in described.metadata}
    assert in_path == {part.partition("}")[0] for part in request_type.endpoint.path.split("{")[1:]}
