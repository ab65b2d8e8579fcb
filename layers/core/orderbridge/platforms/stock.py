"""What reading and pushing stock is made of on every platform: the pace, the failures, the way to an account's stock.

Each platform's own calls are the class `Levels` in its module ``levels``.
"""

from __future__ import annotations

import importlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

from orderbridge import platforms
from orderbridge.calls.asking import AskFailed
from orderbridge.calls.client import PlatformClient
from orderbridge.calls.pace import Pace, pace_beside_orders
from orderbridge.calls.paging import ListFailed, ReadPage, Row, RowTooLarge, content_of, page_at, read_rows
from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.channels.outcomes import NotSent, Outcome, Refused, Rejected, TurnedAway, Unknown
from orderbridge.channels.ports import ChannelUnusable, CredentialSource
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed
from orderbridge.http.transport import Transport
from orderbridge.platforms.adapter import attempt_deadline
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.values import InvalidValue
from orderbridge.stock.drift import PushResult, PushTarget
from orderbridge.stock.lists import ListedLevel, StockPage, StockReadFailed, UnusableMapping
from orderbridge.stock.ports import StockAccess

POLL_PAUSES = (0.3, 0.7, 1.0, 2.0, 4.0, 8.0, 12.0)
"""Between two looks at a job of the platform, in seconds: half a minute in all."""

POLL_SECONDS = 60.0
"""No look begins later than this after the first, however slow the platform is."""

SettingsT = TypeVar("SettingsT", bound=CommonSettings)
ClientT = TypeVar("ClientT", bound=PlatformClient[Any, Any])


@dataclass(frozen=True, slots=True)
class StockAccount(Generic[SettingsT, ClientT]):
    """One channel's account, for one run: what a platform's stock calls need."""

    definition: PlatformDefinition[SettingsT, Any]
    settings: SettingsT
    connect: Callable[[Deadline], ClientT]
    """The account's client for one call, or for several that belong together."""
    pace: Pace
    clock: Callable[[], float]
    """In seconds, from any moment on."""
    sleep: Callable[[float], None]
    sites: Iterable[Any] = ()
    """The values of the channel's site mappings."""

    def client(self) -> ClientT:
        """The client for a call that begins now, once the channel's rate allows it."""
        self.pace.wait()
        return self.connect(attempt_deadline())

    def product(self, value: Any) -> Any:
        """A product mapping's value as the platform's model; raises `UnusableMapping`."""
        try:
            return self.definition.read_mapping("product", value, self.settings)
        except InvalidValue as invalid:
            raise UnusableMapping(str(invalid)) from None

    def poll(self, is_done: Callable[[], bool]) -> bool:
        """Ask until it is done, with growing pauses; False where it is not done within about half a minute."""
        end = self.clock() + POLL_SECONDS
        for pause in POLL_PAUSES:
            if is_done():
                return True
            if self.clock() > end:
                return False
            self.sleep(pause)
        return is_done()


@dataclass(frozen=True, slots=True)
class PlatformStock:
    """`StockPlatforms`: every platform's, by the channel's."""

    transport: Transport
    credentials: CredentialSource
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def open(self, channel: Channel, sites: Iterable[Any]) -> Iterator[StockAccess]:
        definition = definition_of(channel.platform)
        with readable():
            settings = definition.read_settings(channel.settings)
            credentials = definition.read_credentials(self.credentials.credentials(channel))
            conversation = self.transport.conversation(settings.base_url)
        with conversation:
            make = definition.client_maker(self.transport)
            pace = pace_beside_orders(settings.rate_limit, self.clock, self.sleep)
            module = importlib.import_module(f"{platforms.__name__}.{channel.platform}.levels")
            connect = partial(make, conversation, settings, credentials)
            account = StockAccount(definition, settings, connect, pace, self.clock, self.sleep, sites)
            yield cast("StockAccess", module.Levels(account))


@contextmanager
def readable() -> Iterator[None]:
    """Whatever a read meets is `StockReadFailed`, in words that are fit to be kept."""
    try:
        yield
    except (AskFailed, ListFailed, CallFailed, InvalidValue, ChannelUnusable) as failure:
        raise StockReadFailed(str(failure)) from None


def stock_page(
    read: ReadPage, position: int, largest: int, reading: Callable[[Row], tuple[str, list[ListedLevel]]]
) -> StockPage:
    """The page of a list at a position, as large as fits (`paging`); rows that cannot be read are named and skipped.

    `reading` makes a row's name and its levels. Raises `StockReadFailed` for a page that is not read, and where nothing
    on the first one is stock: that is another list.
    """
    with readable():
        try:
            page = page_at(read, position, largest)
        except RowTooLarge as too_large:
            place = f"(what stands at {position + 1})"
            # Of a list without sizes it is a page, with who knows how many rows.
            return StockPage([place], [], True, None, [too_large.reason], position + 1, is_gap=largest == 1)
        found, unread = read_rows(page, reading)
        if unread and not position and not any(found):
            raise ListFailed(unread[-1])
    times: Counter[str] = Counter()
    entries = [_entry(each[0] if each else None, row, times) for each, row in zip(found, page.rows, strict=True)]
    entries += [f"(no object, {position + 1}, {number})" for number in range(page.odd)]
    levels = [level for each in found if each for level in each[1]]
    return StockPage(entries, levels, page.has_more, page.total, unread, page.end)


def _entry(name: str | None, row: Row, times: Counter[str]) -> str:
    """By what a row is known when it is met again; two rows of one product are two, also on one page (`times`)."""
    number = row.get("id")
    entry = content_of(row) if name is None or number is None else f"{name} {number}"
    times[entry] += 1
    return entry if times[entry] == 1 else f"{entry} ({times[entry]})"


def not_pushed(target: PushTarget, outcome: Outcome) -> PushResult | None:
    """What a push came to that was not taken; None where it may have been, and reading back will tell."""
    match outcome:
        case Rejected(reason) | TurnedAway(reason):
            return PushResult(target.product, None, reason, was_sent=False)
        case Refused(reason) | NotSent(reason):
            return PushResult(target.product, None, reason, was_sent=False, refused=True)
        case _:
            return None


def read_back(target: PushTarget, read: Callable[[], ListedLevel], outcome: Outcome | None) -> PushResult:
    """The result of a push that was taken, or may have been (`outcome` Unknown), by what the product reads now."""
    said = outcome.reason if isinstance(outcome, Unknown) else None
    try:
        listed = read()
    except StockReadFailed as failed:
        return PushResult(target.product, None, f"it could not be read back: {said or failed}")
    detail = said if listed.level != target.available else None
    return PushResult(target.product, listed.level, detail, warehouses=listed.warehouses)
