"""Every call of the catalogues, made at its sandbox as the catalogue says: neither has what the other lacks.

The arguments are tests/samples/<platform>/arguments.json: by "group: name", what is given `with` the call, `after`
which other calls it is made, and with which words it is `refused` where its sandbox never has what it asks for.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from orderbridge_cli.catalogue import Endpoint, catalogue_of
from orderbridge_sandboxes import DEMO_CREDENTIALS, SANDBOXES, Platform, Reply
from orderbridge_sandboxes.platform import ManualClock
from orderbridge_sandboxes.salesmania import SalesmaniaPlatform
from tests.conformance.facts import CatalogueFacts, records_of
from tests.sandboxes import calls
from tests.unit.platforms.examples import SAMPLES, sample_folder


def differences(platform: str) -> CatalogueFacts:
    return records_of(platform)[0].catalogue


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.group}: {endpoint.name}"


def is_in_the_sandbox(platform: str, endpoint: Endpoint) -> bool:
    return (
        name_of(endpoint) not in differences(platform).absent
        and endpoint.group not in differences(platform).absent_groups
    )


def _rows(*, in_the_sandbox: bool) -> list[Any]:
    return [
        pytest.param(platform, name_of(endpoint), id=f"{platform}-{name_of(endpoint)}")
        for platform in SANDBOXES
        for endpoint in catalogue_of(platform).endpoints
        if is_in_the_sandbox(platform, endpoint) is in_the_sandbox
    ]


@cache
def arguments_of(platform: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((SAMPLES / platform / "arguments.json").read_bytes())
    return found


# --- a call as the catalogue says ---


def call(platform: str, sandbox: Platform, name: str) -> Reply:
    """The answer to a call, after those that it wants to be made before."""
    (endpoint,) = (each for each in catalogue_of(platform).endpoints if name_of(each) == name)
    described = arguments_of(platform)[name]
    for before in described.get("after", ()):
        require_success(call(platform, sandbox, before))
        if isinstance(sandbox.clock, ManualClock):
            sandbox.clock.advance(1)
    arguments = described.get("with", {})
    require_catalogued(endpoint, arguments)
    parts: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}}
    for parameter in endpoint.parameters:
        if parameter.name in arguments:
            for place in parameter.place.split(" and "):
                parts[place][parameter.name] = arguments[parameter.name]
    path = endpoint.path
    for parameter_name, value in parts["path"].items():
        path = path.replace("{" + parameter_name + "}", quote(str(value), safe=""))
    query = {key: json.dumps(value) if isinstance(value, bool) else value for key, value in parts["query"].items()}
    target = f"{path}?{urlencode(query, quote_via=quote, safe=':')}" if query else path
    body = json.dumps(parts["body"]).encode() if parts["body"] else b""
    return _let_in(sandbox, endpoint, target, body)


def require_catalogued(endpoint: Endpoint, arguments: Mapping[str, Any]) -> None:
    """Every argument is in the catalogue, and everything that is required there is given."""
    known = {parameter.name: parameter for parameter in endpoint.parameters}
    given = dict(_given("", arguments))
    assert given.keys() <= known.keys(), f"not in the catalogue: {sorted(given.keys() - known.keys())}"
    for name, parameter in known.items():
        parent = re.split(r"(?:\[\])?\.[^.]+$", name)[0] if "." in name else None
        if parameter.required and (parent is None or given.get(parent)):
            assert name in given, f"{name} is required"
        if parameter.only is not None and name in given:
            assert given[name] is parameter.only


def _given(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        yield prefix + name, inner
        if isinstance(inner, Mapping):
            yield from _given(f"{prefix}{name}.", inner)
        for item in inner if isinstance(inner, list) else []:
            if isinstance(item, Mapping):
                yield from _given(f"{prefix}{name}[].", item)


def _let_in(sandbox: Platform, endpoint: Endpoint, target: str, body: bytes) -> Reply:
    mark = "&" if "?" in target else "?"
    match endpoint.access:
        case "basic":
            account = DEMO_CREDENTIALS["salesmania"]
            pair = base64.b64encode(f"{account['username']}:{account['password']}".encode()).decode()
            headers = {"authorization": f"Basic {pair}"}
        case "bearer" | "team":
            assert isinstance(sandbox, SalesmaniaPlatform)
            bearer, team = calls.salesmania_tokens(sandbox)
            headers = {"authorization": f"Bearer {bearer}"}
            target = f"{target}{mark}team_token={team}" if endpoint.access == "team" else target
        case "keyed":
            headers = calls.KEYS
        case "signed":
            sign = calls.signed_later if endpoint.group == "2021-02" else calls.signed
            headers = sign(target, body)
        case _:
            headers = calls.BEARER
    return calls.ask(sandbox, endpoint.method, target, headers, body)


def require_success(reply: Reply) -> None:
    assert reply.status in (200, 201, 204), reply.body
    document = reply.document() if reply.body else {}
    if isinstance(document, dict):
        assert str(document.get("response", "success")).lower() in ("success", "sukses"), document
        envelope = document.get("status")
        assert not isinstance(envelope, dict) or envelope["code"] == 1, document


def sandbox_of(platform: str) -> Platform:
    return SANDBOXES[platform].platform_type(clock=ManualClock(datetime(2025, 1, 10, 5, tzinfo=UTC)))


@pytest.mark.parametrize(("platform", "name"), _rows(in_the_sandbox=True))
def test_a_call_is_answered_by_its_sandbox_as_the_catalogue_describes_it(platform: str, name: str) -> None:
    reply = call(platform, sandbox_of(platform), name)
    if "refused" in arguments_of(platform)[name]:
        assert reply.status == 404
        assert reply.document()["message"] == arguments_of(platform)[name]["refused"]
    else:
        require_success(reply)


@pytest.mark.parametrize(("platform", "name"), _rows(in_the_sandbox=False))
def test_a_call_that_is_not_in_the_sandbox_is_refused(platform: str, name: str) -> None:
    (endpoint,) = (each for each in catalogue_of(platform).endpoints if name_of(each) == name)
    assert _let_in(sandbox_of(platform), endpoint, re.sub(r"{\w+}", "1", endpoint.path), b"").status in (404, 405)


@pytest.mark.parametrize("platform", SANDBOXES)
def test_a_sandbox_has_no_call_beyond_the_catalogue(platform: str) -> None:
    catalogued = {(each.method, re.sub(r"{\w+}", "{}", each.path)) for each in catalogue_of(platform).endpoints}
    routes = {(route.method, route.path) for route in sandbox_of(platform).declare_routes()}
    beyond = {(method, path) for method, path in routes if (method, re.sub(r"{\w+}", "{}", path)) not in catalogued}
    assert beyond == differences(platform).beyond.keys()


@pytest.mark.parametrize("platform", SANDBOXES)
def test_every_set_of_arguments_is_for_a_call_of_the_sandbox(platform: str) -> None:
    there = {name_of(each) for each in catalogue_of(platform).endpoints if is_in_the_sandbox(platform, each)}
    assert arguments_of(platform).keys() == there


# --- what is answered ---

BEYOND_THE_SAMPLE: Mapping[str, set[str]] = {
    "Shop: Get Detail": {
        f".data[].active_supplier.{name}"
        for name in ("city", "city_id", "description", "district", "district_id", "shipper_id", "shipper_status")
    },
    "Product: Get Product Detail": {".data.update_access", ".data.warehouse"},
    "Region: Get Regions": {".meta.pagination.links.next"},
    "Cancel Order: Get Canceled Orders": {".data[].cost_of_goods_sold"},
    "Order API: Get Order": {".data[].line_items[].unit_price"},
    "Order API: Create Order": {".data.line_items[].unit_price"},
}
"""Members that a sandbox shows besides those of the document's example: they are in the examples of similar calls."""


