"""Runs a program and ends it with the process that started it: `guard FD PROGRAM ARGUMENTS...`.

PROGRAM is the name of a module or the path of a Python file.

FD is the reading end of a pipe. Nobody writes to it; it closes when the starter ends, even by kill -9. Then this
program gets its SIGTERM, so that it can still write its state, and its group is killed when it is through.
Standard library only: it shares the child's interpreter.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

GRACE_S = 60.0


def main() -> None:
    fd, program, *arguments = sys.argv[1:]
    orphaned = threading.Event()
    threading.Thread(target=_end_with_starter, args=(int(fd), orphaned), daemon=True).start()
    sys.argv = [program, *arguments]
    try:
        if program.endswith(".py"):
            runpy.run_path(program, run_name="__main__")
        else:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
    finally:
        if orphaned.is_set():
            os.killpg(0, signal.SIGKILL)


def _end_with_starter(fd: int, orphaned: threading.Event) -> None:
    while os.read(fd, 64):
        pass
    orphaned.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
