"""One invocation by a stream or a schedule: what fails is logged without its data, and the invocation is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from orderbridge.entrypoints.log import begin_invocation, log_failure


class HandlerFailed(Exception):
    """An invocation that must be repeated. It names a type only: the Lambda runtime prints what is raised."""


@contextmanager
def invocation(function: str, context: Any) -> Iterator[None]:
    """Log this invocation on its own, and let no exception's message out of it."""
    begin_invocation(function=function, request_id=getattr(context, "aws_request_id", None))
    try:
        yield
    except Exception as failure:  # noqa: BLE001 - whatever it is, its message stays here
        log_failure("invocation_failed", failure)
        raise HandlerFailed(type(failure).__name__) from None
