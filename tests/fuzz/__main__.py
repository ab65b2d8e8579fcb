"""``make fuzz``: every parser on replies without end, for `FUZZ_SECONDS` (default 120); prints how many each has read.

`FUZZ_SEED` begins a run again. Exit 1 where something came of a reply that is not documented, or took long.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter

from orderbridge.platforms.transport import MAX_REPLY_BYTES, Reply
from tests.fuzz.parsers import Parser, parsers
from tests.fuzz.replies import Replies, adversarial

LONGEST = 10.0
"""Of processor time for one reply: a parser that takes longer is not linear."""

SHOWN = 20


def main() -> int:
    """Run; the exit code."""
    seconds = float(os.environ.get("FUZZ_SECONDS", "120"))
    seed = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed: {seed}")
    read: Counter[str] = Counter()
    slowest: dict[str, float] = {}
    failures: Counter[str] = Counter()
    end = time.monotonic() + seconds
    replies = Replies(random.Random(seed))
    while time.monotonic() < end:
        _try_all(replies.any_reply(), read, slowest, failures)
    for reply in adversarial(MAX_REPLY_BYTES // 4).values():
        if time.monotonic() > end + seconds:
            break  # a slow machine has other things to do
        _try_all(reply, read, slowest, failures)
    for parser in parsers():
        print(f"{parser.name}: {read[parser.name]}, slowest {slowest.get(parser.name, 0.0):.3f} s")
    print(f"replies: {max(read.values(), default=0)}")
    print(f"replies read by all parsers: {read.total()}")
    print(f"failures: {failures.total()}")
    return 1 if failures else 0


def _try_all(reply: Reply, read: Counter[str], slowest: dict[str, float], failures: Counter[str]) -> None:
    for parser in parsers():
        began = time.thread_time()
        trouble = _trouble(parser, reply)
        taken = time.thread_time() - began
        read[parser.name] += 1
        slowest[parser.name] = max(taken, slowest.get(parser.name, 0.0))
        if trouble is None and taken > LONGEST:
            trouble = f"{taken:.1f} s of processor time"
        if trouble is not None:
            failures[parser.name] += 1
            if len(failures) <= SHOWN and failures[parser.name] == 1:
                shown = f"{reply.status} {dict(reply.headers)} {reply.body[:500]!r}"
                print(f"{parser.name}: {trouble}\n  for {shown}", file=sys.stderr)


def _trouble(parser: Parser, reply: Reply) -> str | None:
    try:
        parser.run(reply)
    except Exception as failure:  # noqa: BLE001 - what it may be is what is looked for
        return f"{type(failure).__name__}: {failure}"
    return None


if __name__ == "__main__":
    sys.exit(main())
