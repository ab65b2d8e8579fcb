"""What a local stack begins with."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from orderbridge.partners.partner import secret_matches
from orderbridge_cli.commands.local.seeding import DEMO_PARTNER, seed_channels, seed_partner
from tests.integration.cli.conftest import PEPPER, PLATFORMS, Operator

SANDBOXES = {platform: f"http://127.0.0.1:{20001 + number}" for number, platform in enumerate(PLATFORMS)}


def _ignore(_: str) -> None:
    pass


@pytest.fixture
def seeded(operator: Operator) -> Operator:
    seed_channels(operator.stack, SANDBOXES, _ignore)
    return operator


def test_each_sandbox_gets_a_channel_and_its_mappings(seeded: Operator) -> None:
    for platform in PLATFORMS:
        assert seeded.json("channels", "show", platform)["settings"]["base_url"] == SANDBOXES[platform]
        kinds = {row["kind"] for row in seeded.json("mappings", "export", platform)}
        assert {"product", "customer"} <= kinds


def test_a_second_time_changes_nothing(seeded: Operator) -> None:
    before = seeded.items(), seeded.secrets()
    seed_channels(seeded.stack, SANDBOXES, _ignore)
    assert (seeded.items(), seeded.secrets()) == before


def test_what_somebody_changed_stays_changed(seeded: Operator) -> None:
    seeded.json("mappings", "import", "ngorder", seeded.csv_file(("customer", "CUST-001", "5")))
    assert seeded.add_channel("sirclo").exit_code == 0

    seed_channels(seeded.stack, SANDBOXES, _ignore)

    exported = {(row["kind"], row["key"]): row["value"] for row in seeded.json("mappings", "export", "ngorder")}
    assert exported["customer", "CUST-001"] == "5"
    assert seeded.json("channels", "show", "sirclo")["settings"]["base_url"] == "https://sirclo.example.com"


def test_a_seeding_that_was_interrupted_is_completed(seeded: Operator) -> None:
    complete = seeded.run("mappings", "export", "salesmania").stdout
    client, table = seeded.stack.clients.dynamodb, seeded.stack.table
    for item in seeded.items():
        if item["PK"]["S"] == "MAPPING#salesmania#salesmania#product":
            client.delete_item(TableName=table, Key={"PK": item["PK"], "SK": item["SK"]})

    seed_channels(seeded.stack, SANDBOXES, _ignore)

    assert seeded.run("mappings", "export", "salesmania").stdout == complete


@pytest.mark.slow
def test_the_demo_partners_secret_and_key_are_for_its_owner_alone_and_stay_the_same(
    seeded: Operator, tmp_path: Path
) -> None:
    folder = tmp_path / "demo-partner"
    seed_partner(seeded.stack, folder, list(PLATFORMS), _ignore)
    issued = json.loads((folder / "partner.json").read_text())
    partner = seeded.stack.partners.find(DEMO_PARTNER)
    assert partner is not None
    assert secret_matches(PEPPER.encode(), issued["client_secret"], partner.secret_hash)
    for name in ("partner.json", "private.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600

    seed_partner(seeded.stack, folder, list(PLATFORMS), _ignore)
    assert seeded.stack.partners.find(DEMO_PARTNER) == partner

    (folder / "partner.json").unlink()
    seed_partner(seeded.stack, folder, list(PLATFORMS), _ignore)
    issued = json.loads((folder / "partner.json").read_text())
    renewed = seeded.stack.partners.find(DEMO_PARTNER)
    assert renewed is not None
    assert secret_matches(PEPPER.encode(), issued["client_secret"], renewed.secret_hash)
