"""The suite notices what an engineer gets wrong in a new platform: each error is built in, and a named test must fail.

An error is between a platform and its port: in what its mapper makes, its lists say or its pushes do. So it can be
built into any platform, and each is built into every one to which it applies.
"""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from orderbridge.channels.lookups import Absent, Finding, Found
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, Outcome, Unknown
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Transport
from orderbridge.orders.order import OrderStatus
from orderbridge.platforms.status_reads import Statuses
from orderbridge.status.changes import Meaning, StatusTable
from tests.conformance import test_orders, test_records, test_statuses, test_stock
from tests.conformance.account import Account, account_at
from tests.conformance.facts import CODE, LEVELS, NoRecord, PlatformFacts, facts_of, labels

Test = Callable[[Any], None]
PRICES, QUANTITIES = ("price", "unit_price", "raw_price"), ("qty", "quantity")
CUSTOMER, AT_SITE = MappingKey.of("customer", "CUST-001"), MappingKey.of("customer", "CUST-001@SITE-001")
DISCOUNTED = MappingKey.of("price", "PROD-002")


each_record = pytest.mark.parametrize("label", labels())


def of(label: str) -> PlatformFacts:
    try:
        return facts_of(label)
    except NoRecord as missing:
        pytest.fail(str(missing))


# --- what an error is put between -------------------------------------------------------------------------------------


@dataclass
class Wrong:
    """An account whose platform can be made to err."""

    account: Account
    patch: pytest.MonkeyPatch

    def module(self, name: str) -> Any:
        return importlib.import_module(f"orderbridge.platforms.{self.account.facts.name}.{name}")

    def body(self, change: Callable[[Any], None]) -> None:
        """The mapper makes another body."""
        make = self.account.platform.to_request

        def changed(*arguments: Any) -> FrozenRequest:
            request = make(*arguments)
            document = json.loads(request.body)
            change(document)
            return replace(request, body=json.dumps(document).encode())

        self.patch.setattr(self.account.platform, "to_request", changed)

    def mapped(self, change: Callable[[dict[MappingKey, Any]], None]) -> None:
        """The mapper takes the mappings otherwise."""
        make = self.account.platform.to_request

        def changed(order: Any, channel: Any, mappings: Mapping[MappingKey, Any]) -> FrozenRequest:
            others = copy.deepcopy(dict(mappings))
            change(others)
            return make(order, channel, others)

        self.patch.setattr(self.account.platform, "to_request", changed)

    def table(self, change: Callable[[Meaning], Meaning]) -> None:
        """The table of words means something else."""
        statuses = self.module("statuses")
        table: StatusTable = statuses.STATUSES.table
        changed = {axis: {word: change(each) for word, each in words.items()} for axis, words in table.items()}
        self.patch.setattr(statuses, "STATUSES", replace(statuses.STATUSES, table=changed))

    def readings(self, change: Callable[[Any], Any]) -> None:
        """The lists of orders say something else."""
        open_account = Statuses.open

        @contextmanager
        def opened(platform: Any, channel: Any) -> Iterator[Any]:
            with open_account(platform, channel) as access:
                page = type(access).page

                def changed(*arguments: Any) -> Any:
                    read = page(*arguments)
                    return replace(read, readings=[change(each) for each in read.readings])

                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(type(access), "page", changed)
                    yield access

        self.patch.setattr(Statuses, "open", opened)

    def levels(self, change: Callable[[Any], Any]) -> None:
        """The list of stock says something else, and so does every product alone."""
        levels = self.module("levels").Levels
        page, read = levels.page, levels.read

        def changed_page(*arguments: Any) -> Any:
            found = page(*arguments)
            return replace(found, levels=[change(each) for each in found.levels])

        self.patch.setattr(levels, "page", changed_page)
        self.patch.setattr(levels, "read", lambda *arguments, **named: change(read(*arguments, **named)))

    def targets(self, change: Callable[[Any], Any]) -> None:
        """Pushes set something else."""
        levels = self.module("levels").Levels
        push = levels.push
        self.patch.setattr(levels, "push", lambda access, targets: push(access, [change(each) for each in targets]))


def every_member(document: Any, names: tuple[str, ...], value: Callable[[Any], Any]) -> None:
    """Changes every member of these names, wherever it is."""
    if isinstance(document, dict):
        for name, each in document.items():
            if name in names:
                document[name] = value(each)
            else:
                every_member(each, names, value)
    elif isinstance(document, list):
        for each in document:
            every_member(each, names, value)


def names_any(document: Any, names: tuple[str, ...]) -> bool:
    found: list[Any] = []
    every_member(copy.deepcopy(document), names, found.append)
    return bool(found)


def instead(status: OrderStatus, other: OrderStatus) -> Callable[[Meaning], Meaning]:
    return lambda meaning: replace(meaning, status=other) if meaning.status == status else meaning


