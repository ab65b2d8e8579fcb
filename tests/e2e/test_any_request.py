"""Requests that schemathesis makes up from the API's own document: no 500, and no answer that is not documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from orderbridge_cli.openapi.document import build
from tests.e2e.actors import Operator, Partner
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ADDRESS = "203.0.113.200"
"""Made-up logins fail; they are to be nobody else's failures."""

document = build()
api = schemathesis.openapi.from_dict(document)
OPERATIONS = {operation.ok().label: operation.ok() for operation in api.get_all_operations()}
"""By method and path. (pytest-xdist runs only one of the tests that schemathesis's own `parametrize` makes.)"""

made_up = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def caller(
    operator: Operator, stack: Any, platforms: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Partner]:
    """A partner whose channel takes nothing, so that made-up orders stay here."""
    folder = tmp_path_factory.mktemp("made-up")
    channel = platforms.add_channel(operator, "sirclo", "sirclo-made-up", folder, {}, mapped=False)
    partner = operator.register("partner-made-up", [channel], folder, stack.api_url)
    partner.login()
    yield partner
    partner.http.close()


def call(case: Any, caller: Partner, headers: dict[str, str]) -> None:
    response = case.call(base_url=caller.api_url, headers={"X-Forwarded-For": ADDRESS, **headers}, timeout=PATIENCE_S)
    case.validate_response(response, checks=CHECKS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_request_of_anybody_has_a_documented_answer(operation: str, caller: Partner) -> None:
    @made_up
    @given(OPERATIONS[operation].as_strategy())
    def check(case: Any) -> None:
        call(case, caller, {})

    check()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_request_of_a_partner_that_signs_has_a_documented_answer(operation: str, caller: Partner) -> None:
    @made_up
    @given(OPERATIONS[operation].as_strategy())
    def check(case: Any) -> None:
        headers = caller.signed_headers()
        if case.method != "POST":
            headers = {"Authorization": headers["Authorization"]}
        call(case, caller, headers)

    check()
