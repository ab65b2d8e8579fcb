"""What tests have to know of a platform: one record for each, by hand from its document, in ``platforms/<name>.py``.

A record is data, and never computed by the code under test. A platform with several revisions has a record of each.
Amounts are whole rupiah, or `Decimal`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from orderbridge.channels.mapping import MappingKind
from orderbridge.forwarding.forward.states import PaymentStatus, ShipmentProblem
from orderbridge.orders.order import Order, OrderStatus, parse_sales_order
from orderbridge.platforms.names import platform_names
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge_sandboxes import Booked

RECORD_FOLDER = Path(__file__).parent / "platforms"

CODE = "SO-20250101-00001"
VALUE = "any value"
NO_BODY = object()
"""For the document of an answer without a body."""

ACCEPTED_AT = "2024-12-31T17:30:00.000Z"
"""Half past midnight in Jakarta: the business day is 1 January, which in UTC has not begun."""

PURCHASE_ORDER_NO = "PO/2025/I/001"
ADDRESS = "Jl. H.R. Rasuna Said Kav. C-22, RT.05/RW.02, Kel. Karet Kuningan, Kec. Setiabudi, Jakarta Selatan 12940"
DOCUMENT: Mapping[str, Any] = {
    "customer_code": "CUST-001",
    "site_code": "SITE-001",
    "sales_name": "John Doe",
    "address": ADDRESS,
    "purchase_order_no": PURCHASE_ORDER_NO,
    "products": [
        {"product_code": "PROD-001", "quantity": 10},
        {"product_code": "PROD-002", "quantity": 24},
        {"product_code": "PROD-001", "quantity": 2},
    ],
}
"""The reference order: two products, one of them twice."""

NOTE = f"PO: {PURCHASE_ORDER_NO} | site: SITE-001 | sales: John Doe | {ADDRESS}"
"""What a person at the platform reads of it, behind our mark."""

PIECES: Mapping[str, int] = {"PROD-001": 12, "PROD-002": 24}
RECEIVER = "Toko Contoh 2"
"""Who receives it: the customer of its site, and not CUST-001 itself, who is Artia."""

LEVELS: Mapping[str, int] = {"PROD-001": 0, "PROD-002": 7, "PROD-003": 41}
"""Levels that every sandbox is set to; its other products have those that they begin with."""


def reference_order(number: int = 1, **changes: Any) -> Order:
    """The reference order as it is accepted; `number` makes another one of the same content."""
    reference = PURCHASE_ORDER_NO if number == 1 else f"{PURCHASE_ORDER_NO}-{number}"
    content = parse_sales_order(json.dumps({**DOCUMENT, "purchase_order_no": reference, **changes}).encode())
    return Order(
        key=OrderKey.of("partner-client-001", f"po:{content.purchase_order_no}"),
        code=f"{CODE[:-5]}{number:05d}",
        content=content,
        content_hash=content.content_hash(),
        created_at=ACCEPTED_AT,
        order_date="2025-01-01",
        status="DRAFT",
        channels=(ChannelRef("main", "any"),),
        signed_by="key-1",
    )


@dataclass(frozen=True)
class Call:
    """A call by its method and the beginning of its path."""

    method: str
    path: str


@dataclass(frozen=True)
class Word:
    """A word for an order's status, on the axis on which the platform says it, and what it means.

    A word counts alone, or once the words in `after` came before it. `settable`: a person at the sandbox can put an
    order into it; the others are spellings, or words of lists that no sandbox makes.
    """

    axis: str
    word: str
    status: OrderStatus | None = None
    payment: PaymentStatus | None = None
    problem: ShipmentProblem | None = None
    after: tuple[str, ...] = ()
    settable: bool = True


@dataclass(frozen=True)
class Answer:
    """An answer to the create call of the reference order."""

    status: int
    body: Any


@dataclass(frozen=True)
class Shelf:
    """Levels that only this platform has, set at its sandbox by (product code, warehouse), and what is to be read.

    `products` are product codes of ours with their mappings, beyond the demo's.
    """

    set: Mapping[tuple[str, int | None], int] = field(default_factory=dict)
    products: Mapping[str, Any] = field(default_factory=dict)
    read: Mapping[str, int] = field(default_factory=dict)
    odd_rows: tuple[Any, ...] = ()
    """Four rows of the list that cannot be read."""
    describe: Callable[[Any, str, str], None] | None = None
    """Puts a text of any length into what the sandbox's list says of the product with this code."""
    has_page_sizes: bool = True
    """Whether the list can be asked for a smaller page."""


