"""How Ngorder's lists are paged."""

from __future__ import annotations

from orderbridge.platforms.endpoints import InQuery, Model


class Paged(Model):
    """The parameters of a list; `pagination_offset` is the number of a page, from 1 (traps D13)."""

    per_page: InQuery[int | None] = None
    pagination_offset: InQuery[int | None] = None
