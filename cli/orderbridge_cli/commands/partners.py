"""`orderbridge partners`: who may send orders, with which secret and which keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orderbridge_cli.asking import Yes, ask
from orderbridge_cli.lists import listing, table
from orderbridge_cli.output import answer, command, facts, new_group, note, stacked

if TYPE_CHECKING:
    from orderbridge.partners.partner import Partner, PartnerKey
    from orderbridge.values.timeline import TimelineEntry
    from orderbridge_cli.operating.partners import IssuedSecret, OperatePartners


group = new_group("partners", "Who may send orders, with which secret and which keys.")

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The partner's client id.")]
PublicKey = Annotated[
    Path,
    typer.Option(
        "--public-key",
        metavar="FILE.pem",
        exists=True,
        dir_okay=False,
        readable=True,
        help="The partner's RSA public key (X.509 PEM), 2048 bits or more.",
    ),
]


def _partners() -> OperatePartners:
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import operate_partners

    return operate_partners(Operations.here())


@command(group, "add")
def add(
    client_id: ClientId,
    *,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="What the partner is called.")],
    public_key: PublicKey,
    channels: Annotated[
        str, typer.Option("--channels", metavar="a,b", help="Where its orders go unless a site has a route of its own.")
    ],
) -> None:
    """Register a partner. Its client_secret is printed this once."""
    names = [each.strip() for each in channels.split(",") if each.strip()]
    issued = _partners().add(client_id, name, public_key.read_bytes(), names)
    if not names:
        note("This partner has no channel of its own: an order whose site has no route will wait for one.")
    _advise(issued.partner.keys[0], issued.key_also_of)
    _show_secret(issued)


@command(group, "show")
def show(client_id: ClientId) -> None:
    """A partner, its keys and channels; never a secret."""
    from orderbridge_cli.target import Operations

    registry = Operations.here().partners
    partner = _partners().read(client_id)
    answer(
        described(partner),
        lambda: stacked(
            facts(
                {
                    "client_id": partner.client_id,
                    "name": partner.name,
                    "state": partner.state,
                    "channels": _names(partner),
                    "signature profile": partner.signature_profile,
                }
            ),
            table("Keys", ("kid", "bits", "state", "last used"), [_key_row(key) for key in partner.keys]),
            table("Timeline", ("at", "event", "detail"), [_event_row(e) for e in registry.timeline(client_id)]),
        ),
    )


@command(group, "list", lists=True)
def list_partners() -> None:
    """All partners."""
    partners = _partners()
    found = [partners.read(client_id) for client_id in partners.registry.client_ids()]
    rows = [
        {
            "client_id": partner.client_id,
            "name": partner.name,
            "state": partner.state,
            "channels": [channel.name for channel in partner.channels],
        }
        for partner in found
    ]
    listing(rows, ("client_id", "name", "state", "channels"), "partner", optional=("channels",))


@command(group, "suspend")
def suspend(client_id: ClientId) -> None:
    """Give out and accept no token any more; tokens of before stay void after `resume`."""
    if not _partners().suspend(client_id):
        note(f"{client_id} was suspended already.")
    _show_state(client_id, "suspended")


@command(group, "resume")
def resume(client_id: ClientId) -> None:
    """Let a suspended partner log in again."""
    if not _partners().resume(client_id):
        note(f"{client_id} was active already.")
    _show_state(client_id, "active")


@command(group, "rotate-secret")
def rotate_secret(client_id: ClientId, *, yes: Yes = False) -> None:
    """A new client_secret, printed this once; the old one and all tokens are void."""
    partners = _partners()
    partners.read(client_id)
    ask(
        f"The secret of {client_id} and all its tokens are void at once; it sends nothing until it has the new one.",
        yes=yes,
    )
    _show_secret(partners.rotate_secret(client_id))


@command(group, "revoke-tokens")
def revoke_tokens(client_id: ClientId, *, yes: Yes = False) -> None:
    """Make every token that was issued so far void; the partner logs in again with its secret."""
    partners = _partners()
    partners.read(client_id)
    ask(f"Every token of {client_id} is void at once; it has to log in anew.", yes=yes)
    partners.revoke_tokens(client_id)
    answer({"client_id": client_id, "tokens": "revoked"}, lambda: f"All tokens of {client_id} are void.")


@command(group, "add-key")
def add_key(
    client_id: ClientId,
    public_key: Annotated[
        Path,
        typer.Argument(metavar="FILE.pem", exists=True, dir_okay=False, readable=True, help="The new public key."),
    ],
) -> None:
    """Accept signatures of one more key."""
    key, also_of = _partners().add_key(client_id, public_key.read_bytes())
    _advise(key, also_of)
    answer(
        {"client_id": client_id, **key_described(key), **_shared(also_of)},
        lambda: f"Added the key {key.kid} ({key.bits} bits).",
    )


@command(group, "revoke-key")
def revoke_key(
    client_id: ClientId,
    kid: Annotated[str, typer.Argument(metavar="KID", help="Which key; `show` lists them.")],
    *,
    yes: Yes = False,
) -> None:
    """Accept nothing any more that this key signs."""
    partners = _partners()
    if any(key.kid == kid and key.state == "active" for key in partners.read(client_id).keys):
        ask(f"The key {kid} of {client_id} is revoked for good, and nothing that it signs is accepted.", yes=yes)
    partner = partners.revoke_key(client_id, kid)
    if not partner.active_keys():
        note(f"{client_id} has no active key left and cannot send orders until `partners add-key`.")
    revoked = next(key for key in partner.keys if key.kid == kid)
    answer({"client_id": client_id, **key_described(revoked)}, lambda: f"The key {kid} is revoked.")


@command(group, "set-profile")
def set_profile(
    client_id: ClientId,
    profile: Annotated[
        Literal["legacy", "snap-asym"],
        typer.Argument(help="legacy: the signature of the API document. snap-asym: it covers the body too."),
    ],
) -> None:
    """How the partner signs from now on; the other form is refused."""
    if not _partners().set_profile(client_id, profile):
        note(f"{client_id} had the profile {profile} already.")
    answer(
        {"client_id": client_id, "signature_profile": profile},
        lambda: f"{client_id} signs with the profile {profile} from now on.",
    )


def described(partner: Partner) -> dict[str, Any]:
    """A partner as the command shows it (docs/interfaces.md#command-line)."""
    return {
        "client_id": partner.client_id,
        "name": partner.name,
        "state": partner.state,
        "channels": [channel.name for channel in partner.channels],
        "keys": [key_described(key) for key in partner.keys],
        "signature_profile": partner.signature_profile,
    }


def key_described(key: PartnerKey) -> dict[str, Any]:
    return {"kid": key.kid, "bits": key.bits, "state": key.state, "last_used": key.last_used}


def _advise(key: PartnerKey, also_of: Sequence[str]) -> None:
    from orderbridge_cli.operating.public_keys import ADVISED_KEY_BITS

    if key.bits < ADVISED_KEY_BITS:
        note(f"The key has {key.bits} bits, which is accepted; {ADVISED_KEY_BITS} are advised for new keys.")
    if also_of:
        note(
            f"{', '.join(also_of)} {'has' if len(also_of) == 1 else 'have'} had this very key (kid {key.kid}): whoever "
            "holds its private half can sign for each of them. Unless they are one and the same, ask for a new pair."
        )


def _shared(also_of: Sequence[str]) -> dict[str, Any]:
    """Which other partners have the key; nothing where none has."""
    return {"key_also_of": list(also_of)} if also_of else {}


def _show_secret(issued: IssuedSecret) -> None:
    note("The client_secret is shown this once; it is kept nowhere.")
    answer({**issued.body(), **_shared(issued.key_also_of)}, lambda: facts(issued.body()))


def _show_state(client_id: str, state: str) -> None:
    answer({"client_id": client_id, "state": state}, lambda: f"{client_id} is {state}.")


def _names(partner: Partner) -> str:
    return ", ".join(channel.name for channel in partner.channels) or "none"


def _key_row(key: PartnerKey) -> tuple[Any, ...]:
    return (key.kid, key.bits, key.state, key.last_used)


def _event_row(entry: TimelineEntry) -> tuple[Any, ...]:
    return (entry.at, entry.event, entry.detail)
