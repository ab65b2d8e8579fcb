"""The system as a person starts it: the command, openssl and curl's way of posting, and servers that are not ours."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from orderbridge_sandboxes import SANDBOXES
from tests.e2e.actors import Operator, Partner, Platforms, sales_order
from tests.e2e.conftest import wait_for
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e

ORDERBRIDGE = Path(sys.executable).with_name("orderbridge")
ORDERS = 50


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def local_up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [str(ORDERBRIDGE), "local", "up", "--no-sandbox", "--no-seed", "--port", str(free_port())]
    with (tmp_path / "up.log").open("w") as log:
        running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert running.stdout is not None
            line = running.stdout.readline().strip()
            assert line.startswith("ready http://127.0.0.1:"), (line, (tmp_path / "up.log").read_text())
            yield running
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)
            running.stdout.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_fifty_orders_signed_by_openssl_arrive_once_at_servers_of_somebody_else(
    local_up: subprocess.Popen[str], tmp_path: Path
) -> None:
    operator = Operator(tmp_path)
    api_url = json.loads((tmp_path / ".local" / "stack.json").read_text())["api_url"]
    with ExitStack() as servers:
        sandboxes = {name: servers.enter_context(kind()) for name, kind in SANDBOXES.items()}
        platforms = Platforms({name: sandbox.url for name, sandbox in sandboxes.items()})
        channels = [
            platforms.add_channel(operator, name, f"my-{name}", tmp_path, {}, mapped=True) for name in sandboxes
        ]
        key, public = tmp_path / "key.pem", tmp_path / "public.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        subprocess.run(
            ["openssl", "rsa", "-in", str(key), "-pubout", "-out", str(public)], check=True, capture_output=True
        )
        added = operator.run(
            "partners", "add", "acme.01", "--name", "Acme", "--public-key", str(public),
            "--channels", ",".join(channels),
        )  # fmt: skip
        with httpx.Client(base_url=f"{api_url}/api/v1", timeout=PATIENCE_S) as partner:
            token = partner.post(
                "/auth/login", json={"client_id": "acme.01", "client_secret": added["client_secret"]}
            ).json()["token"]
            codes = [place(partner, token, key, f"PO-{number}") for number in range(ORDERS)]

        assert len(set(codes)) == ORDERS
        wait_for(lambda: len(operator.run("forwards", "list", "--state", "SENT")) == 3 * ORDERS, every=1)
        for name, sandbox in sandboxes.items():
            assert sandbox.duplicates()["duplicates"] == [], name
            assert sorted(held.reference or "" for held in sandbox.orders) == sorted(codes), name


def place(partner: httpx.Client, token: str, key: Path, reference: str) -> str:
    timestamp = str(int(time.time()))
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(key)],
        input=f"acme.01|{timestamp}".encode(),
        capture_output=True,
        check=True,
    ).stdout
    answer = partner.post(
        "/sales-orders",
        json=sales_order(reference),
        headers={
            "Authorization": f"Bearer {token}",
            "X-CLIENT-ID": "acme.01",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": base64.b64encode(signature).decode(),
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["code"])


def test_a_test_order_goes_through_everything_into_one_channel_and_leaves_no_open_door(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms
) -> None:
    (channel,) = new_partner("sirclo").channels

    sent = operator.run("orders", "send", channel)

    assert (sent["channel"], sent["state"], sent["error"]) == (channel, "SENT", None)
    (held,) = platforms.held("sirclo", sent["code"])
    assert str(held["id"]) == sent["external_id"]
    order = operator.order(sent["code"])
    assert [each["channel"] for each in order["forwards"]] == [channel]
    assert order["purchase_order_no"].startswith("TEST-")
    assert operator.run("partners", "show", order["client_id"])["state"] == "suspended"


def test_a_test_order_that_cannot_be_sent_says_what_it_needs(
    new_partner: Callable[..., Partner], operator: Operator
) -> None:
    (channel,) = new_partner("ngorder").channels

    said = operator.run("orders", "send", channel, "--product", "PROD-UNKNOWN", exit_code=1)

    assert said["state"] == "NEEDS_MAPPING"
    assert said["missing"] == [{"kind": "product", "key": "PROD-UNKNOWN"}]
    assert "product:PROD-UNKNOWN" in said["error"]
