"""Ten operators import the same mapping at once: what waited for it is sent exactly once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.actors import Operator, Partner, Platforms
from tests.e2e.conftest import wait_for

pytestmark = pytest.mark.e2e

ORDERBRIDGE = Path(sys.executable).with_name("orderbridge")
IMPORTS, ORDERS = 10, 5


def test_ten_imports_at_once_release_each_order_exactly_once(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms, tmp_path: Path
) -> None:
    partner = new_partner("ngorder")
    (channel,) = partner.channels
    products = [{"product_code": "RACED", "quantity": 1}]
    codes = [partner.place(f"PO-RACE-{number}", products=products) for number in range(ORDERS)]
    wait_for(lambda: all(operator.states(code).get(channel) == "NEEDS_MAPPING" for code in codes), what="NEEDS_MAPPING")
    rows = tmp_path / "raced.csv"
    rows.write_text('kind,key,value\nproduct,RACED,"{""variation_id"": 9000001, ""product_status"": ""S""}"\n')

    imports = [
        subprocess.Popen(
            [str(ORDERBRIDGE), "mappings", "import", channel, str(rows)],
            cwd=operator.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(IMPORTS)
    ]

    assert [each.wait(120) for each in imports] == [0] * IMPORTS
    wait_for(lambda: all(operator.states(code)[channel] == "SENT" for code in codes), what="SENT")
    assert all(len(platforms.held("ngorder", code)) == 1 for code in codes)
    assert all(operator.forward(code, channel)["attempts"] == 1 for code in codes)
