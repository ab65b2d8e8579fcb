"""What looks the same in a table is the same code: one rule for codes, references and mapping keys."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderbridge.channels.mapping import MAX_KEY_BYTES, MappingKey
from orderbridge.orders.order import SalesOrder, order_reference, parse_sales_order
from orderbridge.partners.partner import Partner
from orderbridge.reading.orders import OrderFilter
from orderbridge.reading.stock import StockFilter
from orderbridge.values.ids import ChannelRef
from orderbridge.values.refusals import InvalidFields
from orderbridge.values.text import UnseenCharacter, caseless, checked_code, compared, trimmed
from tests.fakes.samples import order_body

IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u3164\uffa0" + "".join(
    chr(number)
    for first, last in ((0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
    for number in range(first, last + 1)
)
"""Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties, but for the format characters."""

UNSEEN = sorted(
    {*IGNORABLE, "\u2800"}
    | {chr(number) for number in range(sys.maxunicode + 1) if unicodedata.category(chr(number)) == "Cf"}
)
SPACES = [chr(number) for number in range(sys.maxunicode + 1) if chr(number).isspace()]
INNER_SPACES = [space for space in SPACES if unicodedata.category(space) == "Zs"]
EVERY_TEXT = st.text(st.characters() | st.sampled_from(UNSEEN + SPACES))
CODE_FIELDS = ("customer_code", "site_code", "sales_name", "purchase_order_no")

ACCENTED = "Caf\u00e9 1"


@given(EVERY_TEXT)
@example("\u200b \ufeff\u0301a\u2000\u2001b\u00ad")
def test_any_text_is_refused_with_the_character_named_or_is_its_own_compared_form(text: str) -> None:
    assert compared(compared(text)) == compared(text)
    inner = trimmed(text)
    unseen = [f"U+{ord(sign):04X} " for sign in inner if sign in UNSEEN]
    if unseen or any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in inner):
        with pytest.raises(UnseenCharacter) as refused:
            checked_code(text)
        assert any(name in str(refused.value) for name in (*unseen, "Control characters are not allowed"))
    else:
        assert checked_code(text) == compared(text) == checked_code(compared(text))
        assert unicodedata.is_normalized("NFC", compared(text))


@pytest.mark.parametrize("sign", [chr(number) for number in range(128)])
def test_of_ascii_the_spaces_alone_are_trimmed(sign: str) -> None:
    assert trimmed(f"{sign}a{sign}") == ("a" if sign in SPACES else f"{sign}a{sign}")


ENDS = st.text(st.sampled_from(UNSEEN + SPACES), max_size=4)


@given(st.lists(st.text(st.characters(categories=["L", "M", "N", "P"]), min_size=1), max_size=4), ENDS, ENDS, st.data())
def test_texts_that_look_the_same_are_one_code(words: list[str], before: str, behind: str, data: st.DataObject) -> None:
    plain = " ".join(words)
    try:
        code = checked_code(plain)
    except UnseenCharacter:
        return
    spaces = st.text(st.sampled_from(INNER_SPACES), min_size=1, max_size=3)
    spelt = "".join(data.draw(spaces) if sign == " " else sign for sign in plain)
    form = data.draw(st.sampled_from(["NFC", "NFD"]))
    assert checked_code(before + unicodedata.normalize(form, spelt) + behind) == code


def test_what_nobody_can_see_is_dropped_at_the_ends_and_refused_inside_by_its_name() -> None:
    for sign in UNSEEN:
        assert checked_code(f" {sign} \u00a0{sign}A{sign}\t{sign} ") == "A"
        with pytest.raises(UnseenCharacter, match=rf"U\+{ord(sign):04X} {unicodedata.name(sign, 'without a name')} "):
            checked_code(f"A{sign}B")


def test_a_text_of_nothing_that_shows_is_empty() -> None:
    assert checked_code("".join(UNSEEN + SPACES)) == ""


@given(st.text())
def test_names_of_sales_people_that_differ_in_case_alone_are_one_key(name: str) -> None:
    key = MappingKey.of("sales", name)
    assert MappingKey.of("sales", key.key).key == key.key == caseless(compared(name))
    for other in (name.upper(), name.casefold(), unicodedata.normalize("NFD", name)):
        if caseless(compared(other)) == key.key:
            assert MappingKey.of("sales", other) == key
    assert MappingKey.of("sales", unicodedata.normalize("NFD", name)) == MappingKey.of(
        "sales", unicodedata.normalize("NFC", name)
    )


def test_every_sales_name_that_is_taken_fits_a_key() -> None:
    longest = 200
    letters = (chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number < 0xE000)
    assert max(len(caseless(letter).encode()) for letter in letters if compared(letter) == letter) * longest <= (
        MAX_KEY_BYTES
    )


# --- where it holds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", CODE_FIELDS)
def test_an_order_is_the_same_in_whatever_form_its_codes_are_written(field: str) -> None:
    order = parse_sales_order(order_body(**{field: ACCENTED}))
    for form in ("NFC", "NFD"):
        spelt = "\ufeff " + unicodedata.normalize(form, ACCENTED).replace(" ", "\u00a0 ") + "\u200b"
        again = parse_sales_order(order_body(**{field: spelt}))
        assert getattr(again, field) == ACCENTED
        assert again.content_hash() == order.content_hash()
        assert order_reference(again, None, "1", b"") == order_reference(order, None, "1", b"")


def test_a_line_has_its_product_in_whatever_form_it_is_written() -> None:
    spelt = unicodedata.normalize("NFD", ACCENTED) + "\u00ad"
    (line,) = parse_sales_order(order_body(products=[{"product_code": spelt, "quantity": 1}])).products
    assert MappingKey.of("product", line.product_code) == MappingKey.of("product", ACCENTED)


@pytest.mark.parametrize("field", CODE_FIELDS)
def test_a_code_with_a_character_inside_that_nobody_sees_is_refused_with_its_name(field: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        parse_sales_order(order_body(**{field: "A\u200bB"}))
    assert [(error.pointer, "U+200B ZERO WIDTH SPACE" in error.message) for error in refused.value.errors] == [
        (f"/{field}", True)
    ]


@pytest.mark.parametrize("field", ["customer_code", "site_code", "sales_name"])
def test_a_required_code_of_nothing_that_shows_is_missing(field: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        parse_sales_order(order_body(**{field: "\u200b \ufeff"}))
    assert [error.pointer for error in refused.value.errors] == [f"/{field}"]


def test_a_purchase_order_no_of_nothing_that_shows_is_none() -> None:
    assert parse_sales_order(order_body(purchase_order_no="\u200b \ufeff")).purchase_order_no is None


def test_a_code_is_as_long_as_it_is_in_nfc() -> None:
    letter = "e\u0301"
    assert parse_sales_order(order_body(customer_code=letter * 100)).customer_code == "\u00e9" * 100
    with pytest.raises(InvalidFields):
        parse_sales_order(order_body(customer_code=letter * 101))


def test_a_code_of_very_many_marks_is_refused_without_being_put_in_order() -> None:
    """NFC sorts a run of marks, in a time that grows with its square."""
    with pytest.raises(InvalidFields) as refused:
        parse_sales_order(order_body(customer_code="a" + "\u0301\u0316" * 60_000))
    assert [error.pointer for error in refused.value.errors] == ["/customer_code"]


def test_an_address_is_a_text_and_stays_as_it_was_written() -> None:
    address = "Jl. Cafe\u0301  No. 1\u200b, Blok\u00a0C"
    assert parse_sales_order(order_body(address=address)).address == address


def test_an_order_that_is_stored_is_read_whatever_rule_has_come_since() -> None:
    accepted = parse_sales_order(order_body())
    assert SalesOrder.as_stored(accepted.canonical_json()) == accepted
    older = accepted.canonical_json().replace("PROD-001", "PROD\u200b001")
    assert SalesOrder.as_stored(older).canonical_json() == older


def test_a_filter_finds_a_code_in_whatever_form_it_is_asked_for() -> None:
    spelt = unicodedata.normalize("NFD", ACCENTED) + "\u200e"
    assert OrderFilter.from_query({"purchase_order_no": spelt}).purchase_order_no == ACCENTED
    assert StockFilter.from_query({"product_code": spelt}).product_code == ACCENTED


@pytest.mark.parametrize(
    ("name", "read"), [("purchase_order_no", OrderFilter.from_query), ("product_code", StockFilter.from_query)]
)
def test_a_filter_with_a_character_inside_that_nobody_sees_is_refused_with_its_name(name: str, read: object) -> None:
    with pytest.raises(InvalidFields) as refused:
        read({name: "A\u2066B"})  # type: ignore[operator]
    assert [(error.pointer, "U+2066 LEFT-TO-RIGHT ISOLATE" in error.message) for error in refused.value.errors] == [
        (f"/{name}", True)
    ]


def test_a_route_is_found_for_a_site_in_whatever_form_it_is_written() -> None:
    site = MappingKey.of("route", unicodedata.normalize("NFD", ACCENTED) + "\u200b").key
    route = (ChannelRef("sirclo", "sirclo"),)
    partner = Partner("p", "P", b"", 1, (), routes={site: route})
    assert partner.channels_for(unicodedata.normalize("NFD", ACCENTED)) == route
    assert partner.channels_for("\ufeff" + ACCENTED) == route
