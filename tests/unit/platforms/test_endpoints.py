"""Requests as data: where parameters go, how answers are read, and the documents' own examples of both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ValidationError

from orderbridge.domain.outcomes import NotSent, Refused, Rejected, TurnedAway, Unknown
from orderbridge.platforms.asking import AskFailed
from orderbridge.platforms.documents import read_json
from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    File,
    InBody,
    InBoth,
    InPath,
    InQuery,
    Place,
    Request,
    Rows,
    SentAs,
    Undocumented,
)
from orderbridge.platforms.ngorder import DEFINITION as NGORDER
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import orders, product_stock, suppliers
from orderbridge.platforms.ngorder.endpoints.account import UploadLogo
from orderbridge.platforms.ngorder.endpoints.shipments import DownloadInvoicePdf
from orderbridge.platforms.ngorder.replies import stripped
from orderbridge.platforms.numbers import Number, Text, Whole
from orderbridge.platforms.salesmania.account import list_in
from orderbridge.platforms.sirclo import DEFINITION as SIRCLO
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.transport import Call, CallFailed, Deadline, NoAnswer, NothingSent, Reply
from tests.unit.platforms.every_endpoint import SAMPLES, requests_of, sample_folder
from tests.unit.platforms.examples import BASE_URLS, CREDENTIALS


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


def sirclo(reply: Reply | CallFailed) -> SircloClient:
    settings = SIRCLO.read_settings({"base_url": BASE_URLS["sirclo"]})
    account = SIRCLO.read_credentials(CREDENTIALS["sirclo"])
    return SircloClient(OneReply(reply), settings, account, Deadline.after(5))  # type: ignore[arg-type]


# --- what goes out ---


class Everything(Request[Done]):
    """A request with a parameter in every place."""

    endpoint = Endpoint("G", "Everything", "POST", "/<root>/things/{id}")

    id: InPath[int]
    name: InQuery[str | None] = None
    flag: InQuery[bool | None] = None
    amount: InBody[Decimal | None] = None
    both: InBoth[int | None] = None
    items: InBoth[list[int] | None] = None
    address: Annotated[InBody[str | None], SentAs(("addess", "address"))] = None


def test_each_parameter_goes_to_its_place() -> None:
    request = Everything(
        id=0, name="a b&c=é:1", flag=False, amount=Decimal("0.10"), both=0, items=[1, 2], address="Jl. Anggrek"
    )
    call = request.call({"Authorization": "x"}, {"root": "v1"})
    assert call.method == "POST"
    assert call.target == "/v1/things/0?name=a%20b%26c%3D%C3%A9:1&flag=false&both=0"
    assert read_json(call.body) == {
        "amount": Decimal("0.1"), "both": 0, "items": [1, 2], "addess": "Jl. Anggrek", "address": "Jl. Anggrek",
    }  # fmt: skip
    assert call.headers == {"Content-Type": "application/json", "Authorization": "x"}


def test_what_is_not_given_is_not_sent() -> None:
    call = Everything(id=7).call(paths={"root": "v1"})
    assert (call.target, call.body, call.headers) == ("/v1/things/7", b"", {})


@pytest.mark.parametrize("value", ["../../admin", "a/b", "a?b", "é"])
def test_a_parameter_in_a_path_cannot_leave_its_place(value: str) -> None:
    target = DownloadInvoicePdf(invoice_id=value).target()
    assert target.count("/") == DownloadInvoicePdf.endpoint.path.count("/")
    assert "?" not in target


def test_an_unknown_parameter_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValidationError):
        Everything(id=1, nmae="x")  # type: ignore[call-arg]


def test_a_file_goes_as_a_form() -> None:
    call = UploadLogo(logo=File('logo"\r\n.png', b"\x89PNG orderbridge-part", "image/png")).call()
    boundary = call.headers["Content-Type"].partition("boundary=")[2]
    assert call.body.count(boundary.encode()) == 2
    assert (
        b'name="logo"; filename="logo___.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG orderbridge-part\r\n'
        in call.body
    )
    assert call.body.endswith(f"--{boundary}--\r\n".encode())


def test_misspelt_parameters_are_sent_under_both_names() -> None:
    call = suppliers.UpdateSupplier(supplier_id=0, address="Jl. Anggrek").call()
    assert read_json(call.body) == {"supplier_id": 0, "addess": "Jl. Anggrek", "address": "Jl. Anggrek"}


@pytest.mark.parametrize("platform", ["ngorder", "salesmania", "sirclo"])
def test_only_reads_and_what_is_known_to_be_repeatable_may_be_repeated(platform: str) -> None:
    repeatable = {
        request.__name__
        for request in requests_of(platform)
        if request.endpoint.may_be_repeated and request.endpoint.method != "GET"
    }
    assert (
        repeatable
        == {
            "ngorder": {"SyncStock", "SetRootCategory"},
            "salesmania": {"UpdateCustomer", "UpdateProduct", "UpdateOrder"},
            "sirclo": {"CreateOrder", "UpdateOrder", "CreateOrders", "UpdateStatus", "UpdateStocks"},
        }[platform]
    )


def _every_request() -> Iterator[type[Request[Any]]]:
    for platform in ("ngorder", "salesmania", "sirclo"):
        yield from requests_of(platform)


def _with(name: str) -> list[Any]:
    return [
        pytest.param(
            request, sample_folder(request) / name, id=f"{sample_folder(request).parent.name}-{request.__name__}"
        )
        for request in _every_request()
        if (sample_folder(request) / name).is_file()
    ]


def test_every_sample_belongs_to_a_request() -> None:
    folders = {sample_folder(request) for request in _every_request()}
    lying = {path.parent for path in SAMPLES.glob("*/*/*.json")}
    assert lying - folders == set()
    assert len(lying) > 90


@pytest.mark.parametrize(("request_type", "path"), _with("request.json"))
def test_the_documents_own_requests_can_be_made(request_type: type[Request[Any]], path: Path) -> None:
    documented = _without_slips(request_type.__name__, read_json(path.read_bytes()))
    known = {described.alias or name for name, described in request_type.model_fields.items()}
    request = request_type.model_validate({name: value for name, value in documented.items() if name in known})
    sent = read_json(request.call(paths={"orders": "/orders"}).body)
    assert _covered(sent, documented) == set()


def _without_slips(name: str, documented: Any) -> Any:
    """The example without what its own table excludes or says otherwise."""
    text = json.dumps(documented, default=str)
    match name:
        case "AddOrder":  # both members of a pair, of which the table allows one (traps B2)
            return {**documented, "ordered_products": [_less(documented["ordered_products"][0], "item_disc_amount")]}
        case "CreateOrder" if "raw_price" in text:  # raw_price, where the table demands unit_price (traps C1)
            lines = [{**line, "unit_price": line["raw_price"]} for line in documented["line_items"]]
            return {**documented, "line_items": lines}
        case "UpdateStock":  # add, where the table has ADD (traps D35)
            return json.loads(text.replace('"add"', '"ADD"'))
        case "CreateProduct" | "UpdateProduct":  # image and images, of which the table has the second
            lines = [_less(line, "image") for line in documented["variations"]]
            return {**documented, "is_warehouse": int(documented["is_warehouse"]), "variations": lines}
        case _:
            return documented


def _less(documented: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in documented.items() if key != name}


def _covered(sent: Any, documented: Any, place: str = "") -> set[str]:
    """The places at which what is sent is not what the example has; null and an empty list are the same as nothing."""
    if documented in (None, []):
        return set() if sent in (None, []) else {place}
    if isinstance(documented, Mapping):
        if not isinstance(sent, Mapping):
            return {place}
        return {odd for key in documented for odd in _covered(sent.get(key), documented[key], f"{place}/{key}")}
    if isinstance(documented, list):
        if not isinstance(sent, list) or len(sent) != len(documented):
            return {place}
        pairs = enumerate(zip(sent, documented, strict=True))
        return {odd for number, (one, other) in pairs for odd in _covered(one, other, f"{place}/{number}")}
    return set() if sent == documented else {place}


# --- what comes back ---


@pytest.mark.parametrize(("request_type", "path"), _with("200.json"))
def test_the_documents_own_answers_are_read_and_nothing_in_them_is_lost(
    request_type: type[Request[Any]], path: Path
) -> None:
    document = read_json(path.read_bytes())
    reply = json_reply(path.read_bytes())
    platform = path.parts[-3]
    if platform == "salesmania":
        return  # {}
    client: Any = ngorder(reply) if platform == "ngorder" else sirclo(reply)
    request = request_type.model_construct()
    answer = client._read(request, reply) if platform == "ngorder" else client.ask(_sendable(request_type))
    data = stripped(document).get("data", document)
    if isinstance(answer, Rows):
        assert len(answer.rows) == len(data)
        for row, told in zip(answer.rows, data, strict=True):
            assert _lost(row, told) == set()
    elif isinstance(answer, Answer):
        assert _lost(answer, data) == set()
    else:
        assert isinstance(answer, Done | Undocumented | File)


def _sendable(request_type: type[Request[Any]]) -> Request[Any]:
    values = {"pageNo": 1, "since": "x", "until": "x", "perpage": 1, "limit": 1, "offset": 0, "withDO": False}
    known = {described.alias or name for name, described in request_type.model_fields.items()}
    given = {name: value for name, value in values.items() if name in known}
    minimal = {
        "CreateOrder": {"order_id": "x", "order_date": "x", "shipment_reference": "", "line_items": []},
        "CreateOrders": {"orders": []},
        "UpdateStocks": {"sku": "x", "available_stock": 0, "buffer_stock": 0, "channel_stock": []},
        "GetStockHistory": {"updated_at": "x"},
    }
    return request_type.model_validate({**given, **minimal.get(request_type.__name__, {})})


def _lost(model: Any, told: Any) -> set[str]:
    """The members of an answer that its model does not have, or could not read though something stands there."""
    if not isinstance(model, BaseModel) or not isinstance(told, Mapping):
        return set()
    names = {described.alias or name: name for name, described in type(model).model_fields.items()}
    lost = {key for key in told if key not in names and key != "0"}
    for key, name in names.items():
        value = getattr(model, name)
        if value is None and told.get(key) not in (None, ""):
            lost.add(f"{key}={told[key]!r}")
        if isinstance(value, BaseModel):
            lost |= {f"{key}.{inner}" for inner in _lost(value, told[key])}
        if isinstance(value, list) and value and isinstance(value[0], BaseModel):
            for item, item_told in zip(value, told[key], strict=True):
                lost |= {f"{key}.{inner}" for inner in _lost(item, item_told)}
    return lost


class Thing(Answer):
    id: Whole
    name: Text | None = None
    level: Number | None = None
    inner: Thing | None = None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"id": 0, "level": " 20 "}, {"id": 0, "level": Decimal(20)}),
        ({"id": "7", "level": "N/A"}, {"id": 7}),
        ({"id": 1, "level": None, "unheard": "of"}, {"id": 1}),
        ({"id": 1, "name": 5, "inner": "text"}, {"id": 1}),
        ({"id": 1, "inner": {"level": 3}}, {"id": 1}),
        ({"id": 1, "inner": {"id": 2, "level": ""}}, {"id": 1, "inner": Thing(id=2)}),
    ],
)
def test_what_cannot_be_read_is_unknown_and_never_0(told: Any, expected: dict[str, Any]) -> None:
    assert Thing.model_validate(told) == Thing(**expected)


@pytest.mark.parametrize("told", [{}, {"id": None}, {"id": "x"}, {"id": True}, {"id": 1.5}, [], "text", None])
def test_an_answer_without_its_id_is_unreadable(told: Any) -> None:
    with pytest.raises(ValidationError):
        Thing.model_validate(told)


CHECK = product_stock.CheckStock(variation_id=1)


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
        ngorder(reply).ask(CHECK)
    assert isinstance(failed.value.outcome, kind)


def test_a_list_with_one_bad_row_is_no_list() -> None:
    with pytest.raises(AskFailed):
        ngorder(json_reply({"data": [{"id": 1}, {"name": "x"}]})).ask(suppliers.GetSuppliers())


def test_an_answer_that_the_document_does_not_show_is_handed_on() -> None:
    line = orders.OrderLine(id=1, qty=1, product_status="S")
    request = orders.UpdateOrder(
        order_id=1,
        customer_sender_id=1,
        customer_receiver_id=1,
        supplier_id=1,
        is_print=False,
        products=[line],
        expedition=orders.OrderExpedition(id=98, rate=0, name="Ambil di Toko", auto_pickup=False),
        payment=orders.OrderPayment(status="UNPAID"),
        source="WEB",
    )
    assert ngorder(json_reply({"response": "Success", "x": 1})).ask(request) == Undocumented(
        {"response": "Success", "x": 1}
    )


def test_a_file_is_a_file_and_json_in_its_place_is_none() -> None:
    pdf = Reply(200, {"content-type": "application/pdf"}, b"%PDF")
    assert ngorder(pdf).ask(DownloadInvoicePdf(invoice_id="x")).content == b"%PDF"
    with pytest.raises(AskFailed, match="in place of a file"):
        ngorder(json_reply({"response": "Success"})).ask(DownloadInvoicePdf(invoice_id="x"))
    with pytest.raises(AskFailed, match="gone"):
        ngorder(json_reply({"response": "Failed", "message": "gone"})).ask(DownloadInvoicePdf(invoice_id="x"))


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
    kind = request_type.answer_type()
    row = request_type.row_type() or kind
    assert row in (Done, Undocumented, File) or issubclass(row, Answer)
    in_path = {name for name, place in request_type.places().items() if place is Place.PATH}
    assert in_path == {part.partition("}")[0] for part in request_type.endpoint.path.split("{")[1:]}
