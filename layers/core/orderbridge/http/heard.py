"""What the last call to a platform brought, for whoever keeps it; no platform's adapter has to hand it on.

Every call passes `Conversation.call`. Who wants to know what came of it listens around it, in the same thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Heard:
    """The last call's reply, or why it brought none (`trouble`); neither where no call was made.

    A reply that was cut short has a status and a trouble.
    `let_in` are the values of the headers that let in the calls: tokens and MACs are among them.
    """

    status: int | None = None
    content_type: str | None = None
    body: bytes | None = field(default=None, repr=False)
    trouble: str | None = None
    let_in: set[str] = field(default_factory=set, repr=False)


_SAYS_NO_SECRET = frozenset({"accept", "content-type"})
_listener: ContextVar[Heard | None] = ContextVar("_listener", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """What this thread's calls bring from here on until the end."""
    heard = Heard()
    token = _listener.set(heard)
    try:
        yield heard
    finally:
        _listener.reset(token)


def note_sent(headers: Mapping[str, str]) -> None:
    """A call is made with these headers, beside those that are always there."""
    if (heard := _listener.get()) is not None:
        heard.let_in.update(value for name, value in headers.items() if name.lower() not in _SAYS_NO_SECRET)


def note_reply(status: int, content_type: str | None, body: bytes) -> None:
    """This came of the call."""
    if (heard := _listener.get()) is not None:
        heard.status, heard.content_type, heard.body, heard.trouble = status, content_type, body, None


def note_failure(status: int | None, trouble: str) -> None:
    """No reply came of the call, or none that is whole."""
    if (heard := _listener.get()) is not None:
        heard.status, heard.content_type, heard.body, heard.trouble = status, None, None, trouble
