"""`orderbridge after-restore`: the first thing to do with a table that was restored to an earlier time."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from orderbridge_cli.output import answer, counted, progress

DEFAULT_SKIPPED = 50_000


def after_restore(
    *,
    nothing_runs: Annotated[
        bool,
        typer.Option(
            "--nothing-runs",
            help="You have turned off the API, the event sources and the schedules, as docs/restoring.md says.",
        ),
    ] = False,
    skip_codes: Annotated[
        int,
        typer.Option(
            "--skip-codes", metavar="N", min=1, help="Leave out so many of today's codes: more than a day has orders."
        ),
    ] = DEFAULT_SKIPPED,
) -> None:
    """After a restore of the table: no order is sent before its platform was looked at, and no code is given twice."""
    from orderbridge_cli.target import Operations
    from orderbridge_cli.wiring import secure_restored

    if not nothing_runs:
        raise typer.BadParameter("turn off what works on the table, then say so", param_hint="--nothing-runs")
    secure = secure_restored(Operations.here())
    questioned: Counter[str] = Counter()
    with progress("looking for orders that may be sent") as say:
        last = secure.skip_codes(skip_codes)
        for forward in secure.question_unsent():
            questioned[forward.channel.name] += 1
            say(f"{questioned.total()} forwards in question")
    answer(
        {"questioned": dict(sorted(questioned.items())), "codes_left_out_to": last},
        lambda: f"{counted(questioned.total(), 'forward')} in question; today's codes go on behind {last}.",
    )
