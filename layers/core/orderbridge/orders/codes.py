"""Order codes, ``SO-YYYYMMDD-NNNNN``: the business date and a number of that day (facts 1)."""

from __future__ import annotations

import re
from datetime import date

ORDER_CODE = re.compile(r"SO-(\d{8})-(\d{5,})")
MARKER = re.compile(r"\[(SO-\d{8}-\d{5,})\]")


def order_code(day: date, number: int) -> str:
    """The code of the `number`-th order of a business day; past 99999 the number widens and never wraps."""
    return f"SO-{day:%Y%m%d}-{number:05d}"


def marker(code: str) -> str:
    """The code in brackets, by which an order is found again in free text at a platform: ``[SO-20250101-00001]``."""
    return f"[{code}]"


def business_day(code: str) -> date:
    """The business date in a code; raises ValueError where the text is none."""
    read = ORDER_CODE.fullmatch(code)
    if read is None:
        raise ValueError(f"{code!r} is no order code")
    return date.fromisoformat(read[1])
