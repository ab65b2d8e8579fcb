"""What the platforms' status readers share: where each is found, and failures in the words of the status sync."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from orderbridge import platforms
from orderbridge.domain.channels import Channel
from orderbridge.domain.status_changes import StatusReading
from orderbridge.platforms.asking import AskFailed
from orderbridge.platforms.paging import ListFailed, Page, Row
from orderbridge.platforms.registry import platform_names
from orderbridge.platforms.transport import CallFailed, Transport
from orderbridge.platforms.values import InvalidValue
from orderbridge.ports_status import StatusPage, StatusPlatform, StatusReadFailed

CredentialsOf = Callable[[Channel], Mapping[str, Any]]


def status_platform(name: str, credentials: CredentialsOf, *, allow_loopback_http: bool = False) -> StatusPlatform:
    """The platform of this name, ready to be asked; raises `InvalidValue` for a name that is none.

    It is the class `Statuses` in the platform's module ``statuses``.
    """
    if name not in platform_names():
        raise InvalidValue(f"{name!r} is not a platform; there are {', '.join(platform_names())}")
    module = importlib.import_module(f"{platforms.__name__}.{name}.statuses")
    transport = Transport(allow_loopback_http=allow_loopback_http)
    return cast("StatusPlatform", module.Statuses(transport, credentials))


def status_page(page: Page, reading: Callable[[Row], StatusReading]) -> StatusPage:
    """A page as readings; raises `ListFailed` where it is empty and says that another follows."""
    if page.has_more and not page.rows:
        raise ListFailed("an empty page, and more should follow")
    return StatusPage([reading(row) for row in page.rows], page.has_more)


@contextmanager
def told_as_status_read() -> Iterator[None]:
    """Raises `StatusReadFailed` for a list that was not read."""
    try:
        yield
    except ListFailed as failed:
        raise StatusReadFailed(failed.reason, failed.retry_after, credentials=failed.credentials) from None
    except (AskFailed, CallFailed) as failure:
        raise StatusReadFailed(str(failure)) from None
