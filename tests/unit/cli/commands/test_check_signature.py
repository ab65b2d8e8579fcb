"""`orderbridge sign --explain` and `orderbridge check-signature`, as an operator runs them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from typer.testing import CliRunner, Result

from orderbridge_cli.main import app
from tests.command_json import hold

BODY = b'{"customer_code": "CUST-001"}\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """private.pem, public.pem, other.pem (a public key of somebody else) and body.json."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("private", "other"):
        key = generate_private_key(65537, 2048)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        if name == "private":
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (folder / "private.pem").write_bytes(private)
        (folder / ("public.pem" if name == "private" else "other.pem")).write_bytes(public)
    (folder / "body.json").write_bytes(BODY)
    return folder


def run(*arguments: str | Path, exit_code: int = 0, stdin: str | None = None) -> Result:
    written = [str(each) for each in arguments]
    result = CliRunner().invoke(app, written, input=stdin)
    assert result.exit_code == exit_code, result.output
    hold(written, exit_code, result.stdout)
    return result


def sign(folder: Path, *options: str | Path) -> dict[str, Any]:
    done = run("sign", "--client-id", "Partner-001", "--key", folder / "private.pem", "--json", *options)
    return json.loads(done.stdout)


def check(
    folder: Path, headers: dict[str, str], *options: str | Path, exit_code: int = 0, key: str = "public.pem"
) -> Any:
    done = run(
        "check-signature", "--client-id", headers["X-CLIENT-ID"], "--timestamp", headers["X-TIMESTAMP"],
        "--signature", headers["X-SIGNATURE"], "--public-key", folder / key, "--json", *options, exit_code=exit_code,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_sign_prints_the_three_headers_and_nothing_else(folder: Path) -> None:
    done = run("sign", "--client-id", "Partner-001", "--key", folder / "private.pem")

    lines = done.stdout.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["X-CLIENT-ID", "X-TIMESTAMP", "X-SIGNATURE"]
    assert abs(int(lines[1].split(": ")[1]) - time.time()) < 5
    assert sign(folder).keys() == {"X-CLIENT-ID", "X-TIMESTAMP", "X-SIGNATURE"}


def test_what_sign_prints_is_valid(folder: Path) -> None:
    report = check(folder, sign(folder))

    assert report["verifies"] is True
    assert report["findings"] == []


def test_a_body_bound_signature_is_valid_for_its_own_body_only(folder: Path) -> None:
    bound = ("--profile", "snap-asym", "--body", folder / "body.json")
    headers = sign(folder, *bound)

    assert check(folder, headers, *bound)["verifies"] is True
    (folder / "other.json").write_bytes(BODY.replace(b"1", b"2"))
    report = check(folder, headers, "--profile", "snap-asym", "--body", folder / "other.json", exit_code=1)
    assert [finding["code"] for finding in report["findings"]] == ["other_text"]
    assert check(folder, headers, "--body", folder / "body.json", exit_code=1)["findings"][0]["code"] == "other_profile"


def test_explain_shows_the_string_and_what_it_does_not_cover(folder: Path) -> None:
    document = sign(folder, "--explain")
    timestamp = document["headers"]["X-TIMESTAMP"]

    assert document["string_to_sign"]["text"] == f"Partner-001|{timestamp}"
    assert bytes.fromhex(document["string_to_sign"]["hex"]) == f"Partner-001|{timestamp}".encode()
    assert "not the method, the path or the body" in document["covers"]
    text = run("sign", "--client-id", "Partner-001", "--key", folder / "private.pem", "--explain").stdout
    assert re.search(r"^  Partner-001\|\d{10}$", text, re.MULTILINE)
    assert "50 61 72 74 6e 65 72" in text
    assert "not the method, the path or the body" in text


def test_explain_tells_the_kid_under_which_the_key_is_registered(folder: Path) -> None:
    document = sign(folder, "--explain")

    assert check(folder, document["headers"])["kid"] == document["kid"]
    assert document["bits"] == 2048


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
@pytest.mark.parametrize("options", [(), ("--profile", "snap-asym"), ("--profile", "snap-asym", "--body")])
def test_the_commands_that_explain_prints_make_the_same_signature(folder: Path, options: tuple[str, ...]) -> None:
    given = (*options, folder / "body.json") if "--body" in options else options
    document = sign(folder, "--explain", *given)

    made = subprocess.run(
        ["sh", "-e", "-c", "\n".join(document["openssl"])], cwd=folder, capture_output=True, text=True, check=True
    )

    assert made.stdout == document["headers"]["X-SIGNATURE"]


def test_a_refused_signature_is_explained_in_words(folder: Path) -> None:
    headers = sign(folder)
    done = run(
        "check-signature", "--client-id", "partner-001", "--timestamp", headers["X-TIMESTAMP"],
        "--signature", headers["X-SIGNATURE"], "--public-key", folder / "public.pem",
        "--signed", f"Partner-001|{headers['X-TIMESTAMP']}", exit_code=1,
    )  # fmt: skip

    assert "The signature is not valid for this request." in done.stdout
    assert "First difference at byte 0, counted from 0: expected 70, found 50" in done.stdout
    assert "What was signed (22 bytes" in done.stdout


def test_a_signature_with_line_breaks_can_come_from_stdin(folder: Path) -> None:
    headers = sign(folder)
    text = headers["X-SIGNATURE"]
    broken = f"{text[:64]}\n{text[64:]}\n"
    done = run(
        "check-signature", "--client-id", "Partner-001", "--timestamp", headers["X-TIMESTAMP"], "--signature", "-",
        "--public-key", folder / "public.pem", "--json", stdin=broken, exit_code=1,
    )  # fmt: skip

    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["base64_line_breaks"]
    assert check(folder, {**headers, "X-SIGNATURE": text})["verifies"]


def test_a_string_given_in_hex_is_compared(folder: Path) -> None:
    headers = sign(folder)
    signed = f"Partner-001|{headers['X-TIMESTAMP']}\n".encode().hex()

    report = check(folder, headers, "--signed-hex", signed)

    assert report["first_difference"] == {
        "offset": 22,
        "expected": None,
        "signed": "0a",
        "expected_around": f"1|{headers['X-TIMESTAMP']}",
        "signed_around": f"1|{headers['X-TIMESTAMP']}\\n",
    }


def test_another_key_is_named_with_its_kid(folder: Path) -> None:
    report = check(folder, sign(folder), key="other.pem", exit_code=1)

    assert [finding["code"] for finding in report["findings"]] == ["other_key"]
    assert report["kid"] is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--client-id", "no client", "--timestamp", "1", "--signature", "x"), "--client-id"),
        (("--client-id", "p", "--timestamp", "1", "--signature", "x", "--signed-hex", "zz"), "--signed-hex"),
        (
            ("--client-id", "p", "--timestamp", "1", "--signature", "x", "--signed", "a", "--signed-hex", "61"),
            "--signed",
        ),
        (("--client-id", "p", "--timestamp", "1"), "--signature"),
    ],
)
def test_wrong_usage_is_exit_code_2(folder: Path, options: tuple[str, ...], words: str) -> None:
    done = run("check-signature", "--public-key", folder / "public.pem", *options, exit_code=2)

    assert words in done.output


def test_a_private_key_in_the_place_of_the_public_one_is_refused_in_words(folder: Path) -> None:
    options = ("--client-id", "p", "--timestamp", "1", "--signature", "x", "--public-key", folder / "private.pem")

    assert "treat this key as disclosed" in run("check-signature", *options, exit_code=1).stderr


def test_the_digest_of_the_body_is_explained(folder: Path) -> None:
    document = sign(folder, "--explain", "--profile", "snap-asym", "--body", folder / "body.json")

    assert document["body_sha256"] == hashlib.sha256(BODY).hexdigest()
