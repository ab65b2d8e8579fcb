"""What the partner guide says is what the code does, and its errors are all there are."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import get_args

import pytest

from orderbridge.entrypoints.requests import MAX_BODY_BYTES
from orderbridge.forwarding.forward.cancelling import CancelAnswer
from orderbridge.orders.order import MAX_LINES, MAX_QUANTITY, MAX_REFERENCE_LENGTH, OrderStatus, ProductLine, SalesOrder
from orderbridge.partners.signatures import TIMESTAMP_TOLERANCE_SECONDS
from orderbridge.partners.tokens import FAMILY_LIFETIME_SECONDS, LIFETIME_SECONDS, REFRESH_GRACE_SECONDS
from orderbridge.reading.orders import DEFAULT_LIMIT, MAX_LIMIT
from orderbridge.reading.views import PARTNER_EVENTS
from orderbridge_cli.catalogue import error_catalogue
from orderbridge_cli.operating.public_keys import ADVISED_KEY_BITS, MIN_KEY_BITS
from tests.contract.template import template
from tests.docs.guide import Shell, assert_as_documented, steps

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "partner-guide"
PAGES = sorted(GUIDE.rglob("*.md"))


def page(name: str) -> str:
    """A page's words, on one line, so that a line break in a sentence does not matter."""
    return " ".join((GUIDE / name).read_text(encoding="utf-8").split())


def test_the_page_of_errors_is_as_generated() -> None:
    assert error_catalogue.PAGE.read_text(encoding="utf-8") == error_catalogue.page()


def test_a_code_without_words_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {code: words for code, words in error_catalogue.WORDS.items() if code != "not_found"}
    monkeypatch.setattr(error_catalogue, "WORDS", fewer)

    with pytest.raises(error_catalogue.CatalogueOutOfDate, match="codes without words: not_found;"):
        error_catalogue.page()


def test_words_without_a_code_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**error_catalogue.WORDS, "gone": error_catalogue.WORDS["not_found"]}
    monkeypatch.setattr(error_catalogue, "WORDS", more)

    with pytest.raises(error_catalogue.CatalogueOutOfDate, match="words without a code: gone"):
        error_catalogue.page()


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(GUIDE)))
def test_every_command_of_the_guide_is_run_by_the_tests(file: Path) -> None:
    fences = re.findall(r"^```(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)[::2]

    assert all(fence in ("bash run", "bash given") for fence in fences if fence.startswith("bash"))
    kinds = [step.kind for step in steps(file)]
    assert all(kinds[index - 1] == "run" for index, kind in enumerate(kinds) if kind == "output")


def test_the_fields_of_an_order_are_the_models() -> None:
    table = re.findall(r"^\| `([\w\[\].]+)` \|", (GUIDE / "orders.md").read_text(), re.MULTILINE)

    lines = [f"products[].{name}" for name in ProductLine.model_fields]
    assert table[: len(SalesOrder.model_fields) + len(lines)] == [*SalesOrder.model_fields, *lines]
    longest = {
        name: schema.get("maxLength")
        for name, schema in SalesOrder.model_json_schema()["properties"].items()
        if "maxLength" in schema
    }
    text = page("orders.md")
    for name, length in longest.items():
        assert f"| `{name}` | required | 1 to {length} characters |" in text


def test_limits_and_times_are_the_codes() -> None:
    orders, signing, credentials = (page(name) for name in ("orders.md", "signing.md", "credentials.md"))

    assert f"| 1 to {MAX_LINES} lines |" in orders
    assert f"a whole number from 1 to {MAX_QUANTITY:,};" in orders
    assert f"up to {MAX_REFERENCE_LENGTH} characters;" in orders
    assert f"is 1 to {MAX_REFERENCE_LENGTH} printable ASCII characters" in orders
    assert f"({MAX_BODY_BYTES:,} bytes)" in orders
    assert f"| 1 to {MAX_LIMIT}, else {DEFAULT_LIMIT} |" in orders
    assert f"{TIMESTAMP_TOLERANCE_SECONDS} seconds from our clock" in orders
    assert f"may be {TIMESTAMP_TOLERANCE_SECONDS} seconds away" in signing
    assert f"at least {MIN_KEY_BITS} bits; {ADVISED_KEY_BITS} are advised" in signing
    assert f"| {LIFETIME_SECONDS // 3600} hours |" in credentials
    assert f"up to {REFRESH_GRACE_SECONDS // 3600} hours after it has expired" in credentials
    assert f"It ends {FAMILY_LIFETIME_SECONDS // 86400} days after the login" in credentials


def test_rates_are_the_templates() -> None:
    defaults = {name: each.get("Default") for name, each in template().document["Parameters"].items()}
    orders = page("orders.md")

    assert (
        f"{defaults['PartnerCallsPerSecond']} a second over time, {defaults['PartnerCallsAtOnce']:,} at once" in orders
    )
    assert f"{defaults['LoginFailuresPerClient']} in five minutes for a client" in orders
    assert f"{defaults['LoginFailuresPerAddress']} for an address" in orders
    assert defaults["PartnerCacheSeconds"] == 60
    assert "within 60 seconds" in page("credentials.md")


def test_statuses_events_and_cancel_answers_are_the_codes() -> None:
    rows = re.findall(r"^\| `([A-Za-z_]+)` \|", (GUIDE / "orders.md").read_text(), re.MULTILINE)

    assert [row for row in rows if row.isupper()] == list(get_args(OrderStatus))
    assert [row for row in rows if row in get_args(CancelAnswer)] == list(get_args(CancelAnswer))
    sentence = re.search(r"Events of the timeline: (.*?) New ones may come", page("orders.md"))
    assert sentence is not None
    assert set(re.findall(r"`(\w+)`", sentence.group(1))) == {"OrderAccepted", *PARTNER_EVENTS.values()}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_command_that_fails_fails_the_guide(tmp_path: Path) -> None:
    with Shell(tmp_path, {"PATH": "/usr/bin:/bin"}) as shell:
        shell.run("KEPT=1")
        assert shell.run('echo "$KEPT"') == "1"
        with pytest.raises(AssertionError, match="a command failed"):
            shell.run("false\ntrue")
        with pytest.raises(AssertionError, match="a command failed"):
            shell.run("false | cat")
        assert shell.run("cat <<'X'\n$KEPT\nX") == "$KEPT"


@pytest.mark.parametrize(
    ("documented", "seen"),
    [
        ('{"status": "DRAFT"}', '{"status": "SUBMITTED"}'),
        ('{"code": "SO-20250101-00001"}', '{"code": "SO-2025-1"}'),
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": [1]}', '{"a": []}'),
        ('{"expired_at": 1704067200}', '{"expired_at": "1704067200"}'),
        ('{"external_id": null}', '{"external_id": "5"}'),
        ("Verified OK", "Verification failure"),
    ],
)
def test_an_answer_that_is_not_as_documented_fails_the_guide(documented: str, seen: str) -> None:
    with pytest.raises(AssertionError):
        assert_as_documented(documented, seen)


def test_an_answer_as_documented_passes() -> None:
    assert_as_documented('{"code": "SO-20250101-00001", "n": null}', '{"n":null,"code":"SO-20990101-123456"}')


def test_the_guide_says_whether_statuses_are_read_back() -> None:
    are_read = any("status" in folder.name for folder in (ROOT / "functions").iterdir())

    assert ("Orderbridge does not ask them for progress yet" in page("orders.md")) is not are_read, (
        "There is a function that reads statuses now. Say in orders.md, Statuses: which platforms are asked (SIRCLO "
        "and Ngorder; SalesMania has no call for it), how often, and for how long after the order."
    )
