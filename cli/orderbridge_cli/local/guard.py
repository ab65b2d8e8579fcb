"""Runs a module as a program and ends it with the process that started it: `guard FD MODULE ARGUMENTS...`.

FD is the reading end of a pipe. Nobody writes to it; it closes when the starter ends, even by kill -9. Then this
program gets its SIGTERM, so that it can still write its state, and its group is killed when it is through.
Standard library only: it shares the child's interpreter.
"""

import importlib
import os
import runpy
import signal
import sys
import threading
import time

GRACE_S = 15.0

# ministack.app imported as `__main__` is there twice: its other modules import it again, with a second main loop.
_ENTRY_POINTS = {"ministack.app": "main"}


def main() -> None:
    fd, module, *arguments = sys.argv[1:]
    orphaned = threading.Event()
    threading.Thread(target=_end_with_starter, args=(int(fd), orphaned), daemon=True).start()
    sys.argv = [module, *arguments]
    try:
        if entry := _ENTRY_POINTS.get(module):
            getattr(importlib.import_module(module), entry)()
        else:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
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
