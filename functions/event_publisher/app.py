"""The table's stream: new orders get their forwards, and what happened is published on the bus."""

from orderbridge.runtime.stream import stream_handler
from orderbridge.runtime.wiring_forwarding import publish_order

handler = stream_handler(*publish_order())
