"""What DynamoDB charges for items: their sizes, and the write and read units of a call, as AWS documents them. Pure.

Items are in DynamoDB's own JSON, ``{"name": {"S": "value"}}``. Sources: "DynamoDB item sizes and formats", "DynamoDB
read and write operations", "Write considerations" of global secondary indexes, in the developer guide of DynamoDB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
WRITE_STEP = 1024
READ_STEP = 4096
TRANSACTIONAL = 2
"""How many times what a single write costs one in a transaction does: it is prepared, and committed."""
TABLE = "table"


def item_bytes(item: Item) -> int:
    """Bytes of an item that is written or read: names and values, without what storage is charged beside them."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(attribute: Mapping[str, Any]) -> int:
    """Bytes of one value; raises ValueError for a kind that nothing here stores."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return _number_bytes(value)
        case "B":
            return len(value)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + value_bytes(each) for each in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_bytes(each) for name, each in value.items())
    raise ValueError(f"a value of the kind {kind}")


def _number_bytes(text: str) -> int:
    """A byte for every two significant digits, one beside them, and one for a sign (AWS says: about)."""
    sign, digits, _ = Decimal(text).normalize().as_tuple()
    return -(-len(digits) // 2) + 1 + sign if any(digits) else 1


def steps(size: int, step: int) -> int:
    """How many steps of so many bytes are begun; at least one."""
    return max(-(-size // step), 1)


@dataclass(frozen=True, slots=True)
class IndexShape:
    """An index: its keys, and what it holds beside those and the table's own; None: everything."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None where the item lacks one of its keys."""
        if item is None or not all(key in item for key in self.keys):
            return None
        kept = None if self.projected is None else {"PK", "SK", *self.keys, *self.projected}
        return item if kept is None else {name: value for name, value in item.items() if name in kept}

    def units(self, before: Item | None, after: Item | None) -> int:
        """Write units of the index for an item that was and is so."""
        old, new = self.entry(before), self.entry(after)
        if old == new:
            return 0
        if old is not None and new is not None and all(old[key] == new[key] for key in self.keys):
            return max(_write(old), _write(new))
        # Its place is another one: what was there is deleted, and what is there is put.
        return sum(_write(each) for each in (old, new) if each is not None)


def _write(item: Item) -> int:
    return steps(item_bytes(item), WRITE_STEP)


def table_units(before: Item | None, after: Item | None) -> int:
    """Write units of the table for a single write: by the larger of what was there and what is.

    A write whose condition failed is charged by what was there, so it is one from `before` to `before`.
    """
    return max((_write(each) for each in (before, after) if each is not None), default=1)


def write_units(
    before: Item | None, after: Item | None, indexes: Iterable[IndexShape], *, transactional: bool = False
) -> Counter[str]:
    """Write units of one write, by ``table`` and the indexes' names; those of nothing are left out.

    A transaction doubles the items it is of. Indexes are brought up afterwards, and counted once: AWS documents the
    doubling for items, and nothing of it for indexes.
    """
    units = Counter({TABLE: table_units(before, after) * (TRANSACTIONAL if transactional else 1)})
    for index in indexes:
        if of_index := index.units(before, after):
            units[index.name] = of_index
    return units


def read_units(sizes: Iterable[int], *, consistent: bool, transactional: bool = False) -> Decimal:
    """Read units of items that are read one by one, each rounded up: GetItem, BatchGetItem, TransactGetItems.

    What is not there has the size 0. Also a query's, which is charged by the sum: give it as one size.
    """
    each = Decimal(TRANSACTIONAL) if transactional else Decimal(1) if consistent else Decimal("0.5")
    return sum((each * steps(size, READ_STEP) for size in sizes), Decimal())
