"""A schedule per platform, and the operator: what the platforms say about orders, brought back to the orders."""

from orderbridge.entrypoints.status_schedule import status_handler
from orderbridge.wiring.status import sync_status_round

handler = status_handler(sync_status_round())
