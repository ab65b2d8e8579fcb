"""A schedule per platform, and the operator: stock levels read, compared with those of record, and pushed."""

from orderbridge.runtime.stock import stock_handler
from orderbridge.runtime.wiring_stock import sync_round

handler = stock_handler(sync_round())
