"""Lines of timelines as items. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from orderbridge.aws.items import Item, from_item, to_item
from orderbridge.values.timeline import TimelineEntry


def timeline_item(pk: str, entry: TimelineEntry) -> Item:
    """A line of a timeline; the random tail keeps two lines of one millisecond apart."""
    return to_item(
        {
            "PK": pk,
            "SK": f"EVENT#{entry.at}#{secrets.token_hex(4)}",
            "at": entry.at,
            "event": entry.event,
            "channel": entry.channel,
            "detail": entry.detail,
        }
    )


def read_timeline_entry(item: Mapping[str, Any]) -> TimelineEntry:
    values = from_item(item)
    return TimelineEntry(values["at"], values["event"], values.get("channel"), values.get("detail"))
