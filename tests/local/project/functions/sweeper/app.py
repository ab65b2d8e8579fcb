"""Says that it was called."""

import orderbridge  # noqa: F401 - as all functions do


def handler(event, context):
    print(f"swept for {event['detail-type']}")
