"""What the proof has shown, as the page docs/evidence.md: each part of it is written by the run that it is of."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence.profiles import Profile
from evidence.proof import Proved
from evidence.rows import ROWS

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "evidence.md"
README = PROJECT / "README.md"


def commit() -> str:
    """What was proved: the commit, and whether there is more in the work tree."""
    head = _git("rev-parse", "--short=12", "HEAD")
    # The parts of the page are written one after the other, and are not what is proved.
    written = [f":(exclude){path.relative_to(PROJECT)}" for path in (PAGE, README)]
    return f"{head or 'unknown'}{'-dirty' if _git('status', '--porcelain', '--', '.', *written) else ''}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def write_part(name: str, text: str, page: Path = PAGE) -> None:
    """Put a part of the page in the place of the one before; raises ValueError where the page has no such part."""
    whole = page.read_text()
    part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    changed, found = part.subn(lambda matched: f"{matched[1]}\n{text.strip()}\n\n{matched[2]}", whole)
    if found != 1:
        raise ValueError(f"{page} has no part {name}")
    page.write_text(changed)


def when() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}, commit `{commit()}`"


def quoted(proved: Sequence[Proved]) -> str:
    """What the README says of it."""
    sums = totals(proved)
    return (
        f"Under {sums['rows']} kinds of faults {sums['forwards']:,} forwards of {sums['orders']:,} orders: "
        f"**lost {sums['lost']}, doubled {sums['doubled']}**, in doubt {sums['in_doubt']:,}\n"
        "(a platform that cannot be asked did not answer, and a person looks)."
    )


def totals(proved: Sequence[Proved]) -> dict[str, int]:
    """What all rows come to; orders of rows outside the promise are doubled apart."""
    promised = [each for each in proved if not _may_double(each)]
    return {
        "rows": len({each.row for each in proved}),
        "runs": len(proved),
        "orders": sum(each.orders for each in proved),
        "requests": sum(each.requests for each in proved),
        "forwards": sum(each.forwards for each in proved),
        "lost": sum(each.lost for each in proved),
        "doubled": sum(each.doubled for each in promised),
        "in_doubt": sum(each.in_doubt for each in proved),
    }


def _may_double(proved: Proved) -> bool:
    return next(row.may_double for row in ROWS if row.name == proved.row)


def page_part(profile: Profile, proved: Sequence[Proved], seconds: float) -> str:
    """The table of the rows."""
    sums = totals(proved)
    seeds = ", ".join(map(str, profile.seeds))
    lines = [
        f"{when()}: {sums['rows']} rows by the seeds {seeds}, {seconds / 60:.0f} minutes.",
        f"{sums['orders']:,} orders came in {sums['requests']:,} requests and made {sums['forwards']:,} forwards.",
        "",
        f"**Lost {sums['lost']}, doubled {sums['doubled']}, in doubt {sums['in_doubt']:,}.**",
        "Every invariant held after every run, and everything that a row names struck.",
        "",
        "| row | orders | forwards | lost | doubled | in doubt | struck | longest way |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    by_row: dict[str, list[Proved]] = defaultdict(list)
    for each in proved:
        by_row[each.row].append(each)
    lines += [_line(name, runs) for name, runs in by_row.items()]
    notes = [f"- *{row.name}*: {row.notes}." for row in ROWS if row.notes]
    return "\n".join([*lines, "", *notes])


def _line(name: str, runs: Sequence[Proved]) -> str:
    struck = sum(count for each in runs for kind, count in each.struck.items() if kind not in UNCOUNTED)
    longest = max(each.longest_delay for each in runs)
    cells = [
        name,
        *(f"{sum(getattr(each, column) for each in runs):,}" for column in ("orders", "forwards", "lost")),
        f"{sum(each.doubled for each in runs):,}",
        f"{sum(each.in_doubt for each in runs):,}",
        f"{struck:,}",
        _length(longest),
    ]
    return f"| {' | '.join(cells)} |"


UNCOUNTED = ("any strike", "a login", "a token renewed")


def _length(delay: timedelta) -> str:
    """From acceptance to the last platform that has it."""
    seconds = delay.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def words(proved: Proved) -> Iterable[str]:
    """One row for people who wait: what became of it, and what was wrong."""
    struck = sum(count for kind, count in proved.struck.items() if kind not in UNCOUNTED)
    figures = f"forwards {proved.forwards:4} lost {proved.lost} doubled {proved.doubled} in doubt {proved.in_doubt:3}"
    times = f"longest {_length(proved.longest_delay):>7} {proved.seconds:5.1f} s"
    yield f"{proved.row:58} seed {proved.seed:2} {figures} struck {struck:5} {times}"
    for invariant, (count, first) in proved.wrong.items():
        yield f"  {invariant.replace('_', ' ')}: {count}"
        yield from (f"    {each}" for each in first)
