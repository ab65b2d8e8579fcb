"""Whatever an operator's file or a partner's header holds, it is read or refused in words, and nothing else.

`make fuzz` does the same for as long as it is let.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.http.transport import Reply
from orderbridge.platforms.names import platform_names
from tests.fuzz.inputs import Inputs, inputs

INPUTS = st.integers(0, 2**64 - 1).map(lambda seed: Inputs(random.Random(seed)).any_input())


@settings(max_examples=150, deadline=None)
@given(INPUTS)
def test_of_any_input_comes_what_is_documented_and_nothing_else(given_input: Reply) -> None:
    for name, each in inputs().items():
        try:
            each.parser.run(given_input)
        except Exception as failure:
            shown = repr(given_input.body[:2000])
            raise AssertionError(f"{name}: {type(failure).__name__}: {failure} for {shown}") from failure


@pytest.mark.parametrize("name", inputs())
def test_a_good_input_is_taken_by_its_own_reader(name: str) -> None:
    """Else every input would be refused, and nothing tried of what comes after that."""
    given_input = inputs()[name]
    given_input.parser.read(Reply(200, {}, given_input.good()))


def test_mappings_settings_tokens_and_signature_headers_are_among_what_is_tried() -> None:
    files = {f"{platform} {file}" for platform in platform_names() for file in ("mappings", "settings", "credentials")}
    assert files | {"token", "X-SIGNATURE", "X-TIMESTAMP", "public key", "order"} <= inputs().keys()
