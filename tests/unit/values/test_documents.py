"""How a body is read, whatever it is to be: which bytes, which members, which numbers."""

from __future__ import annotations

import codecs
import json
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderbridge.orders.order import MAX_QUANTITY, SalesOrder, parse_sales_order
from orderbridge.partners.login import LoginRequest, RefreshRequest
from orderbridge.reading.cancelling import CancelBody
from orderbridge.values.refusals import InvalidFields, MalformedRequest
from tests.fakes.samples import order_body


def malformed(body: bytes) -> str:
    """What is said of a body that is no document."""
    with pytest.raises(MalformedRequest) as refused:
        parse_sales_order(body)
    assert refused.value.code == "malformed_json"
    return refused.value.detail


def with_quantity(raw: str) -> bytes:
    return order_body(products=[{"product_code": "PROD-001", "quantity": "HERE"}]).replace(b'"HERE"', raw.encode())


# --- bytes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_in_another_encoding_is_malformed(encoding: str) -> None:
    said = malformed(json.dumps(json.loads(order_body(address="Café 1")), ensure_ascii=False).encode(encoding))
    assert said == "The body is not text in UTF-8."


@given(st.binary(min_size=1, max_size=20))
def test_bytes_inside_a_text_are_kept_as_they_are_or_refused(raw: bytes) -> None:
    body = order_body(purchase_order_no="HERE").replace(b"HERE", b"x" + raw + b"x")
    try:
        order = parse_sales_order(body)
    except (MalformedRequest, InvalidFields):
        return
    assert order == SalesOrder.model_validate(json.loads(body))


def test_a_byte_order_mark_in_front_is_passed_over_and_nowhere_else() -> None:
    assert parse_sales_order(codecs.BOM_UTF8 + order_body()) == parse_sales_order(order_body())
    malformed(codecs.BOM_UTF8 * 2 + order_body())
    malformed(order_body() + codecs.BOM_UTF8)
    malformed(b" " + codecs.BOM_UTF8 + order_body())


@pytest.mark.parametrize("depth", [250, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_document_that_is_nested_too_deeply_is_malformed_on_every_python(
    opening: str, closing: str, depth: int
) -> None:
    """How deep the standard library reads differs; how deep a body may be does not."""
    nested = (opening * depth + "1" + closing * depth).encode()
    unknown_member = order_body()[:-1] + b', "unknown": ' + nested + b"}"
    for body in (nested, unknown_member, order_body(address="HERE").replace(b'"HERE"', nested)):
        assert malformed(body) == "The body is not valid JSON."


# --- members ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        (b'"site_code"', b'"site_code": "SITE-002", "site_code"'),
        (b'"quantity"', b'"quantity": 1, "quantity"'),
        (b'"quantity"', rb'"quantit\u0079": 10, "quantity"'),
        (b'"site_code"', b'"unknown": {"x": [{"y": 1, "y": 1}]}, "site_code"'),
        (b'"site_code"', rb'"\ud800": 1, "\ud800": 2, "site_code"'),
    ],
)
def test_a_member_that_is_twice_anywhere_is_malformed_and_named(once: bytes, twice: bytes) -> None:
    assert once in order_body()
    assert "stands twice" in malformed(order_body().replace(once, twice))


@pytest.mark.parametrize("model", [LoginRequest, RefreshRequest, CancelBody])
def test_every_body_has_its_members_once(model: Any) -> None:
    from orderbridge.values.documents import parse_document

    with pytest.raises(MalformedRequest, match='"x"'):
        parse_document(model, b'{"x": 1, "x": 1}')


def test_what_is_said_of_a_member_is_short_and_plain_ascii() -> None:
    name = "ÿ\ud800" + "x" * 5000
    detail = malformed((json.dumps({name: 1})[:-1] + f", {json.dumps(name)}: 2}}").encode())
    assert detail.isascii()
    assert len(detail) < 200


@given(st.lists(st.sampled_from(["a", "b", "\u00e9", "e\u0301", "A", ""]), max_size=5))
def test_members_are_the_same_where_their_names_are_equal_and_only_there(names: list[str]) -> None:
    body = "{" + ", ".join(f"{json.dumps(name)}: 1" for name in names) + "}"
    kind = InvalidFields if len(set(names)) == len(names) else MalformedRequest
    with pytest.raises(kind):
        parse_sales_order(body.encode())


def test_many_members_are_looked_at_once_each() -> None:
    """With every pair compared this would take minutes."""
    members = ", ".join(f'"{number:x}": 1' for number in range(40_000))
    malformed(f'{{{members}, "9c3f": 2}}'.encode())


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["10.0", "1e1", "1E+1", "0.1e2", "100e-1", "10.000e0", "10." + "0" * 5000])
def test_a_number_is_the_same_however_it_is_written(raw: str) -> None:
    order = parse_sales_order(with_quantity(raw))
    assert type(order.products[0].quantity) is int
    assert order.content_hash() == parse_sales_order(with_quantity("10")).content_hash()


@pytest.mark.parametrize(
    "raw",
    [
        "10.5", "1e-1", "10." + "0" * 40 + "1", "9" * 400 + ".5", "0.0", "-1e1", "1e7", "1e400", "1e1000000",
        "1e99999999999999999999", "1e-99999999999999999999", "0e400", '"10"', '"1e1"', "true", "[10.0]",
    ],
)  # fmt: skip
def test_what_is_no_whole_number_of_pieces_is_refused_at_its_field(raw: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        parse_sales_order(with_quantity(raw))
    assert [error.pointer for error in refused.value.errors] == ["/products/0/quantity"]


@given(st.integers(-5, 15), st.integers(0, 12), st.integers(-14, 14))
@example(10**6, 0, 0)
@example(10**6, 0, 1)
def test_a_quantity_is_taken_exactly_where_its_value_is_a_whole_number_in_range(
    whole: int, fraction: int, exponent: int
) -> None:
    raw = f"{whole}.{fraction:02d}e{exponent:+d}"
    value = Decimal(raw)
    try:
        quantity = parse_sales_order(with_quantity(raw)).products[0].quantity
    except InvalidFields:
        assert value != value.to_integral_value() or not 1 <= value <= MAX_QUANTITY
    else:
        assert quantity == value


def test_no_exponent_is_written_out() -> None:
    body = with_quantity("1e1000000000000")
    tracemalloc.start()
    try:
        with pytest.raises(InvalidFields):
            parse_sales_order(body)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()
