"""The queue of webhooks: each message tells one partner's system of one change of one order, at least once."""

from orderbridge.entrypoints.webhook_queue import delivery_handler
from orderbridge.wiring.webhooks import SECONDS_PER_DELIVERY, send_delivery

handler = delivery_handler(send_delivery(), SECONDS_PER_DELIVERY)
