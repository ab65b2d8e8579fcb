"""How large the layer is, built as it is deployed."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.report import Figure

PROJECT = Path(__file__).resolve().parent.parent
GOALS = {"arm64": "<= 22 MiB", "x86_64": "<= 23 MiB"}


def figures() -> Generator[Figure]:
    for architecture, goal in GOALS.items():
        yield f"layer for {architecture}, unzipped", partial(_size, architecture), goal


@contextmanager
def built_layer(architecture: str, *settings: str) -> Iterator[Path]:
    """The layer's library folder; `settings` are the Makefile's, e.g. ``PYTHON_VERSION=3.13``."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{PROJECT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(
            ["make", "build-CoreLayer", f"ARTIFACTS_DIR={folder}", f"ARCHITECTURE={architecture}", *settings],
            cwd=PROJECT / "layers" / "core",
            env={**os.environ, "PATH": path},
            check=True,
            capture_output=True,
        )
        yield Path(folder) / "python"


def _size(architecture: str) -> str:
    """Unzipped; boto3 is the runtime's and not in it."""
    with built_layer(architecture) as library:
        size = sum(path.stat().st_size for path in library.rglob("*") if path.is_file())
    return f"{size / 2**20:.2f} MiB"
