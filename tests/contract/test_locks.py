"""The locks: every package exact and with its hashes, and no machine's name in them."""

from __future__ import annotations

import re

import pytest

from tests.contract.template import PROJECT

LOCKS = ("layers/core/requirements.txt", "requirements/bootstrap.txt", "requirements/dev.txt", "requirements/sam.txt")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*])?==([^ ;\\]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, set[str]]:
    """The versions of each package in a lock; several where they depend on the Python."""
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall((PROJECT / lock).read_text()):
        found.setdefault(name, set()).add(version)
    return found


def test_every_lock_is_checked_here() -> None:
    assert sorted(path.relative_to(PROJECT).as_posix() for path in PROJECT.glob("requirements/*.txt")) == sorted(
        LOCKS[1:]
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_place_to_look(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"(?m)^\s*(-i|-f|--(index|extra-index|find-links|trusted)\S*)", text)
    header = text.split("==", 1)[0]
    assert not re.search(r"index|find-links|\.(org|com|io|net)\b", header)
    assert not re.search(r"(?m)^[^#\n]*(@ |/opt/|file:)", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_lock_is_exact_and_has_hashes(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    requirements = re.findall(r"(?m)^[^\s#].*(?:\n +--hash.*)*", text)
    assert requirements
    for requirement in requirements:
        assert PIN.match(requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_what_the_layer_ships_is_what_is_tested() -> None:
    tested = pins("requirements/dev.txt")
    shipped = pins("layers/core/requirements.txt")
    assert {"pydantic", "cryptography", "httpcore", "httpx", "pyjwt", "aws-lambda-powertools"} <= set(shipped)
    for name, versions in shipped.items():
        assert versions == tested[name], name


def test_the_layer_ships_no_boto3_and_nothing_of_the_tests() -> None:
    assert not {"boto3", "botocore", "pytest", "moto", "typer", "ministack"} & set(pins("layers/core/requirements.txt"))


def test_the_local_engine_is_the_version_that_was_measured() -> None:
    assert pins("requirements/dev.txt")["ministack"] == {"1.5.33"}
