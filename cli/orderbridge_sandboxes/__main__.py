"""`python -m orderbridge_sandboxes --platform sirclo`: sandboxes as a process, until Ctrl-C or SIGTERM.

Prints one JSON line per platform once it serves: `{"platform", "url", "pid"}`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from orderbridge_sandboxes import SANDBOXES
from orderbridge_sandboxes.exchange import read_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it has to stop."""
    parser = argparse.ArgumentParser(prog="orderbridge_sandboxes", description=__doc__)
    parser.add_argument("--platform", action="append", choices=sorted(SANDBOXES), required=True, help="may be repeated")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port; for one platform only")
    parser.add_argument("--products", type=int, default=10, help="PROD-001 to PROD-<N>")
    parser.add_argument("--customers", type=int, default=3, help="CUST-001 to CUST-<N>")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="a setting of the platform")
    options = parser.parse_args(arguments)
    if options.port and len(options.platform) > 1:
        parser.error("--port is for one platform")
    try:
        settings = dict(_setting(text) for text in options.set)
    except ValueError as problem:
        parser.error(str(problem))

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    size = {"products": options.products, "customers": options.customers}
    running = []
    for platform in options.platform:
        sandbox = SANDBOXES[platform](host=options.host, port=options.port, **size, **settings).start()
        running.append(sandbox)
        sys.stdout.write(json.dumps({"platform": platform, "url": sandbox.url, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
    stopping.wait()
    for sandbox in running:
        sandbox.stop()
    return 0


def _setting(text: str) -> tuple[str, Any]:
    name, mark, value = text.partition("=")
    if not mark:
        raise ValueError(f"{text} is not NAME=JSON")
    return name, read_json(value.encode())


if __name__ == "__main__":
    sys.exit(main())
