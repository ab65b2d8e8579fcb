"""What an operator looks for among orders and forwards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import Forward
from orderbridge.orders.order import Order
from orderbridge.values.text import compared
from orderbridge_cli.operating.reasons import reason_shape


@dataclass(frozen=True, slots=True)
class Search:
    """What an order or a forward must have; None where it may be anything.

    Codes are compared as partners' codes are, `po` and `reason` are parts of a text in whatever case.
    """

    customer: str | None = None
    site: str | None = None
    product: str | None = None
    channel: str | None = None
    po: str | None = None
    reason: str | None = None

    @property
    def needs_order(self) -> bool:
        """Whether only the order's content tells."""
        return any(each is not None for each in (self.customer, self.site, self.product, self.po))

    @property
    def needs_forwards(self) -> bool:
        """Whether only the order's forwards tell."""
        return self.reason is not None

    def finds_order(self, order: Order) -> bool:
        """Whether the order's own content is what is looked for."""
        content = order.content
        return (
            _is(self.customer, [content.customer_code])
            and _is(self.site, [content.site_code])
            and _is(self.product, [line.product_code for line in content.products])
            and _is(self.channel, [channel.name for channel in order.channels])
            and _holds(content.purchase_order_no, self.po)
        )

    def finds_reason(self, error: str | None, missing: Collection[MappingKey]) -> bool:
        """Whether an error, or a key that is missing, speaks of the reason."""
        said = [error or "", *(f"{need.kind}:{need.shown}" for need in missing)]
        return self.reason is None or any(speaks_of(text, self.reason) for text in said)

    def finds_forward(self, forward: Forward) -> bool:
        return self.finds_reason(forward.error, forward.missing)


def speaks_of(text: str, reason: str) -> bool:
    """Whether a text holds this reason, in whatever case and whatever numbers and ids are in either."""
    return reason_shape(reason).casefold() in reason_shape(text).casefold()


def _is(wanted: str | None, codes: Collection[str]) -> bool:
    return wanted is None or compared(wanted) in {compared(code) for code in codes}


def _holds(text: str | None, part: str | None) -> bool:
    return part is None or compared(part).casefold() in compared(text or "").casefold()
