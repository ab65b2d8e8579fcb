"""How quickly the local stack accepts an order, and how much memory all its processes take afterwards."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path

import httpx

from benchmarks.report import Figure
from orderbridge.platforms.names import platform_names
from orderbridge_cli.commands.local.seeding import DEMO_PARTNER, seed_channels, seed_partner
from orderbridge_cli.commands.sign import read_private_key, signed_headers
from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.target import Operations, target_of

ORDERS = 100
WARMING = 10
LONGEST_DRAIN_SECONDS = 120.0


def figures() -> Generator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(state_dir=Path(folder) / "state", port=0, stack_file=None, live_reload=False)
        with stack:
            operations = Operations(target_of(asdict(stack.description)))
            seed_channels(operations, stack.description.sandboxes, lambda _: None)
            seed_partner(operations, Path(folder), list(platform_names()), lambda _: None)
            milliseconds = _post_orders(stack.description.api_url, Path(folder))
            yield "local stack: an order is accepted (median)", f"{milliseconds:.0f} ms", "<= 150 ms"

            def memory() -> str:
                _wait_until_sent(stack.description.sandboxes["ngorder"], WARMING + ORDERS)
                return f"{stack.memory_bytes() / 2**30:.2f} GiB"

            yield "local stack: memory of all processes, once all is sent", memory, "<= 2 GiB"


def _post_orders(api_url: str, folder: Path) -> float:
    """Median milliseconds from posting an order to its answer."""
    key = read_private_key(folder / "private.pem")
    secret = json.loads((folder / "partner.json").read_text())["client_secret"]
    took: list[float] = []
    with httpx.Client(base_url=f"{api_url}/api/v1", timeout=60) as partner:
        token = partner.post("/auth/login", json={"client_id": DEMO_PARTNER, "client_secret": secret}).json()["token"]
        for number in range(WARMING + ORDERS):
            headers = {**signed_headers(DEMO_PARTNER, key, int(time.time())), "Authorization": f"Bearer {token}"}
            request = partner.build_request("POST", "/sales-orders", json=_order(number), headers=headers)
            began = time.perf_counter()
            partner.send(request).raise_for_status()
            took.append(time.perf_counter() - began)
    return statistics.median(took[WARMING:]) * 1000


def _order(number: int) -> dict[str, object]:
    return {
        "customer_code": "CUST-001",
        "site_code": "SITE-001",
        "sales_name": "John Doe",
        "address": "Jl. Sudirman No. 1, Jakarta",
        "purchase_order_no": f"BENCH-{number}",
        "products": [{"product_code": "PROD-001", "quantity": 1}],
    }


def _wait_until_sent(sandbox: str, orders: int) -> None:
    deadline = time.monotonic() + LONGEST_DRAIN_SECONDS
    while time.monotonic() < deadline:
        held = httpx.get(f"{sandbox}/_sandbox/orders", params={"summary": "1"}).json()["count"]
        if held >= orders:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{held} of {orders} orders arrived within {LONGEST_DRAIN_SECONDS:.0f} s")
