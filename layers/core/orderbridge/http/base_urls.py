"""Addresses that calls are made to: https on a host with a name, or plain http on this machine."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import NamedTuple

_OWN_PORTS = {"https": 443, "http": 80}
_BASE_URL = re.compile(r"(https?)://(\[::1\]|[^/?#:@\[\]]*)(?::([^/?#@]*))?(/[^?#]*)?", re.IGNORECASE)
_VISIBLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBERS = re.compile(r"[0-9]+(?:[^0-9][0-9]+){0,3}")  # httpx reads such a host as an IPv4 address
_PORT = re.compile(r"[0-9]{1,5}")
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LONGEST_HOST = 253
_PORTS = 65536


class Address(NamedTuple):
    """The parts of a base_url; `port` None for the scheme's own, `authority` as it goes into a Host header."""

    scheme: str
    host: str
    port: int | None
    authority: str
    path: str

    @property
    def is_loopback(self) -> bool:
        """Whether it is plain http on this machine."""
        return self.scheme == "http"


def address_in(base_url: str) -> Address:
    """The address in a base_url; raises ValueError, which says why, for one that no call can be made to.

    A name resolver takes labels of 1 to 63 letters, digits and hyphens, 253 characters in all. A dot at the end is not
    taken: certificates have none. Path and query go on the wire as they are, so they are visible ASCII.
    """
    if not _VISIBLE.fullmatch(base_url):
        raise ValueError("must be visible ASCII characters, without spaces")
    parts = _BASE_URL.fullmatch(base_url)
    scheme, host, port, path = parts.groups() if parts else ("", "", None, None)
    is_plain = scheme.lower() == "http" and host.lower() in _LOOPBACK_HOSTS
    if not is_plain and (scheme.lower() != "https" or host.startswith("[")):
        raise ValueError("must be an https address without user, query or fragment (plain http is for loopback only)")
    if not is_plain and (len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, host.split(".")))):
        raise ValueError("must name a host: labels of 1 to 63 letters, digits and inner hyphens, 253 characters in all")
    if _NUMBERS.fullmatch(host) and not _is_ipv4(host):
        raise ValueError("must name a host: numbers are an IPv4 address, or none")
    if port is not None and not (_PORT.fullmatch(port) and 0 < int(port) < _PORTS):
        raise ValueError(f"must have a port from 1 to {_PORTS - 1}, or none")
    authority = host if port is None else f"{host}:{port}"
    return Address(scheme.lower(), host.lower().strip("[]"), None if port is None else int(port), authority, path or "")


def is_loopback(base_url: str) -> bool:
    """Whether an address is plain http on this machine, which only the local stack may call."""
    try:
        return address_in(base_url).is_loopback
    except ValueError:
        return False


def origin(base_url: object) -> str:
    """Where a base_url's calls go: scheme, host and port in one spelling, ``https://shop.example:8443``.

    The host is in lower case, and a port that is the scheme's own is left out. Two addresses of one origin differ in
    their paths only. Raises ValueError for what no channel's base_url may be.
    """
    if not isinstance(base_url, str):
        raise ValueError("not an address that a channel may have")
    address = address_in(base_url)
    name = f"[{address.host}]" if ":" in address.host else address.host
    is_own_port = address.port in (None, _OWN_PORTS[address.scheme])
    return f"{address.scheme}://{name}" + ("" if is_own_port else f":{address.port}")


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
