"""Where the local stack keeps things: the project's own files, and everything below the state directory."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path

from orderbridge_cli.local.machine.files import make_private

PROJECT_ROOT = Path(__file__).resolve().parents[4]
DEFAULT_STATE_DIR = Path(".local/state")
STACK_FILE = Path(".local/stack.json")


@dataclass(frozen=True)
class Project:
    """The source tree that is deployed and watched."""

    root: Path = PROJECT_ROOT

    @property
    def template(self) -> Path:
        return self.root / "template.yaml"

    @property
    def functions(self) -> Path:
        return self.root / "functions"

    @property
    def package(self) -> Path:
        """The source of the package that the layer ships."""
        return self.root / "layers" / "core" / "orderbridge"


@dataclass(frozen=True)
class StateDir:
    """One stack's state: what survives a stop, what is running, and its logs.

    Two stacks never share one; `lock` sees to that.
    """

    root: Path

    def make(self) -> None:
        make_private(self.root)
        for folder in (self.engine, self.objects, self.temporary, self.logs, self.sandboxes):
            folder.mkdir(exist_ok=True)

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def ports(self) -> Path:
        """The ports this state is bound to: queue addresses and channels' base URLs hold them."""
        return self.root / "ports.json"

    @property
    def processes(self) -> Path:
        """The processes that were started, so that an unclean stop can be cleaned up later."""
        return self.root / "processes.json"

    @property
    def engine(self) -> Path:
        return self.root / "engine"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def temporary(self) -> Path:
        """TMPDIR of the engine: its functions' unpacked code. It also marks their processes as ours."""
        return self.root / "tmp"

    @property
    def sandboxes(self) -> Path:
        return self.root / "sandboxes"

    @property
    def logs(self) -> Path:
        return self.root / "logs"


def is_held(state: Path) -> bool:
    """Whether a local stack runs on this state directory."""
    try:
        with StateDir(state).lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
