"""The platforms by name, and what is imported for one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orderbridge.platforms.registry import check_channel, definition_of, platform_named, platform_names
from orderbridge.platforms.values import InvalidValue
from tests.unit.platforms.examples import BASE_URLS, CREDENTIALS, SETTINGS


def test_the_platforms_are_the_packages() -> None:
    assert platform_names() == ("ngorder", "salesmania", "sirclo")


@pytest.mark.parametrize("name", platform_names())
def test_a_platform_is_known_by_its_package(name: str) -> None:
    definition = definition_of(name)
    assert definition.name == name
    assert platform_named(name).name == name
    check_channel(name, {"base_url": BASE_URLS[name], **SETTINGS[name]}, CREDENTIALS[name])


@pytest.mark.parametrize("name", ["", "shopify", "transport", "../x", "sirclo.mapper"])
def test_another_name_is_no_platform(name: str) -> None:
    with pytest.raises(InvalidValue, match="there are ngorder, salesmania, sirclo"):
        platform_named(name)


@pytest.mark.parametrize("name", platform_names())
@pytest.mark.parametrize("member", ["base_url", None])
def test_a_missing_setting_or_credential_is_named(name: str, member: str | None) -> None:
    settings = {"base_url": BASE_URLS[name], **SETTINGS[name]}
    if member is not None:
        del settings[member]
        with pytest.raises(InvalidValue, match=f"{member}: Field required"):
            check_channel(name, settings, CREDENTIALS[name])
        return
    for credential in CREDENTIALS[name]:
        rest = {key: value for key, value in CREDENTIALS[name].items() if key != credential}
        with pytest.raises(InvalidValue, match=f"{credential}: Field required"):
            check_channel(name, settings, rest)


@pytest.mark.parametrize("name", platform_names())
def test_a_forwarder_carries_its_own_platform_and_no_http_until_it_sends(name: str, project: Path) -> None:
    script = (
        "import sys; from orderbridge.platforms.registry import platform_named; "
        f"platform_named({name!r}); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=project / "layers" / "core"
    ).stdout.split()
    for other in {*platform_names()} - {name}:
        assert f"orderbridge.platforms.{other}" not in loaded
    assert not {"httpcore", "httpx", "h11", "certifi"} & set(loaded)
