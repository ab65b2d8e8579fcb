"""What cannot be had again is asked about first, where somebody sits there to answer."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orderbridge_cli.output import Failure, printable, wants_json

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
"""The option of every command that asks."""


def ask(loss: str, *, yes: bool) -> None:
    """Say what will be lost, and go on only where that is wanted; raises `Failure` where it is not.

    Nobody is asked who has said `yes`, wants JSON, or is no person at a terminal: scripts go on.
    """
    if yes or wants_json() or not is_interactive():
        return
    if not typer.confirm(f"{printable(loss)} Go on?", default=False, err=True):
        raise Failure("Nothing was changed.")


def is_interactive() -> bool:
    """Whether a person sits at a terminal, who sees the question and can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()
