"""The reference order at every platform: what is sent and booked, what answers prove, looking, cancelling, probing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orderbridge.channels.lookups import Absent, CannotLook, Found
from orderbridge.channels.mapping import MappingKey, MissingMappings
from orderbridge.channels.outcomes import Accepted, Refused, Rejected, TurnedAway, Unknown
from orderbridge.forwarding.ports import Sought
from orderbridge_sandboxes import Fault
from tests.conformance.account import Account, body_of
from tests.conformance.facts import CODE, Answer, reference_order

# --- the create call --------------------------------------------------------------------------------------------------


def test_the_create_call_has_the_expected_body_member_by_member(account: Account) -> None:
    request = account.request()
    assert (request.method, request.path) == (account.facts.create.method, account.facts.create.path)
    assert body_of(request) == account.facts.body


def test_the_platform_books_the_order_with_its_receiver_pieces_and_total(account: Account) -> None:
    account.send()
    assert [held.reference for held in account.sandbox.orders] == [CODE]
    booked = account.sandbox.booked(CODE)
    assert booked == account.facts.booked()
    assert isinstance(booked.total, int | Decimal)


def test_an_order_is_created_by_one_call_and_its_id_is_kept_where_it_is_reported(account: Account) -> None:
    outcome = account.send()
    assert isinstance(outcome, Accepted), outcome
    assert [held.reference for held in account.sandbox.orders] == [CODE]
    assert outcome.external_id == (str(account.sandbox.orders[0].id) if account.facts.tells_id else None)
    assert account.asked(account.facts.create) == [200]


def test_whatever_is_not_mapped_is_named_at_once_and_nothing_is_made(account: Account) -> None:
    account.mappings = {}
    with pytest.raises(MissingMappings) as raised:
        account.request()
    assert set(raised.value.keys) == {MappingKey.of(*need.split(":")) for need in account.facts.missing}


def test_every_mapping_that_is_used_is_among_those_that_are_asked_for(account: Account) -> None:
    asked_for = set(account.platform.mapping_keys(reference_order(), account.channel))
    assert {key.kind for key in asked_for} == account.facts.kinds
    account.mappings = {key: value for key, value in account.mappings.items() if key in asked_for}
    assert body_of(account.request()) == account.facts.body


def test_a_product_is_found_by_its_code_at_the_platform_itself(account: Account) -> None:
    (key,) = (each for each in account.mappings if (each.kind, each.key) == ("product", "PROD-001"))
    found = account.platform.find_mappings([key], {}, account.channel, account.credentials)
    assert dict(found.values) == {key: account.facts.found_by_itself}


# --- answers ----------------------------------------------------------------------------------------------------------

PROVE_NOTHING_ANYWHERE = (
    Answer(200, "<html>Maintenance</html>"),
    Answer(200, {"status": "error"}),
    Answer(200, {"message": "queued"}),
    Answer(200, ["another shape"]),
    Answer(202, {"message": "queued"}),
    Answer(302, "<html>Log in</html>"),
    Answer(400, {"message": "We are under maintenance"}),
    Answer(408, "<html>Request Timeout</html>"),
    Answer(500, {"message": "Internal Server Error"}),
)


def test_an_answer_that_proves_acceptance_is_accepted(account: Account) -> None:
    for answer in account.facts.accepts:
        account.sandbox.reset()
        outcome = account.answered(answer)
        assert isinstance(outcome, Accepted), (answer, outcome)
        assert outcome.external_id == ("77" if "77" in str(answer.body) else None)


def test_an_answer_that_proves_refusal_is_rejected(account: Account) -> None:
    for answer in account.facts.rejects:
        account.sandbox.reset()
        outcome = account.answered(answer)
        assert isinstance(outcome, Rejected), (answer, outcome)


def test_an_answer_that_proves_nothing_is_unknown_or_turned_away(account: Account) -> None:
    for answer in (*account.facts.proves_nothing, *PROVE_NOTHING_ANYWHERE):
        account.sandbox.reset()
        outcome = account.answered(answer)
        assert isinstance(outcome, Unknown | TurnedAway), (answer, outcome)


def test_credentials_that_are_wrong_are_refused_and_speak_against_the_channel(account: Account) -> None:
    account.credentials = {name: f"{value}x" for name, value in account.credentials.items()}
    outcome = account.send()
    assert isinstance(outcome, Refused)
    assert outcome.credentials
    assert account.sandbox.orders == ()


# --- looking, cancelling, probing -------------------------------------------------------------------------------------


def test_a_look_finds_the_order_and_no_other(account: Account) -> None:
    def look(number: int) -> object:
        return account.platform.look_for(Sought(reference_order(number)), account.channel, account.credentials)

    if not account.facts.can_look:
        assert isinstance(look(1), CannotLook)
        return
    assert look(1) == Absent()
    for number in (1, 2, 12):
        account.send(reference_order(number))
    held = {order.reference: str(order.id) for order in account.sandbox.orders}
    for number in (12, 2, 1):
        assert look(number) == Found(held[reference_order(number).code])
    assert look(3) == Absent()
    assert 200 in account.asked(account.facts.orders)


def test_an_order_is_taken_back_once_where_the_platform_takes_it_back_and_refused_elsewhere(account: Account) -> None:
    account.place(2)
    forward, before = account.place(), account.sandbox.orders[0].status
    for _ in range(2):
        outcome = account.platform.cancel_order(
            reference_order(), forward.external_id, account.channel, account.credentials
        )
        other, ours = (order.status for order in account.sandbox.orders)
        assert isinstance(outcome, Rejected if account.facts.cancel is None else Accepted), outcome
        assert (other, ours) == (before, account.facts.cancelled_by_us or before)
    if account.facts.cancel is not None:
        assert account.asked(account.facts.cancel)[0] == 200


def test_a_probe_reads_what_the_record_says_and_makes_nothing(account: Account) -> None:
    assert account.platform.probe(account.channel, account.credentials) is None
    assert {request.method for request in account.sandbox.requests} == {"GET"}
    for call in account.facts.probe:
        assert account.asked(call) == [200], call
    account.sandbox.faults.add(Fault("status", status=500, count=None))
    assert "500" in account.platform.probe(account.channel, account.credentials)
