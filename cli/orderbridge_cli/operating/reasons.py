"""What many errors have in common: a platform's words without what belongs to one order alone."""

from __future__ import annotations

import re

_OF_ONE_ORDER = re.compile(r"(?:\S*\d\S*)(?:\s+\S*\d\S*)*")


def reason_shape(text: str) -> str:
    """A reason with `#` for every run of words that hold a digit: numbers, ids, codes, times."""
    return _OF_ONE_ORDER.sub("#", text)
