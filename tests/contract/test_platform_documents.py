"""The catalogues against the list of documented calls, which lies beside the project, and the layer against them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from orderbridge.calls.endpoints import Place, Request
from orderbridge.platforms.names import platform_names
from orderbridge.platforms.registry import definition_of
from orderbridge_cli.catalogue import Endpoint, catalogue_of
from orderbridge_cli.catalogue.page import page
from orderbridge_cli.catalogue.used import requests_of, users_of
from tests.conformance.facts import records_of
from tests.contract.template import PROJECT
from tests.unit.platforms.examples import SAMPLES, channel, sample_folder

LIST = "shared/platforms/contracts.json"
PAGE = "docs/platforms/endpoints.md"
LATER_REVISION = "2021-02"
"""The group of SIRCLO's calls that are in no document of the list."""

# --- the catalogues and the documents ---------------------------------------------------------------------------------

ELSEWHERE = {
    ("ngorder", "Get Active List"): "its table says Path, its path has no place for them",
    ("ngorder", "Update Order"): "nested members do not fit into the query that is documented (traps D18)",
    ("ngorder", "Delete Canceled Order"): "its id stands in the path, and in the table as Body",
    ("ngorder", "Delete Bank"): "its id stands in the path, and in the table as Body",
}
"""Calls whose parameters go elsewhere than documented, and why."""

NOT_SENT = {
    ("salesmania.orders.add_new_order", "team_token"): "the account adds it to every call",
    ("sirclo.product.stocks", "since"): "in the address only, which is an older Get Order's (traps C9)",
    ("sirclo.product.stocks", "until"): "in the address only, which is an older Get Order's (traps C9)",
}
"""Documented parameters that are in no catalogue, and why."""

IN_WORDS = {("sirclo", name) for name in ("accepted", "packed", "completed", "cancelled")}
"""Objects whose members the list gives in words, not one by one."""

PLAIN = {
    "string": "string", "integer": "integer", "int": "integer", "number": "number", "double": "number",
    "boolean": "boolean", "numeric": "numeric", "[]integer": "integer", "[]string": "string", "file": "file",
    "image": "file",
}  # fmt: skip
"""The documents' words for types; an array's may be of anything."""

OBJECTS = {"expedition", "payment", "preorder_setting"}
"""Documented as arrays, and objects in the examples (traps D5)."""

FORBIDDEN = {
    "Order Cost: Delete Order Cost",  # traps D50
    "Payment: Withdraw", "Customer: Privor Activation", "Woowa Customer: Get Template",  # traps D63
    "Woowa Customer: Send Bulk Message", "Woowa Order: Send Message", "Woowa Order: Get Message",
    "Woowa Order: Get Messages",
}  # fmt: skip


@pytest.fixture(scope="module")
def documented() -> list[dict[str, Any]]:
    path = PROJECT.parent / LIST
    if not path.is_file():
        pytest.skip(f"the list of documented endpoints is not beside the project ({LIST})")
    return [each for each in json.loads(path.read_text())["endpoints"] if each["system"] in platform_names()]


def rows(platform: str) -> dict[tuple[str, str], Endpoint]:
    return {(each.group, each.name): each for each in catalogue_of(platform).endpoints}


def pairs(documented: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Endpoint]]:
    for each in documented:
        yield each, rows(each["system"])[each["group"], each["name"]]


def test_every_platform_has_a_catalogue_in_which_each_call_is_once() -> None:
    for platform in platform_names():
        names = Counter((each.group, each.name) for each in catalogue_of(platform).endpoints)
        assert set(names.values()) == {1}, platform


def test_every_documented_call_is_in_the_catalogue_and_nothing_else_is(documented: list[dict[str, Any]]) -> None:
    names = {(each["system"], each["group"], each["name"]) for each in documented}
    catalogued = {(platform, *name) for platform in {name for name, *_ in names} for name in rows(platform)}
    assert names - catalogued == set()
    assert {group for _, group, _ in catalogued - names} == {LATER_REVISION}
    assert Counter(platform for platform, *_ in names) == {"salesmania": 19, "sirclo": 4, "ngorder": 160}
    assert sum(group == LATER_REVISION for _, group, _ in catalogued) == 7


