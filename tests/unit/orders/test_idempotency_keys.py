"""The header Idempotency-Key: a String of RFC 8941, as its draft standard says, or the key bare."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.orders.intake import read_idempotency_key
from orderbridge.orders.order import MAX_REFERENCE_LENGTH
from orderbridge.values.ids import OrderKey
from orderbridge.values.refusals import MalformedRequest
from tests.fakes.intake import IntakeWorld
from tests.fakes.samples import CLIENT_ID, order_body

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
KEYS = st.text(PRINTABLE, min_size=1, max_size=MAX_REFERENCE_LENGTH)
PARAMETERS = ["", ";a", "; a=1", ";a=1.5;*b-_.=?0", ';a="x;\\"y"', ";a=tok/en:1", ";a=:aGk=:", ";a=-12;a=2"]


def quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(KEYS, st.sampled_from(PARAMETERS))
def test_a_quoted_key_is_what_was_quoted_and_its_parameters_say_nothing(key: str, parameters: str) -> None:
    assert read_idempotency_key(quoted(key) + parameters) == key


@given(st.text(PRINTABLE.strip(), min_size=1, max_size=MAX_REFERENCE_LENGTH).filter(lambda key: key[0] != '"'))
def test_a_bare_key_is_taken_as_it_is(key: str) -> None:
    assert read_idempotency_key(key) == key


@pytest.mark.parametrize(
    "header",
    [
        "", '"', '""', '"a', 'a b', '"a"b', '"a" "b"', '"a", "b"', '"a\\', '"a\\"', '"\\a"', '"a\tb"', '"é"', '"a";',
        '"a";A', '"a";1', '"a" ;b', '"a";b=', '"a";b="', '"a";b=é', '"a";b=1.2345', '"a";b=' + "1" * 16, '"a";b=?2',
        '"a";b=(1)', quoted("x" * (MAX_REFERENCE_LENGTH + 1)), "x" * (MAX_REFERENCE_LENGTH + 1), "é", "a\x7f",
    ],
)  # fmt: skip
def test_what_is_neither_is_malformed(header: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        read_idempotency_key(header)
    assert (refused.value.code, refused.value.about) == ("invalid_header", "idempotency_key")


@given(st.text(st.sampled_from(string.printable + 'é\\""\''), max_size=20))
def test_any_header_is_a_key_or_a_refusal(header: str) -> None:
    try:
        key = read_idempotency_key(header)
    except MalformedRequest:
        return
    assert read_idempotency_key(quoted(key)) == key


def test_a_quoted_key_and_the_bare_one_name_one_order() -> None:
    world = IntakeWorld()
    body = order_body(purchase_order_no=None)
    first = world.accept(world.request(body, idempotency_key="key-1"))
    for same in ('"key-1"', ' "key-1" ', '"key-1";v=2'):
        assert world.accept(world.request(body, idempotency_key=same)).order == first.order
    other = world.accept(world.request(body, idempotency_key='"key-1 "'))
    assert other.order.code != first.order.code
    assert [order.key for order in world.stored()] == [
        OrderKey.of(CLIENT_ID, f"key:{key}") for key in ("key-1", "key-1 ")
    ]