@dataclass(frozen=True)
class CatalogueFacts:
    """Where catalogue, sandbox and code differ; each difference has its reason beside it or as its value.

    `absent` calls, as ``group: name``, and `absent_groups` are not in the sandbox; `beyond` is in the sandbox alone, by
    method and path. `optional` parameters are called required and may be left away, and members in `extra` are not in
    the call's catalogue: both by (call, parameter).
    """

    absent: frozenset[str] = frozenset()
    absent_groups: frozenset[str] = frozenset()
    beyond: Mapping[tuple[str, str], str] = field(default_factory=dict)
    optional: Mapping[tuple[str, str], str] = field(default_factory=dict)
    extra: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PlatformFacts:
    """Everything that tests know of one revision of one platform."""

    name: str
    base_url: str
    """Where the platform itself is."""
    kinds: frozenset[MappingKind]
    """The mappings it takes."""
    least_settings: Mapping[str, Any]
    """Without these, and a `base_url`, it has no channel."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The channel's, beyond those of the sandbox's demo account; with a revision's name they are its record's label."""

    # --- calls --------------------------------------------------------------------------------------------------------
    create: Call
    orders: Call
    """What tells of orders: for look-ups and statuses."""
    stock: Call
    counts_stock: bool
    """Whether the list of stock says how many rows it has."""
    bare_lists: bool = False
    """Whether a list may be a bare array."""
    push: Call | None
    """What sets a level; None where nothing does."""
    cancel: Call | None
    """What takes an order back; None where nothing does."""
    can_look: bool
    tells_id: bool
    """Whether a created order's id is in the answer."""
    probe: tuple[Call, ...]
    """What a probe reads, of which each has to answer."""

    # --- the reference order ------------------------------------------------------------------------------------------
    mappings: tuple[tuple[MappingKind, str, Any], ...]
    """Rows beyond the demo account's: the receiver of the site, and a price with a discount where it takes prices."""
    body: Mapping[str, Any]
    """The body of its create call, member by member."""
    total: int
    """What the platform makes it cost."""
    missing: frozenset[str]
    """What it waits for while nothing is mapped, as ``kind:key``."""
    found_by_itself: Any
    """The mapping of PROD-001 that the platform tells by itself."""

    # --- answers ------------------------------------------------------------------------------------------------------
    accepts: tuple[Answer, ...]
    """Answers that prove that it holds the order, with the id 77 where they tell one."""
    rejects: tuple[Answer, ...]
    """Answers that prove that it read the order and refused it."""
    proves_nothing: tuple[Answer, ...]
    success: Mapping[str, Any]
    """The form of a success: `CODE` and `VALUE` stand for any, a member whose name ends with ``?`` may be missing."""
    proves: Callable[[int, Any, str], bool]
    """Whether a 2xx with this document proves that it holds the order; `NO_BODY` where there is none."""
    may_refuse: Callable[[int, Any, str], bool]
    """Whether JSON with a 2xx, or with a status of refusal, may be a refusal of the order with this code."""

    # --- statuses -----------------------------------------------------------------------------------------------------
    words: tuple[Word, ...]
    shipped: str
    completed: str
    cancelled: str
    """The words for these three that a person at the sandbox uses."""
    tells_waybill: bool
    cancelled_by_us: str | None
    """What the sandbox says of an order that was taken back; None where none can be."""

    # --- stock --------------------------------------------------------------------------------------------------------
    shelf: Shelf = Shelf()
    catalogue: CatalogueFacts = CatalogueFacts()

    @property
    def label(self) -> str:
        """``sirclo``, or ``sirclo 2021-02`` for another revision than the demo account's."""
        return " ".join([self.name, *(str(value) for value in self.settings.values())])

    def booked(self) -> Booked:
        """What the platform has to take the reference order for."""
        return Booked(CODE, RECEIVER, PIECES, Decimal(self.total))


class NoRecord(LookupError):
    """A platform without a record of facts."""


def records_of(name: str) -> tuple[PlatformFacts, ...]:
    """A platform's records, that of its demo account first; raises `NoRecord`, which says what to write."""
    if not (RECORD_FOLDER / f"{name}.py").is_file():
        raise NoRecord(f"the platform {name} has no record of facts; write tests/conformance/platforms/{name}.py")
    found: tuple[PlatformFacts, ...] = importlib.import_module(f"tests.conformance.platforms.{name}").RECORDS
    return found


def facts_of(label: str) -> PlatformFacts:
    """The record with this label."""
    return next(each for each in records_of(label.partition(" ")[0]) if each.label == label)


def labels() -> tuple[str, ...]:
    """Every record's label; of a platform without a record its name, so that whatever is asked of it fails by name."""
    found: list[str] = []
    for name in platform_names():
        try:
            found += [each.label for each in records_of(name)]
        except NoRecord:
            found.append(name)
    return tuple(found)


def recorded() -> tuple[PlatformFacts, ...]:
    """Every record; raises `NoRecord` where a platform has none."""
    return tuple(each for name in platform_names() for each in records_of(name))
