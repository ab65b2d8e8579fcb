"""The free text that goes with an order: our mark, and what a person at the platform wants to know.

Text of a partner must not look like our mark: a note that quotes another order's mark would make the look-up after an
unknown outcome find the wrong order.
"""

from __future__ import annotations

from orderbridge.orders.codes import MARKER
from orderbridge.orders.order import Order

_BETWEEN = " | "


def order_note(order: Order, mark: str) -> str:
    """`mark`, then what the order says, on one line: ``[SO-20250101-00001] | PO: .. | site: .. | sales: .. | ..``."""
    content = order.content
    parts = [
        f"PO: {content.purchase_order_no}" if content.purchase_order_no else "",
        f"site: {content.site_code}",
        f"sales: {content.sales_name}",
        content.address,
    ]
    return _BETWEEN.join([mark, *(_unmarked(part) for part in parts if part)])


def _unmarked(text: str) -> str:
    return MARKER.sub(r"(\1)", " ".join(text.split()))


def personal_parts(note: str) -> list[str]:
    """The pieces of a note that must not be kept in a platform's words: everything but the mark, PO and site."""
    spoken = [part.removeprefix("sales: ") for part in note.split(_BETWEEN)[1:]]
    return [note, *(part for part in spoken if not part.startswith(("PO: ", "site: ")))]
