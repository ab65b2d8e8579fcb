"""Channels: one account on one platform each, with its mappings, its breaker and its credentials."""
