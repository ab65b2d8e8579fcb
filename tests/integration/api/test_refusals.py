"""Every refusal of the API for login, refresh and intake, from API Gateway's event to the answer."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from orderbridge.partners import table as partner_table
from orderbridge.partners.tokens import SigningKeys, issue_token, new_claims
from orderbridge.values.times import utc_now
from tests.fakes import samples
from tests.integration.deployed import TOKEN_KEY, Deployed
from tests.integration.partner_side import Event, PartnerSide, sample_event, with_body, with_headers

Make = Callable[[PartnerSide], Event]


def login(**changes: Any) -> Event:
    event = sample_event("auth_login")
    return with_body(event, {**json.loads(event["body"]), **changes})


def refresh(token: Any) -> Event:
    return with_body(sample_event("auth_refresh"), {"token": token})


def foreign_token() -> str:
    return issue_token(new_claims(samples.CLIENT_ID, 1, utc_now()), SigningKeys({"1": b"x" * 32}, "1"))


def own_token(client_id: str = samples.CLIENT_ID, seconds_old: int = 0, version: int = 1) -> str:
    claims = new_claims(client_id, version, utc_now() - timedelta(seconds=seconds_old))
    return issue_token(claims, SigningKeys({"1": TOKEN_KEY.encode()}, "1"))


def bearer(token: str) -> str:
    return f"Bearer {token}"


REFUSALS: dict[str, tuple[str, Make, int, str]] = {
    # --- login
    "login: wrong secret": ("auth_login", lambda p: login(client_secret="wrong"), 401, "invalid_credentials"),
    "login: unknown client": ("auth_login", lambda p: login(client_id="nobody"), 401, "invalid_credentials"),
    "login: not JSON": ("auth_login", lambda p: with_body(login(), "{"), 400, "malformed_json"),
    "login: no body": ("auth_login", lambda p: with_body(login(), None), 400, "malformed_json"),
    "login: missing field": ("auth_login", lambda p: with_body(login(), "{}"), 422, "invalid_fields"),
    "login: wrong type": ("auth_login", lambda p: login(client_secret=1), 422, "invalid_fields"),
    "login: form": (
        "auth_login",
        lambda p: with_headers(login(), content_type="application/x-www-form-urlencoded"),
        415,
        "unsupported_content_type",
    ),
    "login: no content type": (
        "auth_login", lambda p: with_headers(login(), content_type=None), 415, "unsupported_content_type"
    ),
    "login: two content types": (
        "auth_login",
        lambda p: with_headers(login(), content_type=["application/json", "text/plain"]),
        400,
        "invalid_header",
    ),
    "login: too large": ("auth_login", lambda p: login(x="x" * 262_144), 413, "body_too_large"),
    "login: broken Base64": (
        "auth_login", lambda p: {**login(), "body": "no Base64!", "isBase64Encoded": True}, 400, "malformed_json"
    ),
    # --- refresh
    "refresh: foreign": ("auth_refresh", lambda p: refresh(foreign_token()), 401, "invalid_token"),
    "refresh: too old": ("auth_refresh", lambda p: refresh(own_token(seconds_old=37 * 3600)), 401, "invalid_token"),
    "refresh: other version": ("auth_refresh", lambda p: refresh(own_token(version=2)), 401, "invalid_token"),
    "refresh: no partner": ("auth_refresh", lambda p: refresh(own_token("nobody")), 401, "invalid_token"),
    "refresh: junk": ("auth_refresh", lambda p: refresh("a.b.c"), 401, "invalid_token"),
    "refresh: not a text": ("auth_refresh", lambda p: refresh(1), 422, "invalid_fields"),
    "refresh: not JSON": ("auth_refresh", lambda p: with_body(refresh("x"), "token=x"), 400, "malformed_json"),
    # --- intake: size, content type
    "order: too large": ("order_intake", lambda p: p.order(address="x" * 262_144), 413, "body_too_large"),
    "order: too large in Base64": (
        "order_intake", lambda p: with_body(p.order(), b"x" * 262_145, in_base64=True), 413, "body_too_large"
    ),
    "order: XML": (
        "order_intake", lambda p: with_headers(p.order(), content_type="text/xml"), 415, "unsupported_content_type"
    ),
    "order: no content type": (
        "order_intake", lambda p: with_headers(p.order(), content_type=None), 415, "unsupported_content_type"
    ),
    # --- intake: token
    "order: no Authorization": (
        "order_intake", lambda p: with_headers(p.order(), authorization=None), 401, "invalid_token"
    ),
    "order: two Authorizations": (
        "order_intake",
        lambda p: with_headers(p.order(), authorization=[bearer(p.token), bearer(p.token)]),
        401,
        "invalid_token",
    ),
    "order: Basic": ("order_intake", lambda p: with_headers(p.order(), authorization="Basic x"), 401, "invalid_token"),
    "order: foreign token": (
        "order_intake", lambda p: with_headers(p.order(), authorization=bearer(foreign_token())), 401, "invalid_token"
    ),
    "order: expired token": (
        "order_intake",
        lambda p: with_headers(p.order(), authorization=bearer(own_token(seconds_old=12 * 3600 + 40))),
        401,
        "invalid_token",
    ),
    "order: huge token": (
        "order_intake", lambda p: with_headers(p.order(), authorization=bearer("x" * 100_000)), 401, "invalid_token"
    ),
    # --- intake: client
    "order: no X-CLIENT-ID": (
        "order_intake", lambda p: with_headers(p.order(), x_client_id=None), 400, "missing_header"
    ),
    "order: two X-CLIENT-IDs": (
        "order_intake",
        lambda p: with_headers(p.order(), x_client_id=[samples.CLIENT_ID, samples.CLIENT_ID]),
        400,
        "invalid_header",
    ),
    "order: another's X-CLIENT-ID": (
        "order_intake", lambda p: with_headers(p.order(), x_client_id="somebody-else"), 403, "client_mismatch"
    ),
    # --- intake: timestamp and signature
    "order: no X-TIMESTAMP": (
        "order_intake", lambda p: with_headers(p.order(), x_timestamp=None), 400, "missing_header"
    ),
    "order: odd X-TIMESTAMP": (
        "order_intake", lambda p: with_headers(p.order(), x_timestamp="2025-01-01T00:00:00Z"), 400, "invalid_header"
    ),
    "order: stale": (
        "order_intake", lambda p: p.order(timestamp=str(int(time.time()) - 301)), 401, "stale_timestamp"
    ),
    "order: early": (
        "order_intake", lambda p: p.order(timestamp=str(int(time.time()) + 310)), 401, "stale_timestamp"
    ),
    "order: no X-SIGNATURE": (
        "order_intake", lambda p: with_headers(p.order(), x_signature=None), 400, "missing_header"
    ),
    "order: broken X-SIGNATURE": (
        "order_intake", lambda p: with_headers(p.order(), x_signature="no Base64!"), 401, "invalid_signature"
    ),
    "order: wrong X-SIGNATURE": (
        "order_intake",
        lambda p: with_headers(p.order(), x_signature=base64.b64encode(bytes(256)).decode()),
        401,
        "invalid_signature",
    ),
    # --- intake: body
    "order: not JSON": ("order_intake", lambda p: with_body(p.order(), "order"), 400, "malformed_json"),
    "order: no body": ("order_intake", lambda p: with_body(p.order(), None), 400, "malformed_json"),
    "order: not UTF-8": (
        "order_intake", lambda p: with_body(p.order(), b'{"a": "\xff"}', in_base64=True), 400, "malformed_json"
    ),
    "order: broken Base64": (
        "order_intake", lambda p: {**p.order(), "body": "=", "isBase64Encoded": True}, 400, "malformed_json"
    ),
    "order: invalid fields": ("order_intake", lambda p: p.order(products=[]), 422, "invalid_fields"),
    "order: bad Idempotency-Key": (
        "order_intake",
        lambda p: with_headers(p.order(purchase_order_no=None), idempotency_key="two words"),
        400,
        "invalid_header",
    ),
    "order: two Idempotency-Keys": (
        "order_intake",
        lambda p: with_headers(p.order(purchase_order_no=None), idempotency_key=["a", "b"]),
        400,
        "invalid_header",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal_is_a_problem_with_its_status_and_code(
    case: str, deployed: Deployed, partner: PartnerSide
) -> None:
    function, make, status, code = REFUSALS[case]

    answered, body, headers = deployed.answer(function, make(partner))

    assert (answered, body["code"]) == (status, code)
    assert body.keys() - {"errors"} == {"type", "title", "status", "detail", "code", "message", "request_id"}
    assert (body["status"], body["message"]) == (status, body["detail"])
    assert body["request_id"] == headers["X-Request-Id"] == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Cache-Control"] == "no-store"
    assert ("errors" in body) == (code == "invalid_fields")
    assert ("WWW-Authenticate" in headers) == (status == 401)
    assert deployed.orders() == []


def test_a_suspended_partner_is_403_at_every_door_and_learns_nothing_from_a_wrong_secret(
    deployed: Deployed, partner: PartnerSide
) -> None:
    event = partner.order()
    deployed.put({**partner_table.partner_item(partner.partner), "state": {"S": "suspended"}})
    deployed.restart()

    answers = {
        "login": deployed.answer("auth_login", login()),
        "wrong": deployed.answer("auth_login", login(client_secret="wrong")),
        "refresh": deployed.answer("auth_refresh", refresh(partner.token)),
        "order": deployed.answer("order_intake", event),
    }

    assert {name: (status, body["code"]) for name, (status, body, _) in answers.items()} == {
        "login": (403, "partner_suspended"),
        "wrong": (401, "invalid_credentials"),
        "refresh": (403, "partner_suspended"),
        "order": (403, "partner_suspended"),
    }


def test_the_unknown_client_and_the_wrong_secret_cannot_be_told_apart(deployed: Deployed, partner: PartnerSide) -> None:
    answers = [deployed.call("auth_login", login(**wrong)) for wrong in ({"client_id": "x"}, {"client_secret": "x"})]

    assert answers[0] == answers[1]


# --- what goes wrong on our side --------------------------------------------------------------------------------------

UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example.com")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "arn:aws:secret"}}, "PutItem")


@pytest.mark.parametrize("failure", [UNREACHABLE, THROTTLED], ids=["unreachable", "throttled"])
@pytest.mark.parametrize("function", ["auth_login", "auth_refresh", "order_intake"])
def test_when_aws_does_not_answer_the_partner_is_asked_to_come_back(
    function: str, failure: Exception, deployed: Deployed, partner: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = {"auth_login": login(), "auth_refresh": refresh(partner.token), "order_intake": partner.order()}
    _break_aws(monkeypatch, failure)
    deployed.restart()

    status, body, headers = deployed.answer(function, events[function])

    assert (status, body["code"]) == (503, "unavailable")
    assert int(headers["Retry-After"]) > 0
    assert "arn:" not in json.dumps(body)
    assert "example.com" not in json.dumps(body)


def _break_aws(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    from botocore.client import BaseClient

    def broken(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(BaseClient, "_make_api_call", broken)


def test_a_defect_is_500_without_a_word_of_what_is_inside(
    deployed: Deployed, partner: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = partner.order()

    def defect(_: Any) -> Any:
        raise ZeroDivisionError("Jl. Sudirman No. 1 / secret-key-123")

    monkeypatch.setattr("orderbridge.orders.table.order_item", defect)
    status, body, headers = deployed.answer("order_intake", event)

    assert (status, body["code"]) == (500, "internal_error")
    assert headers["Content-Type"] == "application/problem+json"
    for inside in ("ZeroDivision", "Sudirman", "secret", "items.py", "Traceback"):
        assert inside not in json.dumps(body)
    (failed,) = [line for line in deployed.lines() if line["message"] == "request_failed"]
    assert failed["error_type"] == "ZeroDivisionError"
    assert any("intake.py" in place for place in failed["error_at"])
    assert "Sudirman" not in deployed.log.getvalue()


@pytest.mark.parametrize(
    "event",
    [
        {}, {"headers": None, "body": None, "requestContext": None}, {"headers": {}, "body": ""},
        {"headers": {"content-type": "application/json"}, "body": "{}", "multiValueHeaders": {}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("function", ["auth_login", "auth_refresh", "order_intake"])
def test_an_event_with_nothing_in_it_is_a_refusal_and_no_crash(function: str, event: Event, deployed: Deployed) -> None:
    assert 400 <= deployed.call(function, event)["statusCode"] < 500
