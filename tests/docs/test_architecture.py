"""The page on the architecture says what the code and the template are: states, items, indexes, who reaches what."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from benchmarks.life import life
from orderbridge.forwarding.forward.states import TRANSITIONS, ForwardState
from orderbridge.platforms.names import platform_names
from tests.contract.template import as_list, template
from tests.docs.pages import DOCS, ROOT, links

PAGE = (DOCS / "architecture.md").read_text(encoding="utf-8")
LAYER = ROOT / "layers/core/orderbridge"
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


def section(title: str) -> str:
    """The text under a heading."""
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str, columns: int) -> list[list[str]]:
    """The rows of every table with so many columns, without its head."""
    found: list[list[str]] = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
        found += [line for line in lines[2:] if len(line) == columns]
    return found


def test_the_diagram_of_states_is_the_table_of_transitions() -> None:
    drawn = set(re.findall(r"^  (\w+) --> (\w+)", PAGE, re.MULTILINE))

    allowed = {(before.value, after.value) for before, afters in TRANSITIONS.items() for after in afters}
    assert {edge for edge in drawn if edge[0] in ForwardState.__members__} == allowed


def test_every_kind_of_item_is_in_the_table_of_items_and_no_other() -> None:
    """The keys are written as ``NAME#`` in the code; a sort key that is one word, as that word."""
    written = set()
    for module in sorted(LAYER.rglob("*.py")):
        written |= set(re.findall(r'f"([A-Z]+#)', module.read_text(encoding="utf-8")))

    listed = {prefix for _, pk, sk, _ in rows(section("Data"), 4) for prefix in re.findall(r"([A-Z]+#)", pk + sk)}
    assert listed == written


def test_every_index_is_there_with_its_keys() -> None:
    (table,) = template().of_type("AWS::DynamoDB::Table").values()
    deployed = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }

    described = {
        name.strip("`"): re.findall(r"`(\w+)`", keys)
        for name, keys, _, _ in rows(section("Data"), 4)
        if name.strip("`") in deployed
    }
    assert described == deployed


def _granted() -> dict[str, tuple[set[str], set[str]]]:
    """By partition: the functions that read it and those that write it, forwarders under one name."""
    functions = {properties["Role"]["Fn::GetAtt"][0]: name for name, properties in template().functions().items()}
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for role, statement in template().statements():
        actions = {action for action in as_list(statement["Action"]) if action.startswith("dynamodb:")}
        keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
        if role not in functions or not actions or "index/" in str(statement["Resource"]):
            continue
        name = functions[role]
        name = "forward_*" if name.removeprefix("forward_") in platform_names() else name
        for key in as_list(keys):
            readers, writers = found[key.split("#")[0]]
            readers |= {name} if actions - WRITES else set()
            writers |= {name} if actions & WRITES else set()
    return dict(found)


def test_who_reaches_which_partition_is_what_the_template_grants() -> None:
    def named(cell: str) -> set[str]:
        return {name.strip() for name in cell.split(",")} - {""}

    described = {
        partition.strip("`"): (named(read), named(written))
        for partition, read, written in rows(section("Data"), 3)
        if re.fullmatch(r"`[A-Z]+`", partition)
    }
    assert described == _granted()


AS_EVERYWHERE = ("__init__.py", "ports.py", "table.py")
FEATURES = ("partners", "orders", "channels", "webhooks", "forwarding", "status", "stock", "reading")


@pytest.mark.parametrize("package", FEATURES)
def test_the_page_leads_to_every_file_that_holds_a_rule_or_a_use_case(package: str) -> None:
    linked = {(DOCS / link).resolve() for link in links(DOCS / "architecture.md")}
    there = {file for file in (LAYER / package).rglob("*.py") if file.name not in AS_EVERYWHERE}

    assert there - linked == set()


def test_the_page_draws_every_function() -> None:
    (picture,) = re.findall(r"```mermaid\nflowchart.*?```", PAGE, re.DOTALL)

    assert {name for name in template().functions() if not re.search(rf"\b{name}\b", picture)} == set()


def test_every_invariant_names_tests_that_hold_it() -> None:
    stated = re.split(r"^[0-9]+\. \*\*", section("Invariants"), flags=re.MULTILINE)[1:]

    assert len(stated) == 9
    assert all("../tests/" in each for each in stated)


def test_the_writes_of_an_orders_way_add_up_to_what_is_counted() -> None:
    units = 0
    for _, _, times, each, _ in rows(section("Data"), 5):
        table, indexes = re.match(r"(\d+) \+ (\d+)", each).groups()  # type: ignore[union-attr]
        units += int(times) * (int(table) + int(indexes))
    assert units == life().sent.units
