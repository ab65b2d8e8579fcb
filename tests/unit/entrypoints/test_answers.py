"""The bodies of answers: made of what is stored, member by member, whatever today's rules for requests are."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

from orderbridge.entrypoints.answers.orders import OrderAtChannel, SalesOrderFound
from orderbridge.entrypoints.answers.token import Token
from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.orders.order import MAX_QUANTITY, ProductLine
from orderbridge.reading.views import OrderView
from tests.fakes import samples


def at_channel(**known: str) -> Forward:
    order = samples.order()
    at = order.created_at
    return Forward(order.key, order.code, samples.SIRCLO, ForwardState.SENT, at, at, due_at=None, **known)


@pytest.mark.parametrize("known", [{}, {"shipment_problem": "lost"}, {"payment_status": "paid"}])
def test_what_a_platform_has_not_said_of_shipment_and_payment_is_left_out_and_an_unknown_id_is_null(
    known: dict[str, str],
) -> None:
    body = OrderAtChannel.of(at_channel(**known)).body()

    assert body == {
        "channel": "sirclo-main", "status": "SUBMITTED", "external_id": None, "awb_number": None, **known,
    }  # fmt: skip


def test_an_order_that_an_older_rule_has_let_in_is_shown_as_it_is_and_without_a_word_on_standard_error() -> None:
    order = samples.order()
    line = ProductLine.model_construct(product_code="x" * 500, quantity=MAX_QUANTITY + 1)
    content = order.content.model_copy(update={"products": [line], "purchase_order_no": 17})

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data = SalesOrderFound.of(OrderView(replace(order, content=content), [], [])).body()["data"]

    assert data["products"] == [{"product_code": "x" * 500, "quantity": MAX_QUANTITY + 1}]
    assert data["purchase_order_no"] == 17
    assert said == []


def test_an_answer_is_compact_json_in_the_models_order_with_every_character_as_it_is() -> None:
    answer = Token.model_construct(expired_at=1, token="é \u2028 \ud800 \x7f \x1f /")
    handler = api_handler(lambda _request: Response(200, answer))

    answered = handler({"httpMethod": "POST", "headers": {"content-type": "application/json"}}, None)

    assert answered["body"] == '{"token":"é \u2028 \ud800 \x7f \\u001f /","expired_at":1}'
