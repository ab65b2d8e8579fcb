"""The queue of one platform, PLATFORM: each message makes one order arrive there, at most once."""

from orderbridge.entrypoints.forward_queue import queue_handler
from orderbridge.platforms.adapter import SECONDS_PER_FORWARD
from orderbridge.wiring.forwarding import forward_order

handler = queue_handler(forward_order(), SECONDS_PER_FORWARD)
