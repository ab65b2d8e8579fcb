"""``make fuzz``: every parser of what platforms, partners and operators write, for `FUZZ_SECONDS` (default 120).

Prints how much each has read. `FUZZ_SEED` begins a run again. Exit 1 where something came of it that is not
documented, or took long.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable

from orderbridge.http.transport import MAX_REPLY_BYTES, Reply
from tests.fuzz.inputs import Inputs, inputs
from tests.fuzz.parsers import Parser, parsers
from tests.fuzz.replies import Replies, adversarial

LONGEST = 10.0
"""Of processor time for one reply: a parser that takes longer is not linear."""

INPUTS_PER_REPLY = 10
"""A reply has more than ten times as many parsers as an input has."""

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
    chance = random.Random(seed)
    replies, written = Replies(chance), Inputs(chance)
    readers = [each.parser for each in inputs().values()]
    while time.monotonic() < end:
        _try_all(parsers(), replies.any_reply(), read, slowest, failures)
        for _ in range(INPUTS_PER_REPLY):
            _try_all(readers, written.any_input(), read, slowest, failures)
    for reply in adversarial(MAX_REPLY_BYTES // 4).values():
        if time.monotonic() > end + seconds:
            break  # a slow machine has other things to do
        _try_all([*parsers(), *readers], reply, read, slowest, failures)
    for parser in (*parsers(), *readers):
        print(f"{parser.name}: {read[parser.name]}, slowest {slowest.get(parser.name, 0.0):.3f} s")
    print(f"replies: {max((read[parser.name] for parser in parsers()), default=0)}")
    print(f"replies read by all parsers: {sum(read[parser.name] for parser in parsers())}")
    print(f"inputs of operators and partners: {max((read[reader.name] for reader in readers), default=0)}")
    print(f"inputs read by all their readers: {sum(read[reader.name] for reader in readers)}")
    print(f"failures: {failures.total()}")
    return 1 if failures else 0


def _try_all(
    tried: Iterable[Parser], reply: Reply, read: Counter[str], slowest: dict[str, float], failures: Counter[str]
) -> None:
    for parser in tried:
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
