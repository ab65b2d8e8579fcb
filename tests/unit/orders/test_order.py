"""What a partner may post as an order, and what it hears when it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderbridge.entrypoints.problems import Problem
from orderbridge.orders.order import MAX_LINES, MAX_QUANTITY, SalesOrder, order_reference, parse_sales_order
from orderbridge.values.documents import MAX_FIELD_ERRORS
from orderbridge.values.refusals import InvalidFields, MalformedRequest
from tests.fakes.samples import order_body, order_document

REQUIRED = ("customer_code", "site_code", "sales_name", "address", "products")


def refusal(body: bytes) -> dict[str, list[str]]:
    """The messages of a refused body, by pointer."""
    with pytest.raises(InvalidFields) as refused:
        parse_sales_order(body)
    said: dict[str, list[str]] = {}
    for error in refused.value.errors:
        said.setdefault(error.pointer, []).append(error.message)
    return said


def with_raw_quantity(raw: str) -> bytes:
    return order_body(products=[{"product_code": "PROD-001", "quantity": "HERE"}]).replace(b'"HERE"', raw.encode())


def test_the_sample_of_the_document_is_an_order() -> None:
    order = parse_sales_order(order_body())

    assert order.model_dump(mode="json") == order_document()


# --- quantities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["1", "10", str(MAX_QUANTITY)])
def test_a_whole_number_of_pieces_is_a_quantity(raw: str) -> None:
    assert parse_sales_order(with_raw_quantity(raw)).products[0].quantity == int(raw)


@pytest.mark.parametrize(
    "raw",
    [
        '"10"', "10.5", "1e-1", "true", "false", "null", "0", "-0", "-1", "[]", "{}", "[1]",
        "NaN", "Infinity", "-Infinity", "1e400", "0.5", str(MAX_QUANTITY + 1), "9" * 30,
    ],
)  # fmt: skip
def test_nothing_else_is_a_quantity_and_the_line_alone_is_blamed(raw: str) -> None:
    assert list(refusal(with_raw_quantity(raw))) == ["/products/0/quantity"]


@pytest.mark.parametrize("raw", ["01", "+1", "0x10", "1_000", "1,5", "'1'", "9" * 5000, ""])
def test_what_json_has_no_spelling_for_is_malformed(raw: str) -> None:
    with pytest.raises(MalformedRequest):
        parse_sales_order(with_raw_quantity(raw))


# --- lines ------------------------------------------------------------------------------------------------------------


def test_an_order_has_one_to_two_hundred_lines() -> None:
    line = {"product_code": "PROD-001", "quantity": 1}

    assert len(parse_sales_order(order_body(products=[line] * MAX_LINES)).products) == 200
    assert list(refusal(order_body(products=[line] * (MAX_LINES + 1)))) == ["/products"]
    assert list(refusal(order_body(products=[]))) == ["/products"]


def test_the_same_product_may_be_on_several_lines() -> None:
    lines = [{"product_code": "PROD-001", "quantity": 1}, {"product_code": "PROD-001", "quantity": 2}]

    order = parse_sales_order(order_body(products=lines))

    assert [line.quantity for line in order.products] == [1, 2]


@pytest.mark.parametrize("products", [None, "PROD-001", {"product_code": "PROD-001", "quantity": 1}, 1])
def test_products_are_a_list(products: Any) -> None:
    assert list(refusal(order_body(products=products))) == ["/products"]


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", [name for name in REQUIRED if name != "products"])
@pytest.mark.parametrize("value", ["", "   ", "\u3000", None, 5, True, ["x"], {"x": 1}])
def test_a_required_text_is_a_text_with_something_in_it(field: str, value: Any) -> None:
    assert list(refusal(order_body(**{field: value}))) == [f"/{field}"]


@pytest.mark.parametrize("field", REQUIRED)
def test_a_required_field_may_not_be_left_out(field: str) -> None:
    document = order_document()
    del document[field]

    assert refusal(json.dumps(document).encode()) == {f"/{field}": ["Field required"]}


@pytest.mark.parametrize(
    ("field", "longest"),
    [("customer_code", 100), ("site_code", 100), ("sales_name", 200), ("address", 1000), ("purchase_order_no", 128)],
)
def test_texts_have_a_longest_length(field: str, longest: int) -> None:
    parse_sales_order(order_body(**{field: "é" * longest}))

    assert list(refusal(order_body(**{field: "é" * (longest + 1)}))) == [f"/{field}"]


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u2029"])
@pytest.mark.parametrize("field", ["customer_code", "site_code", "sales_name", "address", "purchase_order_no"])
def test_control_characters_are_refused_everywhere(field: str, character: str) -> None:
    said = refusal(order_body(**{field: f"a{character}b"}))

    assert said == {f"/{field}": ["Control characters are not allowed"]}


@pytest.mark.parametrize("character", ["\n", "\r", "\t"])
def test_only_an_address_has_several_lines(character: str) -> None:
    text = f"a{character}b"

    assert parse_sales_order(order_body(address=text)).address == text
    for field in ("customer_code", "site_code", "sales_name", "purchase_order_no"):
        assert list(refusal(order_body(**{field: text}))) == [f"/{field}"]
    assert list(refusal(order_body(products=[{"product_code": text, "quantity": 1}]))) == ["/products/0/product_code"]


def test_a_lone_surrogate_is_not_json_and_a_pair_is_one_character() -> None:
    with pytest.raises(MalformedRequest):
        parse_sales_order(order_body(address="HERE").replace(b"HERE", rb"\ud800"))

    assert parse_sales_order(order_body(address="HERE").replace(b"HERE", rb"\ud83d\ude00")).address == "😀"


@pytest.mark.parametrize("value", [None, "", "   ", "\t", "\u3000"])
def test_a_blank_purchase_order_no_is_none(value: str | None) -> None:
    absent = {name: each for name, each in order_document().items() if name != "purchase_order_no"}

    order = parse_sales_order(order_body(purchase_order_no=value))

    assert order.purchase_order_no is None
    assert order.content_hash() == parse_sales_order(json.dumps(absent).encode()).content_hash()


def test_outer_space_is_no_part_of_a_text() -> None:
    order = parse_sales_order(order_body(customer_code="  CUST-001 ", purchase_order_no=" PO-1\n"))

    assert (order.customer_code, order.purchase_order_no) == ("CUST-001", "PO-1")


# --- everything at once -----------------------------------------------------------------------------------------------


def test_every_wrong_field_is_reported_at_once() -> None:
    body = order_body(
        customer_code="",
        sales_name=5,
        colour="red",
        products=[{"product_code": "PROD-001", "quantity": 0}, {"quantity": 1, "unit": "BOX"}],
    ).replace(b'"site_code": "SITE-001", ', b"")

    assert set(refusal(body)) == {
        "/customer_code",
        "/sales_name",
        "/site_code",
        "/colour",
        "/products/0/quantity",
        "/products/1/product_code",
        "/products/1/unit",
    }


def test_unknown_fields_are_refused_and_pointed_at_in_the_words_of_rfc_6901() -> None:
    assert list(refusal(order_body(**{"a/b~c": 1}))) == ["/a~1b~0c"]


@pytest.mark.parametrize(
    "body", [json.dumps({f"k{i}": 1 for i in range(20_000)}).encode(), order_body(products=[{}] * 80_000)]
)
def test_a_body_of_nothing_but_errors_gets_a_short_answer(body: bytes) -> None:
    with pytest.raises(InvalidFields) as refused:
        parse_sales_order(body)

    assert 1 <= len(refused.value.errors) <= MAX_FIELD_ERRORS
    assert len(json.dumps(Problem.of(refused.value, "id").body())) < 100_000


def test_no_error_repeats_what_was_sent() -> None:
    said = refusal(
        order_body(sales_name=["John Doe"], address={"x": "Jl. Sudirman"}, products=[{"quantity": "secret"}])
    )

    assert not any(word in json.dumps(said) for word in ("John", "Sudirman", "secret"))


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"nothing", b"{'customer_code': 'x'}", order_body() + b"x", order_body()[:-1], b"\xff\xfe",
        b"\xef\xbb\xbf" * 2 + order_body(), order_body().decode().encode("utf-16"), b"[" * 100_000, b'{"a":' * 5_000,
        order_body(address="HERE").replace(b"HERE", b"\xff"), order_body(address="HERE").replace(b"HERE", b"\n"),
    ],
)  # fmt: skip
def test_what_is_not_one_json_document_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest) as refused:
        parse_sales_order(body)
    assert refused.value.code == "malformed_json"


@pytest.mark.parametrize("body", [b"[]", b'"order"', b"null", b"1", b"true"])
def test_json_that_is_no_object_is_no_order(body: bytes) -> None:
    assert list(refusal(body)) == [""]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"\x00")
def test_no_body_whatever_raises_anything_but_a_refusal(body: bytes) -> None:
    with pytest.raises((InvalidFields, MalformedRequest)):
        parse_sales_order(body)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*REQUIRED, "purchase_order_no", "other"]), json_values))
def test_whatever_is_in_the_fields_the_answer_is_an_order_or_a_refusal(changes: dict[str, Any]) -> None:
    try:
        order = parse_sales_order(order_body(**changes))
    except (InvalidFields, MalformedRequest):
        return
    assert all(type(line.quantity) is int and line.quantity >= 1 for line in order.products)
    assert SalesOrder.model_validate_json(order.canonical_json()) == order


# --- same content -----------------------------------------------------------------------------------------------------

# What is written in more than one way, or shows nothing, is test_code_text's.
texts = st.text(st.characters(categories=["L", "N", "P", "S"], max_codepoint=0x2FF), min_size=1, max_size=4)
contents = st.fixed_dictionaries(
    {
        "customer_code": texts,
        "site_code": texts,
        "sales_name": texts,
        "address": texts,
        "purchase_order_no": st.none() | texts,
        "products": st.lists(
            st.fixed_dictionaries({"product_code": texts, "quantity": st.integers(1, 3)}), min_size=1, max_size=3
        ),
    }
)


@given(contents, contents)
def test_two_orders_have_one_hash_exactly_where_they_say_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = (parse_sales_order(json.dumps(each).encode()) for each in (one, other))

    assert (first.content_hash() == second.content_hash()) == (one == other)


@given(contents, st.randoms())
def test_spacing_key_order_and_escapes_do_not_change_the_hash(content: dict[str, Any], random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            names = list(value)
            random.shuffle(names)
            return {name: shuffled(value[name]) for name in names}
        return [shuffled(each) for each in value] if isinstance(value, list) else value

    respelt = json.dumps(shuffled(content), indent=random.randrange(4), ensure_ascii=random.random() < 0.5)

    assert (
        parse_sales_order(respelt.encode()).content_hash()
        == parse_sales_order(json.dumps(content).encode()).content_hash()
    )


@pytest.mark.parametrize(
    "change",
    [
        {"customer_code": "CUST-002"}, {"site_code": "SITE-002"}, {"sales_name": "Artia"}, {"address": "Jl. Sudirman"},
        {"purchase_order_no": None}, {"purchase_order_no": "PO-2025-00002"},
        {"products": [{"product_code": "PROD-001", "quantity": 11}]},
        {"products": [{"product_code": "PROD-002", "quantity": 10}]},
        {"products": [{"product_code": "PROD-001", "quantity": 10}] * 2},
    ],
)  # fmt: skip
def test_every_field_counts(change: dict[str, Any]) -> None:
    assert parse_sales_order(order_body(**change)).content_hash() != parse_sales_order(order_body()).content_hash()


def test_the_order_of_lines_counts() -> None:
    lines = [{"product_code": "A", "quantity": 1}, {"product_code": "B", "quantity": 1}]

    hashes = {parse_sales_order(order_body(products=each)).content_hash() for each in (lines, lines[::-1])}

    assert len(hashes) == 2


def test_the_hash_is_written_down_for_ever() -> None:
    """A replay is compared with a hash stored by an older version, so this value must never change."""
    assert parse_sales_order(order_body()).content_hash() == (
        "0a3cf7afdd0793c475c7bb308ee74d6d70782c11ab3a877ba4fbceb452027bff"
    )


# --- references -------------------------------------------------------------------------------------------------------


def test_a_purchase_order_no_is_the_reference_whatever_key_came_with_it() -> None:
    order = parse_sales_order(order_body(purchase_order_no="7"))

    assert order_reference(order, "key", "1", b"") == order_reference(order, None, "2", b"x") == "po:7"


def test_without_one_the_key_is_and_without_either_the_exact_request() -> None:
    order = parse_sales_order(order_body(purchase_order_no=None))

    assert order_reference(order, "key-1", "1", b"body") == "key:key-1"
    replay = order_reference(order, None, "1", b"body")
    assert replay == order_reference(order, None, "1", b"body")
    assert replay.startswith("body:")
    others = [order_reference(order, None, "2", b"body"), order_reference(order, None, "1", b"body ")]
    assert replay not in others
    # The boundary between timestamp and body cannot be moved.
    assert order_reference(order, None, "1", b"2") != order_reference(order, None, "12", b"")


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_references_of_different_kinds_never_meet(purchase_order_no: str, key: str) -> None:
    content = parse_sales_order(order_body())
    with_number = content.model_copy(update={"purchase_order_no": purchase_order_no})
    without = content.model_copy(update={"purchase_order_no": None})
    references = {
        order_reference(with_number, key, "1", b"x"),
        order_reference(without, key, "1", b"x"),
        order_reference(without, None, "1", b"x"),
    }
    assert len(references) == 3