def discount_as(percent: str | None) -> Callable[[dict[MappingKey, Any]], None]:
    def change(mappings: dict[MappingKey, Any]) -> None:
        price = mappings[DISCOUNTED]["price"]
        mappings[DISCOUNTED] = {"price": price} if percent is None else {"price": price, "disc_percent": percent}

    return change


def swap_customers(mappings: dict[MappingKey, Any]) -> None:
    mappings[CUSTOMER], mappings[AT_SITE] = mappings[AT_SITE], mappings[CUSTOMER]


# --- the errors -------------------------------------------------------------------------------------------------------


def all_prices_are_0(wrong: Wrong) -> None:
    wrong.body(lambda body: every_member(body, PRICES, lambda _: 0))


def every_quantity_is_1(wrong: Wrong) -> None:
    wrong.body(lambda body: every_member(body, QUANTITIES, lambda _: 1))


def the_discount_is_left_out(wrong: Wrong) -> None:
    wrong.mapped(discount_as(None))


def the_discount_is_taken_twice(wrong: Wrong) -> None:
    wrong.mapped(discount_as("5+3+5+3"))


def the_site_and_its_customer_are_swapped(wrong: Wrong) -> None:
    wrong.mapped(swap_customers)


def our_code_is_missing(wrong: Wrong) -> None:
    def without_code(body: Any) -> None:
        for name in list(body):
            every_member(body, (name,), lambda each: each.replace(CODE, "-") if isinstance(each, str) else each)
            if isinstance(body[name], list | dict):
                body[name] = json.loads(json.dumps(body[name]).replace(CODE, "-"))

    wrong.body(without_code)


def every_level_is_1(wrong: Wrong) -> None:
    wrong.levels(lambda listed: replace(listed, level=1))


def a_level_of_0_is_left_out(wrong: Wrong) -> None:
    wrong.levels(lambda listed: replace(listed, level=listed.level or None))


def completed_is_read_as_cancelled(wrong: Wrong) -> None:
    wrong.table(instead("COMPLETED", "CANCELLED"))


def shipped_is_read_as_in_process(wrong: Wrong) -> None:
    wrong.table(instead("SHIPPED", "IN_PROCESS"))


def the_waybill_is_lost(wrong: Wrong) -> None:
    wrong.readings(lambda reading: replace(reading, awb_number=None))


def a_look_takes_the_first_row(wrong: Wrong) -> None:
    def first_row(*_: object) -> Finding:
        orders = wrong.account.sandbox.orders
        return Found(str(orders[0].id)) if orders else Absent()

    wrong.patch.setattr(wrong.account.platform, "look_for", first_row)


def a_push_sends_a_difference(wrong: Wrong) -> None:
    wrong.targets(lambda target: replace(target, available=abs(target.available - LEVELS["PROD-002"])))


def a_push_goes_to_another_product(wrong: Wrong) -> None:
    other = wrong.account.mappings[MappingKey.of("product", "PROD-004")]
    levels = wrong.module("levels").Levels
    push = levels.push

    def to_another(access: Any, targets: Any) -> Any:
        results = push(access, [replace(each, product=access.product_key(other)) for each in targets])
        return [replace(result, product=each.product) for each, result in zip(targets, results, strict=True)]

    wrong.patch.setattr(levels, "push", to_another)


def any_success_is_acceptance(wrong: Wrong) -> None:
    account, create = wrong.account, wrong.account.platform.create_order

    def accepted(*arguments: Any) -> Outcome:
        outcome: Outcome = create(*arguments)
        (*_, status) = account.asked(account.facts.create)
        return Accepted("77") if isinstance(outcome, Unknown) and 200 <= (status or 0) < 300 else outcome

    wrong.patch.setattr(account.platform, "create_order", accepted)


def the_base_url_is_not_the_channels(wrong: Wrong) -> None:
    conversation = Transport.conversation
    wrong.patch.setattr(Transport, "conversation", lambda self, _: conversation(self, "http://127.0.0.1:1"))


def every_reply_is_a_success(wrong: Wrong) -> None:
    """As a client that does not look at the status: an account that is refused is taken for an empty one."""
    create = wrong.account.platform.create_order
    wrong.patch.setattr(wrong.account.platform, "create_order", lambda *each: create(*each) and Accepted(None))


def always(_: PlatformFacts) -> bool:
    return True


def takes_prices(facts: PlatformFacts) -> bool:
    return "price" in facts.kinds


def is_pushed(facts: PlatformFacts) -> bool:
    return facts.push is not None


BODY = test_orders.test_the_create_call_has_the_expected_body_member_by_member
BOOKED = test_orders.test_the_platform_books_the_order_with_its_receiver_pieces_and_total
ONE_CALL = test_orders.test_an_order_is_created_by_one_call_and_its_id_is_kept_where_it_is_reported
LOOK = test_orders.test_a_look_finds_the_order_and_no_other
PROVES_NOTHING = test_orders.test_an_answer_that_proves_nothing_is_unknown_or_turned_away
REFUSED = test_orders.test_credentials_that_are_wrong_are_refused_and_speak_against_the_channel
MEANINGS = test_records.test_a_word_means_what_the_record_says
WORDS = test_statuses.test_every_word_becomes_the_status_that_the_record_says
COMPLETED = test_statuses.test_an_order_that_is_completed_is_asked_about_no_more
WAYBILL = test_statuses.test_an_order_that_is_shipped_carries_its_waybill_and_the_one_beside_it_stays
LEVELS_READ = test_stock.test_every_level_is_read_as_the_platform_holds_it_and_0_is_one
LEVEL_SET = test_stock.test_a_level_is_set_absolutely_on_one_product_alone_and_read_back

