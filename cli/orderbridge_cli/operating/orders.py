"""Orders and forwards as an operator finds and lists them."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args

from orderbridge.channels.channel import Channel
from orderbridge.forwarding.forward.states import LISTED_STATES, Forward, ForwardState
from orderbridge.forwarding.releasing import route_of
from orderbridge.orders.codes import ORDER_CODE
from orderbridge.orders.order import Order, OrderStatus
from orderbridge.reading.orders import key_of_code
from orderbridge.reading.ports import OrderReads
from orderbridge.reading.views import OrderView
from orderbridge.values.ids import OrderKey
from orderbridge.values.text import compared
from orderbridge.values.times import Clock, business_date, from_iso
from orderbridge_cli.operating.channels import UNROUTED, known_channel
from orderbridge_cli.operating.ports import ChannelRegistry, OperatorOrders, PartnerRegistry
from orderbridge_cli.operating.refusals import OperationRefused
from orderbridge_cli.operating.search import Search

ORDERS_AT_ONCE = 25
"""How many orders' forwards are read together."""

INDEXED_STATES = LISTED_STATES | {ForwardState.QUEUED, ForwardState.SENDING}
"""The states whose forwards are found without reading those in any other."""

ANYTHING = Search()
STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)


@dataclass(frozen=True, slots=True)
class LookUpOrders:
    """Orders by code, and lists of orders and forwards. Methods raise `OperationRefused` where there is nothing."""

    reads: OrderReads
    desk: OperatorOrders
    partners: PartnerRegistry
    channels: ChannelRegistry
    clock: Clock
    business_time_zone: str
    read_orders: Callable[[Iterable[OrderKey]], Iterable[Order]]
    sleep: Callable[[float], None] = time.sleep

    def view(self, code: str) -> OrderView:
        """An order with its forwards and its timeline."""
        key = self.key(code)
        view = self.reads.view(key)
        if view is None:
            raise _no_order(code)
        return view

    def key(self, code: str) -> OrderKey:
        """An order's key. The index by code is late at times, so an unknown code is looked up for up to a second."""
        if not ORDER_CODE.fullmatch(code):
            raise OperationRefused(f"{code!r} is not an order code such as SO-20250101-00001.")
        key = key_of_code(self.reads, code, self.sleep)
        if key is None:
            raise _no_order(code)
        return key

    def orders(
        self, client_id: str | None, since: datetime, state: str | None, search: Search = ANYTHING
    ) -> Iterator[Order]:
        """Orders since a moment, newest first, of one partner or of all.

        `state` is an order's status, or a forward's state: then the orders with a forward in that state.
        """
        clients, wanted = self._clients(client_id), self._filter(state)
        if search.channel is not None:
            known_channel(self.channels, search.channel)
        for day in self._days_back_to(since):
            lists = (self.reads.of_day(each, day, None) for each in clients)
            for order in heapq.merge(*lists, key=lambda order: (order.created_at, order.code), reverse=True):
                is_wanted = from_iso(order.created_at) >= since and wanted(order) and search.finds_order(order)
                if is_wanted and (not search.needs_forwards or any(map(search.finds_forward, self._at(order, search)))):
                    yield order

    def _at(self, order: Order, search: Search) -> Iterable[Forward]:
        return (each for each in self.desk.list_forwards(order) if search.channel in (None, each.channel.name))

    def with_purchase_order_no(self, number: str, client_id: str | None) -> Iterator[Order]:
        """The orders under a partner's own number: at most one of each partner. Their lists may not show it yet."""
        reference = f"po:{compared(number)}"
        for each in self._clients(client_id):
            order = self.reads.read_order(OrderKey.of(each, reference))
            if order is not None:
                yield order

    def _clients(self, client_id: str | None) -> Sequence[str]:
        if client_id is None:
            return self.partners.client_ids()
        if self.partners.find(client_id) is None:
            raise OperationRefused(f"There is no partner {client_id}.")
        return [client_id]

    def _filter(self, state: str | None) -> Callable[[Order], bool]:
        if state is None:
            return lambda _: True
        if state in STATUSES:
            return lambda order: order.status == state
        if state in INDEXED_STATES:
            keys = {each.key for each in self.forwards(ForwardState(state), None, None)}
            return lambda order: order.key in keys
        return lambda order: any(each.state == state for each in self.desk.list_forwards(order))

    def _days_back_to(self, since: datetime) -> Iterator[date]:
        day = business_date(self.clock(), self.business_time_zone)
        oldest = business_date(since, self.business_time_zone)
        while day >= oldest:
            yield day
            day -= timedelta(days=1)

    def forwards(
        self, state: ForwardState | None, channel: str | None, since: datetime | None, search: Search = ANYTHING
    ) -> Iterator[Forward | Order]:
        """The forwards in a state, of a channel, of orders since a moment; and the orders that wait for a route.

        Of the `INDEXED_STATES` all, those that changed last first. The others are as many as there are orders: theirs
        are looked for order by order, the newest first, and `since` has to say where that ends.
        """
        if channel is not None and channel != UNROUTED:
            known_channel(self.channels, channel)
        wanted = [each for each in self.channels.list_channels() if channel in (None, each.name)]
        found = (
            each
            for each in self._forwards(state, wanted, since, with_unrouted=channel in (None, UNROUTED))
            if (since is None or from_iso(_begun(each)) >= since) and _speaks(each, search)
        )
        return self._of_orders(found, search) if search.needs_order else found

    def _of_orders(self, found: Iterable[Forward | Order], search: Search) -> Iterator[Forward | Order]:
        """Those whose orders are what is looked for; the orders are read some at a time."""
        rest = iter(found)
        while batch := list(itertools.islice(rest, ORDERS_AT_ONCE)):
            orders = {order.key: order for order in self.read_orders({each.key for each in batch})}
            yield from (each for each in batch if each.key in orders and search.finds_order(orders[each.key]))

    def _forwards(
        self, state: ForwardState | None, channels: Sequence[Channel], since: datetime | None, *, with_unrouted: bool
    ) -> Iterable[Forward | Order]:
        if state in LISTED_STATES:
            waiting: list[Iterable[Forward | Order]] = [
                self.desk.waiting(channel, state, newest_first=True) for channel in channels
            ]
            if state is ForwardState.NEEDS_MAPPING and with_unrouted:
                waiting.append(self.desk.unrouted(newest_first=True))
            return heapq.merge(*waiting, key=_changed, reverse=True)
        names = {channel.name for channel in channels}
        if state in INDEXED_STATES:
            found = (each for each in self.desk.on_their_way() if each.state is state and each.channel.name in names)
            return sorted(found, key=_changed, reverse=True)
        if since is None:
            raise OperationRefused("These forwards are listed from a day or time on.")
        return self._forwards_of_orders(state, names, since, with_unrouted=with_unrouted)

    def _forwards_of_orders(
        self, state: ForwardState | None, channels: Collection[str], since: datetime, *, with_unrouted: bool
    ) -> Iterator[Forward | Order]:
        listed = self.orders(None, since, None)
        while orders := list(itertools.islice(listed, ORDERS_AT_ONCE)):
            found: dict[OrderKey, list[Forward]] = {}
            for forward in self.desk.forwards_of(orders, channels):
                if state in (None, forward.state):
                    found.setdefault(forward.key, []).append(forward)
            for order in orders:
                if state is None and with_unrouted and order.awaits_route and order.unrouted_since is not None:
                    yield order
                yield from sorted(found.get(order.key, ()), key=lambda forward: forward.channel.name)


def _speaks(each: Forward | Order, search: Search) -> bool:
    if isinstance(each, Forward):
        return search.finds_forward(each)
    return search.finds_reason(None, [route_of(each)])


def next_attempt(forward: Forward) -> str | None:
    """When something is done for a forward by itself; None where it waits for a person, or is at its end."""
    if forward.state is ForwardState.IN_DOUBT or (forward.is_final and forward.due_at is None):
        return None
    return forward.lease_until or forward.not_before or forward.due_at


def _begun(each: Forward | Order) -> str:
    return each.created_at if isinstance(each, Forward) else each.unrouted_since or each.created_at


def _changed(each: Forward | Order) -> tuple[str, str]:
    return (each.updated_at if isinstance(each, Forward) else _begun(each)), each.code


def _no_order(code: str) -> OperationRefused:
    return OperationRefused(f"There is no order {code}.")
