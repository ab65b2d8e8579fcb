"""The template's expansion against its record: every id, name and property of what is deployed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.expansion import RECORDED, expansion, written


def differences(recorded: dict[str, Any], found: dict[str, Any], place: str = "") -> list[str]:
    """Every place where the two are not the same, by its path."""
    differing = []
    for name in sorted({*recorded, *found}):
        one, other = recorded.get(name), found.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            differing += differences(one, other, f"{place}{name}.")
        elif one != other:
            differing.append(f"{place}{name}: {one} -> {other}")
    return differing


def test_the_expansion_has_the_ids_the_names_and_the_properties_of_the_record() -> None:
    """What is meant to change is recorded again, and its difference read line by line: see tests/contract/expansion.py."""
    assert differences(json.loads(RECORDED.read_text()), expansion()) == []


def test_the_record_is_as_it_would_be_written() -> None:
    assert RECORDED.read_text() == written(json.loads(RECORDED.read_text()))


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        (("ForwardQueueSirclo", "QueueName"), "orderbridge-forward-Sirclo"),
        (("ForwardSalesManiaRole", "Policies"), "sha256:000000000000"),
        (("ForwardNgorderFunctionQueue", "BatchSize"), 2),
    ],
)
def test_a_difference_is_named_by_its_resource_and_property(place: tuple[str, str], changed: Any) -> None:
    recorded = json.loads(RECORDED.read_text())
    found = json.loads(RECORDED.read_text())
    resource, attribute = place
    found["Resources"][resource][attribute] = changed
    (difference,) = differences(recorded, found)
    assert difference.startswith(f"Resources.{resource}.{attribute}: ")
    del found["Resources"][resource]
    assert [each.split(":")[0] for each in differences(recorded, found)] == [f"Resources.{resource}"]
