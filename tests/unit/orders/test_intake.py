"""An accepted order: what is frozen on it, its code, its channels, and in which spellings it may come."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from orderbridge.entrypoints.answers.created_order import SalesOrderCreated
from orderbridge.values.ids import OrderKey
from orderbridge.values.times import to_iso
from tests.fakes.intake import IntakeWorld
from tests.fakes.samples import CLIENT_ID, NGORDER, NOW, SIRCLO, order_body, order_document, partner_key, sign


def test_an_order_is_stored_once_with_everything_that_is_frozen_on_it() -> None:
    world = IntakeWorld(channels=(SIRCLO, NGORDER))

    accepted = world.accept(world.request())

    assert accepted.replayed is False
    assert SalesOrderCreated.of(accepted.order).body() == {
        "message": "Sales order created successfully",
        "data": {"code": "SO-20250101-00001", "status": "DRAFT", "created_at": "2025-01-01T03:00:00.000Z"},
    }
    (order,) = world.stored()
    assert order == accepted.order
    assert order.content.model_dump(mode="json") == order_document()
    assert order.key == OrderKey.of(CLIENT_ID, "po:PO-2025-00001")
    assert order.channels == (SIRCLO, NGORDER)
    assert order.signed_by == partner_key().kid
    assert order.due_at == to_iso(NOW + timedelta(seconds=60))


def test_the_day_of_a_code_is_the_business_day() -> None:
    world = IntakeWorld()
    world.clock.now = NOW.replace(hour=16, minute=59)
    before = world.accept(world.request(order_body(purchase_order_no="1"))).order
    world.clock.now = NOW.replace(hour=17, minute=0)
    after = world.accept(world.request(order_body(purchase_order_no="2"))).order

    assert (before.code, before.order_date) == ("SO-20250101-00001", "2025-01-01")
    assert (after.code, after.order_date) == ("SO-20250102-00001", "2025-01-02")


def test_a_sites_route_decides_the_channels_and_an_order_without_any_is_accepted() -> None:
    world = IntakeWorld(routes={"SITE-001": (NGORDER,), "SITE-002": ()})

    assert world.accept(world.request()).order.channels == (NGORDER,)
    nowhere = world.accept(world.request(order_body(site_code="SITE-002", purchase_order_no="2")))
    assert nowhere.order.channels == ()


@pytest.mark.parametrize("bearer", ["Bearer {}", "bearer {}", "BEARER  {}", "Bearer {} "])
def test_the_word_bearer_in_any_case(bearer: str) -> None:
    world = IntakeWorld()

    world.accept(world.request(authorization=bearer.format(world.token())))


def test_a_timestamp_of_thirteen_digits_is_milliseconds() -> None:
    world = IntakeWorld()

    world.accept(world.request(x_timestamp=str(int(NOW.timestamp() * 1000))))


def test_the_second_key_of_a_partner_signs_too_and_is_kept_on_the_order() -> None:
    world = IntakeWorld(keys=(partner_key("first"), partner_key("second")))
    timestamp = str(int(NOW.timestamp()))
    signature = base64.urlsafe_b64encode(sign(f"{CLIENT_ID}|{timestamp}".encode(), "second")).decode()

    accepted = world.accept(world.request(x_signature=signature))

    assert accepted.order.signed_by == partner_key("second").kid
