"""The console script `orderbridge`.

Only typer is imported here and in the modules of the commands; whatever is slow to import, a command imports when it
runs.
"""

from __future__ import annotations

from orderbridge_cli.channels import command as channels
from orderbridge_cli.dead_letters import command as dead_letters
from orderbridge_cli.demo.command import demo
from orderbridge_cli.forwards import command as forwards
from orderbridge_cli.local import command as local_stack
from orderbridge_cli.mappings import command as mappings
from orderbridge_cli.orders import command as orders
from orderbridge_cli.output import RootGroup, command, new_group
from orderbridge_cli.partners import command as partners
from orderbridge_cli.restores.command import after_restore
from orderbridge_cli.signatures.command import check_signature
from orderbridge_cli.signatures.signing import sign
from orderbridge_cli.statuses import command as statuses
from orderbridge_cli.stock import command as stock
from orderbridge_cli.token_keys import command as keys
from orderbridge_cli.webhooks import command as webhooks

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
