"""`orderbridge channels`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.cli.conftest import CREDENTIALS, PLATFORMS, SETTINGS, Operator


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_channel_is_shown_with_its_settings_and_without_its_credentials(operator: Operator, platform: str) -> None:
    assert operator.add_channel("toko", platform).exit_code == 0

    shown = operator.json("channels", "show", "toko")

    assert shown["channel"] == "toko"
    assert shown["platform"] == platform
    assert shown["state"] == "active"
    assert shown["paused_reason"] is None
    assert shown["settings"] == SETTINGS[platform]
    assert shown["breaker"]["state"] == "closed"
    assert set(shown) == {"channel", "platform", "state", "paused_reason", "since", "settings", "breaker"}
    assert "nobody-may-see" not in operator.run("channels", "show", "toko").output


def test_credentials_go_to_the_secret_that_only_the_platforms_forwarder_reads(operator: Operator) -> None:
    result = operator.add_channel("toko", "sirclo")

    assert "nobody-may-see" not in result.output
    assert json.loads(operator.secrets()["orderbridge/channels/sirclo/toko"]) == {
        "host": "https://sirclo.example.com",
        "credentials": CREDENTIALS["sirclo"],
    }
    assert "nobody-may-see" not in json.dumps(operator.items())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"stock": ' + b"[" * 100_000, "is nested too deeply"),
        # Deeper than any Python reads: 3.11 gives up at a thousand, 3.13 at ten thousand.
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "is nested too deeply"),
        (b'{"database_id": ' + b"9" * 5000 + b"}", "holds a number that is too long"),
        ('{"base_url": "x"}'.encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
        ('{"base_url": "x"}'.encode("utf-16-be"), "is UTF-16 text; save it as UTF-8"),
        (b'{"base_url": "\xff"}', "is not UTF-8 text"),
        (b"[]", "must hold a JSON object"),
    ],
)
@pytest.mark.parametrize("name", ["settings", "credentials"])
def test_a_file_of_settings_or_credentials_that_cannot_be_read_is_a_message(
    operator: Operator, content: bytes, said: str, name: str
) -> None:
    good = {"settings": SETTINGS["salesmania"], "credentials": CREDENTIALS["salesmania"]}
    files = {each: operator.json_file(f"{each}.json", document) for each, document in good.items()}
    bad = operator.file(f"{name}.json", content)
    before = operator.items()

    message = operator.refused(
        "channels", "add", "toko", "--platform", "salesmania",
        "--settings", files["settings"], "--credentials", files["credentials"],
    )  # fmt: skip

    assert f"{bad} {said}" in message
    assert operator.items() == before


def test_running_it_again_replaces_settings_and_credentials(operator: Operator) -> None:
    operator.add_channel("ngorder")
    since = operator.json("channels", "show", "ngorder")["since"]

    operator.json(
        "channels", "add", "ngorder", "--platform", "ngorder",
        "--settings", operator.json_file("s.json", {**SETTINGS["ngorder"], "warehouse_id": 26}),
        "--credentials", operator.json_file("c.json", {"api_key": "another"}),
    )  # fmt: skip

    shown = operator.json("channels", "show", "ngorder")
    assert shown["settings"]["warehouse_id"] == 26
    assert shown["since"] == since
    secret = json.loads(operator.secrets()["orderbridge/channels/ngorder/ngorder"])
    assert secret == {"host": "https://ngorder.example.com", "credentials": {"api_key": "another"}}


def test_running_it_again_moves_the_channel_with_its_credentials_and_resumes_it(set_up: Operator) -> None:
    paused = set_up.json("channels", "pause", "sirclo")
    settings = {**SETTINGS["sirclo"], "base_url": "https://NEW.example.com:443/connexi"}

    added = set_up.json(
        "channels", "add", "sirclo", "--platform", "sirclo", "--settings", set_up.json_file("s.json", settings),
        "--credentials", set_up.json_file("c.json", CREDENTIALS["sirclo"]),
    )  # fmt: skip

    shown = set_up.json("channels", "show", "sirclo")
    assert added == {**shown, "released": 0}
    assert (shown["state"], shown["paused_reason"]) == ("active", None)
    assert shown["since"] > paused["since"]
    assert json.loads(set_up.secrets()["orderbridge/channels/sirclo/sirclo"])["host"] == "https://new.example.com"
    assert set_up.stack.vault.credentials(set_up.stack.channels.find_named("sirclo")) == CREDENTIALS["sirclo"]


def test_a_move_that_was_interrupted_sends_nothing_anywhere_until_it_is_repeated(
    set_up: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = set_up.json_file("s.json", {**SETTINGS["sirclo"], "base_url": "https://new.example.com"})
    move = (
        "channels", "add", "sirclo", "--platform", "sirclo", "--settings", settings,
        "--credentials", set_up.json_file("c.json", CREDENTIALS["sirclo"]),
    )  # fmt: skip

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("orderbridge_cli.operating.tables.channels.TableChannelRegistry.put", crash)
        assert set_up.run(*move).exit_code != 0

    assert "run `orderbridge channels add` again" in set_up.refused("channels", "check", "sirclo")
    set_up.json(*move)
    channel = set_up.stack.channels.find_named("sirclo")
    assert channel is not None
    assert set_up.stack.vault.credentials(channel) == CREDENTIALS["sirclo"]


def test_a_channel_does_not_move_to_another_platform(operator: Operator) -> None:
    operator.add_channel("toko", "sirclo")
    before = operator.items(), operator.secrets()

    result = operator.add_channel("toko", "ngorder")

    assert result.exit_code == 1
    assert "is on sirclo" in result.stderr
    assert (operator.items(), operator.secrets()) == before


BAD_SETTINGS: list[tuple[str, dict[str, Any], str]] = [
    ("salesmania", {"base_url": "https://s.example.com"}, "database_id"),
    ("salesmania", {"base_url": "http://s.example.com", "database_id": 1}, "base_url"),
    ("salesmania", {"base_url": "https://s.example.com", "database_id": "one"}, "database_id"),
    ("sirclo", {"base_url": "https://s.example.com", "revision": "2020-01"}, "revision"),
    ("sirclo", {"base_url": "https://s.example.com", "time_out": 3}, "time_out"),
    ("ngorder", {"supplier_id": 1}, "base_url"),
    ("ngorder", {"base_url": "https://s.example.com:65536"}, "base_url: must have a port from 1 to 65535"),
    ("sirclo", {"base_url": "https://s.example.com/\x07"}, "base_url: must be visible ASCII"),
    ("sirclo", {"base_url": f"https://{'s' * 64}.example.com"}, "base_url: must name a host"),
]


@pytest.mark.parametrize(("platform", "settings", "field"), BAD_SETTINGS)
def test_bad_settings_are_refused_with_file_and_field_and_nothing_is_written(
    operator: Operator, platform: str, settings: dict[str, Any], field: str
) -> None:
    before = operator.items(), operator.secrets()
    file = operator.json_file("my-settings.json", settings)

    message = operator.refused(
        "channels", "add", "toko", "--platform", platform, "--settings", file,
        "--credentials", operator.json_file("my-credentials.json", CREDENTIALS[platform]),
    )  # fmt: skip

    assert str(file) in message
    assert field in message
    assert (operator.items(), operator.secrets()) == before


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_missing_credential_is_refused_by_name_and_no_other_is_shown(operator: Operator, platform: str) -> None:
    before = operator.items(), operator.secrets()
    missing, *kept = CREDENTIALS[platform]
    file = operator.json_file("my-credentials.json", dict.fromkeys(kept, "nobody-may-see"))

    message = operator.refused(
        "channels", "add", "toko", "--platform", platform, "--credentials", file,
        "--settings", operator.json_file("my-settings.json", SETTINGS[platform]),
    )  # fmt: skip

    assert str(file) in message
    assert missing in message
    assert "nobody-may-see" not in message
    assert (operator.items(), operator.secrets()) == before


def test_everything_wrong_in_both_files_is_said_at_once(operator: Operator) -> None:
    message = operator.refused(
        "channels", "add", "toko", "--platform", "salesmania",
        "--settings", operator.json_file("s.json", {}), "--credentials", operator.json_file("c.json", {}),
    )  # fmt: skip

    for field in ("base_url", "database_id", "username", "password"):
        assert field in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"base_url": "https://x.example.com",\n "database_id": }', "line 2"),
        ("[1, 2]", "JSON object"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("", "line 1"),
    ],
)
def test_a_file_that_is_no_json_object_is_refused_with_its_place(
    operator: Operator, content: str | bytes, said: str
) -> None:
    file = operator.file("my-settings.json", content)

    message = operator.refused(
        "channels", "add", "toko", "--platform", "salesmania", "--settings", file,
        "--credentials", operator.json_file("c.json", CREDENTIALS["salesmania"]),
    )  # fmt: skip

    assert str(file) in message
    assert said in message


def test_an_unknown_platform_is_refused_with_the_known_ones(operator: Operator) -> None:
    message = operator.misused(
        "channels", "add", "toko", "--platform", "shopify", "--settings", operator.json_file("s.json", {}),
        "--credentials", operator.json_file("c.json", {}),
    )  # fmt: skip

    assert "'shopify' is not a platform" in message
    for platform in PLATFORMS:
        assert platform in message


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a#b", "a b", "a" * 65, "ü", "unrouted"])
def test_a_name_that_cannot_be_a_channels_is_refused_and_nothing_is_written(operator: Operator, name: str) -> None:
    before = operator.items(), operator.secrets()

    message = operator.refused(
        "channels", "add", "--platform", "sirclo",
        "--settings", operator.json_file("s.json", SETTINGS["sirclo"]),
        "--credentials", operator.json_file("c.json", CREDENTIALS["sirclo"]),
        "--", name,
    )  # fmt: skip

    assert repr(name) in message
    assert (operator.items(), operator.secrets()) == before


def test_plain_http_to_this_machine_is_for_the_local_stack_only(operator: Operator) -> None:
    settings = {**SETTINGS["ngorder"], "base_url": "http://127.0.0.1:9000"}

    message = operator.refused(
        "channels", "add", "toko", "--platform", "ngorder", "--settings", operator.json_file("s.json", settings),
        "--credentials", operator.json_file("c.json", CREDENTIALS["ngorder"]),
    )  # fmt: skip

    assert "local stack only" in message
    assert "toko" not in json.dumps(operator.items())


def test_a_missing_file_is_wrong_usage(operator: Operator) -> None:
    result = operator.run(
        "channels", "add", "toko", "--platform", "sirclo", "--settings", "nowhere.json", "--credentials", "nowhere.json"
    )
    assert result.exit_code == 2


@pytest.mark.parametrize(
    "write",
    [
        "orderbridge_cli.operating.tables.channels.SecretVault.store",
        "orderbridge_cli.operating.tables.channels.TableChannelRegistry.put",
    ],
)
def test_a_channel_whose_writing_was_interrupted_is_not_there_and_can_be_added(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(write, crash)
        assert operator.add_channel("sirclo").exit_code != 0

    assert "no channel" in operator.refused("channels", "show", "sirclo")
    assert operator.add_channel("sirclo").exit_code == 0


def test_the_list_has_every_channel(set_up: Operator) -> None:
    listed = set_up.json("channels", "list")

    assert [(each["channel"], each["state"]) for each in listed] == [(platform, "active") for platform in PLATFORMS]


def test_an_unknown_channel_is_exit_1(operator: Operator) -> None:
    for arguments in (("show",), ("pause",), ("resume",), ("check",)):
        assert "There is no channel toko." in operator.refused("channels", *arguments, "toko")


def test_a_channel_whose_credentials_are_gone_is_reported_so(set_up: Operator) -> None:
    set_up.stack.clients.secrets_manager.delete_secret(SecretId="orderbridge/channels/sirclo/sirclo")

    assert "the channel sirclo has no credentials" in set_up.refused("channels", "check", "sirclo")


def test_pausing_shows_the_reason_and_resuming_takes_it_away(set_up: Operator) -> None:
    paused = set_up.json("channels", "pause", "sirclo", "--reason", "stock   count")
    assert (paused["state"], paused["paused_reason"]) == ("paused", "stock count")
    again = set_up.run("channels", "pause", "sirclo", "--reason", "another")
    assert again.exit_code == 0
    assert "already" in again.stderr
    assert set_up.json("channels", "show", "sirclo")["paused_reason"] == "stock count"

    resumed = set_up.json("channels", "resume", "sirclo")
    assert (resumed["state"], resumed["paused_reason"]) == ("active", None)


def test_a_real_account_gets_a_test_order_only_with_yes(set_up: Operator) -> None:
    before = set_up.items()

    assert "--yes" in set_up.misused("orders", "send", "sirclo")

    assert set_up.items() == before
    assert "There is no channel nowhere" in set_up.refused("orders", "send", "nowhere")
