"""A partner that is registered, in front of the functions behind the API."""

from __future__ import annotations

import pytest

from tests.integration.deployed import Deployed
from tests.integration.partner_side import PartnerSide


@pytest.fixture
def partner(deployed: Deployed) -> PartnerSide:
    registered = PartnerSide(deployed)
    deployed.add_partner(registered.partner)
    return registered
