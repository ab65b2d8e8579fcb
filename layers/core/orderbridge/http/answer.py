"""What came of a post to an address that a partner chose."""

from __future__ import annotations

from dataclasses import dataclass

from orderbridge.values.text import bounded


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: the status, or why there is none (`detail`), and Retry-After in seconds."""

    status: int | None
    detail: str | None = None
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more, ever (Standard Webhooks: 410)."""
        return self.status == 410

    @property
    def words(self) -> str:
        return bounded(self.detail or f"answered {self.status}", 120)
