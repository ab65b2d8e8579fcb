"""Whether a platform's words speak of what an order says, or of trouble that another time, or another caller, has not.

An order is REJECTED for good only by words that speak of its content. What they name is a closed list, in English and
Indonesian: the members of the platforms' create calls, and what people call them. Words that speak of trouble besides
prove nothing, and neither do words that say that the order is there already.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z]+")
_LONGEST = 4000

_CONTENT = frozenset(
    {
        "address", "alamat", "amount", "awb", "barang", "branch", "cabang", "category", "city", "cost",
        "country", "courier", "customer", "customers", "date", "delivery", "description", "deskripsi",
        "disc", "discount", "diskon", "district", "email", "expedition", "gudang", "harga", "item", "items",
        "jumlah", "kategori", "kota", "kurir", "line", "lines", "mobile", "note", "outlet", "payment",
        "pelanggan", "pemasok", "penerima", "pengirim", "phone", "postal", "price", "prices", "print",
        "product", "products", "produk", "promo", "province", "provinsi", "qty", "quantities", "quantity",
        "receiver", "recipient", "region", "satuan", "sender", "shipment", "sku", "skus", "sms", "source",
        "stock", "stok", "street", "supplier", "tanggal", "team", "telepon", "tim", "unit", "units",
        "validation", "variant", "variants", "variasi", "variation", "variations", "visit", "warehouse",
    }
)  # fmt: skip
_TROUBLE = frozenset(
    {
        "accesstoken", "apikey", "auth", "authenticated", "authentication", "authorization", "authorized",
        "bearer", "busy", "connection", "credential", "credentials", "database", "deadlock", "denied",
        "down", "duplicate", "duplicated", "exception", "expired", "forbidden", "gangguan", "gateway",
        "illegalaccesstoken", "internal", "key", "later", "login", "mac", "maintenance", "overloaded",
        "password", "pemeliharaan", "permission", "proxy", "queue", "queued", "quota", "retry", "scope",
        "secret", "server", "service", "session", "sibuk", "signature", "temporarily", "temporary",
        "throttled", "timeout", "token", "unauthenticated", "unauthorized", "unavailable", "upstream",
    }
)  # fmt: skip
_TROUBLE_PHRASES = ("already exist", "coba lagi", "rate limit", "sudah ada", "timed out", "too many", "try again")


def speaks_of_content(words: str) -> bool:
    """Whether these words refuse an order for what is in it, and for nothing else."""
    said = _said(words)
    return not said.isdisjoint(_CONTENT) and not speaks_of_trouble(words)


def speaks_of_trouble(words: str) -> bool:
    """Whether these words speak of the caller, of the platform's health, or of an order that is there already."""
    text = words[:_LONGEST].lower()
    return not _said(words).isdisjoint(_TROUBLE) or any(phrase in text for phrase in _TROUBLE_PHRASES)


def _said(words: str) -> set[str]:
    return set(_WORD.findall(words[:_LONGEST].lower()))
