"""A transport without sockets: every call is an exchange with a sandboxed platform in the same process."""

from __future__ import annotations

import httpx

from orderbridge.http.transport import Transport
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
        super().__init__(allow_loopback_http=True, answered_by=httpx.MockTransport(self._answer))
        self.inside = inside
        self.calls = 0

    def _answer(self, sent: httpx.Request) -> httpx.Response:
        self.calls += 1
        progress = sent.extensions["progress"]
        progress.has_written = True
        target = sent.extensions["target"].decode()
        request = Request(sent.method, target, dict(sent.headers), sent.content)
        delivery = deliver(self.inside.platform, self.inside.faults, request, lambda _: None)
        reply = delivery.reply
        if reply is None:
            raise httpx.RemoteProtocolError("closed")
        if delivery.share < 1:
            progress.beginning = b"HTTP/1.1 %d " % reply.status
            raise httpx.RemoteProtocolError("cut short")
        headers = {"content-type": reply.content_type, **dict(reply.headers)}
        return httpx.Response(reply.status, headers=headers, stream=httpx.ByteStream(reply.body))
