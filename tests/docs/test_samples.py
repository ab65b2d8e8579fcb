"""The signing samples sign as Orderbridge verifies, and survive a lost answer with one order."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from orderbridge.entrypoints.answers.created_order import SalesOrderCreated
from orderbridge.entrypoints.answers.token import Token
from orderbridge.entrypoints.api import Response, api_handler
from orderbridge.entrypoints.requests import ApiRequest
from orderbridge.orders.intake import AcceptOrder
from orderbridge.orders.numbering import CodeAllocator
from orderbridge.orders.order import Order, parse_sales_order
from orderbridge.partners.callers import Callers, TokenVerifier
from orderbridge.partners.login import LogIn
from orderbridge.partners.partner import Partner, SignatureProfile, hash_client_secret
from orderbridge.partners.tokens import SigningKeys
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.times import utc_now
from tests.docs.conftest import KeyPair
from tests.docs.http_door import Answer, Door, Request
from tests.docs.samples import ALL, SAMPLES, Sample
from tests.fakes.directories import Keys, Partners, Pepper

CLIENT_ID = "Partner-001"
SECRET = "a-secret-of-the-test"
PEPPER = Pepper(b"pepper" * 8)
PROFILES: list[SignatureProfile] = ["legacy", "snap-asym"]


def dry_run(sample: Sample, key_pair: KeyPair, profile: SignatureProfile) -> tuple[dict[str, str], bytes]:
    """The headers, with their names in lower case, and the body that a sample would send."""
    environment = {"CLIENT_ID": CLIENT_ID, "PRIVATE_KEY_FILE": str(key_pair.private_file)}
    if profile != "legacy":
        environment["SIGNATURE_PROFILE"] = profile
    done = sample.run(["--dry-run", "PO-2025-00001"], environment)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    return {name.lower(): value for name, value in headers.items()}, body.removesuffix("\n").encode()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_sample_signs_exactly_as_we_do(sample: Sample, key_pair: KeyPair, profile: SignatureProfile) -> None:
    headers, body = dry_run(sample, key_pair, profile)

    timestamp = headers["x-timestamp"]
    assert abs(int(timestamp) - datetime.now(UTC).timestamp()) < 60
    digest = hashlib.sha256(body).hexdigest()
    strings = {
        "legacy": f"Partner-001|{timestamp}",
        "snap-asym": f"POST:/api/v1/sales-orders:{digest}:{timestamp}",
    }
    signature = key_pair.private_key.sign(strings[profile].encode(), PKCS1v15(), SHA256())
    assert headers == {
        "x-client-id": CLIENT_ID,
        "x-timestamp": timestamp,
        "x-signature": base64.b64encode(signature).decode(),
    }
    assert parse_sales_order(body) == parse_sales_order(DOCUMENTS_ORDER)


DOCUMENTS_ORDER = b"""{
    "customer_code": "CUST-001", "site_code": "SITE-001", "sales_name": "John Doe",
    "address": "Jl. Sudirman No. 1, Jakarta", "purchase_order_no": "PO-2025-00001",
    "products": [{"product_code": "PROD-001", "quantity": 10}]
}"""


class Orders:
    """`OrderIntakeStore` and `CodeCounter` in memory."""

    def __init__(self) -> None:
        self.stored: dict[OrderKey, Order] = {}
        self.number = 0

    def put_if_absent(self, order: Order) -> Order | None:
        existing = self.stored.setdefault(order.key, order)
        return None if existing is order else existing

    def reserve(self, day: object, count: int) -> int:
        self.number += count
        return self.number


class Api:
    """Login and intake as the functions have them, on ports in memory."""

    def __init__(self, partner: Partner) -> None:
        self.orders = Orders()
        partners, keys = Partners(partner), Keys(SigningKeys({"1": b"k" * 32}, "1"))
        log_in = LogIn(partners, PEPPER, keys, utc_now)
        accept = AcceptOrder(
            callers=Callers(partners, TokenVerifier(keys, utc_now), utc_now),
            codes=CodeAllocator(self.orders),
            orders=self.orders,
            clock=utc_now,
            business_time_zone="Asia/Jakarta",
            sweep_grace_seconds=60,
        )

        def create(request: ApiRequest) -> Response:
            accepted = accept(request.call)
            return Response(200 if accepted.replayed else 201, SalesOrderCreated.of(accepted.order))

        self._handlers = {
            "/api/v1/auth/login": api_handler(lambda request: Response(200, Token.of(log_in(request.call.body)))),
            "/api/v1/sales-orders": api_handler(create),
        }

    def answer(self, request: Request) -> Answer:
        event: dict[str, Any] = {
            "httpMethod": request.method,
            "path": request.path,
            "headers": dict(request.headers),
            "body": request.body.decode(),
            "requestContext": {"requestId": "test"},
        }
        answered = self._handlers[request.path](event, None)
        return Answer(answered["statusCode"], answered["headers"], answered["body"].encode())


def partner(key_pair: KeyPair, profile: SignatureProfile = "legacy") -> Partner:
    return Partner(
        client_id=CLIENT_ID,
        name="A partner",
        secret_hash=hash_client_secret(PEPPER.value, SECRET),
        credential_version=1,
        channels=(ChannelRef("sirclo", "sirclo"),),
        signature_profile=profile,
        keys=(key_pair.registered,),
    )


def environment(door: Door, key_pair: KeyPair, secret: str = SECRET) -> dict[str, str]:
    return {
        "ORDERBRIDGE_URL": door.url,
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": secret,
        "PRIVATE_KEY_FILE": str(key_pair.private_file),
    }


@pytest.fixture
def door(key_pair: KeyPair, any_table: None) -> Iterator[Door]:
    api = Api(partner(key_pair))
    with Door(api.answer) as opened:
        yield opened


def test_a_sample_whose_answer_is_lost_sends_the_order_again_and_prints_its_one_code(
    sample: Sample, key_pair: KeyPair, door: Door
) -> None:
    door.lose = 1

    done = sample.run(["PO-LOST"], environment(door, key_pair))

    assert done.returncode == 0, done.stderr
    assert [each.answered for each in door.orders()] == [None, 200]
    first, second = (each.request for each in door.orders())
    assert second.body == first.body
    assert done.stdout.startswith("SO-")
    assert done.stdout.endswith("-00001\n")


def test_a_sample_that_is_reported_to_wait_waits_and_sends_the_order_again(
    sample: Sample, key_pair: KeyPair, door: Door
) -> None:
    door.refuse = 1

    done = sample.run(["PO-BUSY"], environment(door, key_pair))

    assert done.returncode == 0, done.stderr
    assert [each.answered for each in door.orders()] == [503, 201]
    times = [int({k.lower(): v for k, v in each.request.headers.items()}["x-timestamp"]) for each in door.orders()]
    assert times[1] > times[0]  # each try is signed again


def test_a_sample_that_is_refused_says_why_and_does_not_repeat(sample: Sample, key_pair: KeyPair, door: Door) -> None:
    done = sample.run(["PO-REFUSED"], environment(door, key_pair, secret="wrong"))

    assert done.returncode != 0
    assert done.stdout == ""
    assert "invalid_credentials" in done.stderr
    assert len(door.seen) == 1
    assert "wrong" not in done.stderr


def test_every_sample_has_its_language_in_the_table() -> None:
    table = (SAMPLES / "README.md").read_text(encoding="utf-8")

    assert all(f"]({file.relative_to(SAMPLES)})" in table for file in SAMPLES.glob("*/*") if file.is_file())
    assert {path.name for path in SAMPLES.iterdir() if path.is_dir()} == {each.language for each in ALL}
