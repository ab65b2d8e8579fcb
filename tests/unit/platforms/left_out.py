"""The documented endpoints that Orderbridge has no request for, on purpose, and why."""

from __future__ import annotations

MONEY = "moves money, or holds the keys to it"
MESSAGES = "sends messages to people, at a price"
BILLING = "the shop's own contract with the platform"
NOT_ORDERS = "the shop's own bookkeeping and look; no order, stock level or customer depends on it"

GROUPS: dict[tuple[str, str], str] = {
    ("ngorder", "Bank"): MONEY,
    ("ngorder", "Setting Payment Fee"): MONEY,
    ("ngorder", "Payment"): MONEY,
    ("ngorder", "Woowa Customer"): MESSAGES,
    ("ngorder", "Woowa Order"): MESSAGES,
    ("ngorder", "Notification"): MESSAGES,
    ("ngorder", "Billing"): BILLING,
    ("ngorder", "Setting Storefront Courier"): NOT_ORDERS,
    ("ngorder", "Expense"): NOT_ORDERS,
    ("ngorder", "Report"): NOT_ORDERS,
    ("ngorder", "Analyzer"): NOT_ORDERS,
}
"""Whole groups."""

ENDPOINTS: dict[tuple[str, str, str], str] = {
    ("ngorder", "Order Cost", "Delete Order Cost"): (
        'documented as POST /order-source/delete/{order_cost_id}, "Create an order cost": '
        "it might delete an order source (TRAPS D50)"
    ),
}
"""Single ones."""
