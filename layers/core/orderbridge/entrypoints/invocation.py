"""One invocation by a queue, a stream or a schedule: what fails is logged without its data, and repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from orderbridge.aws.clients import WORKING
from orderbridge.entrypoints.log import begin_invocation, log_failure
from orderbridge.entrypoints.own_table import OwnTable


class HandlerFailed(Exception):
    """An invocation that must be repeated. It names a type only: the Lambda runtime prints what is raised."""


def invocations(function: str) -> Callable[[Any], AbstractContextManager[None]]:
    """What each invocation of a handler runs in, by its context: made with the handler, once per environment.

    It is logged on its own, begins nothing on a table of another version, and lets no exception's message out.
    """
    table = OwnTable(WORKING)

    @contextmanager
    def invocation(context: Any) -> Iterator[None]:
        begin_invocation(function=function, request_id=getattr(context, "aws_request_id", None))
        try:
            table.require()
            yield
        except Exception as failure:  # noqa: BLE001 - whatever it is, its message stays here
            log_failure("invocation_failed", failure)
            raise HandlerFailed(type(failure).__name__) from None

    return invocation
