"""Addresses that a partner chose: https, and on the public internet as far as they show it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from orderbridge.http.base_urls import is_loopback
from orderbridge.http.public_addresses import is_public

MAX_URL_LENGTH = 500

_VISIBLE = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class BadWebhookUrl(ValueError):
    """An address that nothing may be sent to; the message says why."""


def check_url(url: str, *, allow_loopback_http: bool) -> None:
    """Raises `BadWebhookUrl` unless the url is https and, as far as it shows, public.

    What its name resolves to is looked at before each attempt, when the connection is made to what was looked at.
    """
    if len(url) > MAX_URL_LENGTH or not _VISIBLE.fullmatch(url):
        raise BadWebhookUrl(f"must be at most {MAX_URL_LENGTH} printable ASCII characters without spaces")
    if is_on_this_machine(url):
        if allow_loopback_http:
            return
        raise BadWebhookUrl("must be https; plain http is for loopback on the local stack only")
    parts = _parts_of(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        raise BadWebhookUrl("must be https")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadWebhookUrl("must hold neither credentials nor a fragment")
    if _is_address(host):
        if not is_public(host):
            raise BadWebhookUrl("must be a public address")
    elif not _HOST.fullmatch(host) or "." not in host.strip("."):
        raise BadWebhookUrl("must name a public host")


def is_on_this_machine(url: str) -> bool:
    """Whether a url is plain http on loopback, which only the local stack may call."""
    return is_loopback(url.partition("?")[0])


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is read only now, and may be none
    except ValueError:
        raise BadWebhookUrl("is not a url") from None
    return parts


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
