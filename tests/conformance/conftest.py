"""Each record in turn, at its sandbox. A platform without a record fails by its name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.account import Account, account_at
from tests.conformance.facts import NoRecord, PlatformFacts, facts_of, labels


@pytest.fixture(params=labels())
def facts(request: pytest.FixtureRequest) -> PlatformFacts:
    try:
        return facts_of(request.param)
    except NoRecord as missing:
        pytest.fail(str(missing))


@pytest.fixture
def account(facts: PlatformFacts) -> Iterator[Account]:
    with account_at(facts) as made:
        yield made
