"""`orderbridge local`: the whole system on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderbridge_cli.output import Failure, answer, command, new_group, note

if TYPE_CHECKING:
    from orderbridge_cli.local.stack_file import StackDescription


group = new_group("local", "The whole system on this machine.")


@command(group, "up")
def up(
    *,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of the API; 0 takes a free one.")] = 8080,
    state: Annotated[
        Path, typer.Option("--state", metavar="DIR", file_okay=False, help="What survives a stop is kept here.")
    ] = Path(".local/state"),
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Start no platform sandbox.")] = False,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="Add no demo partner, channels or mappings.")] = False,
) -> None:
    """Start the local stack and serve until Ctrl-C. Prints `ready http://127.0.0.1:PORT` when it serves."""
    from orderbridge_cli.local.stack import LocalStack, watched_rates

    def on_ready(description: StackDescription) -> None:
        _set_up(description)
        if not no_seed:
            _seed(description)
        _say_ready(description)

    LocalStack(
        state_dir=state, port=port, with_sandboxes=not no_sandbox, parameters=watched_rates(), on_progress=note
    ).run(on_ready)


@command(group, "env")
def env(
    *,
    endpoint_url: Annotated[
        str | None,
        typer.Option("--endpoint-url", metavar="URL", help="Where a container reaches the engine: AWS_ENDPOINT_URL."),
    ] = None,
) -> None:
    """The variables of every deployed function, as `sam local` takes them with --env-vars. Holds no secret."""
    from orderbridge_cli.commands.local.events import variables
    from orderbridge_cli.target import Operations

    document = variables(Operations.here())
    if endpoint_url is not None:
        document = {name: {**own, "AWS_ENDPOINT_URL": endpoint_url} for name, own in document.items()}
    answer(document, lambda: json.dumps(document, indent=2))


@command(group, "event")
def event(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A file in events/, without .json: order_intake.")],
) -> None:
    """An event for one function, with a fresh token and signature of the demo partner where it needs them."""
    from orderbridge_cli.commands.local.events import DemoEvents, event_names
    from orderbridge_cli.target import Operations

    if name not in event_names():
        raise typer.BadParameter(f"there are {', '.join(event_names())}", param_hint="NAME")
    document = DemoEvents.here(Operations.here()).event(name)
    answer(document, lambda: json.dumps(document, indent=2))


def _set_up(description: StackDescription) -> None:
    from dataclasses import asdict

    from orderbridge_cli.target import Operations, target_of

    try:
        _ = Operations(target_of(asdict(description))).table
    except Failure as other:  # of another version: the stack is up all the same, for `orderbridge drain`
        note(str(other))


def _seed(description: StackDescription) -> None:
    from dataclasses import asdict

    from orderbridge_cli.commands.local.seeding import DEMO_PARTNER, seed_channels, seed_partner
    from orderbridge_cli.target import Operations, target_of

    if not description.sandboxes:
        note("nothing is seeded: the demo channels need the sandboxes")
        return
    operations = Operations(target_of(asdict(description)))
    folder = Path(description.state) / "demo-partner"
    seed_channels(operations, description.sandboxes, note)
    seed_partner(operations, folder, sorted(description.sandboxes), note)
    note(f"the partner {DEMO_PARTNER}: its secret and private key are in {folder}")


def _say_ready(description: StackDescription) -> None:
    from dataclasses import asdict

    known = asdict(description)
    published = ("api_url", "aws_endpoint_url", "region", "stack", "table", "bus", "sandboxes")
    answer({name: known[name] for name in published}, lambda: f"ready {description.api_url}")
