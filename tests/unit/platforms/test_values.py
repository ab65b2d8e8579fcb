"""Prices, discounts and ids, as an operator writes them in a mapping."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.platforms.values import Document, InvalidValue, PlatformId, Price, cascaded, read_value

PERCENTS = st.decimals(min_value=0, max_value=99, places=2)
PRICES = st.decimals(min_value=1, max_value=10**9, places=2)


def price(value: Any) -> Price:
    return read_value(Price, value, plain="price")


def test_percents_are_taken_off_one_after_the_other() -> None:
    assert cascaded(Decimal(100), "55.05+3") == Decimal("43.6015")


@given(PRICES, st.lists(PERCENTS, min_size=1, max_size=6))
def test_a_cascade_is_exact(start: Decimal, percents: list[Decimal]) -> None:
    exact = Fraction(start)
    for percent in percents:
        exact *= 1 - Fraction(percent) / 100
    assert Fraction(cascaded(start, "+".join(map(str, percents)))) == exact


@given(PRICES, st.lists(PERCENTS.filter(lambda percent: percent < 90), min_size=1, max_size=3))
def test_a_net_price_is_rounded_once_and_half_up(start: Decimal, percents: list[Decimal]) -> None:
    text = "+".join(map(str, percents))
    net = price({"price": start, "disc_percent": text}).net
    assert abs(net - cascaded(start, text)) <= Decimal("0.00005")
    assert net == round(net, 4)


@pytest.mark.parametrize(
    ("value", "net"),
    [
        (100, "100"),
        (Decimal("99.5"), "99.5"),
        ("17500", "17500"),
        ({"price": 100, "disc_percent": "55.05+3"}, "43.6015"),
        ({"price": 1000, "disc_percent": "5 + 2,5 %"}, "926.25"),
        ({"price": 1000, "disc_percent": 5}, "950"),
        ({"price": 1000, "disc_percent": "0"}, "1000"),
        ({"price": 1000, "disc_percent": ""}, "1000"),
        ({"price": 1000, "disc_amount": 250}, "750"),
        ({"price": 1000, "disc_amount": 0}, "1000"),
        ({"free": True}, "0"),
        ({"price": 0, "free": True}, "0"),
        ({"price": 100, "disc_percent": "100", "free": True}, "0"),
        ({"price": Decimal("0.00005")}, "0.0001"),
    ],
)
def test_a_price_is_written_in_many_ways(value: Any, net: str) -> None:
    assert price(value).net == Decimal(net)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "free"),
        ("0", "free"),
        (-1, "greater than or equal to 0"),
        ({"price": 100, "disc_percent": "100"}, "free"),
        ({"price": 100, "disc_amount": 100}, "free"),
        ({"price": 100, "disc_amount": 101}, "larger than the price"),
        ({"price": 100, "free": True}, "says free"),
        ({"price": 100, "disc_percent": "5", "disc_amount": 5}, "one discount"),
        ({"price": 100, "disc_percent": "5++3"}, r"55\.05\+3"),
        ({"price": 100, "disc_percent": "101"}, r"55\.05\+3"),
        ({"price": 100, "disc_percent": "-5"}, r"55\.05\+3"),
        ({"price": 100, "disc_percent": True}, "percents"),
        ({"price": 100, "disc_percent": [5]}, "percents"),
        ({"price": 100, "discount": 5}, "Extra inputs"),
        ({}, "free"),
        (True, "must be a number"),
        (None, "price: Decimal input"),
        ([100], "price: Decimal input"),
        ("a hundred", "price"),
        ({"price": "NaN"}, "price"),
        *(
            (text, "plain digits")
            for text in ("1E5", "1_000", "\uff11\uff12", "0012", "+5", ".5", "5.", "Infinity", "")
        ),
        ({"price": None}, "price"),
        ({"price": True}, "must be a number"),
    ],
)
def test_a_price_that_means_nothing_is_refused_in_words(value: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        price(value)


class Numbered(Document):
    id: PlatformId


@pytest.mark.parametrize(("value", "number"), [("0", 0), (" 12 ", 12), (7, 7), (str(2**63 - 1), 2**63 - 1)])
def test_an_id_that_is_a_number_is_read_from_its_digits(value: Any, number: int) -> None:
    assert read_value(Numbered, value, plain="id").id == number


@pytest.mark.parametrize(
    "value", ["007", "00", "1E5", "1_000", "+1", "1.0", "\uff11", "0x1", "NaN", "true", "null", ""]
)
def test_no_other_text_is_taken_for_an_id_that_is_a_number(value: str) -> None:
    with pytest.raises(InvalidValue, match="plain digits"):
        read_value(Numbered, value, plain="id")


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidValue, match=r"price: .*; disc_percent: .*; other: "):
        price({"price": "x", "disc_percent": "y", "other": 1})


def test_words_never_show_the_value() -> None:
    with pytest.raises(InvalidValue) as failure:
        price({"price": "secret-value"})
    assert "secret-value" not in str(failure.value)
