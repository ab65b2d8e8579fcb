"""What a cold start of each function imports, and what the intake's costs beside boto3's own client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from benchmarks.cold_start import processor_seconds
from orderbridge.platforms.names import platform_names
from tests.contract.template import PROJECT, template
from tests.contract.test_template_functions import value_of

CEILING = 1.45
FEWEST_PAIRS, MOST_PAIRS = 8, 30
OURS = f"import sys; sys.path.insert(0, {str(PROJECT / 'functions' / 'order_intake')!r}); import app"
THEIRS = "import boto3; boto3.client('dynamodb')"

PYDANTIC = {"annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"}
TOKENS = {"cryptography", "jwt"}
# Only what answers a queue's messages one by one: Powertools' batches bring asyncio.
BATCHES = {"asyncio", "aws_lambda_powertools", "typing_extensions"}
SENDING = {"calls", "channels", "forwarding", "http", "orders", "partners", "platforms"}

EVERYWHERE = {"aws", "entrypoints", "values", "wiring"}
COSTLY = {"asyncio", "concurrent.futures.thread", "multiprocessing", "sqlite3", "tomllib", "unittest", "xmlrpc"}
"""Of the standard library, what is watched; of other libraries every one is."""

IMPORTED = {
    "api_info": {"channels", "http", "partners", "reading"} | PYDANTIC,
    "auth_login": {"orders", "partners"} | PYDANTIC | TOKENS,
    "auth_refresh": {"orders", "partners"} | PYDANTIC | TOKENS,
    "event_publisher": {"channels", "forwarding", "http", "orders", "partners", "webhooks"} | PYDANTIC,
    **{f"forward_{platform}": SENDING | PYDANTIC | BATCHES for platform in platform_names()},
    "order_cancel": {"channels", "forwarding", "http", "orders", "partners", "reading", "webhooks"} | PYDANTIC | TOKENS,
    "order_intake": {"orders", "partners"} | PYDANTIC | TOKENS,
    "order_read": {"channels", "forwarding", "http", "orders", "partners", "reading", "stock"} | PYDANTIC | TOKENS,
    "status_sync": {"calls", "channels", "forwarding", "http", "orders", "platforms", "status"} | PYDANTIC,
    "stock_sync": {"calls", "channels", "forwarding", "http", "orders", "platforms", "stock"} | PYDANTIC,
    "sweeper": {"channels", "forwarding", "http", "orders", "partners", "webhooks"} | PYDANTIC,
    "webhook_sender": {"http", "partners", "webhooks"} | BATCHES,
}
"""What a cold start of each function imports, beside `EVERYWHERE` and what an AWS client brings: the layer's packages,
libraries, and what is `COSTLY`. A name that is missing here is a cost that nobody has decided on."""

UNWANTED_OF_THE_INTAKE = ("orderbridge.partners.login", "orderbridge.partners.login_throttle")


def environment_of(function: str) -> dict[str, str]:
    """What a function has on AWS: the template's variables, a region, credentials."""
    shared = template().shared_variables()
    own = {name: value_of(value) for name, value in {**shared, **template().variables(function)}.items()}
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")}
    account = {"AWS_DEFAULT_REGION": "ap-southeast-3", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    return {**kept, **own, **account}


@pytest.fixture
def environment() -> dict[str, str]:
    return environment_of("order_intake")


def modules_after(code: str, environment: dict[str, str]) -> set[str]:
    """What a fresh interpreter has imported once it has run `code`."""
    command = [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"]
    return set(json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout))


@cache
def with_a_client_alone() -> frozenset[str]:
    code = "from orderbridge.aws import clients; clients.dynamodb()"
    return frozenset(modules_after(code, environment_of("order_intake")))


@pytest.mark.parametrize("function", sorted(template().functions()))
def test_a_function_imports_what_it_uses_and_no_more(function: str) -> None:
    folder = PROJECT / template().functions()[function]["CodeUri"]
    imported = modules_after(f"import sys; sys.path.insert(0, {str(folder)!r}); import app", environment_of(function))

    packages = {name.split(".")[1] for name in imported if name.startswith("orderbridge.")}
    libraries = {name.split(".")[0] for name in imported - with_a_client_alone() if not name.startswith("_")}
    libraries -= {"app", "orderbridge", *sys.stdlib_module_names}
    assert packages | libraries | (imported & COSTLY) == IMPORTED[function] | EVERYWHERE
    assert "boto3" not in imported


def test_the_intake_imports_nothing_of_the_login(environment: dict[str, str]) -> None:
    imported = modules_after(OURS, environment)

    assert "orderbridge.orders.intake" in imported
    assert [name for name in imported if name in UNWANTED_OF_THE_INTAKE] == []


@pytest.mark.slow
def test_a_cold_start_costs_little_more_than_boto3s_client(environment: dict[str, str]) -> None:
    """The goal is 1.40 on the built layer (docs/architecture.md#figures, `make bench`); what is above it is for a busy
    machine.

    Each side's least is what it costs without them, so more pairs come nearer to the truth.
    """
    ours, theirs = [], []
    for _ in range(MOST_PAIRS):
        ours.append(processor_seconds(OURS, environment))
        theirs.append(processor_seconds(THEIRS, environment))
        if len(ours) >= FEWEST_PAIRS and min(ours) / min(theirs) <= CEILING:
            return
    pytest.fail(f"{min(ours):.3f} s beside {min(theirs):.3f} s: {min(ours) / min(theirs):.2f}")
