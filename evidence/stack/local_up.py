"""`orderbridge local up` as a person runs it, in a folder of its own, with the platforms' sandboxes beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orderbridge.platforms.names import platform_names
from orderbridge_cli.local.machine.ports import kept_ports
from orderbridge_cli.local.machine.processes import group_memory_bytes, wait_until
from tests.e2e.actors import Operator, Partner, Platforms
from tests.patience import PATIENCE_S

COMMAND = str(Path(sys.executable).with_name("orderbridge"))


class NoStack(Exception):
    """The command did not start, or did not end, as it has to; the message has its last words."""


class LocalUp:
    """The command on one state directory and one port, which may be stopped, killed and started again.

    `with` ends it however the block ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.operator = Operator(folder)
        self._port = kept_ports(folder / "api-port.json", ("api",))["api"]
        self._said, self._errors = folder / "local-up.out", folder / "local-up.err"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def api_url(self) -> str:
        """The same after each start, as partners know it."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def description(self) -> dict[str, Any]:
        """What `.local/stack.json` says."""
        known: dict[str, Any] = json.loads((self.folder / ".local" / "stack.json").read_text())
        return known

    def start(self) -> float:
        """Starts it; the seconds until it served.

        Raises:
            NoStack: it ended, or did not serve in time.
        """
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
        began = time.monotonic()
        with self._said.open("wb") as said, self._errors.open("ab") as errors:
            self._process = process = subprocess.Popen(
                [COMMAND, "local", "up", "--port", str(self._port), "--no-sandbox", "--no-seed"],
                cwd=self.folder, env={**kept, "HOME": str(self.folder)}, stdout=said, stderr=errors,
                start_new_session=True,  # a Ctrl-C is ours, and we stop it
            )  # fmt: skip
        wait_until(lambda: process.poll() is not None or self._said.read_text().startswith("ready"), PATIENCE_S)
        if process.poll() is not None or not self._said.read_text().startswith("ready"):
            raise NoStack(f"local up did not start: {self._last_words()}")
        return time.monotonic() - began

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Ends it cleanly, its state saved; the seconds that it took.

        Raises:
            NoStack: it did not end, or not with 0: its state was not saved.
        """
        process, self._process = self._process, None
        if process is None:
            return 0.0
        began = time.monotonic()
        process.send_signal(number)
        try:
            code = process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if code:
            raise NoStack(f"local up ended with {code}: {self._last_words()}")
        return time.monotonic() - began

    def kill(self) -> None:
        """kill -9 of the command alone; what it had started is left to itself."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def memory_bytes(self) -> int:
        """Resident memory of the command, the engine and every function."""
        book = json.loads((self.folder / ".local" / "state" / "processes.json").read_text())
        command = [self._process.pid] if self._process else []
        return group_memory_bytes([*command, *(child["pid"] for child in book)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _last_words(self) -> str:
        return " / ".join(self._errors.read_text(errors="replace").splitlines()[-5:])


@contextmanager
def sandboxes() -> Iterator[Platforms]:
    """All platforms in a process of their own, which outlives every end of `local up`: so does what they hold."""
    names = platform_names()
    chosen = [word for name in names for word in ("--platform", name)]
    with subprocess.Popen(
        [sys.executable, "-m", "orderbridge_sandboxes", *chosen],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            if process.stdout is None:
                raise NoStack("the sandboxes say nothing")
            served = [json.loads(process.stdout.readline()) for _ in names]
            yield Platforms({each["platform"]: each["url"] for each in served})
        finally:
            process.terminate()


def partner_of_all_platforms(up: LocalUp, platforms: Platforms, settings: dict[str, Any]) -> Partner:
    """A partner, logged in, whose orders go to one channel on each platform; a channel is called as its platform."""
    channels = [
        platforms.add_channel(up.operator, platform, platform, up.folder, settings, mapped=True)
        for platform in platform_names()
    ]
    partner = up.operator.register("evidence", channels, up.folder, up.api_url)
    partner.login()
    return partner