def test_a_method_and_a_path_are_the_documents_or_said_not_to_be(documented: list[dict[str, Any]]) -> None:
    for each, row in pairs(documented):
        inferred = each.get("inferred_endpoint") or {}
        path = None if each.get("url_broken_in_doc") else each["path"]
        assert row.undocumented == tuple(
            part for part, said in (("method", each["method"]), ("path", path)) if said is None
        ), each["id"]
        assert row.method == (each["method"] or inferred["method"]), each["id"]
        if path is not None or inferred:
            assert row.path == (path or inferred["path"].partition("?")[0]), each["id"]
        if row.undocumented:
            assert row.source, each["id"]
        if each["system"] == "ngorder":
            assert row.guess == (bool(inferred) and inferred["strength"] != "strong"), each["id"]
            assert row.section == f"{each['group']}, line {each['provenance']['endpoint_line']}", each["id"]


def test_a_path_that_only_a_name_is_known_of_is_a_guess() -> None:
    for each in catalogue_of("salesmania").endpoints:
        is_public = (each.source or "").startswith("public page")
        assert each.guess == bool(each.undocumented and not is_public), each.name


def told_parameters(each: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The documented parameters and their places, by their steps: `stock[][amount]` and `stock[].amount` are one."""
    return {
        steps(parameter["name"].replace("...", "variations.")): (place.partition("_")[0], parameter)
        for place in ("path_params", "query_params", "body_params")
        for parameter in each[place]
        if (each["id"], parameter["name"]) not in NOT_SENT
    }


def steps(name: str) -> str:
    return "/".join(step for step in re.split(r"[\[\].]+", name) if step)


def test_every_documented_parameter_is_in_the_catalogue_as_it_is_documented(documented: list[dict[str, Any]]) -> None:
    for each, row in pairs(documented):
        ours = {steps(parameter.name): parameter for parameter in row.parameters}
        for name, (place, said) in told_parameters(each).items():
            what = f"{each['id']}: {name}"
            parameter = ours[name]
            if (each["system"], each["name"]) not in ELSEWHERE:
                assert place in parameter.place.split(" and "), what
            assert parameter.required is (said["required"] is True), what
            assert parameter.required_if == said.get("required_if"), what
            is_list = str(said["type"]).startswith(("[]", "array")) and name not in OBJECTS
            assert parameter.repeatable >= is_list, what
            assert parameter.type == PLAIN.get(said["type"], parameter.type), what


def test_what_no_table_lists_says_where_it_is_from(documented: list[dict[str, Any]]) -> None:
    for each, row in pairs(documented):
        said = told_parameters(each)
        for parameter in row.parameters:
            name = steps(parameter.name)
            in_words = (each["system"], name.partition("/")[0]) in IN_WORDS
            # Of most of SalesMania's calls the document has the names alone.
            is_elsewhere = each["system"] == "salesmania" and ((row.source or "").startswith("public") or name == "id")
            assert name in said or parameter.source or parameter.guess or in_words or is_elsewhere, (each["id"], name)


def test_what_must_never_be_called_is_marked_and_everything_that_costs_money_by_itself_is_off() -> None:
    marked = {f"{each.group}: {each.name}" for each in catalogue_of("ngorder").endpoints if each.forbidden}
    assert marked == FORBIDDEN
    for each in catalogue_of("ngorder").endpoints:
        for parameter in each.parameters:
            is_costly = parameter.name.rpartition(".")[2] in ("send_sms", "auto_pickup")
            assert (parameter.only is False) is is_costly, parameter.name


def test_only_reads_and_what_is_known_to_be_repeatable_may_be_repeated() -> None:
    every = [each for platform in platform_names() for each in catalogue_of(platform).endpoints]
    assert {f"{each.group}: {each.name}" for each in every if each.repeatable and each.method != "GET"} == {
        "Product: Sync Stock", "Root Product Category: Update Category",
        "Customers: Update customer by ID", "Products: Update product by ID", "Orders: Update order by ID",
        "Order API: Create Order", "Order API: Update Order",
        "2021-02: Create orders", "2021-02: Update status", "2021-02: Update stock",
    }  # fmt: skip
    assert all(each.repeatable for each in every if each.method == "GET")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*/request.json")), ids=lambda path: path.parent.name)
def test_the_documents_own_requests_are_made_of_what_the_catalogue_has(path: Path) -> None:
    (row,) = (
        each
        for each in catalogue_of(path.parts[-3]).endpoints
        if sample_folder(path.parts[-3], each.group, each.name) == path.parent
    )
    known = {steps(parameter.name) for parameter in row.parameters}
    open_ended = {steps(parameter.name) for parameter in row.parameters if parameter.type == "any"}
    members = {name for name in _members(json.loads(path.read_bytes())) if name != "variations/image"}
    assert {name for name in members - known if not any(name.startswith(f"{each}/") for each in open_ended)} == set()


def _members(value: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield prefix + name
            yield from _members(inner, f"{prefix}{name}/")
    for item in value if isinstance(value, list) else []:
        yield from _members(item, prefix)


def test_the_page_of_endpoints_is_up_to_date() -> None:
    assert (PROJECT / PAGE).read_text() == page(), "run: make openapi"


# --- the layer and the catalogues -------------------------------------------------------------------------------------

EVERY_REQUEST = [
    pytest.param(platform, request, id=f"{platform}-{request.__name__}")
    for platform in platform_names()
    for request in requests_of(platform)
]


def test_the_layer_describes_no_call_that_it_does_not_make() -> None:
    unused = [each for platform in platform_names() for each, users in users_of(platform).items() if not users]
    assert unused == []


@pytest.mark.parametrize(("platform", "request_type"), EVERY_REQUEST)
def test_a_typed_request_is_in_the_catalogue_with_its_method_and_path(
    platform: str, request_type: type[Request[Any]]
) -> None:
    endpoint = request_type.endpoint
    row = rows(platform)[endpoint.group, endpoint.title]
    settings: Any = definition_of(platform).read_settings(channel(platform).settings)
    path = endpoint.path
    if row.setting is not None:
        name = row.setting.removeprefix("paths.")
        default = settings.paths.by_name()[name] if name != row.setting else getattr(settings, name)
        assert f"<{name}>" in path
        path = path.replace(f"<{name}>", default)
    assert (endpoint.method, path) == (row.method, row.path)
    assert endpoint.access in ("", row.access)
    assert row.forbidden is None


@pytest.mark.parametrize(("platform", "request_type"), EVERY_REQUEST)
def test_a_typed_request_has_the_parameters_of_the_catalogue(platform: str, request_type: type[Request[Any]]) -> None:
    endpoint = request_type.endpoint
    row = rows(platform)[endpoint.group, endpoint.title]
    catalogued = {steps(parameter.name): parameter for parameter in row.parameters}
    ours = {name: (place, required) for name, place, required in _parameters(request_type)}
    assert {
        name
        for name in ours.keys() - catalogued.keys()
        if (row.name, name) not in records_of(platform)[0].catalogue.extra
    } == set()
    for name, parameter in catalogued.items():
        parent = name.rpartition("/")[0]
        if name in ours:
            assert ours[name][0] == parameter.place, name
        if (
            parameter.required
            and (not parent or parent in ours)
            and (row.name, name) not in records_of(platform)[0].catalogue.optional
        ):
            assert ours[name][1], f"{name} is required"


def _parameters(request: type[Request[Any]]) -> Iterator[tuple[str, str, bool]]:
    """Every parameter, and every member of one, by its steps: where it goes, and whether it is always sent."""
    for attribute, described in request.model_fields.items():
        (place,) = (entry.value for entry in described.metadata if isinstance(entry, Place))
        name = described.alias or attribute
        yield name, place, _is_sent(described)
        for model in _models_in(described.annotation):
            yield from ((member, place, required) for member, required in _members_of(name, model))


def _members_of(prefix: str, model: type[BaseModel]) -> Iterator[tuple[str, bool]]:
    for attribute, described in model.model_fields.items():
        name = f"{prefix}/{described.alias or attribute}"
        yield name, _is_sent(described)
        for inner in _models_in(described.annotation):
            yield from _members_of(name, inner)


def _is_sent(described: Any) -> bool:
    return described.is_required() or described.default is not None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not None:
        for inner in get_args(annotation):
            yield from _models_in(inner)
