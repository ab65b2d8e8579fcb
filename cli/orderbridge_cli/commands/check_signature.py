"""`orderbridge check-signature`: why a partner's signature is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.commands.sign import (
    COVERS,
    Body,
    ClientId,
    Method,
    Profile,
    RequestPath,
    check_client_id,
    described_text,
)
from orderbridge_cli.output import Failure, answer, note, printable

if TYPE_CHECKING:
    from orderbridge.partners.partner import PartnerKey, SignatureProfile
    from orderbridge_cli.signatures.report import SignatureReport


def check_signature(
    *,
    client_id: ClientId,
    timestamp: Annotated[str, typer.Option("--timestamp", help="The X-TIMESTAMP header as it was sent.")],
    signature: Annotated[
        str, typer.Option("--signature", metavar="TEXT", help="The X-SIGNATURE header as it was sent; - reads stdin.")
    ],
    public_key: Annotated[
        list[Path] | None,
        typer.Option(
            "--public-key",
            metavar="FILE.pem",
            exists=True,
            dir_okay=False,
            help="Check with this key, without any stack. Else the keys that are registered for the partner count.",
        ),
    ] = None,
    profile: Annotated[
        Profile | None, typer.Option(help="Else the registered partner's; with --public-key: legacy.")
    ] = None,
    method: Method = "POST",
    path: RequestPath = "/api/v1/sales-orders",
    body: Body = None,
    signed: Annotated[
        str | None, typer.Option("--signed", metavar="TEXT", help="The string that the partner says it signed.")
    ] = None,
    signed_hex: Annotated[
        str | None, typer.Option("--signed-hex", metavar="HEX", help="The same in hex, for what a shell would change.")
    ] = None,
) -> None:
    """Say whether a signature is valid and, if not, which mistake made it so. Exit code 1 where it is not.

    Nothing is sent and nothing is changed; X-TIMESTAMP is held against the present time besides.
    """
    from orderbridge.values.times import utc_now
    from orderbridge_cli.signatures.mistakes import SignedRequest
    from orderbridge_cli.signatures.report import examine

    check_client_id(client_id)
    _check_encodable(timestamp, "--timestamp")
    claimed = _claimed(signed, signed_hex)
    keys, known_profile = _given_keys(public_key) if public_key else _registered(client_id)
    request = SignedRequest(
        client_id, timestamp, profile or known_profile, method, path, body.read_bytes() if body is not None else None
    )
    if request.profile == "snap-asym" and body is None:
        note("No --body was given, so the string to sign holds the SHA-256 of an empty one.")
    report = examine(request, _read(signature), keys, utc_now(), claimed)
    answer(report.body(), lambda: _shown(report))
    if not report.verifies:
        raise typer.Exit(1)


def _read(signature: str) -> str:
    if signature != "-":
        return signature
    # The newline at the end of a stream is the stream's, not the signature's.
    return typer.get_text_stream("stdin").read().removesuffix("\n")


def _claimed(signed: str | None, signed_hex: str | None) -> bytes | None:
    if signed is not None and signed_hex is not None:
        raise typer.BadParameter("give either --signed or --signed-hex", param_hint="--signed")
    if signed_hex is not None:
        try:
            return bytes.fromhex(signed_hex)
        except ValueError:
            raise typer.BadParameter("not hex", param_hint="--signed-hex") from None
    return signed.encode("utf-8", "surrogateescape") if signed is not None else None


def _check_encodable(text: str, option: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("not UTF-8 text", param_hint=option) from None


def _given_keys(files: list[Path]) -> tuple[list[PartnerKey], SignatureProfile]:
    from orderbridge.partners.signatures import BadPublicKey
    from orderbridge_cli.operating.public_keys import read_public_key

    keys = []
    for file in files:
        try:
            keys.append(read_public_key(file.read_bytes(), ""))
        except BadPublicKey as bad:
            raise Failure(f"{file}: {bad}.") from bad
    return keys, "legacy"


def _registered(client_id: str) -> tuple[tuple[PartnerKey, ...], SignatureProfile]:
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import operate_partners

    partner = operate_partners(Operations.here()).read(client_id)
    if partner.state != "active":
        note(f"{client_id} is {partner.state}: the API refuses it whatever it signs.")
    return partner.keys, partner.signature_profile


def _shown(report: SignatureReport) -> str:
    document = report.body()
    lines = ["The signature is valid." if report.verifies else "The signature is not valid for this request.", ""]
    lines += [f"- {finding.code}: {printable(finding.detail)}" for finding in report.findings]
    lines += [""] if report.findings else []
    lines += described_text("String to sign", document["string_to_sign"])
    if document["signed_text"] is not None and document["signed_text"] != document["string_to_sign"]:
        lines += described_text("What was signed", document["signed_text"])
    if document["first_difference"] is not None:
        lines += _difference(document["first_difference"])
    lines.append(f"Covers: {COVERS[report.request.profile]} (profile {report.request.profile})")
    lines.append(f"Made with the key: {report.kid or 'none of the known ones'}")
    return "\n".join(lines)


def _difference(difference: dict[str, Any]) -> list[str]:
    expected, signed = (difference[name] or "the end" for name in ("expected", "signed"))
    return [
        f"First difference at byte {difference['offset']}, counted from 0: expected {expected}, found {signed}",
        f"  expected  {difference['expected_around']}",
        f"  found     {difference['signed_around']}",
        "",
    ]
