"""A platform with its server and its faults: what tests, the demo and the local stack start."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

from orderbridge_sandboxes.exchange import JsonObject
from orderbridge_sandboxes.faults import Fault, Faults
from orderbridge_sandboxes.platform import Booked, HeldOrder, LoggedRequest, Platform
from orderbridge_sandboxes.server import SandboxServer

PlatformType = TypeVar("PlatformType", bound=Platform)


class SandboxCrashed(AssertionError):
    """The sandbox itself failed while it served; its answers prove nothing."""


class Sandbox(Generic[PlatformType]):
    """One platform on a loopback port, from `with` to the end of the block.

    `options` are the platform's: `clock`, `products`, `customers` and its settings. `port` 0 picks a free one.
    The block's end raises SandboxCrashed if the sandbox itself failed meanwhile.
    """

    platform_type: ClassVar[type[Platform]]
    platform: PlatformType

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, faults: Iterable[Fault] = (), **options: Any) -> None:
        self.platform = self.platform_type(**options)  # type: ignore[assignment]  # a subclass pairs the two
        self.faults = Faults(faults)
        self._server = SandboxServer(self.platform, self.faults, host, port)
        self.url = self._server.url

    def start(self) -> Self:
        """Begins to serve."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Ends every connection and frees the port."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        if error is None and self.platform.crashes:
            raise SandboxCrashed("\n".join(self.platform.crashes))

    # --- observation ---

    @property
    def orders(self) -> tuple[HeldOrder, ...]:
        """The orders held, in the order of their arrival."""
        return self.platform.orders

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """The latest requests."""
        return self.platform.requests

    def duplicates(self) -> JsonObject:
        """`{"count", "distinct", "duplicates": [{"reference", "ids"}]}` by our reference."""
        return self.platform.duplicates()

    def booked(self, order: int | str) -> Booked:
        """What the platform takes an order for; see Platform.booked."""
        return self.platform.booked(order)

    # --- what a person at the platform may do ---

    def set_stock(self, product: str, value: Any, warehouse_id: int | None = None) -> None:
        """Puts `value` on the product, raw; see Platform.set_stock."""
        self.platform.set_stock(product, value, warehouse_id)

    def set_status(self, order: int | str, status: str, **details: Any) -> None:
        """Moves an order to one of the platform's statuses; see Platform.set_status."""
        self.platform.set_status(order, status, **details)

    def change(self, **settings: Any) -> None:
        """Changes how the platform behaves; see the platform's settings."""
        self.platform.change(**settings)

    def reset(self) -> None:
        """Forgets everything that happened, and every fault."""
        self.faults.clear()
        self.platform.reset()
