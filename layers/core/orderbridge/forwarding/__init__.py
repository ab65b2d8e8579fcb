"""An order's way to its channels: published, sent at most once, looked up, released, swept, cancelled."""
