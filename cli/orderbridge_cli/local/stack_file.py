"""`.local/stack.json`: where the local stack that runs for this directory is, for the operator's command and tests."""

import fcntl
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from orderbridge_cli.local.machine.files import make_private, write_atomically
from orderbridge_cli.local.machine.places import is_held


@dataclass(frozen=True)
class StackDescription:
    """What a client of the running stack needs (docs/interfaces.md#command-line)."""

    api_url: str
    aws_endpoint_url: str
    region: str
    stack: str
    table: str
    bus: str
    access_key: str
    """The engine's root user: key and secret for AWS clients of this endpoint."""
    secret_key: str
    state: str
    logs: str
    pid: int
    sandboxes: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    """The stack's outputs, as in template.yaml."""

    def write(self, path: Path) -> str | None:
        """Writes the file unless it is that of another stack that runs: then the API's address of that one."""
        make_private(path.parent)
        # Of two that start at once, the second sees what the first has written.
        with (path.parent / f".{path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            other = self._other_running(path)
            if other is None:
                write_atomically(path, json.dumps(asdict(self), indent=2) + "\n")
            return other

    def _other_running(self, path: Path) -> str | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            written = json.loads(path.read_text())
            if written["state"] != self.state and is_held(Path(written["state"])):
                return str(written["api_url"])
        return None

    def remove(self, path: Path) -> None:
        """Removes the file if it is still this stack's."""
        with suppress(OSError, ValueError, KeyError):
            written = json.loads(path.read_text())
            if (written["pid"], written["state"]) == (self.pid, self.state):
                path.unlink()
