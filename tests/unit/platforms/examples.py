"""Orders, channels and mappings that the platform tests share. Names are those of the documents' own samples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey, MappingKind
from orderbridge.orders.order import Order, parse_sales_order
from orderbridge.platforms.names import platform_names
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge_sandboxes import demo
from tests.conformance.facts import recorded, records_of

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
"""The documents' own examples of requests and answers."""

CODE = "SO-20250101-00001"
BASE_URLS = {each.name: each.base_url for each in recorded()}
CREDENTIALS = demo.DEMO_CREDENTIALS
SETTINGS = {name: records_of(name)[0].least_settings for name in platform_names()}
DELIVERY = {
    "delivery_name": "Artia",
    "delivery_email": "artia2@gmail.com",
    "delivery_region": "DKI Jakarta",
    "delivery_city": "Kota Jakarta Barat - Cengkareng",
    "delivery_suburb": "Cengkareng",
    "delivery_country": "Indonesia",
    "delivery_post_code": "11720",
    "delivery_method": "JNE REG",
    "delivery_mobile": "082101871618",
}
ADDRESS = "Jl. Anggrek No.106 Blok C5"


def order(lines: Iterable[tuple[str, int]] = (("PROD-1", 10),), code: str = CODE, **fields: Any) -> Order:
    """An accepted order of 1 January 2025, Jakarta time; `fields` replace those of its content."""
    document = {
        "customer_code": "CUST-1",
        "site_code": "SITE-1",
        "sales_name": "John Doe",
        "address": ADDRESS,
        "purchase_order_no": "PO-77",
        **fields,
        "products": [{"product_code": product, "quantity": quantity} for product, quantity in lines],
    }
    content = parse_sales_order(json.dumps(document).encode())
    return Order(
        key=OrderKey.of("partner-client-001", f"po:{content.purchase_order_no}"),
        code=code,
        content=content,
        content_hash=content.content_hash(),
        created_at="2025-01-01T00:00:00.000Z",
        order_date="2025-01-01",
        status="DRAFT",
        channels=(ChannelRef("one", "salesmania"),),
        signed_by="key-1",
    )


def channel(platform: str, base_url: str | None = None, **settings: Any) -> Channel:
    """A channel on a platform, `settings` added to the least it needs."""
    return Channel(
        name=f"{platform}-one",
        platform=platform,
        settings={"base_url": base_url or BASE_URLS[platform], **SETTINGS[platform], **settings},
    )


def mappings(rows: Mapping[str, Any]) -> dict[MappingKey, Any]:
    """Mappings from ``{"product:PROD-1": value}``."""
    read: dict[MappingKey, Any] = {}
    for name, value in rows.items():
        kind, _, key = name.partition(":")
        read[MappingKey.of(cast("MappingKind", kind), key)] = value
    return read


def missing(keys: Iterable[MappingKey]) -> list[str]:
    """Keys as ``product:PROD-1``."""
    return [f"{need.kind}:{need.key}" for need in keys]


def sample_folder(platform: str, group: str, name: str) -> Path:
    """Where the examples of a call lie."""
    return SAMPLES / platform / re.sub("[^a-z0-9]+", "_", f"{group} {name}".lower()).strip("_")
