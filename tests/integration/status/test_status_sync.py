"""Statuses that change at the platforms, as the sync finds them; every fault in the middle of a run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.platforms.ngorder import statuses as ngorder_statuses
from orderbridge.platforms.sirclo import lookup as sirclo_lookup
from orderbridge.platforms.sirclo import statuses as sirclo_statuses
from orderbridge_sandboxes import Fault
from tests.conformance.facts import facts_of, labels
from tests.integration.status.conftest import Account

ALL = labels()
LISTED = [label for label in ALL if facts_of(label).can_look]

each = pytest.mark.parametrize("account", ALL, indirect=True)
listed = pytest.mark.parametrize("account", LISTED, indirect=True)
ngorder = pytest.mark.parametrize("account", ["ngorder"], indirect=True)
sirclo = pytest.mark.parametrize("account", ["sirclo"], indirect=True)
salesmania = pytest.mark.parametrize("account", ["salesmania"], indirect=True)


def move(account: Account, code: str, status: str, **details: Any) -> None:
    account.sandbox.set_status(code, status, **details)


@each
def test_an_order_that_is_cancelled_there_after_its_end_is_cancelled_here(account: Account) -> None:
    code = account.place()
    for status in (account.facts.shipped, account.facts.completed):
        move(account, code, status)
        account.sync()
    assert account.status(code) == "COMPLETED"
    move(account, code, account.facts.cancelled)

    report = account.sync(with_completed=True)

    assert account.status(code) == "CANCELLED"
    assert report.problems == [f"order {code} was COMPLETED, and is CANCELLED"]


@ngorder
@pytest.mark.parametrize("problem", ["RETURNED", "LOST"])
def test_goods_that_come_back_or_are_lost_after_the_end_are_a_problem_of_an_order_that_stays_completed(
    account: Account, problem: str
) -> None:
    code = account.place()
    move(account, code, "DELIVERED", awb_number="JP1")
    account.sync()
    move(account, code, problem)

    report = account.sync(with_completed=True)

    assert (account.status(code), account.forward(code).shipment_problem) == ("COMPLETED", problem)
    assert report.problems == [f"order {code} was COMPLETED, and is {problem}"]


@listed
def test_more_orders_than_are_on_a_page(account: Account) -> None:
    codes = [account.place(number) for number in range(1, 106)]
    for code in codes[::10]:
        move(account, code, account.facts.shipped, awb_number=f"JP{code[-3:]}")
    report = account.sync()
    assert (report.finished, report.changed) == (True, 11)
    assert {code for code in codes if account.status(code) == "SHIPPED"} == set(codes[::10])


@pytest.mark.parametrize(
    ("account", "word"), [("sirclo", "diproses kurir"), ("ngorder", "DIKEMAS")], indirect=["account"]
)
def test_a_word_that_nobody_documented_is_kept_counted_and_changes_nothing(account: Account, word: str) -> None:
    code = account.place()
    move(account, code, word, raw=True)
    report = account.sync()
    assert list(report.unknown.values()) == [1]
    assert account.status(code) == "SUBMITTED"
    assert word in dict(account.forward(code).platform_status_raw).values()
    assert [line for line in account.details(code) if line.startswith("StatusUnknown")] == account.details(code)
    assert account.sync().unknown == {}
    assert len(account.details(code)) == 1


# --- Ngorder's axes ---------------------------------------------------------------------------------------------------


@ngorder
@pytest.mark.parametrize("problem", ["RETURNED", "LOST", "INVALID", "SHIPMENT_PROBLEM"])
def test_a_shipment_that_goes_wrong_is_flagged_until_it_goes_on(account: Account, problem: str) -> None:
    code = account.place()
    move(account, code, problem, awb_number="JP1")
    account.sync()
    assert account.forward(code).shipment_problem == problem
    assert account.status(code) == "SHIPPED"
    move(account, code, "DELIVERED")
    account.sync()
    assert (account.forward(code).shipment_problem, account.status(code)) == (None, "COMPLETED")


@ngorder
def test_a_shop_that_wants_a_filter_is_asked_by_every_filter(account: Account) -> None:
    account.sandbox.change(progress_status_required=True)
    code = account.place()
    move(account, code, "DELIVERED")
    report = account.sync()
    assert (report.ok, report.finished) == (True, True)
    assert account.status(code) == "COMPLETED"


# --- SIRCLO and SalesMania --------------------------------------------------------------------------------------------


@sirclo
@pytest.mark.parametrize("key", ["order_number", "order_id"])
def test_sirclo_may_call_our_id_as_it_likes(account: Account, key: str) -> None:
    account.sandbox.change(order_key=key)
    code = account.place()
    move(account, code, "accepted")
    account.sync()
    assert account.status(code) == "ACCEPTED"


@salesmania
def test_paid_in_full_proves_no_delivery(account: Account) -> None:
    code = account.place()
    move(account, code, "Lunas")
    account.sync()
    assert (account.status(code), account.forward(code).payment_status) == ("SUBMITTED", "PAID")


@salesmania
def test_an_order_under_no_such_id_changes_nothing_and_holds_up_no_other(account: Account) -> None:
    lost, code = account.place(1), account.place(2)
    key = (account.forward(lost).key, account.channel.name)
    account.store.forwards[key] = type(account.forward(lost))(
        **{**_fields(account.forward(lost)), "external_id": "../orders/1?x=1"}
    )
    move(account, code, "Terkirim")
    report = account.sync()
    assert (report.ok, report.finished) == (True, True)
    assert (account.status(lost), account.status(code)) == ("SUBMITTED", "SHIPPED")
    assert any(target.endswith("/..%2Forders%2F1%3Fx%3D1") for target in account.gets())


def _fields(forward: Any) -> dict[str, Any]:
    return {name: getattr(forward, name) for name in forward.__dataclass_fields__}


@salesmania
@pytest.mark.parametrize(
    "fault",
    [
        Fault("garbage"), Fault("status", status=400), Fault("wrong_shape", body=[1]),
        Fault("wrong_shape", body="x" * 2_000_000),
    ],
    ids=lambda fault: f"{fault.kind} {str(fault.body)[:8]}",
)  # fmt: skip
def test_an_odd_answer_about_one_order_is_named_and_stops_no_other(account: Account, fault: Fault) -> None:
    codes = [account.place(number) for number in (1, 2, 3)]
    for code in codes:
        move(account, code, "Terkirim")
    account.sandbox.faults.add(replace(fault, method="GET", path="/extapi/v1.0/orders/"))
    report = account.sync()
    assert (report.ok, report.finished, report.unread, len(report.problems)) == (True, True, 1, 1)
    assert [account.status(code) for code in codes] == ["SUBMITTED", "SHIPPED", "SHIPPED"]
    account.sync()
    assert account.status(codes[0]) == "SHIPPED"


@salesmania
def test_an_order_about_which_salesmania_fails_is_left_out_after_three_runs_and_no_other(account: Account) -> None:
    codes = [account.place(number) for number in (1, 2)]
    for code in codes:
        move(account, code, "Terkirim")
    external_id = account.forward(codes[0]).external_id
    path = f"/extapi/v1.0/orders/{external_id}"
    account.sandbox.faults.add(Fault("status", "GET", path, status=500, count=None))
    assert [account.sync().ok for _ in range(3)] == [False, False, True]
    assert [account.status(code) for code in codes] == ["SUBMITTED", "SHIPPED"]


@salesmania
def test_tokens_that_have_run_out_are_renewed(account: Account) -> None:
    code = account.place()
    account.sync()
    account.sandbox.platform.expire_tokens()
    move(account, code, "Terkirim")
    assert account.sync().ok
    assert account.status(code) == "SHIPPED"


# --- faults in the middle of a run ------------------------------------------------------------------------------------

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("close_before", {}),
    ("close_before", {"reset": True}),
    ("commit_then_close", {}),
    ("status", {"status": 500}),
    ("status", {"status": 503}),
    ("status", {"status": 429, "retry_after": 1}),
    ("status", {"status": 404}),
    ("status", {"status": 302}),
    ("garbage", {}),
    ("truncate", {}),
    ("page_repeat", {}),
    ("wrong_shape", {"body": ["not", "an", "object"]}),
    ("wrong_shape", {"body": {"data": [{"no": "id"}]}}),
    ("wrong_shape", {"body": {"data": None}}),
    ("wrong_shape", {"body": "text"}),
    ("delay", {"seconds": 3, "when": "after"}),
]


@pytest.fixture
def five_rows_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sirclo_lookup, sirclo_statuses):
        monkeypatch.setattr(module, "PAGE_SIZE", 5)
    monkeypatch.setattr(ngorder_statuses, "ORDERS_PER_PAGE", 5)


@pytest.mark.parametrize("account", ["sirclo", "ngorder"], indirect=True)
@pytest.mark.parametrize(("kind", "details"), FAULTS)
def test_a_fault_on_the_second_page_invents_nothing_and_the_next_run_makes_it_good(
    account: Account, kind: Any, details: dict[str, Any], five_rows_a_page: None
) -> None:
    account.channel.settings["timeout_s"] = 1 if kind == "delay" else 25
    codes = [account.place(number) for number in range(1, 9)]
    for code in codes:
        move(account, code, account.facts.shipped, awb_number=f"JP{code[-3:]}")
    path = account.facts.orders.path
    account.sandbox.faults.add(Fault(kind, method="GET", path=path, skip=1, **details))

    report = account.sync()

    assert (report.ok, report.finished) == (False, False)
    assert report.problems
    said = [code for code in codes if account.status(code) == "SHIPPED"]
    assert len(said) == 5
    assert all(account.status(code) == "SUBMITTED" for code in codes if code not in said)
    account.clock.move(5)
    assert account.sync().finished
    assert {account.status(code) for code in codes} == {"SHIPPED"}
    assert all(account.forward(code).awb_number == f"JP{code[-3:]}" for code in codes)
    assert all(len(account.details(code)) == 1 for code in codes)


@each
def test_a_key_that_is_refused_pauses_the_channel(account: Account) -> None:
    account.place()
    account.credentials = dict.fromkeys(account.credentials, "wrong")
    report = account.sync()
    assert not report.ok
    assert account.channels.by_name[account.channel.name].state == "paused"
    assert "wrong" not in report.problems[0]


@listed
def test_a_platform_that_does_not_answer_is_the_next_runs_to_ask(account: Account) -> None:
    code = account.place()
    account.channel.settings["base_url"] = "http://127.0.0.1:9"
    report = account.sync()
    assert (report.ok, report.finished, account.status(code)) == (False, False, "SUBMITTED")


@listed
def test_a_channel_keeps_to_its_rate(account: Account) -> None:
    account.channel.settings["rate_limit"] = 100
    account.place()
    started, before = time.monotonic(), len(account.gets())
    account.sync()
    calls = len(account.gets()) - before
    assert time.monotonic() - started >= (calls - 1) / 10 * 0.9
