"""A partner's call as it was sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """What a call shows of its caller, each exactly as sent and None where it was not, and what a signature may cover.

    `token` is the bearer token, None where none was sent that can be read. `path` is without host, stage and query.
    """

    token: str | None = None
    client_id: str | None = None
    timestamp: str | None = None
    signature: str | None = None
    idempotency_key: str | None = None
    method: str = "POST"
    path: str = ""
    body: bytes = b""
