"""`.local/stack.json`: where the local stack that runs for this directory is, for the operator's command and tests."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from orderbridge_cli.local.machine.files import make_private, write_atomically


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

    def write(self, path: Path) -> None:
        make_private(path.parent)
        write_atomically(path, json.dumps(asdict(self), indent=2) + "\n")

    def remove(self, path: Path) -> None:
        """Removes the file if it is still this stack's."""
        with suppress(OSError, ValueError, KeyError):
            written = json.loads(path.read_text())
            if (written["pid"], written["state"]) == (self.pid, self.state):
                path.unlink()
