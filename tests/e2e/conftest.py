"""The deployed local stack, an operator at its command line, and a partner who signs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from orderbridge.platforms.names import platform_names
from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.local.stack_file import StackDescription
from tests.e2e.actors import Operator, Partner, Platforms
from tests.patience import PATIENCE_S

SEEDS = {"SweepGraceSeconds": "5", "PartnerCacheSeconds": "1", "PartnerCallsPerSecond": "5"}
"""Parameters of the stack. Calls are given again slowly, so that a slow machine comes to the limit of them too."""


def wait_for(condition: Callable[[], Any], *, seconds: float = PATIENCE_S, every: float = 0.1, what: str = "") -> Any:
    """The first true value of a condition; fails with its last value when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s for {what or condition}; last: {value!r}")
        time.sleep(every)


def outlive_caches() -> None:
    """Wait until nothing is remembered any more of what was read before now; a slower machine need not wait longer."""
    time.sleep(float(SEEDS["PartnerCacheSeconds"]) + 0.2)


@pytest.fixture(scope="session")
def stack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory the operator works in; `.local/stack.json` is here."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def local_stack(stack_folder: Path) -> Iterator[LocalStack]:
    """The real template on the local engine, with IAM enforced and the three sandboxes."""
    stack = LocalStack(
        state_dir=stack_folder / ".local" / "state",
        port=0,
        stack_file=stack_folder / ".local" / "stack.json",
        enforce_iam=True,
        live_reload=False,
        sweep_every_s=1.0,
        parameters=SEEDS,
    )
    with stack:
        yield stack


@pytest.fixture(scope="session")
def stack(local_stack: LocalStack) -> StackDescription:
    return local_stack.description


@pytest.fixture(scope="session")
def operator(stack: StackDescription, stack_folder: Path) -> Operator:
    return Operator(stack_folder)


@pytest.fixture(scope="session")
def platforms(stack: StackDescription) -> Platforms:
    return Platforms(stack.sandboxes)


@pytest.fixture
def new_partner(
    operator: Operator, stack: StackDescription, platforms: Platforms, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., Partner]:
    """Registers a partner with channels of its own on the sandboxes, and their demo mappings."""

    def make(*names: str, settings: dict[str, Any] | None = None, mapped: bool = True) -> Partner:
        suffix = f"{abs(hash((request.node.nodeid, len(made)))) % 10**8:08d}"
        channels = [
            platforms.add_channel(operator, platform, f"{platform}-{suffix}", tmp_path, settings or {}, mapped=mapped)
            for platform in (names or platform_names())
        ]
        partner = operator.register(f"partner-{suffix}", channels, tmp_path, stack.api_url)
        request.addfinalizer(partner.http.close)
        made.append(partner)
        return partner

    made: list[Partner] = []
    return make


@pytest.fixture
def partner(new_partner: Callable[..., Partner]) -> Partner:
    return new_partner()


@pytest.fixture
def aws(stack: StackDescription) -> Callable[[str], Any]:
    """boto3 clients of the local engine, with the operator's rights."""

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=stack.aws_endpoint_url,
            region_name=stack.region,
            aws_access_key_id=stack.access_key,
            aws_secret_access_key=stack.secret_key,
        )

    return client
