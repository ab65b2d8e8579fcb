"""What is alike in many errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge_cli.operating.reasons import reason_shape


@pytest.mark.parametrize(
    ("said", "shape"),
    [
        ("product 4711 is not active", "product # is not active"),
        ("SO-20250101-00001: stock of 12 pcs", "# stock of # pcs"),
        ("SO-20250101-00001 id 3 refused", "# id # refused"),
        ("422 17 rows are wrong", "# rows are wrong"),
        ("no stock", "no stock"),
        ("", ""),
    ],
)
def test_numbers_ids_and_codes_are_taken_out_of_a_reason(said: str, shape: str) -> None:
    assert reason_shape(said) == shape


@given(st.text())
def test_a_shape_holds_no_digit_and_is_its_own_shape(said: str) -> None:
    shape = reason_shape(said)

    assert not any(sign.isdigit() and sign in "0123456789" for sign in shape)
    assert reason_shape(shape) == shape
