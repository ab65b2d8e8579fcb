"""`orderbridge keys`: the keys that sign access tokens. Partners' own keys are under `orderbridge partners`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.asking import Yes, ask
from orderbridge_cli.lists import listing
from orderbridge_cli.output import command, new_group, note

if TYPE_CHECKING:
    from orderbridge.partners.token_keys import TokenKey
    from orderbridge_cli.operating.token_keys import OperateKeys


group = new_group("keys", "The keys that sign access tokens.")

_DOES = {
    "coming": "verifies; signs from",
    "signing": "signs and verifies until",
    "leaving": "verifies until",
}


def _keys() -> OperateKeys:
    import secrets

    from orderbridge.values.times import utc_now
    from orderbridge_cli.operating.tables.token_keys import SecretTokenKeys
    from orderbridge_cli.operating.token_keys import OperateKeys
    from orderbridge_cli.target import Operations

    stack = Operations.here()
    vault = SecretTokenKeys(stack.clients.secrets_manager, stack.output("JwtKeysSecret"))
    return OperateKeys(vault, lambda: secrets.token_urlsafe(48), utc_now)


@command(group, "list", lists=True)
def list_keys() -> None:
    """The keys, what each does and until when; never a key itself."""
    _show(_keys().list_keys())


@command(group, "rotate")
def rotate(
    *,
    compromised: Annotated[
        bool,
        typer.Option("--compromised", help="A key has leaked: end every token now. All partners must log in anew."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Make a new key. It verifies for five minutes before it signs, and no token becomes invalid."""
    keys = _keys()
    if compromised:
        ask("Every token of every partner is void at once, and all of them have to log in anew.", yes=yes)
        shown = keys.replace_compromised()
        note("Every token of before is over, within five minutes everywhere. Partners have to log in anew.")
    else:
        shown = keys.rotate()
    _show(shown)


def _show(keys: Sequence[TokenKey]) -> None:
    does = {"does": lambda row: _DOES[row["stage"]]}
    listing([_described(key) for key in keys], ("kid", "does", "until"), "key", computed=does)


def _described(key: TokenKey) -> dict[str, Any]:
    return {"kid": key.kid, "stage": key.stage, "until": _time(key.until)}


def _time(moment: float | None) -> str | None:
    from orderbridge.values.times import to_iso

    return None if moment in (None, float("inf")) else to_iso(datetime.fromtimestamp(float(moment or 0), UTC))
