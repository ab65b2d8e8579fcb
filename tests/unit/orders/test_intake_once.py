"""One order for one reference, whatever is posted again, wherever it breaks."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.orders.numbering import CodeAllocator
from orderbridge.orders.order import Order
from orderbridge.values.refusals import Conflict, InvalidFields, MalformedRequest
from tests.fakes.intake import IntakeWorld, refused
from tests.fakes.samples import NOW, order_body, order_document, partner, sign
from tests.fakes.steps import Died, PortFailed, die, fail


def test_the_same_purchase_order_again_is_the_same_order() -> None:
    world = IntakeWorld()
    first = world.accept(world.request())
    world.clock.move(3600)
    respelt = json.dumps(dict(reversed(order_document().items())), indent=2).encode()

    again = world.accept(world.request(respelt))

    assert again.replayed
    assert again.order == first.order
    assert world.stored() == [first.order]


def test_the_same_purchase_order_in_another_form_of_unicode_is_the_same_order() -> None:
    world = IntakeWorld()
    lines = [{"product_code": "Caf\u00e9", "quantity": 1}]
    first = world.accept(world.request(order_body(purchase_order_no="N\u00ba \u00c5 1", products=lines)))
    lines = [{"product_code": "\u200bCafe\u0301", "quantity": 1}]

    again = world.accept(world.request(order_body(purchase_order_no="N\u00ba A\u030a\u00a0 1\ufeff", products=lines)))

    assert again.replayed
    assert world.stored() == [first.order]


def test_the_same_purchase_order_with_other_content_is_a_conflict_and_changes_nothing() -> None:
    world = IntakeWorld()
    first = world.accept(world.request())

    with pytest.raises(Conflict) as conflict:
        world.accept(world.request(order_body(address="elsewhere")))

    assert conflict.value.code == "purchase_order_conflict"
    assert world.stored() == [first.order]


def test_an_idempotency_key_is_in_for_a_purchase_order_no() -> None:
    world = IntakeWorld()
    body, other = order_body(purchase_order_no=None), order_body(purchase_order_no=None, address="elsewhere")
    first = world.accept(world.request(body, idempotency_key="key-1"))
    world.clock.move(3600)

    assert world.accept(world.request(body, idempotency_key="key-1")).order == first.order
    assert world.accept(world.request(body, idempotency_key=" key-1 ")).order == first.order
    with pytest.raises(InvalidFields) as reused:
        world.accept(world.request(other, idempotency_key="key-1"))
    assert reused.value.code == "idempotency_key_reused"
    assert world.accept(world.request(body, idempotency_key="key-2")).order.code != first.order.code


def test_with_a_purchase_order_no_the_key_is_ignored_even_a_bad_one() -> None:
    world = IntakeWorld()
    first = world.accept(world.request(idempotency_key="key-1"))

    assert world.accept(world.request(idempotency_key="key-2")).order == first.order
    assert world.accept(world.request(idempotency_key="no key at all")).order == first.order


@pytest.mark.parametrize("key", ["", "  ", "two words", "é", "x" * 129, "a\x00b", "a\nb", '"', '"a'])
def test_an_idempotency_key_that_is_none_is_400(key: str) -> None:
    world = IntakeWorld()

    request = world.request(order_body(purchase_order_no=None), idempotency_key=key)

    assert type(refused(world, request)) is MalformedRequest


def test_without_either_an_exact_replay_is_the_same_order_and_nothing_else_is() -> None:
    world = IntakeWorld()
    body = order_body(purchase_order_no=None)
    request = world.request(body)
    codes = {world.accept(request).order.code for _ in range(20)}
    assert len(codes) == 1

    respelt = world.accept(world.request(body + b" ")).order.code
    world.clock.move(1)
    a_second_later = world.accept(world.request(body)).order.code
    assert len({*codes, respelt, a_second_later}) == 3


def test_two_partners_may_use_the_same_reference() -> None:
    world = IntakeWorld()
    other = partner(client_id="partner-client-002")
    world.partners.by_id["partner-client-002"] = other
    timestamp = str(int(NOW.timestamp()))
    signature = base64.b64encode(sign(f"partner-client-002|{timestamp}".encode())).decode()
    request = world.request(
        x_client_id="partner-client-002",
        authorization=f"Bearer {world.token('partner-client-002')}",
        x_signature=signature,
    )

    codes = {world.accept(world.request()).order.code, world.accept(request).order.code}

    assert len(codes) == 2


def test_a_number_that_a_replay_did_not_need_goes_to_the_next_order() -> None:
    world = IntakeWorld()
    world.accept(world.request())
    world.accept(world.request())
    with pytest.raises(Conflict):
        world.accept(world.request(order_body(address="elsewhere")))

    assert world.accept(world.request(order_body(purchase_order_no="2"))).order.code == "SO-20250101-00002"
    assert world.gaps == []


def test_a_retried_write_that_meets_itself_was_accepted_not_replayed() -> None:
    """The SDK repeats a put whose answer was lost; the repeat finds the item that the first try stored."""
    world = IntakeWorld()
    put = world.store.put_if_absent

    def put_twice(order: Order) -> Order | None:
        put(order)
        return put(order)

    world.store.put_if_absent = put_twice  # type: ignore[method-assign]
    accepted = world.accept(world.request())

    assert not accepted.replayed
    assert world.stored() == [accepted.order]
    world.store.put_if_absent = put  # type: ignore[method-assign]
    assert world.accept(world.request(order_body(purchase_order_no="2"))).order.code == "SO-20250101-00002"


@pytest.mark.parametrize("step", [0, 1, 2, 3])
@pytest.mark.parametrize("harm", [die, fail])
def test_wherever_it_breaks_the_same_request_again_ends_in_one_order(step: int, harm: Any) -> None:
    world = IntakeWorld()
    request = world.request()
    world.steps.at(step, harm)
    with pytest.raises((Died, PortFailed)):
        world.accept(request)
    world.steps.clear()
    assert world.gaps == ([1] if harm is fail and step >= 2 else []), "a number that a failed put may have used is told"

    accepted = world.environment(CodeAllocator(world.counter))(request)

    assert world.stored() == [accepted.order]
    assert accepted.replayed == (step == 3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), min_size=1, max_size=20))
def test_whatever_is_posted_again_wherever_no_reference_has_two_orders_and_no_code_two_references(
    posts: list[tuple[int, int]],
) -> None:
    world = IntakeWorld()
    environments = [world.environment(CodeAllocator(world.counter)) for _ in range(3)]
    codes: dict[int, set[str]] = {}
    for environment, number in posts:
        accepted = environments[environment](world.request(order_body(purchase_order_no=str(number))))
        codes.setdefault(number, set()).add(accepted.order.code)

    assert all(len(each) == 1 for each in codes.values())
    assert len(set.union(*codes.values())) == len(codes) == len(world.stored())
