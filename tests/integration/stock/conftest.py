"""The platforms' stock over real sockets, at the sandboxes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from orderbridge.channels.channel import Channel
from orderbridge.http.transport import Transport
from orderbridge.platforms.stock import PlatformStock
from orderbridge.stock.drift import Comparison, PushTarget
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.ports import StockAccess
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from tests.conformance.facts import facts_of, labels

QUICK = {"rate_limit": 5000, "timeout_s": 25}


class DemoCredentials:
    """`CredentialSource` with the sandboxes' own."""

    def refreshed(self, channel: Channel) -> Mapping[str, Any]:
        return self.credentials(channel)

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        return demo.DEMO_CREDENTIALS[channel.platform]


class Account:
    """A channel on a sandbox."""

    def __init__(self, label: str, sandbox: Sandbox[Any], **settings: Any) -> None:
        self.facts = facts_of(label)
        self.platform = platform = self.facts.name
        self.sandbox = sandbox
        self.sites = [value for kind, _, value in demo.demo_mappings(platform) if kind == "site"]
        self.channel = Channel(
            f"{platform}-stock",
            platform,
            {**demo.demo_settings(platform, sandbox.url), **QUICK, **self.facts.settings, **settings},
        )

    @property
    def counts_nothing(self) -> bool:
        """Whether the platform's list says nowhere how many rows it has."""
        return not self.facts.counts_stock

    @contextmanager
    def open(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        **settings: Any,
    ) -> Iterator[StockAccess]:
        channel = Channel(self.channel.name, self.platform, {**self.channel.settings, **settings})
        platform = PlatformStock(Transport(allow_loopback_http=True), DemoCredentials(), clock=clock, sleep=sleep)
        with platform.open(channel, self.sites) as access:
            yield access

    def levels(self) -> dict[str, Any]:
        """Every level of the list, by our product code."""
        codes = {self.key(code): code for code in codes_of(self.platform)}
        found: dict[str, Any] = {}
        with self.open() as access:
            position, has_more = 0, True
            while has_more:
                page = access.page(position)
                found |= {codes[each.product]: each.level for each in page.levels if each.product in codes}
                position, has_more = page.next_position or 0, page.has_more
        return found

    def key(self, code: str) -> str:
        """The platform's own key of a product of ours."""
        with self.open() as access:
            return access.product_key(mapping(self.platform, code))

    def target(self, code: str, available: int, *, in_warehouses: bool = False) -> PushTarget:
        level = StockLevel("target", code, 0, "2025", in_warehouses=in_warehouses)
        record = StockLevel("source", code, available, "2025")
        return PushTarget(self.key(code), available, in_warehouses, [Comparison(level, record)])


def codes_of(platform: str) -> list[str]:
    return [key for kind, key, _ in demo.demo_mappings(platform) if kind == "product"]


def mapping(platform: str, code: str) -> Any:
    return next(value for kind, key, value in demo.demo_mappings(platform, 100) if (kind, key) == ("product", code))


@pytest.fixture(params=labels())
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """Each platform in turn, in each of its revisions."""
    with SANDBOXES[facts_of(request.param).name](job_seconds=0.05) as sandbox:
        yield Account(request.param, sandbox)


@pytest.fixture(params=[label for label in labels() if facts_of(label).push is not None])
def pushable(request: pytest.FixtureRequest) -> Iterator[Account]:
    """Each platform that takes levels."""
    with SANDBOXES[facts_of(request.param).name](job_seconds=0.05) as sandbox:
        yield Account(request.param, sandbox)


@pytest.fixture
def ngorder() -> Iterator[Account]:
    with SANDBOXES["ngorder"](job_seconds=0.05) as sandbox:
        yield Account("ngorder", sandbox)


@pytest.fixture
def sirclo() -> Iterator[Account]:
    with SANDBOXES["sirclo"](job_seconds=0.05) as sandbox:
        yield Account("sirclo", sandbox)


@pytest.fixture
def later_sirclo() -> Iterator[Account]:
    with SANDBOXES["sirclo"](job_seconds=0.05) as sandbox:
        yield Account("sirclo 2021-02", sandbox)


@pytest.fixture
def salesmania() -> Iterator[Account]:
    with SANDBOXES["salesmania"](job_seconds=0.05) as sandbox:
        yield Account("salesmania", sandbox)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A table `t` on moto, without its indexes."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        made = boto3.client("dynamodb", region_name="ap-southeast-3")
        made.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        )
        yield made
