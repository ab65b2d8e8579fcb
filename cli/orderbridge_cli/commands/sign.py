"""`orderbridge sign`: the signed headers of a request made now (facts 1)."""

from __future__ import annotations

import base64
import hashlib
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orderbridge_cli.output import Failure, answer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from orderbridge_cli.signatures.mistakes import SignedRequest


ClientId = Annotated[str, typer.Option("--client-id", metavar="ID", help="The partner's client id.")]
PrivateKey = Annotated[
    Path,
    typer.Option(
        "--key", metavar="FILE.pem", exists=True, dir_okay=False, readable=True, help="The partner's private RSA key."
    ),
]
Profile = Literal["legacy", "snap-asym"]
Method = Annotated[str, typer.Option("--method", metavar="METHOD", help="snap-asym: the request's method.")]
RequestPath = Annotated[
    str, typer.Option("--path", metavar="PATH", help="snap-asym: the request's path, without host, stage and query.")
]
Body = Annotated[
    Path | None,
    typer.Option("--body", metavar="FILE", exists=True, dir_okay=False, help="The request's body, byte for byte."),
]

COVERS = {
    "legacy": "client_id and timestamp; not the method, the path or the body",
    "snap-asym": "method, path, body and timestamp",
}
"""What a signature of each profile protects against being changed."""


def sign(
    *,
    client_id: ClientId,
    key: PrivateKey,
    profile: Annotated[Profile, typer.Option(help="How the partner signs; see `partners show`.")] = "legacy",
    method: Method = "POST",
    path: RequestPath = "/api/v1/sales-orders",
    body: Body = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the exact string that is signed, and how openssl signs it.")
    ] = False,
) -> None:
    """Print the signed headers of a request made now. They are good for five minutes."""
    from orderbridge_cli.signatures.mistakes import SignedRequest

    check_client_id(client_id)
    request = SignedRequest(
        client_id, str(int(time.time())), profile, method, path, body.read_bytes() if body is not None else None
    )
    private_key = read_private_key(key)
    headers = headers_of(request, private_key)
    if not explain:
        answer(headers, lambda: _lines(headers))
        return
    explanation = _explanation(request, private_key)
    commands = openssl_commands(request, key, body)
    document = {"headers": headers, **explanation, "openssl": commands}
    answer(document, lambda: _explained(headers, explanation, commands))


def check_client_id(client_id: str) -> None:
    """Raises the usage error of typer for what is no client id."""
    from orderbridge.partners.partner import CLIENT_ID

    if not CLIENT_ID.fullmatch(client_id):
        raise typer.BadParameter("1 to 64 letters, digits, dots, underscores and hyphens", param_hint="--client-id")


def signed_headers(client_id: str, private_key: RSAPrivateKey, timestamp: int) -> dict[str, str]:
    """The three headers of a request that is signed in the legacy form; `timestamp` in unix seconds."""
    from orderbridge_cli.signatures.mistakes import SignedRequest

    return headers_of(SignedRequest(client_id, str(timestamp)), private_key)


def headers_of(request: SignedRequest, private_key: RSAPrivateKey) -> dict[str, str]:
    """The three headers of a signed request."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    signature = private_key.sign(request.string_to_sign(), PKCS1v15(), SHA256())
    return {
        "X-CLIENT-ID": request.client_id,
        "X-TIMESTAMP": request.timestamp,
        "X-SIGNATURE": base64.b64encode(signature).decode(),
    }


def openssl_commands(request: SignedRequest, key: Path, body: Path | None) -> list[str]:
    """What a shell runs to make the same signature."""
    signing = f"openssl dgst -sha256 -sign {shlex.quote(str(key))} | openssl base64 -A"
    if request.profile == "legacy":
        return [f"printf '%s' {shlex.quote(request.string_to_sign().decode())} | {signing}"]
    file = shlex.quote(str(body)) if body is not None else "/dev/null"
    text = f'{shlex.quote(f"{request.method}:{request.path}:")}"$digest:{request.timestamp}"'
    return [f"digest=$(openssl dgst -sha256 -r {file} | cut -d ' ' -f 1)", f"printf '%s' {text} | {signing}"]


def read_private_key(path: Path) -> RSAPrivateKey:
    """The private RSA key in a PEM file (PKCS#1 or PKCS#8, not encrypted); raises `Failure` for anything else."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from orderbridge_cli.operating.public_keys import MIN_KEY_BITS

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


def _explanation(request: SignedRequest, private_key: RSAPrivateKey) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from orderbridge_cli.signatures.report import TextToSign

    der = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "profile": request.profile,
        "covers": COVERS[request.profile],
        "string_to_sign": TextToSign(request.string_to_sign()).body(),
        "body_sha256": hashlib.sha256(request.body or b"").hexdigest() if request.profile == "snap-asym" else None,
        "kid": hashlib.sha256(der).hexdigest()[:16],
        "bits": private_key.key_size,
    }


def _lines(headers: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


def _explained(headers: dict[str, str], explanation: dict[str, Any], commands: list[str]) -> str:
    return "\n".join(
        (
            _lines(headers),
            "",
            *described_text("String to sign", explanation["string_to_sign"]),
            f"Covers: {explanation['covers']} (profile {explanation['profile']})",
            f"Key: {explanation['kid']}, {explanation['bits']} bits",
            "",
            "The same with openssl:",
            *(f"  {command}" for command in commands),
        )
    )


def described_text(title: str, text: dict[str, Any]) -> list[str]:
    """Lines that show a text to sign as a person compares it: visible, in hex, and hashed."""
    hexadecimal = text["hex"]
    rows = [hexadecimal[start : start + 64] for start in range(0, min(len(hexadecimal), 64 * 8), 64)]
    return [
        f"{title} ({text['bytes']} bytes; there is nothing behind the last one shown):",
        f"  {text['text'] if len(text['text']) <= 512 else text['text'][:512] + ' ...'}",
        *(f"  hex  {' '.join(row[at : at + 2] for at in range(0, len(row), 2))}" for row in rows),
        *(["  hex  ..."] if len(hexadecimal) > 64 * 8 else []),
        f"  SHA-256  {text['sha256']}",
        "",
    ]
