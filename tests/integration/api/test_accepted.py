"""Login, refresh and intake from API Gateway's event to the table and back."""

from __future__ import annotations

import json
import time

import pytest

from orderbridge.orders.table import order_pk
from orderbridge.partners.tokens import SigningKeys, verify_token
from orderbridge.values.ids import OrderKey
from orderbridge.values.times import utc_now
from tests.fakes import samples
from tests.integration.deployed import TOKEN_KEY, Call, Deployed
from tests.integration.partner_side import PartnerSide, sample_event, with_body, with_headers

RING = SigningKeys({"1": TOKEN_KEY.encode()}, "1")


def test_a_login_answers_a_token_and_its_expiry(deployed: Deployed, partner: PartnerSide) -> None:
    status, body, headers = deployed.answer("auth_login", sample_event("auth_login"))

    claims = verify_token(body["token"], RING, utc_now())
    assert status == 200
    assert body == {"token": body["token"], "expired_at": claims.expires_at}
    assert (claims.client_id, claims.expires_at - claims.issued_at) == (samples.CLIENT_ID, 12 * 3600)
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"


def test_a_refresh_answers_a_new_token_of_the_same_family(deployed: Deployed, partner: PartnerSide) -> None:
    status, body, _ = deployed.answer("auth_refresh", with_body(sample_event("auth_refresh"), {"token": partner.token}))

    old, new = (verify_token(token, RING, utc_now()) for token in (partner.token, body["token"]))
    assert status == 200
    assert (new.family, new.expires_at) == (old.family, body["expired_at"])


def test_an_order_is_answered_201_and_stored(deployed: Deployed, partner: PartnerSide) -> None:
    status, body, headers = deployed.answer("order_intake", partner.order())

    (order,) = deployed.orders()
    assert status == 201
    assert body == {
        "message": "Sales order created successfully",
        "data": {"code": order.code, "status": "DRAFT", "created_at": order.created_at},
    }
    assert "Idempotent-Replay" not in headers
    assert order.content.purchase_order_no == "PO-2025-00001"
    assert order.channels == partner.partner.channels
    assert order.signed_by == partner.partner.keys[0].kid


def test_the_same_order_again_is_200_and_the_same_body(deployed: Deployed, partner: PartnerSide) -> None:
    first = deployed.answer("order_intake", partner.order())

    status, body, headers = deployed.answer("order_intake", partner.order())

    assert (status, body) == (200, first[1])
    assert headers["Idempotent-Replay"] == "true"
    assert len(deployed.orders()) == 1


def test_the_same_purchase_order_with_other_content_is_409(deployed: Deployed, partner: PartnerSide) -> None:
    deployed.answer("order_intake", partner.order())

    status, body, _ = deployed.answer("order_intake", partner.order(address="elsewhere"))

    assert (status, body["code"]) == (409, "purchase_order_conflict")
    assert len(deployed.orders()) == 1


def test_an_idempotency_key_reused_for_other_content_is_422(deployed: Deployed, partner: PartnerSide) -> None:
    first = with_headers(partner.order(purchase_order_no=None), idempotency_key="key-1")
    other = with_headers(partner.order(purchase_order_no=None, address="elsewhere"), idempotency_key="key-1")

    assert deployed.answer("order_intake", first)[0] == 201
    assert deployed.answer("order_intake", first)[0] == 200
    status, body, _ = deployed.answer("order_intake", other)
    assert (status, body["code"]) == (422, "idempotency_key_reused")


def test_an_exact_replay_is_the_same_order_twenty_times(deployed: Deployed, partner: PartnerSide) -> None:
    event = partner.order(purchase_order_no=None)

    codes = {deployed.answer("order_intake", event)[1]["data"]["code"] for _ in range(20)}

    assert len(codes) == len(deployed.orders()) == 1


@pytest.mark.parametrize("change", ["lower", "upper", "single values only", "base64", "milliseconds", "charset"])
def test_the_same_order_in_every_form_that_api_gateway_may_bring_it(
    change: str, deployed: Deployed, partner: PartnerSide
) -> None:
    event = partner.order()
    match change:
        case "lower":
            event["multiValueHeaders"] = {name.lower(): value for name, value in event["multiValueHeaders"].items()}
        case "upper":
            event["multiValueHeaders"] = {name.upper(): value for name, value in event["multiValueHeaders"].items()}
        case "single values only":
            event["multiValueHeaders"] = None
        case "base64":
            event = with_body(event, event["body"], in_base64=True)
        case "milliseconds":
            event = partner.order(timestamp=str(int(time.time() * 1000)))
        case "charset":
            event = with_headers(event, content_type="Application/JSON ; charset=utf-8")

    assert deployed.answer("order_intake", event)[0] == 201


def test_codes_count_one_two_three(deployed: Deployed, partner: PartnerSide) -> None:
    codes = []
    for number in range(3):
        codes.append(deployed.answer("order_intake", partner.order(purchase_order_no=str(number)))[1]["data"]["code"])
        deployed.restart()  # another environment

    assert [code.rsplit("-", 1)[1] for code in codes] == ["00001", "00002", "00003"]


def test_an_accepted_order_costs_two_calls_at_rest(deployed: Deployed, partner: PartnerSide) -> None:
    deployed.answer("order_intake", partner.order(purchase_order_no="warm"))
    deployed.calls.clear()
    deployed.answer("order_intake", partner.order(purchase_order_no="cold"))

    assert [(call.action, call.leading_keys[0].split("#")[0]) for call in deployed.calls] in (
        [("dynamodb:UpdateItem", "CODES"), ("dynamodb:PutItem", "ORDER")],
        [("dynamodb:PutItem", "ORDER")],  # where the two came within one block
    )


def test_a_whole_order_is_one_item_and_says_what_is_due(deployed: Deployed, partner: PartnerSide) -> None:
    deployed.answer("order_intake", partner.order())

    (item,) = deployed.items("ORDER#")
    assert item["PK"]["S"] == order_pk(OrderKey.of(samples.CLIENT_ID, "po:PO-2025-00001"))
    assert item["due_at"]["S"] > item["created_at"]["S"]
    assert json.loads(item["content"]["S"]) == samples.order_document()


def test_what_a_login_calls(deployed: Deployed, partner: PartnerSide) -> None:
    deployed.answer("auth_login", sample_event("auth_login"))

    assert {call.action for call in deployed.calls} == {"dynamodb:GetItem", "secretsmanager:GetSecretValue"}
    assert Call("auth_login", "secretsmanager:GetSecretValue", "Pepper") in deployed.calls
