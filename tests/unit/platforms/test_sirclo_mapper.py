"""An order in SIRCLO's form, in both revisions (SIRCLO's document, Create Order; facts 3)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.calls.documents import read_json
from orderbridge.channels.mapping import MissingMappings
from orderbridge.channels.outcomes import Accepted, AcceptedOtherwise, Refused, Rejected, Unknown
from orderbridge.http.transport import Reply
from orderbridge.platforms.sirclo import DEFINITION, Settings, mapper
from orderbridge.platforms.sirclo.identity import SentOrder
from orderbridge.platforms.sirclo.mapper import AlreadyThere
from orderbridge.platforms.values import InvalidValue
from tests.fakes.samples import NOW
from tests.unit.platforms.examples import ADDRESS, BASE_URLS, CODE, DELIVERY, mappings, missing, order

EARLY = DEFINITION.read_settings({"base_url": BASE_URLS["sirclo"]})
WAITING = DEFINITION.read_settings({"base_url": BASE_URLS["sirclo"], "unknown_customers": "wait"})
LATER = DEFINITION.read_settings({"base_url": BASE_URLS["sirclo"], "revision": "2021-02"})
BOTH = pytest.mark.parametrize("settings", [EARLY, LATER], ids=["2019-07", "2021-02"])
ROWS: dict[str, Any] = {
    "product:PROD-1": {"sku": "DKL0907", "id": 5, "name": "Product ABC", "price": 100000},
    "customer:CUST-1": DELIVERY,
}


def sent(settings: Settings, rows: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    request = mapper.to_request(order(**fields), settings, mappings({**ROWS, **(rows or {})}))
    return dict(mapper.order_in(request))


def missing_of(settings: Settings, rows: dict[str, Any]) -> list[str]:
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order((("PROD-1", 1), ("PROD-2", 1))), settings, mappings(rows))
    return missing(parked.value.keys)


def reply(document: Any, status: int = 200) -> Reply:
    return Reply(status, {}, document if isinstance(document, bytes) else json.dumps(document).encode())


def read_reply(answer: Reply, pieces: dict[str, int] | None = None) -> Any:
    """What became of the order of `CODE`, of which `pieces` were sent."""
    sent_order = SentOrder(CODE, NOW, pieces)
    return mapper.read_reply(answer, CODE, sent_order.otherwise)


def test_the_whole_request_of_2019() -> None:
    request = mapper.to_request(order(), EARLY, mappings(ROWS))
    delivery = {name: value for name, value in DELIVERY.items() if name != "delivery_suburb"}
    assert (request.method, request.path) == ("POST", "/v1/order")
    assert json.loads(request.body) == {
        "order_id": CODE,
        "order_date": "2025-01-01T00:00:00.000Z",
        "customer_reference": "PO-77",
        "shipment_reference": "",
        "status": "pending",
        "delivery_street_address": ADDRESS,
        **delivery,
        "line_items": [
            {
                "id": 5, "sku": "DKL0907", "name": "Product ABC", "quantity": 10,
                "unit_price": 100000, "raw_price": 100000, "discount": 0,
            }
        ],
    }  # fmt: skip


def test_the_whole_request_of_2021() -> None:
    request = mapper.to_request(order(), LATER, mappings(ROWS))
    assert (request.method, request.path) == ("POST", "/v1/partner/order")
    assert json.loads(request.body) == {
        "orders": [
            {
                "order_id": CODE,
                "order_date": "2025-01-01T00:00:00.000Z",
                "customer_reference": "PO-77",
                "shipment_reference": "",
                "status": "pending",
                "delivery_street_address": ADDRESS,
                **DELIVERY,
                "line_items": [
                    {
                        "order_item_id": "1", "sku": "DKL0907", "name": "Product ABC", "quantity": 10,
                        "unit_price": 100000, "raw_price": 100000, "discount": 0,
                    }
                ],
                "payment_method": "Bank Transfer",
            }
        ]
    }  # fmt: skip


@BOTH
def test_the_same_order_is_the_same_bytes(settings: Settings) -> None:
    rows = mappings(ROWS)
    assert mapper.to_request(order(), settings, rows) == mapper.to_request(
        order(), settings, dict(reversed(rows.items()))
    )


@BOTH
@pytest.mark.parametrize(
    ("price", "net"),
    [
        (20000, 20000),
        ({"price": 100, "disc_percent": "55.05+3"}, Decimal("43.6015")),
        ({"price": 20000, "disc_amount": 500}, 19500),
        ({"price": 10, "disc_percent": "33.333333"}, Decimal("6.6667")),
        ({"free": True}, 0),
    ],
)
def test_a_line_carries_the_net_price_twice_and_no_discount(settings: Settings, price: Any, net: Any) -> None:
    (line,) = sent(settings, {"price:PROD-1": price})["line_items"]
    assert (line["unit_price"], line["raw_price"], line["discount"]) == (net, net, 0)


@BOTH
def test_without_a_purchase_order_the_customer_is_the_reference(settings: Settings) -> None:
    assert sent(settings, purchase_order_no=None)["customer_reference"] == "CUST-1"


@pytest.mark.parametrize("settings", [WAITING, LATER], ids=["2019-07, wait", "2021-02"])
def test_everything_that_is_missing_is_reported_at_once(settings: Settings) -> None:
    assert missing_of(settings, {}) == ["product:PROD-1", "product:PROD-2", "customer:CUST-1"]
    unpriced = {"sku": "X", "id": 1}
    assert missing_of(settings, {"product:PROD-1": unpriced, "product:PROD-2": unpriced}) == [
        "customer:CUST-1", "price:PROD-1", "price:PROD-2",
    ]  # fmt: skip


def test_2019_wants_the_products_id_and_2021_does_not() -> None:
    rows = {"product:PROD-1": {"sku": "X", "price": 5}, "customer:CUST-1": DELIVERY}
    assert "product:PROD-1" in missing_of(EARLY, rows)
    assert mapper.to_request(order(), LATER, mappings(rows))


def test_2021_waits_for_an_address_that_is_not_whole() -> None:
    partial = {"delivery_name": "Artia", "delivery_city": "Jakarta"}
    rows = {**ROWS, "product:PROD-2": ROWS["product:PROD-1"], "customer:CUST-1": partial}
    assert missing_of(LATER, rows) == ["address:CUST-1"]
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order(), LATER, mappings(rows))
    lacking = "delivery_region, delivery_suburb, delivery_post_code, delivery_method"
    assert parked.value.reason == f"address:CUST-1 lacks {lacking}"
    assert mapper.to_request(order((("PROD-1", 1),)), EARLY, mappings(rows))


def test_an_address_row_completes_and_outranks_the_customers() -> None:
    shown = sent(LATER, {"customer:CUST-1": "Artia", "address:CUST-1": {**DELIVERY, "delivery_city": "Bandung"}})
    assert (shown["delivery_name"], shown["delivery_city"]) == ("Artia", "Bandung")


def test_a_country_that_nobody_names_is_indonesia() -> None:
    assert sent(EARLY, {"customer:CUST-1": {"delivery_name": "Artia"}})["delivery_country"] == "Indonesia"


CREATED = {"data": {"id": 123, "order_id": CODE, "status": "pending"}, "message": "", "reference": ""}
EXISTS = f"existing order with remote order id: {CODE} already exists"


@pytest.mark.parametrize(
    ("document", "external_id"),
    [
        (CREATED, "123"),
        ({"data": {"id": 9, "order_number": CODE}}, "9"),
        ({"data": {"id": "77", "order_id": CODE}}, "77"),
        ({"data": {"succeed": [{"id": 8, "order_id": CODE}], "failed": []}}, "8"),
        ({"data": {"succeed": [{"id": 7, "order_id": "other"}, {"id": 8, "order_id": CODE}]}}, "8"),
    ],
)
def test_a_created_order_tells_its_id(document: Any, external_id: str) -> None:
    assert read_reply(reply(document)) == Accepted(external_id)


@pytest.mark.parametrize(
    "document",
    [
        b"", b"<html>", b"[]", b"null", {}, {"data": None}, {"data": []}, {"data": {}},
        {"data": {"order_id": CODE}},
        {"data": {"id": 77}},
        {"data": {"id": 0, "order_id": CODE}},
        {"data": {"id": -1, "order_id": CODE}},
        {"data": {"id": "abc", "order_id": CODE}},
        {"data": {"id": 5.5, "order_id": CODE}},
        {"data": {"id": True, "order_id": CODE}},
        {"data": {"id": 5, "order_id": "SO-20250101-00002"}},
        {"data": {"succeed": [{"id": 7, "order_id": "other"}], "failed": []}},
        {"data": {"succeed": [], "failed": [{"order_id": "other", "reason": "no"}]}},
        {"data": {"succeed": "x", "failed": 5}},
    ],
)  # fmt: skip
def test_a_success_without_our_order_says_nothing(document: Any) -> None:
    assert isinstance(read_reply(reply(document)), Unknown)


def lines(**pieces: int) -> dict[str, Any]:
    rows = [{"sku": sku, "quantity": count} for sku, count in pieces.items()]
    return {"data": {"id": 123, "order_id": CODE, "line_items": rows}}


def test_a_created_order_that_answers_what_was_sent_is_accepted() -> None:
    assert read_reply(reply(lines(A=2, b=3)), {"a": 2, "b": 3}) == Accepted("123")


@pytest.mark.parametrize("answered", [{"A": 2}, {"A": 2, "B": 2}, {"A": 2, "B": 4}, {"A": 2, "B": 3, "C": 1}])
def test_a_created_order_with_other_pieces_is_accepted_otherwise(answered: dict[str, int]) -> None:
    outcome = read_reply(reply(lines(**answered)), {"a": 2, "b": 3})

    assert isinstance(outcome, AcceptedOtherwise)
    assert outcome.external_id == "123"
    assert outcome.difference.endswith("and 2 of a, 3 of b was sent")


@pytest.mark.parametrize("status", [200, 400])
def test_a_failed_order_is_rejected_with_its_reason(status: int) -> None:
    document = {"data": {"succeed": [], "failed": [{"order_id": CODE, "reason": "sku not found"}]}}
    assert read_reply(reply(document, status)) == Rejected("sku not found")


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (200, {"data": {"succeed": [], "failed": [{"order_id": CODE, "reason": EXISTS}]}}),
        (400, {"data": {"failed": [{"order_id": CODE, "reason": EXISTS}]}}),
        (400, {"data": None, "message": EXISTS, "reference": "x"}),
        (409, {"message": EXISTS}),
    ],
)
def test_a_duplicate_is_an_order_that_is_there(status: int, document: Any) -> None:
    assert isinstance(read_reply(reply(document, status)), AlreadyThere)


def test_something_else_that_exists_already_proves_nothing_about_the_order() -> None:
    assert isinstance(read_reply(reply({"message": "customer already exists"}, 400)), Unknown)


def test_a_401_is_a_refusal_even_where_it_names_the_order() -> None:
    assert isinstance(read_reply(reply({"message": EXISTS}, 401)), Refused)


@pytest.mark.parametrize(
    ("settings", "kind", "value", "words"),
    [
        (EARLY, "product", {"sku": "X"}, "id: is required by revision 2019-07"),
        (EARLY, "product", {"id": 1}, "sku: Field required"),
        (EARLY, "customer", {"delivery_street_address": "here"}, "delivery_street_address: Extra inputs"),
        (EARLY, "customer", {"delivery_nam": "x"}, "Extra inputs"),
        (EARLY, "sales", 5, "takes no sales mappings, only address, customer, price, product"),
        (LATER, "address", {"delivery_city": ""}, "delivery_city"),
    ],
)
def test_a_bad_mapping_row_is_refused_in_words(settings: Settings, kind: Any, value: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        DEFINITION.read_mapping(kind, value, settings)


@BOTH
def test_what_is_personal_in_a_request_is_known(settings: Settings) -> None:
    texts = mapper.personal_texts(mapper.to_request(order(), settings, mappings(ROWS)))
    assert {ADDRESS, "Artia", "082101871618", "artia2@gmail.com"} <= set(texts)


def test_money_is_never_a_float() -> None:
    request = mapper.to_request(order(), EARLY, mappings({**ROWS, "price:PROD-1": Decimal("0.1")}))
    assert b'"unit_price":0.1,' in request.body
    assert read_json(request.body)["line_items"][0]["unit_price"] == Decimal("0.1")
