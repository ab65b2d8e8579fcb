"""Keys, requests and signatures for the tests of the signature debugger."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orderbridge.partners.partner import PartnerKey
from orderbridge_cli.operating.public_keys import read_public_key
from orderbridge_cli.signatures.mistakes import SignedRequest
from orderbridge_cli.signatures.report import SignatureReport, examine

CLIENT_ID = "Partner-001"
SECONDS = 1_704_067_200
NOW = datetime.fromtimestamp(SECONDS, UTC) + timedelta(seconds=20)
BODY = b'{"customer_code": "CUST-001", "products": [{"product_code": "PROD-001", "quantity": 10}]}'
LEGACY = SignedRequest(CLIENT_ID, str(SECONDS), body=BODY)
BODY_BOUND = SignedRequest(CLIENT_ID, str(SECONDS), "snap-asym", body=BODY)
DIGEST = hashlib.sha256(BODY).hexdigest()


@cache
def key_pair(name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def private_key(name: str = "one", bits: int = 2048) -> rsa.RSAPrivateKey:
    return key_pair(name, bits)


def public_key(name: str = "one", bits: int = 2048) -> PartnerKey:
    pem = private_key(name, bits).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return read_public_key(pem, "2025-01-01T00:00:00.000Z")


def sign(message: bytes, *, name: str = "one", hash_: HashAlgorithm | None = None) -> bytes:
    return private_key(name).sign(message, padding.PKCS1v15(), hash_ or SHA256())


def base64_of(signature: bytes) -> str:
    return base64.b64encode(signature).decode()


def report_on(
    signature: str, request: SignedRequest = LEGACY, *, now: datetime = NOW, claimed: bytes | None = None
) -> SignatureReport:
    return examine(request, signature, [public_key()], now, claimed)


def codes(report: SignatureReport) -> list[str]:
    return [finding.code for finding in report.findings]
