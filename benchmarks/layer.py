"""How large the layer is, built as it is deployed."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.intake import PROJECT


def layer_mebibytes(architecture: str) -> float:
    """Size of the built layer, unzipped; boto3 is the runtime's and not in it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "ARTIFACTS_DIR": folder,
            "ARCHITECTURE": architecture,
            "PATH": f"{PROJECT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        subprocess.run(
            ["make", "build-CoreLayer"],
            cwd=PROJECT / "layers" / "core",
            env=environment,
            check=True,
            capture_output=True,
        )
        return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 2**20
