"""What a local stack begins with: a channel on each sandbox, the mappings of its catalogue, and a partner.

Only what is not there yet is added, so whatever somebody has changed stays changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from orderbridge.channels.mapping import MappingKey, MappingKind
from orderbridge.values.ids import ChannelRef
from orderbridge_cli.commands.mappings import value_check
from orderbridge_cli.commands.partner_calls import make_key_pair, write_private
from orderbridge_cli.operating.mappings import Row
from orderbridge_cli.target import Operations
from orderbridge_cli.wiring import operate_channels, operate_mappings, operate_partners
from orderbridge_sandboxes.demo import DEMO_CREDENTIALS, DEMO_MAPPINGS, demo_settings

DEMO_PARTNER = "demo"


def seed_channels(stack: Operations, sandboxes: Mapping[str, str], on_progress: Callable[[str], None]) -> None:
    """A channel named as its platform on each sandbox, with the mappings of the sandbox's catalogue."""
    channels = operate_channels(stack)
    for platform, url in sandboxes.items():
        existing = channels.registry.find_named(platform)
        if existing is None:
            on_progress(f"setting up the channel {platform}")
            channels.add(platform, platform, demo_settings(platform, url), DEMO_CREDENTIALS[platform])
        if existing is None or existing.settings.get("base_url") == url:
            _seed_mappings(stack, platform)


def _seed_mappings(stack: Operations, platform: str) -> None:
    mappings = operate_mappings(stack)
    known = {key for key, _ in mappings.table.rows(ChannelRef(platform, platform))}
    rows = [
        Row(line, kind, key, value if isinstance(value, str) else json.dumps(value))
        for line, (kind, key, value) in enumerate(DEMO_MAPPINGS[platform], start=2)
        if MappingKey.of(cast("MappingKind", kind), key) not in known
    ]
    if rows:
        mappings.import_values(platform, rows, value_check(stack, platform), lambda _: None)


def seed_partner(stack: Operations, folder: Path, channels: list[str], on_progress: Callable[[str], None]) -> None:
    """The partner `demo`, its key and secret in `folder`, for whoever wants to call the API by hand."""
    partners = operate_partners(stack)
    secret_file = folder / "partner.json"
    exists = partners.registry.find(DEMO_PARTNER) is not None
    if exists and secret_file.exists():
        return
    on_progress(f"registering the partner {DEMO_PARTNER}")
    public_key = make_key_pair(folder)
    if exists:
        # Its secret is known to nobody any more, so it gets a new one.
        partners.add_key(DEMO_PARTNER, public_key)
        issued = partners.rotate_secret(DEMO_PARTNER)
    else:
        issued = partners.add(DEMO_PARTNER, "Demo partner of the local stack", public_key, channels)
    write_private(secret_file, json.dumps(issued.body(), indent=2) + "\n")
