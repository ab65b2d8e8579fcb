"""`orderbridge sign`: the signed headers of a request made now (document 000, request signature)."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderbridge_cli.output import Failure, answer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ClientId = Annotated[str, typer.Option("--client-id", metavar="ID", help="The partner's client id.")]
PrivateKey = Annotated[
    Path,
    typer.Option(
        "--key", metavar="FILE.pem", exists=True, dir_okay=False, readable=True, help="The partner's private RSA key."
    ),
]


def sign(*, client_id: ClientId, key: PrivateKey) -> None:
    """Print the signed headers of a request made now. They are good for five minutes."""
    from orderbridge.domain.partners import CLIENT_ID

    if not CLIENT_ID.fullmatch(client_id):
        raise typer.BadParameter("1 to 64 letters, digits, dots, underscores and hyphens", param_hint="--client-id")
    headers = signed_headers(client_id, read_private_key(key), int(time.time()))
    answer(headers, lambda: "\n".join(f"{name}: {value}" for name, value in headers.items()))


def signed_headers(client_id: str, private_key: RSAPrivateKey, timestamp: int) -> dict[str, str]:
    """The three headers of a signed request; `timestamp` in unix seconds."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    from orderbridge.domain.signatures import message_to_sign

    # The legacy form covers neither method nor path nor body.
    message = message_to_sign("legacy", client_id=client_id, timestamp=str(timestamp), method="", path="", body=b"")
    signature = private_key.sign(message, PKCS1v15(), SHA256())
    return {
        "X-CLIENT-ID": client_id,
        "X-TIMESTAMP": str(timestamp),
        "X-SIGNATURE": base64.b64encode(signature).decode(),
    }


def read_private_key(path: Path) -> RSAPrivateKey:
    """The private RSA key in a PEM file (PKCS#1 or PKCS#8, not encrypted); raises `Failure` for anything else."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from orderbridge.domain.signatures import MIN_KEY_BITS

    content = path.read_bytes()
    if b"PUBLIC KEY" in content and b"PRIVATE KEY" not in content:
        raise Failure(f"{path} is a public key; signing takes the private one.")
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise Failure(f"{path} is encrypted; decrypt it first (openssl pkey -in FILE -out FILE).") from None
    except ValueError:
        raise Failure(f"{path} is not a private key in PEM form.") from None
    if not isinstance(key, RSAPrivateKey):
        raise Failure(f"{path} is not an RSA key.")
    if key.key_size < MIN_KEY_BITS:
        raise Failure(f"{path} has {key.key_size} bits; at least {MIN_KEY_BITS} are accepted.")
    return key
