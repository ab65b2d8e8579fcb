"""Accepts per second on one store, with one order code at a time and with blocks that adapt (invariant 5).

``python -m benchmarks.order_codes`` starts the local engine with the table of template.yaml. Several threads accept
orders as environments do, each with an allocator of its own, through the code that runs on AWS: verify token and
signature, take a code, one conditional put. What differs between the two is only how many codes are reserved at once.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.report import Figure, print_figures
from orderbridge.orders.intake import AcceptOrder
from orderbridge.orders.numbering import MAX_BLOCK, CodeAllocator
from orderbridge.orders.table import TableCodeCounter, TableOrderIntake
from orderbridge.partners.call import Call
from orderbridge.partners.callers import Callers, TokenVerifier
from orderbridge.partners.partner import Partner
from orderbridge.partners.tokens import SigningKeys, issue_token, new_claims
from orderbridge.values.times import to_iso, utc_now
from orderbridge_cli.aws import AwsAccess, OperatorClients
from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.operating.public_keys import read_public_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENVIRONMENTS = 4
SECONDS = 4.0
ROUNDS = 2
CLIENT_ID = "benchmark"
KEYS = SigningKeys({"1": b"0123456789abcdef0123456789abcdef"}, "1")


@dataclass(frozen=True)
class Measured:
    """What a number of environments did together."""

    accepted: int
    seconds: float
    reservations: int

    @property
    def per_second(self) -> float:
        return self.accepted / self.seconds

    @property
    def calls_per_order(self) -> float:
        """AWS calls for each accepted order: its put, and its share of the reservations."""
        return 1 + self.reservations / self.accepted

    def __add__(self, other: Measured) -> Measured:
        return Measured(
            self.accepted + other.accepted, self.seconds + other.seconds, self.reservations + other.reservations
        )


class Known:
    """A partner directory and key ring that cost nothing: both are remembered in every environment."""

    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    def find(self, _client_id: str) -> Partner:
        return self._partner

    def current(self) -> SigningKeys:
        return KEYS

    refreshed = current


class Caller:
    """A partner that signs each order again."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.known = Known(Partner(CLIENT_ID, "Benchmark", b"", 1, (), keys=(read_public_key(pem, to_iso(utc_now())),)))
        self._token = issue_token(new_claims(CLIENT_ID, 1, utc_now()), KEYS)

    def requests(self, prefix: str) -> Iterator[Call]:
        timestamp = str(int(time.time()))
        signature = self._key.sign(f"{CLIENT_ID}|{timestamp}".encode(), padding.PKCS1v15(), SHA256())
        call = Call(self._token, CLIENT_ID, timestamp, base64.b64encode(signature).decode())
        order: dict[str, Any] = {
            "customer_code": "CUST-001",
            "site_code": "SITE-001",
            "sales_name": "John Doe",
            "address": "Jl. Sudirman No. 1, Jakarta",
            "products": [{"product_code": "PROD-001", "quantity": 10}],
        }
        number = 0
        while True:
            number += 1
            yield replace(call, body=json.dumps({**order, "purchase_order_no": f"{prefix}-{number}"}).encode())


class CountedCounter(TableCodeCounter):
    """The counter of codes, with the number of its calls."""

    calls = 0

    def reserve(self, day: Any, count: int) -> int:
        self.calls += 1
        return super().reserve(day, count)


def measure(client: DynamoDBClient, table: str, caller: Caller, max_block: int, prefix: str) -> Measured:
    """Orders accepted by several environments within some seconds, each reserving at most `max_block` codes."""
    codes: list[set[str]] = [set() for _ in range(ENVIRONMENTS)]
    counters = [CountedCounter(client, table) for _ in range(ENVIRONMENTS)]
    began = time.monotonic()

    def environment(number: int) -> None:
        accept = AcceptOrder(
            callers=Callers(caller.known, TokenVerifier(caller.known, utc_now), utc_now),
            codes=CodeAllocator(counters[number], max_block),
            orders=TableOrderIntake(client, table),
            clock=utc_now,
            business_time_zone="Asia/Jakarta",
            sweep_grace_seconds=3600,
        )
        for request in caller.requests(f"{prefix}-{number}"):
            if time.monotonic() - began > SECONDS:
                return
            codes[number].add(accept(request).order.code)

    threads = [threading.Thread(target=environment, args=(number,)) for number in range(ENVIRONMENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = sum(len(each) for each in codes)
    if len(set().union(*codes)) != accepted:
        raise AssertionError("two orders have one code")
    return Measured(accepted, time.monotonic() - began, sum(counter.calls for counter in counters))


@contextmanager
def store() -> Iterator[tuple[DynamoDBClient, str]]:
    """The table of template.yaml on the local engine. Its functions are idle: nothing is published."""
    with TemporaryDirectory() as folder:
        stack = LocalStack(
            state_dir=Path(folder) / "state",
            port=0,
            stack_file=None,
            with_sandboxes=False,
            live_reload=False,
            sweep_every_s=None,
        )
        with stack:
            said = stack.description
            clients = OperatorClients(AwsAccess(said.aws_endpoint_url, said.region, said.access_key, said.secret_key))
            for mapping in clients.functions.list_event_source_mappings()["EventSourceMappings"]:
                clients.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
            yield clients.dynamodb, said.table


def run() -> dict[str, Measured]:
    """Both ways, in turns, so that neither has the better hour of the machine."""
    totals: dict[str, Measured] = {}
    with store() as (client, table):
        caller = Caller()
        measure(client, table, caller, MAX_BLOCK, "warm")
        for turn in range(ROUNDS):
            for name, max_block in (("one code at a time", 1), ("adaptive blocks", MAX_BLOCK)):
                measured = measure(client, table, caller, max_block, f"{turn}-{max_block}")
                totals[name] = totals[name] + measured if name in totals else measured
    return totals


def figures() -> Generator[Figure]:
    totals = run()
    for name, measured in totals.items():
        yield f"codes, {name}: accepts/s", f"{measured.per_second:.0f}"
        yield f"codes, {name}: AWS calls per order", f"{measured.calls_per_order:.3f}"
    one, adaptive = totals.values()
    yield "codes, adaptive blocks ÷ one code at a time: accepts/s", f"{adaptive.per_second / one.per_second:.2f}", "> 1"


if __name__ == "__main__":
    print_figures(figures, "order_codes")
