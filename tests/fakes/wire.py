"""A transport without sockets: every call is an exchange with a sandboxed platform in the same process."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlsplit

from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Call, NoAnswer, Reply, Transport
from orderbridge_sandboxes.delivery import deliver
from orderbridge_sandboxes.exchange import Request
from orderbridge_sandboxes.faults import Faults
from orderbridge_sandboxes.platform import HeldOrder, LoggedRequest, Platform

URL = "http://127.0.0.1:1"


class Inside:
    """A platform with its faults, as `Sandbox` has them, that is called without a server."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.faults = Faults()
        self.url = URL

    @property
    def orders(self) -> tuple[HeldOrder, ...]:
        return self.platform.orders

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        return self.platform.requests


class Wire(Transport):
    """`Transport` to one `Inside`; whatever address a channel has, that is what answers."""

    def __init__(self, inside: Inside) -> None:
        super().__init__(allow_loopback_http=True)
        self.inside = inside
        self.calls = 0

    def conversation(self, base_url: str) -> Any:
        return _Conversation(self, urlsplit(base_url).path.rstrip("/"))


class _Conversation:
    """As `transport.Conversation`."""

    def __init__(self, wire: Wire, path_prefix: str) -> None:
        self.wire = wire
        self.path_prefix = path_prefix

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""

    def call(self, call: Call, deadline: Deadline) -> Reply:
        self.wire.calls += 1
        headers = {name.lower(): value for name, value in call.headers.items()}
        request = Request(call.method, self.path_prefix + call.target, headers, call.body)
        inside = self.wire.inside
        delivery = deliver(inside.platform, inside.faults, request, lambda _: None)
        if delivery.reply is None:
            raise NoAnswer("closed after the request left")
        if delivery.share < 1:
            raise NoAnswer(f"a reply of status {delivery.reply.status} was cut short")
        sent = {"content-type": delivery.reply.content_type, **dict(delivery.reply.headers)}
        return Reply(delivery.reply.status, {name.lower(): value for name, value in sent.items()}, delivery.reply.body)
