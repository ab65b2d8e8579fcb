"""Cursors of lists: opaque to partners, strict to read, and good for nothing but the list they came from."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import date

_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,512}")
_STOCK_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,1366}")  # a sort key has at most 1024 bytes
_CREATED_KEY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#SO-\d{8}-\d{5,}", re.ASCII)


class BadCursor(ValueError):
    """A text that is no cursor of ours."""


@dataclass(frozen=True, slots=True)
class OrderCursor:
    """Where a list of orders goes on: on a business day, after the order with this key (None: from its newest)."""

    day: date
    after: str | None

    def encode(self) -> str:
        text = json.dumps([self.day.isoformat(), self.after], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> OrderCursor:
        """The cursor that `encode` wrote; raises `BadCursor` for anything else."""
        if not _CURSOR.fullmatch(text):
            raise BadCursor(text)
        try:
            decoded = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            day, after = decoded
            cursor = cls(date.fromisoformat(day), after)
        except (ValueError, TypeError, binascii.Error) as error:
            raise BadCursor(text) from error
        if after is not None and not (isinstance(after, str) and _CREATED_KEY.fullmatch(after)):
            raise BadCursor(text)
        if cursor.encode() != text:
            raise BadCursor(text)
        return cursor


@dataclass(frozen=True, slots=True)
class StockCursor:
    """Where a list of stock goes on: after this product code."""

    after: str

    def encode(self) -> str:
        return base64.urlsafe_b64encode(self.after.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> StockCursor:
        """The cursor that `encode` wrote; raises `BadCursor` for anything else."""
        if not _STOCK_CURSOR.fullmatch(text):
            raise BadCursor(text)
        try:
            cursor = cls(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        except ValueError as error:
            raise BadCursor(text) from error
        if cursor.encode() != text:
            raise BadCursor(text)
        return cursor
