"""SalesMania's token chain: once per account, again where a token has run out, never an order sent twice for it."""

from __future__ import annotations

from collections import Counter

import pytest

from orderbridge.channels.outcomes import Accepted, NotSent, Refused
from orderbridge_sandboxes.faults import Fault
from tests.integration.platforms.conftest import Connected, an_order

LOGIN = ("/extapi/v1.0/token", "/extapi/v1.0/databases", "/extapi/v1.0/team_token")


def calls(connected: Connected) -> Counter[str]:
    return Counter(request.target.partition("?")[0] for request in connected.sandbox.requests)


@pytest.mark.parametrize("token_field", ["token", "access_token", "data.token"])
@pytest.mark.parametrize("list_shape", ["array", "data", "named"])
def test_every_likely_form_of_the_answers_is_read(salesmania: Connected, token_field: str, list_shape: str) -> None:
    salesmania.sandbox.change(token_field=token_field, list_shape=list_shape)
    assert isinstance(salesmania.send(), Accepted)


def test_one_login_serves_many_orders(salesmania: Connected) -> None:
    for number in (1, 2, 3):
        salesmania.send(an_order(number))
    assert calls(salesmania) == {**dict.fromkeys(LOGIN, 1), "/extapi/v1.0/orders": 3}


def test_a_token_that_ran_out_costs_one_more_login_and_no_second_order(salesmania: Connected) -> None:
    salesmania.send(an_order(1))
    salesmania.sandbox.platform.expire_tokens()
    assert isinstance(salesmania.send(an_order(2)), Accepted)
    assert calls(salesmania) == {**dict.fromkeys(LOGIN, 2), "/extapi/v1.0/orders": 3}
    assert salesmania.references == ["SO-20250101-00001", "SO-20250101-00002"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_that_a_new_login_does_not_cure_is_one(salesmania: Connected, status: int) -> None:
    salesmania.sandbox.faults.add(Fault("status", "POST", "/extapi/v1.0/orders", count=None, status=status))
    outcome = salesmania.send()
    assert isinstance(outcome, Refused)
    assert outcome.credentials
    assert calls(salesmania)["/extapi/v1.0/orders"] == 2


@pytest.mark.parametrize("path", LOGIN)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("close_before"), NotSent),
        (Fault("status", status=500), Refused),
        (Fault("status", status=429, retry_after=3), Refused),
        (Fault("garbage"), NotSent),
    ],
)
def test_a_login_that_fails_has_sent_no_order(
    salesmania: Connected, path: str, fault: Fault, expected: type[NotSent | Refused]
) -> None:
    from dataclasses import replace

    salesmania.sandbox.faults.add(replace(fault, path=path))
    outcome = salesmania.send()
    assert isinstance(outcome, expected)
    assert outcome.reason.startswith("login: ")
    assert not (isinstance(outcome, Refused) and outcome.credentials)
    assert not salesmania.sandbox.orders
    assert isinstance(salesmania.send(), Accepted)


@pytest.mark.parametrize("path", LOGIN[::2])
@pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": 5}, {"token": "two words"}, [], "", {"data": None}])
def test_no_token_where_one_should_be_is_no_login(salesmania: Connected, path: str, body: object) -> None:
    salesmania.sandbox.faults.add(Fault("wrong_shape", path=path, body=body))
    assert isinstance(salesmania.send(), NotSent)


def test_another_accounts_database_speaks_against_the_credentials(salesmania: Connected) -> None:
    salesmania.channel.settings["database_id"] = 1
    outcome = salesmania.send()
    assert isinstance(outcome, Refused)
    assert outcome.credentials
    assert "database 1" in outcome.reason


def test_new_credentials_log_in_again(salesmania: Connected) -> None:
    salesmania.send(an_order(1))
    salesmania.sandbox.change(password="another")
    salesmania.credentials = {**salesmania.credentials, "password": "another"}
    salesmania.send(an_order(2))
    assert calls(salesmania)["/extapi/v1.0/token"] == 2


def test_two_channels_on_one_adapter_have_sessions_of_their_own(salesmania: Connected) -> None:
    first = salesmania.credentials
    salesmania.send(an_order(1))
    salesmania.credentials = {**first, "password": "wrong"}
    assert isinstance(salesmania.send(an_order(2)), Refused)
    salesmania.credentials = first
    assert isinstance(salesmania.send(an_order(3)), Accepted)


def test_neither_password_nor_token_nor_person_is_in_what_is_kept(salesmania: Connected) -> None:
    salesmania.send(an_order(1))
    echo = {"message": f"bad {salesmania.credentials['password']} for John Doe, Jl. Anggrek No.106 Blok C5"}
    salesmania.sandbox.faults.add(Fault("status", "POST", "/extapi/v1.0/orders", status=422, body=echo))
    outcome = salesmania.send(an_order(2))
    for secret in (salesmania.credentials["password"], "John", "Anggrek"):
        assert secret not in repr(outcome)