def has_an_example(platform: str, name: str) -> bool:
    """Whether the document has an example of the answer; of SIRCLO's later revision there are digests alone."""
    group, _, title = name.partition(": ")
    return group != "2021-02" and (sample_folder(platform, group, title) / "200.json").is_file()


@pytest.mark.parametrize(
    ("platform", "name"), [row for row in _rows(in_the_sandbox=True) if has_an_example(*row.values)]
)
def test_a_sandboxs_answer_has_the_members_of_the_documents_own(platform: str, name: str) -> None:
    if "refused" in arguments_of(platform)[name]:
        return
    group, _, title = name.partition(": ")
    sample = json.loads((sample_folder(platform, group, title) / "200.json").read_bytes())
    answer = call(platform, sandbox_of(platform), name).document()
    assert beyond(answer, sample) == BEYOND_THE_SAMPLE.get(name, set())


def beyond(answer: Any, sample: Any, place: str = "") -> set[str]:
    """Where an answer has what its sample lacks. Null and an empty list in the sample may be anything."""
    if sample in (None, []) or answer is None:
        return set()
    if isinstance(sample, list):
        if not isinstance(answer, list):
            return {place}
        return {each for item in answer for each in beyond(item, _any_of(sample), f"{place}[]")}
    if not isinstance(sample, Mapping):
        return set()
    if not isinstance(answer, Mapping):
        return {place}
    known = {str(key).strip(): value for key, value in sample.items()}
    unknown = {f"{place}.{key}" for key in answer.keys() - known.keys()}
    return unknown.union(*(beyond(answer[key], known[key], f"{place}.{key}") for key in answer.keys() & known.keys()))


def _any_of(rows: list[Any]) -> Any:
    """A row with every member that some row has."""
    if not all(isinstance(row, Mapping) for row in rows):
        return rows[0]
    emptiest_first = sorted(rows, key=lambda row: sum(value is not None for value in row.values()))
    return {name: value for row in emptiest_first for name, value in row.items()}
