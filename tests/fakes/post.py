"""From a change of an order to its message at a receiver, on fakes, all on one count of steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from orderbridge.forwarding.forward.states import Forward, Transition
from orderbridge.forwarding.publishing import PublishForwardChange, PublishOrder
from orderbridge.forwarding.sweeping import Sweep
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import to_iso
from orderbridge.webhooks.delivery import Delivery
from orderbridge.webhooks.sending import SendDelivery, SweepDeliveries
from orderbridge.webhooks.webhook import Lane
from tests.fakes.outward import Bus, Queues
from tests.fakes.statuses import sent_forward
from tests.fakes.steps import Clock, Died, PortFailed, Steps
from tests.fakes.store import Store
from tests.fakes.webhooks import DeliveryQueue, Receiver, Vault, Webhooks, a_webhook

GRACE = 60.0


class Post:
    """A post office: publisher, sender and sweeper of webhooks on fakes, all on one count of steps."""

    def __init__(self, *webhooks: Any) -> None:
        self.steps = Steps()
        self.clock = Clock()
        self.store = Store(self.steps)
        self.bus = Bus(self.steps)
        self.webhooks = Webhooks(self.store, *(webhooks or (a_webhook(),)))
        self.vault = Vault(self.steps, *self.webhooks.by_id.values())
        self.queue = DeliveryQueue(self.clock, self.steps)
        self.slow_queue = DeliveryQueue(self.clock, self.steps)
        self.receiver = Receiver(self.steps, clock=self.clock)
        self.publish = PublishForwardChange(self.store, self.bus, self.webhooks, self.queue, self.clock, GRACE)
        self.relay = Sweep(
            due_index=self.store,
            orders=self.store,
            queues=Queues(self.clock, self.steps),
            publish=PublishOrder(self.store, self.bus, self.clock, GRACE),
            relay=self.publish,
            route=lambda _: (),
            clock=self.clock,
        )
        queues: Mapping[Lane, DeliveryQueue] = {"quick": self.queue, "slow": self.slow_queue}
        self.queues = queues
        self.send = SendDelivery(
            self.webhooks, self.vault, self.receiver, queues, self.bus.publish, self.clock, lambda: 0.5, GRACE
        )
        self.sweep = SweepDeliveries(self.webhooks, self.webhooks, queues, self.clock)
        self.forward = sent_forward(self.store, 1)
        self.store.orders[self.forward.key] = replace(self.store.orders[self.forward.key], status="DRAFT")

    def change(self, change: Callable[[Forward], Forward]) -> None:
        """Something happens to the order's forward; the stream does not know of it yet."""
        at = to_iso(self.clock())
        changed = replace(change(self.forward), updated_at=at)
        entry = TimelineEntry(at, "StatusChanged", changed.channel.name)
        self.forward = self.store.save(Transition(changed, entry, self.forward))

    def note(self) -> Delivery:
        """Publish, and return the one new message."""
        before = set(self.store.deliveries)
        self.publish(self.forward)
        (ref,) = set(self.store.deliveries) - before
        return self.store.deliveries[ref]

    def publish_now(self) -> None:
        """The stream brings the order's forward as it is now."""
        self.publish(self.forward)

    def sweep_now(self) -> None:
        self.relay()

    def work(self) -> None:
        """Handle what is visible in the queues; what fails is dropped, as after the last receive."""
        for _ in range(100):
            for lane, queue in self.queues.items():
                ref = queue.take()
                if ref is not None:
                    with suppress(Died, PortFailed):
                        self.send(ref, lane)
                    break
            else:
                return
        raise AssertionError("the queues never end")

    def wait(self, seconds: float) -> None:
        """Time passes, with a sweep a minute."""
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            self.clock.move(min(60, (end - self.clock.now).total_seconds()))
            self.sweep()
            self.work()

    def untold(self) -> list[Forward]:
        """The forwards whose last news nobody has relayed."""
        return [forward for forward in self.store.forwards.values() if forward.news_due_at is not None]

    def leave_untold(self, forward: Forward) -> None:
        """A forward whose stream record was lost."""
        self.store.forwards[forward.key, forward.channel.name] = replace(forward, news_due_at=forward.updated_at)

    def deliveries(self) -> list[Delivery]:
        return sorted(self.store.deliveries.values(), key=lambda delivery: delivery.ref.message_id)

    def announced(self) -> list[str]:
        """The statuses in the messages that were written, in their order."""
        return [json.loads(delivery.body)["data"]["status"] for delivery in self.deliveries()]
