"""Values that many tests start from; the documents' own sample names."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orderbridge.orders.order import Order, SalesOrder
from orderbridge.partners.partner import Partner, PartnerKey, hash_client_secret
from orderbridge.partners.tokens import SigningKeys
from orderbridge.platforms.registry import can_cancel, platform_names
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.times import after, to_iso
from orderbridge_cli.operating.public_keys import read_public_key

NOW = datetime(2025, 1, 1, 3, 0, tzinfo=UTC)
CLIENT_ID = "partner-client-001"
CLIENT_SECRET = "secret-key-123"
PEPPER = b"a pepper of enough bytes for one test"
SIGNING_KEYS = SigningKeys({"1": b"0123456789abcdef0123456789abcdef"}, "1")
SIRCLO = ChannelRef("sirclo-main", "sirclo")
NGORDER = ChannelRef("ngorder-main", "ngorder")

CANCELLING = frozenset(filter(can_cancel, platform_names()))
"""The platforms that can be asked to take an order back."""


def private_key(name: str = "first", bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key pair, made once per process and name."""
    return _generate(name, bits)


@functools.cache
def _generate(_name: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def public_pem(name: str = "first", bits: int = 2048) -> bytes:
    return private_key(name, bits).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def partner_key(name: str = "first") -> PartnerKey:
    return read_public_key(public_pem(name), to_iso(NOW))


def sign(message: bytes, name: str = "first") -> bytes:
    return private_key(name).sign(message, padding.PKCS1v15(), SHA256())


def partner(**changes: Any) -> Partner:
    values: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "name": "A partner",
        "secret_hash": hash_client_secret(PEPPER, CLIENT_SECRET),
        "credential_version": 1,
        "channels": (SIRCLO,),
        "keys": (partner_key(),),
    }
    return Partner(**{**values, **changes})


def order_document(**changes: Any) -> dict[str, Any]:
    """The request sample of the API's document (facts 1)."""
    document: dict[str, Any] = {
        "customer_code": "CUST-001",
        "site_code": "SITE-001",
        "sales_name": "John Doe",
        "address": "Jl. Sudirman No. 1, Jakarta",
        "purchase_order_no": "PO-2025-00001",
        "products": [{"product_code": "PROD-001", "quantity": 10}],
    }
    return {**document, **changes}


def order_body(**changes: Any) -> bytes:
    return json.dumps(order_document(**changes)).encode()


def order(code: str = "SO-20250101-00001", **changes: Any) -> Order:
    content = SalesOrder.model_validate_json(order_body(purchase_order_no=f"PO of {code}"))
    values: dict[str, Any] = {
        "key": OrderKey.of(CLIENT_ID, f"po:PO of {code}"),
        "code": code,
        "content": content,
        "content_hash": content.content_hash(),
        "created_at": to_iso(NOW),
        "order_date": "2025-01-01",
        "status": "DRAFT",
        "channels": (SIRCLO,),
        "signed_by": partner_key().kid,
        "due_at": after(NOW, 60),
    }
    return Order(**{**values, **changes})
