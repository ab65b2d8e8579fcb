"""What an operator asked for and cannot have."""

from __future__ import annotations


class OperationRefused(Exception):
    """The operator asked for something that cannot be done; the message says why, and nothing was changed."""
