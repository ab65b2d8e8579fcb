"""Orders and forwards as an operator finds and lists them."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args

from orderbridge.forwarding.forward.states import LISTED_STATES, UNROUTED, Forward, ForwardState
from orderbridge.orders.codes import ORDER_CODE
from orderbridge.orders.order import OrderStatus, OrderSummary
from orderbridge.reading.orders import key_of_code
from orderbridge.reading.ports import OrderReads
from orderbridge.reading.views import OrderView
from orderbridge.values.ids import OrderKey
from orderbridge.values.text import compared
from orderbridge.values.times import Clock, business_date, from_iso
from orderbridge_cli.operating.channels import known_channel
from orderbridge_cli.operating.ports import ChannelRegistry, OperatorOrders, PartnerRegistry
from orderbridge_cli.operating.refusals import OperationRefused

ORDERS_AT_ONCE = 25
"""How many orders' forwards are read together."""

INDEXED_STATES = LISTED_STATES | {ForwardState.QUEUED, ForwardState.SENDING}
"""The states whose forwards are found without reading those in any other."""

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

    def orders(self, client_id: str | None, since: datetime, state: str | None) -> Iterator[OrderSummary]:
        """Orders since a moment, newest first, of one partner or of all.

        `state` is an order's status, or a forward's state: then the orders with a forward in that state.
        """
        clients, wanted = self._clients(client_id), self._filter(state)
        for day in self._days_back_to(since):
            lists = (self.reads.of_day(each, day, None) for each in clients)
            for order in heapq.merge(*lists, key=lambda order: (order.created_at, order.code), reverse=True):
                if from_iso(order.created_at) >= since and wanted(order):
                    yield order

    def with_purchase_order_no(self, number: str, client_id: str | None) -> Iterator[OrderSummary]:
        """The orders under a partner's own number: at most one of each partner. Their lists may not show it yet."""
        reference = f"po:{compared(number)}"
        for each in self._clients(client_id):
            order = self.reads.read_order(OrderKey(each, reference))
            if order is not None:
                yield OrderSummary(order.key, order.code, order.created_at, order.order_date, order.status)

    def _clients(self, client_id: str | None) -> Sequence[str]:
        if client_id is None:
            return self.partners.client_ids()
        if self.partners.find(client_id) is None:
            raise OperationRefused(f"There is no partner {client_id}.")
        return [client_id]

    def _filter(self, state: str | None) -> Callable[[OrderSummary], bool]:
        if state is None:
            return lambda _: True
        if state in STATUSES:
            return lambda order: order.status == state
        if state in INDEXED_STATES:
            found = self._forwards(ForwardState(state), self._names(None), None)
            keys = {forward.key for forward in found if not _is_closed_place(forward)}
            return lambda order: order.key in keys
        return lambda order: any(each.state == state for each in self.desk.list_forwards(order.key))

    def _days_back_to(self, since: datetime) -> Iterator[date]:
        day = business_date(self.clock(), self.business_time_zone)
        oldest = business_date(since, self.business_time_zone)
        while day >= oldest:
            yield day
            day -= timedelta(days=1)

    def forwards(self, state: ForwardState | None, channel: str | None, since: datetime | None) -> Iterator[Forward]:
        """The forwards in a state, of a channel, of orders since a moment.

        Of the `INDEXED_STATES` all, those that changed last first. The others are as many as there are orders: theirs
        are looked for order by order, the newest first, and `since` has to say where that ends.
        """
        if channel is not None and channel != UNROUTED.name:
            known_channel(self.channels, channel)
        return (
            forward
            for forward in self._forwards(state, self._names(channel), since)
            if not _is_closed_place(forward) and (since is None or from_iso(forward.created_at) >= since)
        )

    def _names(self, channel: str | None) -> Sequence[str]:
        if channel is not None:
            return (channel,)
        return (UNROUTED.name, *(each.name for each in self.channels.list_channels()))

    def _forwards(
        self, state: ForwardState | None, channels: Sequence[str], since: datetime | None
    ) -> Iterable[Forward]:
        if state in LISTED_STATES:
            waiting = (self.desk.waiting(name, state, newest_first=True) for name in channels)
            return heapq.merge(*waiting, key=_changed, reverse=True)
        if state in INDEXED_STATES:
            found = (each for each in self.desk.on_their_way() if each.state is state and each.channel.name in channels)
            return sorted(found, key=_changed, reverse=True)
        if since is None:
            raise OperationRefused("These forwards are listed from a day or time on.")
        return self._forwards_of_orders(state, channels, since)

    def _forwards_of_orders(
        self, state: ForwardState | None, channels: Sequence[str], since: datetime
    ) -> Iterator[Forward]:
        orders = self.orders(None, since, None)
        while keys := [order.key for order in itertools.islice(orders, ORDERS_AT_ONCE)]:
            places = {key: place for place, key in enumerate(keys)}
            found = (each for each in self.desk.forwards_of(keys, channels) if state in (None, each.state))
            yield from sorted(found, key=lambda forward: (places[forward.key], forward.channel.name))


def _changed(forward: Forward) -> tuple[str, str]:
    return forward.updated_at, forward.code


def _is_closed_place(forward: Forward) -> bool:
    """Whether this only marks that an order had no channel once."""
    return forward.channel == UNROUTED and forward.state is ForwardState.CANCELLED


def _no_order(code: str) -> OperationRefused:
    return OperationRefused(f"There is no order {code}.")
