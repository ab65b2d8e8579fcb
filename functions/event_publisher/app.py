"""The table's stream: new orders get their forwards, and what happened is published on the bus."""

from orderbridge.entrypoints.stream import stream_handler
from orderbridge.wiring.publishing import publish_order

handler = stream_handler(*publish_order())
