"""What the command does as a partner: it logs in, signs an order, and posts it to the stack's API."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orderbridge_cli.output import Failure
from orderbridge_cli.target import Operations

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

REQUEST_TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.2


def call(stack: Operations, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Any:
    """What the stack's API answers a partner; raises `Failure` for anything but success."""
    import httpx

    url = stack.api_url + path
    try:
        answered = httpx.request(
            method, url, json=body, headers=headers, timeout=REQUEST_TIMEOUT_SECONDS, trust_env=False
        )
    except httpx.HTTPError as error:
        raise Failure(f"{url} does not answer ({type(error).__name__}: {error}).") from error
    if not answered.is_success:
        raise Failure(f"{url} answered {answered.status_code}: {answered.text[:500]}")
    return answered.json()


@dataclass(frozen=True, slots=True)
class OwnPartner:
    """A partner that this run has registered, with its secret and its private key."""

    stack: Operations
    client_id: str
    client_secret: str
    private_key: Path

    def post(self, order: Mapping[str, Any]) -> str:
        """Log in and post a signed order; its code."""
        from orderbridge_cli.commands.sign import read_private_key, signed_headers

        login = {"client_id": self.client_id, "client_secret": self.client_secret}
        token = call(self.stack, "POST", "/api/v1/auth/login", {}, login)["token"]
        headers = signed_headers(self.client_id, read_private_key(self.private_key), int(time.time()))
        headers["Authorization"] = f"Bearer {token}"
        code: str = call(self.stack, "POST", "/api/v1/sales-orders", headers, order)["data"]["code"]
        return code


@contextlib.contextmanager
def new_partner(stack: Operations, kind: str, name: str, channels: Sequence[str]) -> Iterator[OwnPartner]:
    """A new partner called ``KIND-...`` whose orders go to these channels alone; its key is gone afterwards."""
    from orderbridge_cli.wiring import operate_partners

    client_id = f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="orderbridge-key-") as folder:
        public_key = make_key_pair(Path(folder))
        issued = operate_partners(stack).add(client_id, name, public_key, channels)
        yield OwnPartner(stack, client_id, issued.client_secret, Path(folder) / "private.pem")


def order_number(kind: str) -> str:
    """A purchase order number that says what the order is for."""
    return f"{kind}-{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"


def wait_for_order(
    stack: Operations, code: str, seconds: float, is_over: Callable[[Sequence[Mapping[str, Any]]], bool]
) -> dict[str, Any]:
    """The order as `orders show` has it once `is_over` says so of its forwards, or after so many seconds."""
    from orderbridge_cli.commands.orders import described
    from orderbridge_cli.wiring import look_up_orders

    lookup = look_up_orders(stack)
    deadline = time.monotonic() + seconds
    while True:
        document = described(lookup.view(code))
        if is_over(document["forwards"]) or time.monotonic() > deadline:
            return document
        time.sleep(POLL_SECONDS)


def make_key_pair(folder: Path) -> bytes:
    """Write a new RSA key pair as private.pem and public.pem; the public half, as PEM."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    from orderbridge_cli.operating.public_keys import ADVISED_KEY_BITS

    key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=ADVISED_KEY_BITS)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    folder.mkdir(parents=True, exist_ok=True)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(folder / "private.pem", private.decode())
    (folder / "public.pem").write_bytes(public)
    return public


def write_private(path: Path, text: str) -> None:
    """A file for its owner alone."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
