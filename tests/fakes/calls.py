"""Calls of the sample partner, as `Callers` sees them: with a token, and signed in either profile."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime

from orderbridge.entrypoints.requests import read_call
from orderbridge.partners.call import Call
from orderbridge.partners.partner import SignatureProfile
from orderbridge.partners.signatures import message_to_sign
from orderbridge.partners.tokens import issue_token, new_claims
from tests.fakes.samples import CLIENT_ID, SIGNING_KEYS, sign


def token(now: datetime, client_id: str = CLIENT_ID, credential_version: int = 1) -> str:
    return issue_token(new_claims(client_id, credential_version, now), SIGNING_KEYS)


def reading(now: datetime, client_id: str = CLIENT_ID, **headers: str) -> Call:
    """A GET with a token."""
    sent = {"authorization": f"Bearer {token(now, client_id)}", **_dashed(headers)}
    return read_call(sent, b"", method="GET", path="")


def signed(
    now: datetime,
    path: str,
    body: bytes = b"",
    *,
    profile: SignatureProfile = "legacy",
    client_id: str = CLIENT_ID,
    key: str = "first",
    **headers: str,
) -> Call:
    """A POST with token and signature; `headers` replace, with _ for -."""
    timestamp = headers.get("x_timestamp", str(int(now.timestamp())))
    message = message_to_sign(profile, client_id=client_id, timestamp=timestamp, method="POST", path=path, body=body)
    sent = {
        "authorization": f"Bearer {token(now, client_id)}",
        "x-client-id": client_id,
        "x-timestamp": timestamp,
        "x-signature": base64.b64encode(sign(message, key)).decode(),
        **_dashed(headers),
    }
    return read_call(sent, body, method="POST", path=path)


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
