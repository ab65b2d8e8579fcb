"""What the operators' pages say is there: every alarm of the template, and every command that they tell to type."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from orderbridge.platforms.names import platform_names
from orderbridge_cli.main import app
from tests.contract.template import template

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/operator-guide.md").read_text()
PAGES = ("docs/operator-guide.md", "docs/restoring.md", "docs/local-stack.md", "README.md", "CONTRIBUTING.md")


@pytest.mark.parametrize("alarm", template().of_type("AWS::CloudWatch::Alarm"))
def test_every_alarm_is_in_the_guide_by_its_name(alarm: str) -> None:
    of_any = re.sub("|".join(platform_names()), "<Platform>", alarm, flags=re.IGNORECASE)
    assert f"`{alarm}`" in GUIDE or f"`{of_any}`" in GUIDE


def test_the_guide_names_no_alarm_that_is_not_there() -> None:
    there = set(template().of_type("AWS::CloudWatch::Alarm"))
    for name in re.findall(r"`(\w[\w<>]*Alarm)`", GUIDE):
        of_each = {re.sub("<Platform>", platform, name).lower() for platform in platform_names()}
        assert of_each <= {alarm.lower() for alarm in there}, name


def _outcomes(page: str) -> list[str]:
    """The rows of the page's table of answers to a create call."""
    return re.findall(r"^\| [1-9] \|.*$", page, flags=re.MULTILINE)


def test_the_guide_and_the_platforms_page_say_the_same_of_an_answer() -> None:
    assert len(_outcomes(GUIDE)) == 5
    assert _outcomes(GUIDE) == _outcomes((ROOT / "docs/platforms/README.md").read_text())


def _typed() -> list[tuple[str, str]]:
    """What the pages' shell blocks tell to type, with the page's name."""
    typed = []
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL):
            lines = [line.strip() for line in block.replace("\\\n", " ").splitlines()]
            typed += [(page, line) for line in lines if re.match(r"(\S+/)?orderbridge ", line)]
    return typed


@pytest.mark.parametrize(("page", "line"), _typed())
def test_every_command_of_the_pages_is_there_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    found: Any = get_command(app)
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    options = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, f"{page}: {line}"


def test_the_pages_do_tell_to_type_something() -> None:
    assert len(_typed()) > 40
