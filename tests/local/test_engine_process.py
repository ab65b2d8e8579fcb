"""What is mended in the engine. Each in a process of its own: the engine's modules change more than their own state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from orderbridge_cli.local import engine_process

PROGRAM = f"""
import runpy, sys, threading
mended = runpy.run_path({str(Path(engine_process.__file__))!r})
if sys.argv[1] == "mended":
    mended["register_sessions_one_by_one"]()
from ministack.services import sts
sys.setswitchinterval(1e-6)
failed = []

def register(thread):
    for number in range(400):
        try:
            sts.register_session(f"{{thread}}-{{number}}", {{"Expiration": 1e12}})
        except RuntimeError as error:
            failed.append(error)

threads = [threading.Thread(target=register, args=(name,)) for name in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(failed))
"""


def failures(how: str) -> int:
    run = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return int(run.stdout)


def test_functions_that_start_at_once_do_not_disturb_each_other() -> None:
    assert failures("mended") == 0
    assert failures("as it is") > 0  # else the engine has learnt it, and our lock may go
