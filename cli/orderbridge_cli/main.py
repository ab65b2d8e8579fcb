"""The console script `orderbridge`.

Only typer is imported here and in the modules of the commands; whatever is slow to import, a command imports when it
runs.
"""

from __future__ import annotations

from orderbridge_cli import (
    channels,
    dead_letters,
    forwards,
    keys,
    local_stack,
    mappings,
    orders,
    partners,
    statuses,
    stock,
    webhooks,
)
from orderbridge_cli.demo import demo
from orderbridge_cli.output import RootGroup, command, new_group
from orderbridge_cli.restoring import after_restore
from orderbridge_cli.signature_check import check_signature
from orderbridge_cli.signing import sign

app = new_group("orderbridge", "Signed sales orders from partners, carried once to every commerce platform.", RootGroup)

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

command(app, "sign")(sign)
command(app, "check-signature")(check_signature)
command(app, "after-restore")(after_restore)
command(app, "demo")(demo)
