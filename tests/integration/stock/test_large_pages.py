"""Stock lists whose pages are over 1 MiB, and rows that cannot be read: the levels of all others are taken over."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.http.transport import MAX_REPLY_BYTES
from orderbridge.stock.lists import Snapshot
from orderbridge_sandboxes import Fault, demo
from tests.integration.stock.conftest import Account
from tests.integration.stock.test_stock_platforms import read_all

PRODUCTS = 60


def describe(account: Account, code: str, text: str) -> None:
    """Put a text of any length into what the list says of a product."""
    put = account.facts.shelf.describe
    assert put is not None
    put(account.sandbox.platform, code, text)


def test_a_list_of_large_rows_is_read_in_smaller_pages(account: Account) -> None:
    account.sandbox.platform.extend(products=PRODUCTS)
    for number in range(1, PRODUCTS + 1):
        describe(account, demo.Product(number).code, "x" * 40_000)
    snapshot = read_all(account)
    assert len(snapshot.levels) >= PRODUCTS
    assert not snapshot.unread


def test_a_row_that_is_too_large_by_itself_is_left_out_and_named(account: Account) -> None:
    account.sandbox.platform.extend(products=PRODUCTS)
    describe(account, "PROD-033", "x" * MAX_REPLY_BYTES)
    snapshot = read_all(account)
    assert account.key("PROD-033") not in snapshot.levels
    assert [reason.partition(":")[0] for reason in snapshot.unread] == ["one row alone is too large"]
    missing = [demo.Product(number).code for number in range(1, PRODUCTS + 1)]
    missing = [code for code in missing if account.key(code) not in snapshot.levels]
    if not account.facts.shelf.has_page_sizes:
        # The list has no sizes: the page of ten is left out, and a run asks about its products one by one.
        assert 1 < len(missing) <= 10
        with account.open() as access:
            assert all(access.read(account.key(code), in_warehouses=True).level is not None for code in missing)
    else:
        assert missing == ["PROD-033"]


def test_a_snapshot_that_stopped_at_a_small_page_goes_on_behind_it(account: Account) -> None:
    account.sandbox.platform.extend(products=PRODUCTS)
    for number in range(1, PRODUCTS + 1):
        describe(account, demo.Product(number).code, "x" * 40_000)
    snapshot = Snapshot("2025")
    while not snapshot.is_complete:
        with account.open() as access:
            snapshot.add(access.page(snapshot.position))
        snapshot = Snapshot.from_document(snapshot.document())
    assert snapshot == read_all(account)


def test_rows_that_cannot_be_read_are_left_out_and_named_and_the_others_are_read(account: Account) -> None:
    good = _first_page(account)
    rows = [*account.facts.shelf.odd_rows, *good["data"]]
    body: Any = {**good, "data": rows}
    if "meta" in good:
        counts = {**good["meta"]["pagination"], "total": len(rows), "count": len(rows)}
        body["meta"] = {"pagination": counts}
    if "total_record" in good:
        body["total_record"] = len(rows)
    account.sandbox.faults.add(Fault("wrong_shape", "GET", account.facts.stock.path, body=body))
    snapshot = read_all(account)
    assert sum(snapshot.unread.values()) == 4
    assert all(account.key(demo.Product(number).code) in snapshot.levels for number in range(1, demo.PRODUCTS + 1))


def _first_page(account: Account) -> dict[str, Any]:
    """What the list answers, as a document."""
    seen: list[Any] = []
    handle = account.sandbox.platform.handle

    def listening(request: Any) -> Any:
        reply = handle(request)
        if request.path.startswith(account.facts.stock.path):
            seen.append(reply.document())
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account.sandbox.platform, "handle", listening)
        with account.open() as access:
            access.page(0)
    found: dict[str, Any] = seen[0]
    return found
