"""The platforms by name, and what is imported for one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.platforms.registry import definition_of, platform_named, platform_names
from orderbridge.platforms.values import InvalidValue
from tests.unit.platforms.examples import BASE_URLS, CREDENTIALS, SETTINGS


@pytest.mark.parametrize("name", platform_names())
def test_a_platform_is_known_by_its_package(name: str) -> None:
    definition = definition_of(name)
    assert definition.name == name
    assert platform_named(name).name == name
    definition.read_settings({"base_url": BASE_URLS[name], **SETTINGS[name]})
    definition.read_credentials(CREDENTIALS[name])


@pytest.mark.parametrize("name", ["", "shopify", "transport", "../x", "sirclo.mapper"])
def test_another_name_is_no_platform(name: str) -> None:
    with pytest.raises(InvalidValue, match="there are " + ", ".join(platform_names())):
        platform_named(name)


@pytest.mark.parametrize("name", platform_names())
def test_a_missing_setting_or_credential_is_named(name: str) -> None:
    definition = definition_of(name)
    with pytest.raises(InvalidValue, match="base_url: Field required"):
        definition.read_settings(SETTINGS[name])
    for credential in CREDENTIALS[name]:
        rest = {key: value for key, value in CREDENTIALS[name].items() if key != credential}
        with pytest.raises(InvalidValue, match=f"{credential}: Field required"):
            definition.read_credentials(rest)


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


# --- channels as they are set up --------------------------------------------------------------------------------------


def a_channel(name: str, **settings: object) -> Channel:
    return Channel("main", name, {"base_url": BASE_URLS[name], **SETTINGS[name], **settings})


@pytest.mark.parametrize("name", platform_names())
def test_a_channel_as_channels_add_takes_it_can_be_used(name: str) -> None:
    platform_named(name).require_usable(a_channel(name), CREDENTIALS[name])


@pytest.mark.parametrize("name", platform_names())
def test_a_channel_that_another_version_set_up_cannot_be_used_and_says_why(name: str) -> None:
    with pytest.raises(ChannelUnusable, match=r"the settings of the channel main cannot be used: .*of_another_version"):
        platform_named(name).require_usable(a_channel(name, of_another_version=1), CREDENTIALS[name])
    with pytest.raises(ChannelUnusable, match="the credentials of the channel main cannot be used: ") as unusable:
        platform_named(name).require_usable(a_channel(name), {"misspelt": "a secret value"})
    assert "a secret value" not in str(unusable.value)
