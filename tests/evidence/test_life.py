"""What one order's life costs at AWS, counted from the real handlers, has ceilings."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal

import pytest

from benchmarks.bill import gb_seconds, prices
from benchmarks.dynamodb_units import TABLE
from benchmarks.hops import Durations
from benchmarks.life import Run, figures, life

CEILINGS = {
    # What is counted today may become less, and whoever makes it so lowers the row; beside it where it is to come to.
    "write units until sent": Decimal(34),
    "write units for the life": Decimal(56),
    "write units of an order that one platform refused": Decimal(38),
    "write units per webhook message": Decimal(6),
    "dollars per million orders": Decimal(85),
    "AWS calls per accepted order": Decimal("1.00"),
    "Secrets Manager calls for the life": Decimal(0),
}


def counted() -> dict[str, Decimal]:
    return {name: Decimal(str(value)) for name, value in figures()}


@pytest.mark.parametrize("name", CEILINGS)
def test_an_order_costs_at_most(name: str) -> None:
    assert counted()[name] <= CEILINGS[name]


def test_no_figures_name_is_the_beginning_of_anothers_line() -> None:
    names = [name for name, _ in figures()]

    assert len(set(names)) == len(names)
    assert not any(": " in name for name in names)


def test_two_counts_are_the_same() -> None:
    first = counted()
    life.cache_clear()

    assert counted() == first


def test_every_change_of_a_channel_is_one_message_to_the_webhook() -> None:
    assert life(has_webhook=True).messages == 3 + 4
    assert life().messages == 0


def test_the_units_of_the_table_and_of_every_index_are_the_units_for_the_life() -> None:
    found = counted()
    parts = [name for name in found if name.startswith("write units for the life, ")]

    assert f"write units for the life, {TABLE}" in parts
    assert sum(found[name] for name in parts) == found["write units for the life"]


def test_an_order_is_forwarded_by_one_message_to_each_of_three_queues() -> None:
    sent = life().sent

    assert sent.deliveries == 3
    assert sent.sqs_requests == {"send": 3, "receive": 3, "delete": 3}
    assert sent.invocations == {
        "order_intake": 1,
        "event_publisher": 1 + 3,
        "forward_ngorder": 1,
        "forward_salesmania": 1,
        "forward_sirclo": 1,
    }


def test_each_of_four_changes_is_found_by_a_round_and_published_once() -> None:
    changes = life().changes

    assert changes.invocations == {"status_sync": 4, "event_publisher": 4}
    assert changes.events == 0, "nobody in the stack reads them (OptionalEvents)"


def test_every_function_that_is_invoked_writes_its_line() -> None:
    sent = life().sent

    assert sent.log_bytes.keys() == sent.invocations.keys()
    assert all(size > 250 * sent.invocations[function] for function, size in sent.log_bytes.items())


def test_an_order_that_is_there_already_costs_its_failed_condition() -> None:
    with ExitStack() as stack:
        run = Run(stack, has_webhook=False)
        run.place("PO-1")
        run.counting.taken()
        run.place("PO-1")
        count = run.counting.taken()

    assert count.write_units == {TABLE: 1 + 1}  # and the counter of codes, which at rest gives one at a time
    assert count.calls["order_intake", "PutItem"] == 1


def test_the_bill_is_the_counts_at_the_prices_of_the_file() -> None:
    found, price = counted(), prices()
    services = {name: value for name, value in found.items() if name.startswith("dollars per million orders, ")}

    assert abs(sum(services.values()) - found["dollars per million orders"]) < Decimal("0.06")
    writes = found["write units for the life"] * price["dynamodb"]["write_units_per_million"]
    assert abs(services["dollars per million orders, DynamoDB writes"] - writes) <= Decimal("0.005")
    assert found["EventBridge events for the life"] == 7


def test_a_slower_platform_makes_lambda_dearer() -> None:
    whole = life().whole

    assert gb_seconds(whole, Durations(platform=Decimal(1000))) > gb_seconds(whole, Durations())
