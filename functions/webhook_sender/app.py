"""The queue of webhooks: each message tells one partner's system of one change of one order, at least once."""

from orderbridge.runtime.deliveries import delivery_handler
from orderbridge.runtime.wiring_webhooks import SECONDS_PER_DELIVERY, send_delivery

handler = delivery_handler(send_delivery(), SECONDS_PER_DELIVERY)