ERRORS: dict[Callable[[Wrong], None], tuple[tuple[Test, ...], Callable[[PlatformFacts], bool]]] = {
    all_prices_are_0: ((BODY, BOOKED), takes_prices),
    every_quantity_is_1: ((BODY, BOOKED), always),
    the_discount_is_left_out: ((BODY, BOOKED), takes_prices),
    the_discount_is_taken_twice: ((BODY, BOOKED), takes_prices),
    the_site_and_its_customer_are_swapped: ((BODY, BOOKED), always),
    our_code_is_missing: ((BODY, BOOKED, ONE_CALL), always),
    every_level_is_1: ((LEVELS_READ,), always),
    a_level_of_0_is_left_out: ((LEVELS_READ,), always),
    completed_is_read_as_cancelled: ((WORDS, COMPLETED), always),
    shipped_is_read_as_in_process: ((WORDS, WAYBILL), always),
    the_waybill_is_lost: ((WAYBILL,), lambda facts: facts.tells_waybill),
    a_look_takes_the_first_row: ((LOOK,), lambda facts: facts.can_look),
    a_push_sends_a_difference: ((LEVEL_SET,), is_pushed),
    a_push_goes_to_another_product: ((LEVEL_SET,), is_pushed),
    any_success_is_acceptance: ((PROVES_NOTHING,), always),
    every_reply_is_a_success: ((REFUSED, PROVES_NOTHING), always),
    the_base_url_is_not_the_channels: ((ONE_CALL, LEVELS_READ), always),
}
"""Each error with the tests that have to fail for it, and the platforms to which it applies."""


def built_in() -> Iterator[Any]:
    """Each error with each record to which it applies, and with the name of a platform that has none."""
    for error, (_, applies) in ERRORS.items():
        for label in labels():
            with suppress(NoRecord):
                if not applies(facts_of(label)):
                    continue
            yield pytest.param(error, label, id=f"{error.__name__}-{label}")


@pytest.mark.parametrize(("error", "label"), list(built_in()))
def test_an_error_that_is_built_in_turns_the_suite_red(error: Callable[[Wrong], None], label: str) -> None:
    facts, (tests, _) = of(label), ERRORS[error]
    for test in tests:
        with account_at(facts) as account, pytest.MonkeyPatch.context() as patch:
            error(Wrong(account, patch))
            with pytest.raises(AssertionError):
                test(account)


@each_record
def test_no_record_is_spared_an_error_that_applies_to_it(label: str) -> None:
    """What decides whether an error applies is in the record, and the record is held to the definition."""
    facts = of(label)
    spared = {error.__name__ for error, (_, applies) in ERRORS.items() if not applies(facts)}
    assert takes_prices(facts) == names_any(facts.body, PRICES)
    assert names_any(facts.body, QUANTITIES)
    assert len(ERRORS) - len(spared) >= 11, spared


# --- every member of the create call ----------------------------------------------------------------------------------


def leaves(node: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """The ways to all members of a body that hold no others."""
    if isinstance(node, dict | list):
        for step, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(inner, *way, step)
    else:
        yield way


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return f"{value}x" if isinstance(value, str) else value + 1


@each_record
def test_no_member_of_the_create_call_can_be_another_or_missing_unnoticed(label: str) -> None:
    facts = of(label)
    for way in leaves(facts.body):
        for is_missing in (False, True):

            def change(body: Any, way: tuple[Any, ...] = way, is_missing: bool = is_missing) -> None:
                for step in way[:-1]:
                    body = body[step]
                if is_missing:
                    del body[way[-1]]
                else:
                    body[way[-1]] = another(body[way[-1]])

            with pytest.MonkeyPatch.context() as patch:
                account = Account(facts, NoSandbox())  # type: ignore[arg-type]
                Wrong(account, patch).body(change)
                with pytest.raises(AssertionError):
                    BODY(account)


class NoSandbox:
    """Nothing is sent."""

    url = "http://127.0.0.1:1"


@each_record
def test_no_word_can_mean_something_else_unnoticed(label: str) -> None:
    facts = of(label)
    statuses = {word.status for word in facts.words if word.status is not None}
    for status in statuses:
        other: OrderStatus = "CANCELLED" if status != "CANCELLED" else "SHIPPED"
        with pytest.MonkeyPatch.context() as patch:
            Wrong(Account(facts, NoSandbox()), patch).table(instead(status, other))  # type: ignore[arg-type]
            with pytest.raises(AssertionError):
                MEANINGS(facts)
