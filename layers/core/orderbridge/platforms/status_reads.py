"""What the platforms' status readers share: where each is found, and failures in the words of the status sync."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from orderbridge import platforms
from orderbridge.calls.asking import AskFailed
from orderbridge.calls.paging import ListFailed, ReadPage, Row, RowTooLarge, page_at, read_rows
from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.http.exchange import CallFailed
from orderbridge.http.transport import Conversation, Transport
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.registry import platform_names
from orderbridge.platforms.values import InvalidValue
from orderbridge.status.changes import StatusReading
from orderbridge.status.ports import StatusPage, StatusPlatform, StatusReadFailed

CredentialsOf = Callable[[Channel], Mapping[str, Any]]
SettingsT = TypeVar("SettingsT", bound=CommonSettings)
CredentialsT = TypeVar("CredentialsT", bound=BaseModel)


def status_platform(name: str, credentials: CredentialsOf, *, allow_loopback_http: bool = False) -> StatusPlatform:
    """The platform of this name, ready to be asked; raises `InvalidValue` for a name that is none.

    It is the class `Statuses` in the platform's module ``statuses``.
    """
    if name not in platform_names():
        raise InvalidValue(f"{name!r} is not a platform; there are {', '.join(platform_names())}")
    module = importlib.import_module(f"{platforms.__name__}.{name}.statuses")
    transport = Transport(allow_loopback_http=allow_loopback_http)
    return cast("StatusPlatform", module.Statuses(transport, credentials))


def status_page(read: ReadPage, position: int, largest: int, reading: Callable[[Row], StatusReading]) -> StatusPage:
    """The page of a list at a position, as large as fits (`paging`); rows that cannot be read are named and skipped.

    Raises `StatusReadFailed` for a page that is not read, for an empty one behind which another should follow, and
    where the first page has several rows of which none can be read: that may be another list.
    """
    with told_as_status_read():
        try:
            page = page_at(read, position, largest)
        except RowTooLarge as too_large:
            return StatusPage((), has_more=True, unread=[too_large.reason], next_position=position + 1)
        if page.has_more and not page.rows and not page.odd:
            raise ListFailed("an empty page, and more should follow")
        found, unread = read_rows(page, reading)
        readings = [each for each in found if each is not None]
        if not position and not readings and len(unread) > 1:
            reason = f"none of {len(unread)} rows can be read: {unread[-1]}"
            raise StatusReadFailed(reason, next_position=page.end if page.has_more else None)
        return StatusPage(readings, page.has_more, unread=unread, next_position=page.end, total=page.total)


@contextmanager
def connected(
    definition: PlatformDefinition[SettingsT, CredentialsT],
    transport: Transport,
    credentials_of: CredentialsOf,
    channel: Channel,
) -> Iterator[tuple[Conversation, SettingsT, CredentialsT]]:
    """One connection to a channel's account; raises `StatusReadFailed` where there cannot be one."""
    settings, credentials = account_of(definition, credentials_of, channel)
    with told_as_status_read():
        conversation = transport.conversation(settings.base_url)
    with conversation:
        yield conversation, settings, credentials


def account_of(
    definition: PlatformDefinition[SettingsT, CredentialsT], credentials_of: CredentialsOf, channel: Channel
) -> tuple[SettingsT, CredentialsT]:
    """A channel's settings and credentials; raises `StatusReadFailed` where they cannot be used."""
    with told_as_status_read():
        return definition.read_settings(channel.settings), definition.read_credentials(credentials_of(channel))


@contextmanager
def told_as_status_read() -> Iterator[None]:
    """Raises `StatusReadFailed` for a list that was not read."""
    try:
        yield
    except ListFailed as failed:
        raise StatusReadFailed(failed.reason, failed.retry_after, credentials=failed.credentials) from None
    except (AskFailed, CallFailed, InvalidValue, ChannelUnusable) as failure:
        raise StatusReadFailed(str(failure)) from None
