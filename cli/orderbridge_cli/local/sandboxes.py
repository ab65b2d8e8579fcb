"""The platforms' sandboxes as child processes of the local stack, each on the port that its state directory keeps.

What they hold is in their memory: after a restart of the local stack they have no orders.
"""

import json
import os
from collections.abc import Mapping

from orderbridge_cli.local.machine.places import StateDir
from orderbridge_cli.local.machine.ports import claim_kept
from orderbridge_cli.local.machine.problems import SandboxProblem
from orderbridge_cli.local.machine.processes import ChildProcess, ProcessBook
from orderbridge_sandboxes import SANDBOXES

PLATFORMS = tuple(SANDBOXES)

_START_TIMEOUT_S = 300.0
_STOP_GRACE_S = 5.0


class Sandboxes:
    """One process for each platform."""

    def __init__(self, state: StateDir, ports: Mapping[str, int], book: ProcessBook) -> None:
        self._state = state
        self._ports = ports
        self._book = book
        self._processes: dict[str, ChildProcess] = {}

    def start(self) -> None:
        """Starts all of them; `wait` waits until they serve.

        Raises:
            PortTaken: a port that a channel's base URL holds is in use.
        """
        for platform in PLATFORMS:
            claim_kept(self._ports[platform], f"{platform} sandbox", self._state.root)
            self._processes[platform] = ChildProcess(
                f"{platform} sandbox",
                "orderbridge_sandboxes",
                ("--platform", platform, "--port", str(self._ports[platform])),
                environment={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "HOME": str(self._state.temporary)},
                cwd=self._state.temporary,
                log=self._state.logs / f"sandbox-{platform}.log",
                book=self._book,
                capture_output=True,
            )

    def wait(self) -> dict[str, str]:
        """Each platform's base URL, once it serves.

        Raises:
            SandboxProblem: one ended or did not serve in time.
        """
        urls = {}
        for platform, process in self._processes.items():
            line = process.first_line(_START_TIMEOUT_S)
            try:
                urls[platform] = str(json.loads(line)["url"])
            except (ValueError, KeyError):
                log = self._state.logs / f"sandbox-{platform}.log"
                raise SandboxProblem(f"The {platform} sandbox did not start ({log}).") from None
        return urls

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes.values()]

    def ended(self) -> str | None:
        """The platform of a sandbox that ended by itself."""
        return next((name for name, process in self._processes.items() if process.exit_code() is not None), None)

    def stop(self) -> None:
        for process in self._processes.values():
            process.end(_STOP_GRACE_S)
