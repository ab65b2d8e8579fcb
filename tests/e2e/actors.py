"""Who acts in the end-to-end tests: an operator, a partner, and what the platforms hold."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from typer.testing import CliRunner, Result

from orderbridge_cli.main import app
from orderbridge_sandboxes import DEMO_CREDENTIALS, demo_mappings, demo_settings, mappings_csv
from tests.command_json import hold
from tests.patience import PATIENCE_S


class CommandFailed(AssertionError):
    """A command ended with another exit code than expected."""


@dataclass(frozen=True)
class Operator:
    """Runs `orderbridge` in a folder where it finds the stack by itself."""

    folder: Path

    def run(self, *arguments: str, exit_code: int = 0) -> Any:
        """The JSON document that a command prints."""
        printed = self.text(*arguments, "--json", exit_code=exit_code)
        return json.loads(printed) if printed.strip() else None

    def text(self, *arguments: str, exit_code: int = 0) -> str:
        """What a command prints on stdout."""
        done = self._invoke(*arguments)
        if done.exit_code != exit_code:
            raise CommandFailed(f"{arguments}: exit {done.exit_code}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def status(self) -> Any:
        """What `orderbridge status` prints, well or not."""
        return json.loads(self._invoke("status", "--json").stdout)

    def _invoke(self, *arguments: str) -> Result:
        """Run in this process: a test asks often."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            done = CliRunner().invoke(app, [*arguments], env={"AWS_ENDPOINT_URL": None})
        finally:
            os.chdir(before)
        hold(arguments, done.exit_code, done.stdout)
        return done

    def register(self, client_id: str, channels: Sequence[str], folder: Path, api_url: str) -> Partner:
        """A new partner with a key of its own."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        public_file = folder / f"{client_id}.pem"
        public_file.write_bytes(public)
        added = self.run(
            "partners", "add", client_id, "--name", "A partner", "--public-key", str(public_file),
            "--channels", ",".join(channels),
        )  # fmt: skip
        return Partner(api_url, client_id, added["client_secret"], key, tuple(channels))

    def import_mappings(self, channel: str, rows: Iterable[tuple[str, str, Any]], folder: Path) -> Any:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("kind", "key", "value"))
        for kind, key, value in rows:
            writer.writerow((kind, key, json.dumps(value) if isinstance(value, dict | list) else value))
        file = folder / f"{channel.replace(':', '-')}-{time.monotonic_ns()}.csv"
        file.write_text(out.getvalue(), encoding="utf-8")
        return self.run("mappings", "import", channel, str(file))

    def order(self, code: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.run("orders", "show", code)
        return shown

    def forward(self, code: str, channel: str) -> dict[str, Any]:
        return next(forward for forward in self.order(code)["forwards"] if forward["channel"] == channel)

    def states(self, code: str) -> dict[str, str]:
        return {forward["channel"]: forward["state"] for forward in self.order(code)["forwards"]}


@dataclass
class Partner:
    """A partner system: logs in, signs, posts."""

    api_url: str
    client_id: str
    client_secret: str
    key: rsa.RSAPrivateKey
    channels: tuple[str, ...]
    token: str | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE_S))

    def login(self) -> str:
        answer = self.http.post(
            f"{self.api_url}/api/v1/auth/login",
            json={"client_id": self.client_id, "client_secret": self.client_secret},
        )
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]
        return self.token

    def signed_headers(self, timestamp: str | None = None) -> dict[str, str]:
        timestamp = timestamp or str(int(time.time()))
        signature = self.key.sign(f"{self.client_id}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            "Authorization": f"Bearer {self.token or self.login()}",
            "X-CLIENT-ID": self.client_id,
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": base64.b64encode(signature).decode(),
            "Content-Type": "application/json",
        }

    def post(self, order: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.http.post(
            f"{self.api_url}/api/v1/sales-orders",
            content=json.dumps(order).encode(),
            headers={**self.signed_headers(), **(headers or {})},
        )

    def place(self, reference: str | None = None, **changes: Any) -> str:
        """Post an order and return its code."""
        answer = self.post(sales_order(reference, **changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["code"])


def sales_order(reference: str | None = None, **changes: Any) -> dict[str, Any]:
    """The sample order of the API's document, with a reference of its own."""
    return {
        "customer_code": "CUST-001",
        "site_code": "SITE-001",
        "sales_name": "John Doe",
        "address": "Jl. Sudirman No. 1, Jakarta",
        "purchase_order_no": reference,
        "products": [{"product_code": "PROD-001", "quantity": 10}],
        **changes,
    }


HTTP = httpx.Client(timeout=PATIENCE_S, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
"""One client for all calls: each `httpx.get` would read every certificate authority again."""


@dataclass(frozen=True)
class Platforms:
    """The sandboxes, over HTTP."""

    urls: Mapping[str, str]

    def add_channel(
        self, operator: Operator, platform: str, name: str, folder: Path, settings: Mapping[str, Any], *, mapped: bool
    ) -> str:
        settings_file, credentials_file = folder / f"{name}-settings.json", folder / f"{name}-credentials.json"
        settings_file.write_text(json.dumps({**demo_settings(platform, self.urls[platform]), **settings}))
        credentials_file.write_text(json.dumps(DEMO_CREDENTIALS[platform]))
        operator.run(
            "channels", "add", name, "--platform", platform,
            "--settings", str(settings_file), "--credentials", str(credentials_file),
        )  # fmt: skip
        if mapped:
            mapping_file = folder / f"{name}.csv"
            mapping_file.write_text(mappings_csv(demo_mappings(platform)), encoding="utf-8")
            operator.run("mappings", "import", name, str(mapping_file))
        return name

    def held(self, platform: str, reference: str) -> list[dict[str, Any]]:
        """The orders a platform holds under one of our codes."""
        answer = HTTP.get(f"{self.urls[platform]}/_sandbox/orders", params={"reference": reference})
        orders: list[dict[str, Any]] = answer.json()["orders"]
        return orders

    def all_held(self, platform: str) -> dict[str, list[dict[str, Any]]]:
        """Every order a platform holds, by our code."""
        held: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for order in HTTP.get(f"{self.urls[platform]}/_sandbox/orders").json()["orders"]:
            held[order["reference"]].append(order)
        return held

    def duplicates(self, platform: str) -> Any:
        return HTTP.get(f"{self.urls[platform]}/_sandbox/orders", params={"summary": "1"}).json()["duplicates"]

    def strike(self, platform: str, **fault: Any) -> int:
        """Add a fault and return its id."""
        answer = HTTP.post(f"{self.urls[platform]}/_sandbox/faults", json=fault)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def heal(self) -> None:
        for url in self.urls.values():
            HTTP.delete(f"{url}/_sandbox/faults")
