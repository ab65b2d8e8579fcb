"""`orderbridge partners`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orderbridge.partners.partner import secret_matches
from tests.integration.cli.conftest import PEPPER, Operator, elliptic_pem, private_pem, public_pem


@pytest.fixture(scope="module")
def small_key() -> bytes:
    return public_pem(1024)


@pytest.fixture(scope="module")
def other_key() -> bytes:
    return public_pem(2048)


@pytest.fixture
def artia(set_up: Operator) -> dict[str, str]:
    """The registered partner `artia`: its id and secret."""
    result = set_up.add_partner("artia", "sirclo,ngorder")
    assert result.exit_code == 0, result.output
    issued: dict[str, str] = json.loads(result.stdout)
    return issued


def test_adding_a_partner_prints_its_secret_which_only_its_hash_remembers(
    set_up: Operator, artia: dict[str, str]
) -> None:
    secret = artia["client_secret"]

    assert set(artia) == {"client_id", "client_secret"}
    stored = set_up.stack.partners.find("artia")
    assert stored is not None
    assert secret_matches(PEPPER.encode(), secret, stored.secret_hash)
    assert secret not in str(set_up.items())
    assert secret not in set_up.run("partners", "show", "artia").output


def test_show_has_the_documented_shape(set_up: Operator, artia: dict[str, str]) -> None:
    shown = set_up.json("partners", "show", "artia")

    key = shown["keys"][0]
    assert shown == {
        "client_id": "artia",
        "name": "Artia",
        "state": "active",
        "channels": ["sirclo", "ngorder"],
        "keys": [{"kid": key["kid"], "bits": 2048, "state": "active", "last_used": None}],
        "signature_profile": "legacy",
    }


def test_adding_one_that_exists_fails_and_changes_nothing(set_up: Operator, artia: dict[str, str]) -> None:
    before = set_up.items()

    result = set_up.add_partner("artia", "salesmania", set_up.file("other.pem", public_pem()))

    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert "client_secret" not in result.stdout
    assert set_up.items() == before


def test_an_unknown_channel_is_named_and_nothing_is_written(set_up: Operator) -> None:
    before = set_up.items()

    result = set_up.add_partner("artia", "sirclo,tokopedia,lazada")

    assert result.exit_code == 1
    assert "tokopedia" in result.stderr
    assert "lazada" in result.stderr
    assert set_up.items() == before


@pytest.mark.parametrize("client_id", ["", "a b", "a/b", "a#b", "ä", "a" * 65, "PARTNER#x"])
def test_a_client_id_out_of_its_alphabet_is_refused(set_up: Operator, client_id: str) -> None:
    before = set_up.items()
    assert set_up.add_partner(client_id, "sirclo").exit_code == 1
    assert set_up.items() == before


def test_a_key_of_2048_bits_is_taken_with_an_advice(set_up: Operator) -> None:
    result = set_up.add_partner("artia", "sirclo")
    assert result.exit_code == 0
    assert "3072 are advised" in result.stderr


@pytest.mark.slow
def test_a_key_of_3072_bits_is_taken_without_an_advice(set_up: Operator) -> None:
    result = set_up.add_partner("artia", "sirclo", set_up.file("key.pem", public_pem(3072)))
    assert result.exit_code == 0
    assert "advised" not in result.stderr


def test_a_small_key_is_refused_with_its_size(set_up: Operator, small_key: bytes) -> None:
    result = set_up.add_partner("artia", "sirclo", set_up.file("key.pem", small_key))
    assert result.exit_code == 1
    assert "1024 bits" in result.stderr


def test_a_private_key_is_refused_clearly_and_not_repeated(set_up: Operator) -> None:
    pem = private_pem()

    result = set_up.add_partner("artia", "sirclo", set_up.file("key.pem", pem))

    assert result.exit_code == 1
    assert "private key" in result.stderr
    assert pem.splitlines()[1].decode() not in result.output
    assert "PARTNER" not in str(set_up.items())


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff\xfe", b"-----BEGIN PUBLIC KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_refused(set_up: Operator, content: bytes) -> None:
    result = set_up.add_partner("artia", "sirclo", set_up.file("key.pem", content))
    assert result.exit_code == 1
    assert "public key" in result.stderr


def test_a_key_that_is_not_rsa_is_refused(set_up: Operator) -> None:
    result = set_up.add_partner("artia", "sirclo", set_up.file("key.pem", elliptic_pem()))
    assert result.exit_code == 1
    assert "not an RSA key" in result.stderr


def test_a_partner_without_a_channel_is_taken_with_a_word_of_warning(set_up: Operator) -> None:
    result = set_up.add_partner("artia", "")
    assert result.exit_code == 0
    assert "no channel of its own" in result.stderr


def test_an_unknown_partner_is_exit_1_everywhere(set_up: Operator) -> None:
    key = set_up.file("key.pem", public_pem())
    for name, *more in (
        ("show",), ("suspend",), ("resume",), ("rotate-secret",), ("revoke-tokens",), ("add-key", key),
        ("revoke-key", "k"), ("set-profile", "legacy"),
    ):  # fmt: skip
        assert "There is no partner nobody." in set_up.refused("partners", name, "nobody", *more)


def test_a_key_that_another_partner_has_is_registered_and_the_operator_is_reported(
    set_up: Operator, artia: dict[str, str], other_key: bytes
) -> None:
    result = set_up.add_partner("budi", "sirclo")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["key_also_of"] == ["artia"]
    kid = set_up.json("partners", "show", "budi")["keys"][0]["kid"]
    assert f"artia has had this very key (kid {kid})" in result.stderr

    set_up.json("partners", "revoke-key", "artia", kid)
    set_up.json("partners", "add-key", "artia", set_up.file("other.pem", other_key))
    added = set_up.run("partners", "add-key", "budi", set_up.file("other.pem", other_key), "--json")
    assert json.loads(added.stdout)["key_also_of"] == ["artia"]
    assert "artia has had this very key" in added.stderr
    third = set_up.add_partner("citra", "sirclo")
    assert json.loads(third.stdout)["key_also_of"] == ["artia", "budi"], "a revoked key was another's as well"


def test_a_key_that_nobody_else_has_is_spoken_of_to_nobody(set_up: Operator, artia: dict[str, str]) -> None:
    added = set_up.json("partners", "add-key", "artia", set_up.file("own.pem", public_pem()))
    assert added.keys() == {"client_id", "kid", "bits", "state", "last_used"}


# --- the partner's life -----------------------------------------------------------------------------------------------


def _version(operator: Operator) -> int:
    partner = operator.stack.partners.find("artia")
    assert partner is not None
    return partner.credential_version


def _events(operator: Operator) -> list[str]:
    return [entry.event for entry in operator.stack.partners.timeline("artia")]


def test_suspending_voids_the_tokens_for_good(set_up: Operator, artia: dict[str, str]) -> None:
    assert set_up.json("partners", "suspend", "artia") == {"client_id": "artia", "state": "suspended"}
    assert set_up.json("partners", "show", "artia")["state"] == "suspended"

    assert set_up.json("partners", "resume", "artia") == {"client_id": "artia", "state": "active"}

    assert _version(set_up) == 2
    assert _events(set_up) == ["PartnerAdded", "PartnerSuspended", "PartnerResumed"]


@pytest.mark.parametrize("name", ["suspend", "resume"])
def test_a_second_time_changes_nothing_and_says_so(set_up: Operator, artia: dict[str, str], name: str) -> None:
    set_up.json("partners", "suspend", "artia")
    if name == "resume":
        set_up.json("partners", "resume", "artia")
    before = set_up.items()

    result = set_up.run("partners", name, "artia")

    assert result.exit_code == 0
    assert "already" in result.stderr
    assert set_up.items() == before


def test_a_rotated_secret_replaces_the_old_one_and_voids_the_tokens(set_up: Operator, artia: dict[str, str]) -> None:
    issued = set_up.json("partners", "rotate-secret", "artia")

    stored = set_up.stack.partners.find("artia")
    assert stored is not None
    assert issued["client_secret"] != artia["client_secret"]
    assert secret_matches(PEPPER.encode(), issued["client_secret"], stored.secret_hash)
    assert not secret_matches(PEPPER.encode(), artia["client_secret"], stored.secret_hash)
    assert stored.credential_version == 2
    assert _events(set_up)[-1] == "SecretRotated"


def test_revoking_tokens_keeps_the_secret(set_up: Operator, artia: dict[str, str]) -> None:
    set_up.json("partners", "revoke-tokens", "artia")

    stored = set_up.stack.partners.find("artia")
    assert stored is not None
    assert secret_matches(PEPPER.encode(), artia["client_secret"], stored.secret_hash)
    assert stored.credential_version == 2
    assert _events(set_up)[-1] == "TokensRevoked"


def test_keys_are_added_and_revoked(set_up: Operator, artia: dict[str, str], other_key: bytes) -> None:
    file = set_up.file("other.pem", other_key)
    added = set_up.json("partners", "add-key", "artia", file)
    assert added["state"] == "active"
    assert len(set_up.json("partners", "show", "artia")["keys"]) == 2

    set_up.json("partners", "revoke-key", "artia", added["kid"])

    states = {key["kid"]: key["state"] for key in set_up.json("partners", "show", "artia")["keys"]}
    assert states[added["kid"]] == "revoked"
    assert sorted(states.values()) == ["active", "revoked"]
    assert _events(set_up)[-2:] == ["KeyAdded", "KeyRevoked"]


def test_a_key_that_is_there_is_not_added_again_even_if_it_was_revoked(
    set_up: Operator, artia: dict[str, str], other_key: bytes
) -> None:
    file = set_up.file("other.pem", other_key)
    kid = set_up.json("partners", "add-key", "artia", file)["kid"]
    set_up.refused("partners", "add-key", "artia", file)
    set_up.json("partners", "revoke-key", "artia", kid)
    before = set_up.items()

    assert kid in set_up.refused("partners", "add-key", "artia", file)

    assert set_up.items() == before


def test_revoking_the_last_key_is_done_with_a_warning(set_up: Operator, artia: dict[str, str]) -> None:
    kid = set_up.json("partners", "show", "artia")["keys"][0]["kid"]

    result = set_up.run("partners", "revoke-key", "artia", kid)

    assert result.exit_code == 0
    assert "no active key left" in result.stderr


def test_revoking_an_unknown_key_fails(set_up: Operator, artia: dict[str, str]) -> None:
    assert "has no key k" in set_up.refused("partners", "revoke-key", "artia", "k")


def test_the_signature_profile_is_set(set_up: Operator, artia: dict[str, str]) -> None:
    set_up.json("partners", "set-profile", "artia", "snap-asym")
    assert set_up.json("partners", "show", "artia")["signature_profile"] == "snap-asym"
    assert set_up.run("partners", "set-profile", "artia", "none").exit_code == 2


def test_a_change_that_comes_between_is_not_overwritten(
    set_up: Operator, artia: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from orderbridge_cli.operating.tables.partners import TablePartnerRegistry

    save = TablePartnerRegistry.save_profile

    def suspended_meanwhile(self: TablePartnerRegistry, read: Any, changed: Any, entry: Any) -> None:
        monkeypatch.setattr(TablePartnerRegistry, "save_profile", save)
        set_up.json("partners", "suspend", "artia")
        save(self, read, changed, entry)

    monkeypatch.setattr(TablePartnerRegistry, "save_profile", suspended_meanwhile)

    assert "at the same moment" in set_up.refused("partners", "rotate-secret", "artia")
    assert set_up.json("partners", "show", "artia")["state"] == "suspended"


def test_the_list_has_every_partner(set_up: Operator, artia: dict[str, str]) -> None:
    set_up.add_partner("zulu", "sirclo")
    assert [each["client_id"] for each in set_up.json("partners", "list")] == ["artia", "zulu"]
