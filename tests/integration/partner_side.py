"""A partner's system: the events of `events/` with its own token, time and signature in them."""

from __future__ import annotations

import base64
import copy
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orderbridge.partners.partner import Partner, hash_client_secret
from orderbridge_cli.commands.local.events import sample_event, with_values
from tests.fakes import samples
from tests.integration.deployed import PEPPER, Deployed

Event = dict[str, Any]


def with_body(event: Event, body: bytes | str | Mapping[str, Any] | None, *, in_base64: bool = False) -> Event:
    """The event with another body; bytes that are no text need Base64, as API Gateway does it."""
    text = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
    if in_base64:
        raw = text.encode() if isinstance(text, str) else text or b""
        return {**event, "body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
    return {**event, "body": text.decode() if isinstance(text, bytes) else text}


def with_headers(event: Event, **headers: str | list[str] | None) -> Event:
    """The event with other headers (``_`` for ``-``); None drops one, a list sends it several times."""
    changed = copy.deepcopy(event)
    for name, value in headers.items():
        for known in [each for each in changed["multiValueHeaders"] if each.lower() == name.replace("_", "-")]:
            changed["multiValueHeaders"].pop(known)
            changed["headers"].pop(known, None)
        if value is not None:
            values = [value] if isinstance(value, str) else value
            changed["multiValueHeaders"][name.replace("_", "-")] = values
            changed["headers"][name.replace("_", "-")] = values[-1]
    return changed


@dataclass
class PartnerSide:
    """A registered partner with its secret and its key."""

    deployed: Deployed
    partner: Partner = field(
        default_factory=lambda: samples.partner(secret_hash=hash_client_secret(PEPPER.encode(), samples.CLIENT_SECRET))
    )
    _token: str = ""

    @property
    def token(self) -> str:
        """From a login, once."""
        if not self._token:
            status, body, _ = self.deployed.answer("auth_login", sample_event("auth_login"))
            assert status == 200, body
            self._token = body["token"]
        return self._token

    def signed(self, event: Event, *, timestamp: str | None = None) -> Event:
        """The event with this partner's token, time and signature, where the sample has its place-holders."""
        timestamp = timestamp or str(int(time.time()))
        signature = base64.b64encode(samples.sign(f"{self.partner.client_id}|{timestamp}".encode())).decode()
        values = {"Authorization": f"Bearer {self.token}", "X-TIMESTAMP": timestamp, "X-SIGNATURE": signature}
        return with_values(event, values)

    def order(self, *, timestamp: str | None = None, **changes: Any) -> Event:
        """A signed order, the sample of the document with changes."""
        event = self.signed(sample_event("order_intake"), timestamp=timestamp)
        return with_body(event, {**json.loads(event["body"]), **changes})
