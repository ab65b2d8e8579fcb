"""The console script `orderbridge`.

Only typer is imported here and in the modules of the commands; whatever is slow to import, a command imports when it
runs.
"""

from __future__ import annotations

from typing import Annotated

import typer

from orderbridge_cli.commands import (
    channels,
    dead_letters,
    forwards,
    keys,
    mappings,
    orders,
    partners,
    statuses,
    stock,
    webhooks,
)
from orderbridge_cli.commands.check_signature import check_signature
from orderbridge_cli.commands.draining import drain
from orderbridge_cli.commands.local import stack as local_stack
from orderbridge_cli.commands.local.demo import demo
from orderbridge_cli.commands.restoring import after_restore
from orderbridge_cli.commands.sending import send
from orderbridge_cli.commands.sign import sign
from orderbridge_cli.commands.status import status
from orderbridge_cli.output import RootGroup, command, new_group

app = new_group("orderbridge", "Signed sales orders from partners, carried once to every commerce platform.", RootGroup)


def say_version(asked: bool) -> None:
    """Print which version this is, and end."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"orderbridge {version('orderbridge')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=say_version)
    ] = False,
) -> None:
    """Signed sales orders from partners, carried once to every commerce platform."""


for group in (
    local_stack.group,
    partners.group,
    channels.group,
    mappings.group,
    orders.group,
    forwards.group,
    dead_letters.group,
    keys.group,
    stock.group,
    statuses.group,
    webhooks.group,
):
    app.add_typer(group)

command(orders.group, "send")(send)
command(app, "status")(status)
command(app, "sign")(sign)
command(app, "check-signature")(check_signature)
command(app, "after-restore")(after_restore)
command(app, "drain")(drain)
command(app, "demo")(demo)
