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
        "address", "airwaybill", "alamat", "amount", "awb", "bank", "barang", "berat", "branch", "cabang",
        "category", "city", "cost", "country", "courier", "customer", "date", "delivery", "description",
        "deskripsi", "disc", "discount", "diskon", "district", "email", "expedition", "gudang", "harga", "item",
        "jumlah", "kategori", "kecamatan", "kelurahan", "kodepos", "kota", "kurir", "line", "mobile", "nama",
        "note", "ongkir", "outlet", "payment", "pelanggan", "pemasok", "pembayaran", "penerima", "pengirim",
        "pengiriman", "phone", "postal", "postcode", "price", "print", "product", "produk", "promo", "province",
        "provinsi", "qty", "quantities", "quantity", "receiver", "recipient", "region", "satuan", "sender",
        "shipment", "shipping", "sku", "sms", "source", "stock", "stok", "street", "suburb", "supplier",
        "tanggal", "team", "telepon", "tim", "unit", "validation", "variant", "variasi", "variation", "visit",
        "warehouse", "weight", "zip",
    }
)  # fmt: skip
_TROUBLE = frozenset(
    {
        "accesstoken", "apikey", "auth", "authenticated", "authentication", "authorization", "authorized",
        "bearer", "busy", "captcha", "connection", "contact", "credential", "database", "deadlock", "denied",
        "down", "duplicate", "duplicated", "exception", "expired", "firewall", "forbidden", "gangguan",
        "gateway", "hubungi", "illegalaccesstoken", "internal", "key", "later", "login", "mac", "maintenance",
        "notified", "offline", "overloaded", "password", "pemeliharaan", "permission", "proxy", "queue",
        "queued", "quota", "retry", "scope", "secret", "server", "service", "session", "sibuk", "signature",
        "support", "temporarily", "temporary", "throttled", "timeout", "token", "unauthenticated",
        "unauthorized", "unavailable", "upstream",
    }
)  # fmt: skip
_TROUBLE_PHRASES = (
    "already exist", "coba lagi", "out of date", "please note", "rate limit", "sudah ada", "timed out", "too many",
    "try again", "up to date", "went wrong",
)  # fmt: skip


def speaks_of_content(words: str) -> bool:
    """Whether these words refuse an order for what is in it, and for nothing else."""
    said = _said(words)
    return not said.isdisjoint(_CONTENT) and not speaks_of_trouble(words)


def speaks_of_trouble(words: str) -> bool:
    """Whether these words speak of the caller, of the platform's health, or of an order that is there already."""
    text = words[:_LONGEST].lower()
    return not _said(words).isdisjoint(_TROUBLE) or any(phrase in text for phrase in _TROUBLE_PHRASES)


def _said(words: str) -> set[str]:
    said = _WORD.findall(words[:_LONGEST].lower())
    return {*said, *(word.removesuffix("s") for word in said)}
