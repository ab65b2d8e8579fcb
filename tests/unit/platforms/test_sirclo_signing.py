"""The published examples of SIRCLO's signature (the later public revision)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orderbridge.platforms.sirclo import DEFINITION
from orderbridge.platforms.sirclo.signing import composed, keyed_headers, signed_headers
from tests.unit.platforms.examples import CREDENTIALS

VECTORS = "shared/vectors/platforms/sirclo_connexi_hmac.json"
SECRET = "1IieSn9qXCYu3FeEG1eH05QxTMldKEiNIkLSN/5xtgc="
GET_URI = "/v1/partner/order?since=2018-10-13T13:34:52Z&until=2018-10-16T19:22:39Z&limit=100&offset=0"
GET_MAC = "XoPRRDtfNWaGm4nbw7A0LY/c2U0+jg3F3Ay2d3VR3bM="


@pytest.fixture
def published(project: Path) -> dict[str, Any]:
    path = project.parent / VECTORS
    if not path.is_file():
        pytest.skip(f"the published vectors are not beside the project ({VECTORS})")
    read = json.loads(path.read_text())
    assert isinstance(read, dict)
    return read


def test_every_published_example_verifies(published: dict[str, Any]) -> None:
    assert len(published["vectors"]) == 2
    for vector in published["vectors"]:
        assert composed(published["partner_secret_example"], vector["message"].encode()) == vector["expected"]


def test_the_secret_is_text_and_never_decoded() -> None:
    assert composed(SECRET, GET_URI.encode()) == GET_MAC


def test_each_revision_has_its_own_header_names_and_the_same_mac() -> None:
    keys = {"partner_id": "B98KL87", "api_key": "key-1", "api_secret": "key-secret-1"}
    account = DEFINITION.read_credentials({**keys, "partner_secret": SECRET})
    assert signed_headers("2021-02", account, GET_URI) == {"partner-id": "B98KL87", "secret": GET_MAC}
    assert signed_headers("2019-07", account, GET_URI) == {"partner_id": "B98KL87", "MAC": GET_MAC}
    assert keyed_headers(account) == {"api_key": "key-1", "api_secret": "key-secret-1"}


def test_the_body_is_signed_behind_the_uri() -> None:
    account = DEFINITION.read_credentials({**CREDENTIALS["sirclo"], "partner_secret": "s"})
    whole = signed_headers("2019-07", account, "/v1/order", b'{"a":1}')["MAC"]
    assert whole == composed("s", b'/v1/order{"a":1}')
