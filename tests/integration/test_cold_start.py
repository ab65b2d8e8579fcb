"""What a cold start of the intake function imports, and what that costs beside boto3's own client."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.contract.template import PROJECT, template
from tests.contract.test_template_functions import value_of

CEILING = 1.75
FEWEST_PAIRS, MOST_PAIRS = 8, 30
OURS = f"import sys; sys.path.insert(0, {str(PROJECT / 'functions' / 'order_intake')!r}); import app"
THEIRS = "import boto3; boto3.client('dynamodb')"

# Each of these costs more than it is worth on the way of a partner's order.
UNWANTED = (
    "boto3",
    "s3transfer",
    "multiprocessing",
    "asyncio",
    "httpx",
    "httpcore",
    "rich",
    "typer",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.parser",
    "orderbridge.forwarding",
    "orderbridge.platforms",
    "orderbridge.webhooks",
    "orderbridge.channels",
    "orderbridge.http",
    "orderbridge.partners.login",
)


@pytest.fixture
def environment() -> dict[str, str]:
    """What the function has on AWS: the template's variables, a region, credentials."""
    shared = template().shared_variables()
    own = {name: value_of(value) for name, value in {**shared, **template().variables("order_intake")}.items()}
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")}
    account = {"AWS_DEFAULT_REGION": "ap-southeast-3", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    return {**kept, **own, **account}


def processor_seconds(code: str, environment: dict[str, str]) -> float:
    """Of a fresh interpreter that runs `code`; how busy the machine is otherwise hardly matters."""
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", code], environment)
    _, status, used = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return used.ru_utime + used.ru_stime


def test_a_cold_start_imports_nothing_that_an_order_does_not_need(environment: dict[str, str]) -> None:
    code = f"{OURS}; import json; print(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True).stdout
    imported = json.loads(printed)

    assert "orderbridge.orders.intake" in imported
    assert [name for name in imported if name in UNWANTED] == []


@pytest.mark.slow
def test_a_cold_start_costs_little_more_than_boto3s_client(environment: dict[str, str]) -> None:
    """The goal is 1.5 (docs/architecture.md#figures, `make bench`); what is above it here is for a busy machine.

    Each side's least is what it costs without them, so more pairs come nearer to the truth.
    """
    ours, theirs = [], []
    for _ in range(MOST_PAIRS):
        ours.append(processor_seconds(OURS, environment))
        theirs.append(processor_seconds(THEIRS, environment))
        if len(ours) >= FEWEST_PAIRS and min(ours) / min(theirs) <= CEILING:
            return
    pytest.fail(f"{min(ours):.3f} s beside {min(theirs):.3f} s: {min(ours) / min(theirs):.2f}")
