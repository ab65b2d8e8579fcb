"""The queue of one platform, PLATFORM: each message makes one order arrive there, at most once."""

from orderbridge.platforms.adapter import SECONDS_PER_FORWARD
from orderbridge.runtime.background import queue_handler
from orderbridge.runtime.wiring_forwarding import forward_order

handler = queue_handler(forward_order(), SECONDS_PER_FORWARD)
