"""What accepting an order needs of the world, as Protocols."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orderbridge.orders.order import Order


class CodeCounter(Protocol):
    """The numbers of a business day."""

    def reserve(self, day: date, count: int) -> int:
        """Reserve `count` consecutive numbers and return the last of them."""
        ...


class OrderIntakeStore(Protocol):
    """The one write of acceptance."""

    def put_if_absent(self, order: Order) -> Order | None:
        """Store the order and return None, or return the order that is already under its reference."""
        ...
