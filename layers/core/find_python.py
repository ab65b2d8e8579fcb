"""Finds a Python of one version on this machine, and downloads none: ``python3 find_python.py 3.13``.

Prints where it is; nothing where there is none that runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def find_python(version: str, *, with_modules: tuple[str, ...] = (), uv: str = "uv") -> str | None:
    """A Python of this version (``3.13``) that runs and has these modules, None where there is none."""
    return next((found for found in _candidates(version, uv) if version_of(found, with_modules) == version), None)


def version_of(python: str, with_modules: tuple[str, ...] = ()) -> str:
    """What a Python is, ``3.13``; empty where it does not run or lacks one of these modules."""
    modules = ", ".join(("sys", *with_modules))
    return _printed(python, "-c", f"import {modules}; print('{{}}.{{}}'.format(*sys.version_info))")


def _candidates(version: str, uv: str) -> Iterator[str]:
    """Wherever one may be: pyenv's command on the path, for one, is there for versions that do not run."""
    name = f"python{version}"
    yield from filter(None, (shutil.which(name, path=folder) for folder in os.get_exec_path()))
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from sorted(str(found) for found in versions.glob(f"{version}.*/bin/{name}"))
    yield from filter(None, [_printed(uv, "python", "find", "--no-python-downloads", "--no-project", version)])


def _printed(*command: str) -> str:
    """What a command prints; empty where it fails or is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


if __name__ == "__main__":
    sys.stdout.write(find_python(sys.argv[1]) or "")
