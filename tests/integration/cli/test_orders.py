"""`orderbridge orders`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, Outcome, Rejected
from orderbridge.forwarding.answers import KeptAnswer
from orderbridge.forwarding.forward.waiting import park_for_mappings
from orderbridge.values.times import utc_now
from tests.integration.cli.attempts import NGORDER, SIRCLO, Move, Place, attempt
from tests.integration.cli.conftest import Operator

# --- show -------------------------------------------------------------------------------------------------------------


def test_show_has_the_documented_shape(set_up: Operator, place_order: Place, move: Move) -> None:
    order = place_order(1, channels=[SIRCLO, NGORDER])
    attempt(set_up, order, "sirclo", Accepted("991"))
    needs = [MappingKey.of("product", "PROD-001"), MappingKey.of("customer", "CUST-001")]
    move(order, "ngorder", lambda forward: park_for_mappings(forward, needs, utc_now()))

    shown = set_up.json("orders", "show", order.code)

    timeline = shown.pop("timeline")
    assert shown == {
        "code": order.code,
        "client_id": "artia",
        "status": "DRAFT",
        "created_at": order.created_at,
        "purchase_order_no": "PO-1",
        "content": {
            "customer_code": "CUST-001", "site_code": "SITE-001", "sales_name": "John Doe", "address": "Jl. Contoh 1",
            "products": [{"product_code": "PROD-001", "quantity": 2}],
        },
        "forwards": [
            {
                "channel": "ngorder", "platform": "ngorder", "state": "NEEDS_MAPPING", "external_id": None,
                "attempts": 0, "error": None,
                "missing": [{"kind": "product", "key": "PROD-001"}, {"kind": "customer", "key": "CUST-001"}],
            },
            {
                "channel": "sirclo", "platform": "sirclo", "state": "SENT", "external_id": "991", "attempts": 1,
                "missing": [], "error": None,
            },
        ],
    }  # fmt: skip
    assert timeline[0] == {"at": order.created_at, "event": "OrderAccepted", "channel": None, "detail": None}
    assert [entry["at"] for entry in timeline] == sorted(entry["at"] for entry in timeline)
    assert {entry["event"] for entry in timeline} == {
        "OrderAccepted", "ForwardQueued", "AttemptStarted", "ForwardSent", "ForwardNeedsMapping",
    }  # fmt: skip


def test_show_with_attempts_has_what_is_kept_oldest_first(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SIRCLO, NGORDER])
    forward = attempt(set_up, order, "ngorder", Rejected("no"))
    desk = set_up.stack.desk
    desk.keep_answer(forward, KeptAnswer("b", "2025-01-02T00:00:00.000Z", trouble="ReadTimeout after the request left"))
    desk.keep_answer(forward, KeptAnswer("c", "2025-01-01T00:00:00.000Z", 422, "text/html", "<b>[red]no[/red]"))

    kept = {
        each["channel"]: each["kept"] for each in set_up.json("orders", "show", order.code, "--attempts")["forwards"]
    }

    assert kept["sirclo"] == []
    assert [each["attempt_id"] for each in kept["ngorder"]] == ["c", "b"]
    assert kept["ngorder"][0] == {
        "attempt_id": "c", "at": "2025-01-01T00:00:00.000Z", "status": 422, "content_type": "text/html",
        "body": "<b>[red]no[/red]", "trouble": None,
    }  # fmt: skip
    assert "<b>[red]no[/red]" in set_up.run("orders", "show", order.code, "--attempts").stdout
    assert all("kept" not in each for each in set_up.json("orders", "show", order.code)["forwards"])


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ({"sirclo": Accepted("1"), "ngorder": Accepted("2")}, "SUBMITTED"),
        ({"sirclo": Accepted("1")}, "DRAFT"),
        ({"sirclo": Rejected("no"), "ngorder": Accepted("2")}, "SUBMITTED"),
        ({"sirclo": Rejected("no"), "ngorder": Rejected("no")}, "REJECTED"),
    ],
)
def test_the_status_is_that_of_the_forwards(
    set_up: Operator, place_order: Place, outcomes: dict[str, Outcome], status: str
) -> None:
    order = place_order(1, channels=[SIRCLO, NGORDER])
    for channel, outcome in outcomes.items():
        attempt(set_up, order, channel, outcome)

    assert set_up.json("orders", "show", order.code)["status"] == status


def test_an_order_without_a_channel_shows_the_route_it_waits_for(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, site="SITE-009")

    assert set_up.json("orders", "show", order.code)["forwards"] == [
        {
            "channel": None, "platform": None, "state": "NEEDS_MAPPING", "external_id": None, "attempts": 0,
            "missing": [{"kind": "route", "key": "SITE-009"}], "error": None,
        }
    ]  # fmt: skip


def test_what_a_platform_said_is_shown_without_what_would_move_the_cursor(set_up: Operator, place_order: Place) -> None:
    order = place_order(1, channels=[SIRCLO])
    attempt(set_up, order, "sirclo", Rejected("[bold]sku\x1b[2J unknown"))

    result = set_up.run("orders", "show", order.code)

    assert "[bold]sku" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [("SO-20250101-00001", "There is no order"), ("so-1", "not an order code"), ("", "not an order code")],
)
def test_an_unknown_code_is_exit_1(set_up: Operator, code: str, said: str) -> None:
    assert said in set_up.refused("orders", "show", code)
    assert said in set_up.refused("forwards", "retry", code, "sirclo")


# --- lists ------------------------------------------------------------------------------------------------------------


def test_orders_are_listed_newest_first_over_all_partners_and_days(two_partners: Operator, place_order: Place) -> None:
    now = utc_now()
    placed = [
        place_order(1, at=now - timedelta(days=3)),
        place_order(2, client_id="budi", at=now - timedelta(hours=2)),
        place_order(3, at=now - timedelta(hours=1)),
        place_order(4, client_id="budi", at=now),
    ]

    listed = two_partners.json("orders", "list")

    assert [each["code"] for each in listed] == [order.code for order in reversed(placed)]
    assert listed[0] == {
        "code": placed[3].code,
        "client_id": "budi",
        "status": "DRAFT",
        "created_at": placed[3].created_at,
        "purchase_order_no": "PO-4",
        "customer_code": "CUST-001",
        "site_code": "SITE-001",
    }


def test_the_list_can_be_narrowed(two_partners: Operator, place_order: Place, move: Move) -> None:
    now = utc_now()
    old = place_order(1, at=now - timedelta(days=20), channels=[SIRCLO])
    recent = place_order(2, at=now - timedelta(days=1), channels=[SIRCLO])
    other = place_order(3, client_id="budi", at=now, channels=[SIRCLO])
    move(recent, "sirclo", lambda f: park_for_mappings(f, [MappingKey.of("product", "P")], utc_now()))

    def codes(*arguments: str) -> list[str]:
        return [each["code"] for each in two_partners.json("orders", "list", *arguments)]

    assert codes() == [other.code, recent.code]
    assert codes("--client-id", "budi") == [other.code]
    assert codes("--since", (now - timedelta(days=30)).date().isoformat()) == [other.code, recent.code, old.code]
    assert codes("--since", (now - timedelta(hours=1)).isoformat()) == [other.code]
    assert codes("--state", "NEEDS_MAPPING") == [recent.code]
    assert codes("--state", "DRAFT") == [other.code, recent.code]
    assert codes("--state", "SHIPPED") == []
    assert codes("--limit", "1") == [other.code]


def test_an_order_is_found_by_its_partners_own_number(two_partners: Operator, place_order: Place) -> None:
    old = place_order(4711, at=utc_now() - timedelta(days=400))
    same_number = place_order(4711, client_id="budi")
    place_order(4712)

    def codes(*arguments: str) -> list[str]:
        return [each["code"] for each in two_partners.json("orders", "list", "--purchase-order-no", *arguments)]

    assert codes("PO-4711") == [old.code, same_number.code]
    assert codes("\ufeff PO-4711\u00a0", "--client-id", "budi") == [same_number.code]
    assert codes("PO-1") == []
    assert "There is no partner nobody." in two_partners.refused(
        "orders", "list", "--purchase-order-no", "PO-4711", "--client-id", "nobody"
    )
    assert two_partners.run("orders", "list", "--purchase-order-no", "PO-4711", "--state", "SENT").exit_code == 2


def test_a_filter_that_means_nothing_is_refused(two_partners: Operator) -> None:
    assert "is none of DRAFT" in two_partners.misused("orders", "list", "--state", "LOST")
    assert "There is no partner nobody." in two_partners.refused("orders", "list", "--client-id", "nobody")
    assert "neither a day" in two_partners.misused("orders", "list", "--since", "yesterday")
    assert "Missing argument 'CODE'" in two_partners.misused("orders", "show")
    assert "No such command" in two_partners.misused("ordres", "list")
    assert two_partners.run("orders", "list", "--limit", "0").exit_code == 2
