"""The typed requests against the list of every documented endpoint, which lies beside the project."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from orderbridge.platforms.endpoints import Place, Request
from tests.unit.platforms.coverage import LATER_REVISION, PAGE, coverage_page, coverage_table
from tests.unit.platforms.every_endpoint import requests_of
from tests.unit.platforms.left_out import ENDPOINTS, GROUPS

LIST = "shared/platforms/contracts.json"
PLATFORMS = ("ngorder", "salesmania", "sirclo")
PATHS = {  # SalesMania's and SIRCLO's settings know these
    "<team_token>": "/extapi/v1.0/team_token",
    "<orders>": "/extapi/v1.0/orders",
    "<stock_path>": "/v1/partner/product/stock",
}
ELSEWHERE = {
    ("ngorder", "Get Active List"): "its table says Path, its path has no place for them",
    ("ngorder", "Update Order"): "nested members do not fit into the query that is documented (traps D18)",
    ("ngorder", "Delete Canceled Order"): "its id stands in the path, and in the table as Body",
    ("sirclo", "Get Order"): "pageNo is listed with the query and stands in the path (traps C3)",
}
"""Endpoints whose parameters go elsewhere than documented, and why."""

OPTIONAL = {
    ("ngorder", "order_progress_status"): "not marked optional, and works without (traps D30)",
    ("ngorder", "pagination_offset"): "sent as 1 unless another page is asked for",
    ("ngorder", "variations/images"): "null in the document's example",
    ("ngorder", "variations/primary_image"): "null in the document's example",
    ("ngorder", "variations/size"): "null in the document's example",
    ("ngorder", "variations/flag"): 'for deletion only, "fill DELETE"',
}
"""Required parameters that may be left away, and why."""

NOT_SENT_BY_A_REQUEST = {
    ("salesmania.orders.add_new_order", "team_token"): "the account adds it to every call",
    ("sirclo.product.stocks", "since"): "in the address only, which is an older Get Order's (traps C9)",
    ("sirclo.product.stocks", "until"): "in the address only, which is an older Get Order's (traps C9)",
}
"""Documented parameters that no request has, and why."""

BEYOND = {
    ("ngorder", "address"): "the document's addess, spelt as it is meant (traps D28)",
    ("ngorder", "wholesales"): "wholesale, as the examples spell it (traps D67)",
    ("ngorder", "weight"): "in the examples, not in the tables (traps D67)",
    ("ngorder", "variations/weight"): "in the examples, not in the tables",
    ("ngorder", "variations/is_warehouse"): "in the examples, not in the tables",
    ("ngorder", "variations/warehouse_stock"): "in the examples, not in the table of updates",
    ("ngorder", "variations/warehouse_stock/warehouse_id"): "in the examples, not in the table of updates",
    ("ngorder", "variations/warehouse_stock/stock"): "in the examples, not in the table of updates",
    ("ngorder", "order_id"): "the path's own placeholder, which the table calls id",
    ("salesmania", "database_id"): "how a database is selected is not documented; both likely names are sent",
    ("salesmania", "db_id"): "how a database is selected is not documented; both likely names are sent",
    ("sirclo", "line_items/raw_price"): "in the example, unit_price in the table; both are sent (traps C1)",
}
"""Parameters that no table lists, and why they are sent."""


@pytest.fixture(scope="module")
def documented(project_root: Path) -> list[dict[str, Any]]:
    path = project_root.parent / LIST
    if not path.is_file():
        pytest.skip(f"the list of documented endpoints is not beside the project ({LIST})")
    endpoints = json.loads(path.read_text())["endpoints"]
    return [endpoint for endpoint in endpoints if endpoint["system"] in PLATFORMS]


@pytest.fixture(scope="module")
def project_root() -> Path:
    return Path(__file__).resolve().parents[2]


def _by_name(platform: str) -> dict[tuple[str, str], type[Request[Any]]]:
    return {(request.endpoint.group, request.endpoint.title): request for request in requests_of(platform)}


def _left_out(endpoint: dict[str, Any]) -> bool:
    name = (endpoint["system"], endpoint["group"])
    return name in GROUPS or (*name, endpoint["name"]) in ENDPOINTS


def _covered(documented: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], type[Request[Any]]]]:
    for endpoint in documented:
        request = _by_name(endpoint["system"]).get((endpoint["group"], endpoint["name"]))
        if request is not None:
            yield endpoint, request


def test_every_documented_endpoint_has_a_request_or_a_reason(documented: list[dict[str, Any]]) -> None:
    print("", *coverage_table(), sep="\n")  # pytest -rP shows it
    covered = {endpoint["id"] for endpoint, _ in _covered(documented)}
    silent = [endpoint["id"] for endpoint in documented if endpoint["id"] not in covered and not _left_out(endpoint)]
    assert silent == []
    assert not [endpoint["id"] for endpoint in documented if endpoint["id"] in covered and _left_out(endpoint)]
    assert len(covered) == 128


def test_the_coverage_table_counts_what_is_documented(documented: list[dict[str, Any]]) -> None:
    groups = Counter((endpoint["system"], endpoint["group"]) for endpoint in documented)
    assert {name: group.endpoints for name, group in GROUPS.items()} == {name: groups[name] for name in GROUPS}
    told = [[cell.strip() for cell in row.strip("|").split("|")] for row in coverage_table()[2:]]
    per_platform = Counter(endpoint["system"] for endpoint in documented)
    assert [int(count) for _, count, *_ in told] == [per_platform[name] for name in ("salesmania", "sirclo", "ngorder")]


def test_every_reason_is_for_something_that_is_documented(documented: list[dict[str, Any]]) -> None:
    groups = {(endpoint["system"], endpoint["group"]) for endpoint in documented}
    endpoints = {(endpoint["system"], endpoint["group"], endpoint["name"]) for endpoint in documented}
    assert set(GROUPS) <= groups
    assert set(ENDPOINTS) <= endpoints


def test_every_request_is_documented_or_of_a_later_revision(documented: list[dict[str, Any]]) -> None:
    names = {(endpoint["system"], endpoint["group"], endpoint["name"]) for endpoint in documented}
    undocumented = [
        request.__name__
        for platform in PLATFORMS
        for (group, title), request in _by_name(platform).items()
        if (platform, group, title) not in names and group != LATER_REVISION
    ]
    assert undocumented == []


def test_method_and_path_are_the_documents(documented: list[dict[str, Any]]) -> None:
    for endpoint, request in _covered(documented):
        inferred = endpoint.get("inferred_endpoint") or {}
        path = inferred.get("path", "").partition("?")[0] or endpoint["path"]
        method = endpoint["method"] or inferred.get("method")
        assert request.endpoint.method == method, endpoint["id"]
        if path is not None and "<" not in request.endpoint.path:
            assert request.endpoint.path == path, endpoint["id"]
        if request.endpoint.path in PATHS:
            assert path in (None, PATHS[request.endpoint.path]), endpoint["id"]


def test_every_parameter_goes_where_it_is_documented(documented: list[dict[str, Any]]) -> None:
    for endpoint, request in _covered(documented):
        told = {"/".join(_steps(name)): place for name, place in _documented_places(endpoint)}
        ours = dict(_parameters(request))
        for name in told:
            assert name in ours, f"{endpoint['id']} has no {name}"
        for name in ours.keys() - told.keys():
            known = {(endpoint["system"], name), (endpoint["system"], name.partition("/")[0])}
            is_explained = known & set(BEYOND) or not told or _is_only_named(name, told)
            assert is_explained, f"{endpoint['id']} has {name} besides"
        if (endpoint["system"], endpoint["name"]) in ELSEWHERE:
            continue
        for name, place in told.items():
            if "/" not in name:
                assert place in _allowed(request.places()[name]), f"{endpoint['id']}: {name}"


def _is_only_named(name: str, told: dict[str, str]) -> bool:
    """Whether a member belongs to something whose members the list gives in words, not one by one."""
    parent, _, _ = name.partition("/")
    return parent in told and not any(other.startswith(f"{parent}/") for other in told)


def _allowed(place: Place) -> set[str]:
    return {
        Place.PATH: {"path_params"},
        Place.QUERY: {"query_params"},
        Place.BODY: {"body_params"},
        Place.FILE: {"body_params"},
        Place.BOTH: {"query_params", "body_params"},
    }[place]


def test_what_a_document_requires_is_required(documented: list[dict[str, Any]]) -> None:
    for endpoint, request in _covered(documented):
        required = {name: told for name, told in _requirements(endpoint) if isinstance(told, bool)}
        ours = dict(_parameters(request))
        for name, told in required.items():
            if told and (endpoint["system"], name) not in OPTIONAL:
                assert ours[name], f"{endpoint['id']}: {name} is required"
            if not told:
                assert not ours[name], f"{endpoint['id']}: {name} is optional"


def _documented_places(endpoint: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for place in ("path_params", "query_params", "body_params"):
        for parameter in endpoint[place]:
            if (endpoint["id"], parameter["name"]) not in NOT_SENT_BY_A_REQUEST:
                yield parameter["name"], place


def _requirements(endpoint: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for place in ("path_params", "query_params", "body_params"):
        for parameter in endpoint[place]:
            if (endpoint["id"], parameter["name"]) not in NOT_SENT_BY_A_REQUEST:
                yield "/".join(_steps(parameter["name"])), parameter["required"]


def _steps(name: str) -> list[str]:
    """`stock_adjustment[][variation_id]`, `payment.status`, `...warehouse_stock[stock]` as steps."""
    return [step for step in re.split(r"[\[\].]+", name.replace("...", "variations.")) if step]


def _parameters(request: type[Request[Any]]) -> Iterator[tuple[str, bool]]:
    """Every parameter of a request and of what is nested in it, with whether it is required (or always sent)."""
    for name in request.places():
        described = next(
            described
            for attribute, described in request.model_fields.items()
            if name
            in (
                described.alias or attribute,
                *(entry for part in described.metadata for entry in getattr(part, "names", ())),
            )
        )
        yield name, described.is_required()
        for model in _models_in(described.annotation):
            yield from _members(name, model)


def _members(prefix: str, model: type[BaseModel]) -> Iterator[tuple[str, bool]]:
    for attribute, described in model.model_fields.items():
        name = f"{prefix}/{described.alias or attribute}"
        yield name, described.is_required()
        for inner in _models_in(described.annotation):
            yield from _members(name, inner)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not None:
        for inner in get_args(annotation):
            yield from _models_in(inner)


def test_the_coverage_page_is_up_to_date(project_root: Path) -> None:
    assert (project_root / PAGE).read_text() == coverage_page(), "run: python -m tests.unit.platforms.coverage"
