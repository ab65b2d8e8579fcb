"""The documented endpoints that Orderbridge has no request for, on purpose, and why."""

from __future__ import annotations

from typing import NamedTuple

MONEY = "moves money, or holds the keys to it"
MESSAGES = "sends messages to people, at a price"
BILLING = "the shop's own contract with the platform"
NOT_ORDERS = "the shop's own bookkeeping and look; no order, stock level or customer depends on it"


class LeftOut(NamedTuple):
    """Why a group has no requests, and how many endpoints are in it."""

    reason: str
    endpoints: int


GROUPS: dict[tuple[str, str], LeftOut] = {
    ("ngorder", "Bank"): LeftOut(MONEY, 8),
    ("ngorder", "Setting Payment Fee"): LeftOut(MONEY, 5),
    ("ngorder", "Payment"): LeftOut(MONEY, 4),
    ("ngorder", "Woowa Customer"): LeftOut(MESSAGES, 2),
    ("ngorder", "Woowa Order"): LeftOut(MESSAGES, 3),
    ("ngorder", "Notification"): LeftOut(MESSAGES, 4),
    ("ngorder", "Billing"): LeftOut(BILLING, 3),
    ("ngorder", "Setting Storefront Courier"): LeftOut(NOT_ORDERS, 6),
    ("ngorder", "Expense"): LeftOut(NOT_ORDERS, 5),
    ("ngorder", "Report"): LeftOut(NOT_ORDERS, 6),
    ("ngorder", "Analyzer"): LeftOut(NOT_ORDERS, 8),
}
"""Whole groups."""

ENDPOINTS: dict[tuple[str, str, str], str] = {
    ("ngorder", "Order Cost", "Delete Order Cost"): (
        'documented as POST /order-source/delete/{order_cost_id}, "Create an order cost": '
        "it might delete an order source (TRAPS D50)"
    ),
}
"""Single ones."""
