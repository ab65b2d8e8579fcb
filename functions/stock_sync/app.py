"""A schedule per platform, and the operator: stock levels read, compared with those of record, and pushed."""

from orderbridge.entrypoints.stock_schedule import stock_handler
from orderbridge.wiring.stock import sync_round

handler = stock_handler(sync_round())
