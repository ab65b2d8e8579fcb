"""Every word that a person at the platform can put an order into, through the status sync."""

from __future__ import annotations

from tests.conformance.account import Account

WAYBILL = "JP8507716855"


def test_every_word_becomes_the_status_that_the_record_says(account: Account) -> None:
    words = [word for word in account.facts.words if word.settable]
    for number, word in enumerate(words, start=1):
        forward = account.place(number)
        for said in (*word.after, word.word):
            account.sandbox.set_status(int(forward.external_id or 0), said)
            report = account.sync_statuses()
            assert (report.ok, report.finished, report.problems, report.unknown) == (True, True, [], {}), word
        forward = account.forward(number)
        if word.status is not None:
            assert account.status(number) == word.status, word
        if word.payment is not None:
            assert forward.payment_status == word.payment, word
        assert forward.shipment_problem == word.problem, word


def test_an_order_that_is_shipped_carries_its_waybill_and_the_one_beside_it_stays(account: Account) -> None:
    account.place(2)
    account.place()
    account.sandbox.set_status(account.forward().code, account.facts.shipped, awb_number=WAYBILL)

    report = account.sync_statuses()

    assert (report.ok, report.changed) == (True, 1)
    assert (account.status(), account.status(2)) == ("SHIPPED", "SUBMITTED")
    assert account.forward().awb_number == (WAYBILL if account.facts.tells_waybill else None)
    assert account.sync_statuses().changed == 0
    assert 200 in account.asked(account.facts.orders)


def test_an_order_that_is_completed_is_asked_about_no_more(account: Account) -> None:
    account.place()
    for word in (account.facts.shipped, account.facts.completed):
        account.sandbox.set_status(account.forward().code, word)
        account.sync_statuses()
    assert account.status() == "COMPLETED"
    asked = len(account.sandbox.requests)
    assert account.sync_statuses().finished
    assert len(account.sandbox.requests) == asked


def test_an_order_that_is_cancelled_there_is_cancelled_here(account: Account) -> None:
    account.place()
    account.sandbox.set_status(account.forward().code, account.facts.cancelled)
    account.sync_statuses()
    assert account.status() == "CANCELLED"


def test_statuses_are_not_reported_to_wrong_credentials(account: Account) -> None:
    account.place()
    account.credentials = dict.fromkeys(account.credentials, "wrong")
    assert not account.sync_statuses().ok
