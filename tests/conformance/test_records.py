"""A record of facts is complete, and agrees with the platform's definition and with its page."""

from __future__ import annotations

import re

import pytest

from orderbridge.platforms.names import platform_names
from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.status_reads import status_platform
from orderbridge.platforms.values import InvalidValue
from orderbridge.status.changes import StatusReading, normalised, take_in
from orderbridge_cli.catalogue import catalogue_of
from orderbridge_sandboxes import demo
from orderbridge_sandboxes.names import sandbox_names
from tests.conformance.facts import RECORD_FOLDER, PlatformFacts, Word, records_of
from tests.docs.pages import DOCS
from tests.unit.status.status_cases import LATER, sent

TABLE_ROW = re.compile(r"^\| (\w+) \| ([\w ]+) \| (.+) \|$", re.MULTILINE)
HEAD = ("ours", "where", "its words")


@pytest.mark.parametrize("name", platform_names())
def test_a_platform_has_a_record_a_sandbox_and_a_catalogue(name: str) -> None:
    assert {each.name for each in records_of(name)} == {name}
    assert name in sandbox_names()
    assert catalogue_of(name).endpoints


def test_a_record_is_of_a_platform() -> None:
    assert {path.stem for path in RECORD_FOLDER.glob("*.py")} == set(platform_names())


def test_the_settings_are_those_that_a_channel_cannot_do_without(facts: PlatformFacts) -> None:
    definition = definition_of(facts.name)
    definition.read_settings({"base_url": facts.base_url, **facts.least_settings, **facts.settings})
    with pytest.raises(InvalidValue, match="base_url: Field required"):
        definition.read_settings(facts.least_settings)


def test_every_credential_of_the_demo_account_is_needed(facts: PlatformFacts) -> None:
    definition, credentials = definition_of(facts.name), demo.DEMO_CREDENTIALS[facts.name]
    definition.read_credentials(credentials)
    for name in credentials:
        with pytest.raises(InvalidValue, match=f"{name}: Field required"):
            definition.read_credentials({key: value for key, value in credentials.items() if key != name})


def test_the_platform_takes_the_kinds_of_mappings_that_its_record_says(facts: PlatformFacts) -> None:
    definition = definition_of(facts.name)
    assert set(definition.values) == facts.kinds
    settings = definition.read_settings({**demo.demo_settings(facts.name, facts.base_url), **facts.settings})
    for kind, _, value in [*demo.demo_mappings(facts.name), *facts.mappings]:
        definition.read_mapping(kind, value, settings)  # type: ignore[arg-type]


def test_what_the_platform_can_do_is_what_its_record_says(facts: PlatformFacts) -> None:
    definition = definition_of(facts.name)
    assert (definition.can_look, definition.can_cancel) == (facts.can_look, facts.cancel is not None)
    assert (facts.cancelled_by_us is None) == (facts.cancel is None)
    assert facts.accepts
    assert facts.rejects
    assert facts.proves_nothing
    assert facts.probe
    assert facts.shelf.describe is not None
    assert len(facts.shelf.odd_rows) == 4


# --- words ------------------------------------------------------------------------------------------------------------


def as_written(word: Word) -> tuple[str, str]:
    return word.axis, normalised(word.word)


def test_the_platform_knows_the_words_of_its_record_and_no_other(facts: PlatformFacts) -> None:
    table = status_platform(facts.name, lambda _: {}).table
    known = {(axis, word) for axis, words in table.items() for word in words}
    assert known == {as_written(word) for word in facts.words}


def test_its_page_names_every_word_under_the_meaning_that_its_record_says(facts: PlatformFacts) -> None:
    page = (DOCS / "platforms" / f"{facts.name}.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Words\n(.+?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    said = {
        (meaning, axis, normalised(word.strip()))
        for meaning, axis, words in TABLE_ROW.findall(section)
        if (meaning, axis, words) != HEAD
        for word in words.split(",")
    }
    meant = {
        (meaning, *as_written(word))
        for word in facts.words
        for meaning in (word.status, word.payment, word.problem)
        if meaning is not None
    }
    assert said == meant


def test_a_word_means_what_the_record_says(facts: PlatformFacts) -> None:
    table = status_platform(facts.name, lambda _: {}).table
    for word in facts.words:
        forward = sent()
        for said in (*word.after, word.word):
            news = take_in(forward, StatusReading("1201", {word.axis: said}), table, LATER)
            forward = forward if news is None else news.transition.forward
        expected = (word.status or "SUBMITTED", word.payment if word.payment != "UNPAID" else None, word.problem)
        became = (forward.platform_status or "SUBMITTED", forward.payment_status, forward.shipment_problem)
        assert (became[0], None if became[1] == "UNPAID" else became[1], became[2]) == expected, word


def test_a_person_at_the_sandbox_can_bring_an_order_to_every_status_that_has_a_word(facts: PlatformFacts) -> None:
    assert {word.status for word in facts.words} - {word.status for word in facts.words if word.settable} <= {None}
    by_word = {word.word: word.status for word in facts.words if word.settable}
    words = (facts.shipped, facts.completed, facts.cancelled)
    assert tuple(map(by_word.get, words)) == ("SHIPPED", "COMPLETED", "CANCELLED")
