"""The suite on the other Pythons that Orderbridge runs on: `make test-pythons`; ``--say`` says which there are.

Lambda has a newer Python than most machines, and their standard libraries differ (how deep JSON may be, for one). What
is found on this machine gets a virtual environment of its own, from the same lock. None is downloaded, and one that is
not here is named.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from find_python import find_python as find
from find_python import version_of

VERSIONS = ("3.13", "3.14")
"""Lambda's (template.yaml) and the one after it."""

PROJECT = Path(__file__).resolve().parent.parent
LOCK = PROJECT / "requirements" / "dev.txt"
UV = Path(sys.executable).with_name("uv")
SUITE = ("-m", "pytest", "-n", "auto", "--dist", "loadfile", "-m", "not e2e")

_IS_OF_USE = ("ensurepip", "venv")


def find_python(version: str) -> str | None:
    """A Python of this version that runs and can make a virtual environment, None where there is none."""
    return find(version, with_modules=_IS_OF_USE, uv=str(UV))


def installed(version: str, python: str) -> Path:
    """The Python of an environment with all that is locked, made anew where there is none or the lock has changed."""
    folder = PROJECT / ".tools" / f"python{version}"
    inside, stamp = folder / "bin" / "python", folder / ".installed"
    is_current = stamp.exists() and stamp.stat().st_mtime > LOCK.stat().st_mtime
    if is_current and version_of(str(inside), _IS_OF_USE) == version:
        return inside
    print(f"Installing into {folder.relative_to(PROJECT)} ...", file=sys.stderr)
    _run(python, "-m", "venv", "--clear", str(folder))
    pip = (str(inside), "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
    locked = ("--require-hashes", "-r", str(LOCK))
    # As in the Makefile: uv is quick; pip also knows a mirror that only its own configuration names.
    if subprocess.run([str(UV), "pip", "install", "--python", str(inside), "--quiet", "--exact", *locked]).returncode:
        _run(*pip, *locked)
    _run(*pip, "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(PROJECT))
    stamp.touch()
    return inside


def _run(*command: str) -> None:
    subprocess.run(command, cwd=PROJECT, check=True)


def in_words(own: str, found: Sequence[str], missing: Sequence[str], *, has_run: bool) -> list[str]:
    """On which Pythons the suite ran, on which others it can, and a line for each one that is missing."""
    ran = " and ".join((own, *found) if has_run else (own,))
    more = f"; `make test-pythons` runs it on {' and '.join(found)}" if found and not has_run else ""
    return [f"The suite ran on {ran}{more}.", *(f"{version}: not found on this machine." for version in missing)]


def main(arguments: Sequence[str] = ()) -> int:
    """The status of the first run that fails, else 0; `arguments` are pytest's, or ``--say`` alone."""
    own = version_of(sys.executable)
    others = {version: find_python(version) for version in VERSIONS if version != own}
    found = {version: python for version, python in others.items() if python is not None}
    has_run = list(arguments) != ["--say"]
    if has_run:
        for version, python in found.items():
            inside = installed(version, python)
            print(f"The suite on {version}, all but end to end: {' '.join(arguments)}", flush=True)
            if status := subprocess.run([str(inside), *SUITE, *arguments], cwd=PROJECT).returncode:
                return status
    print("\n".join(in_words(own, list(found), list(others.keys() - found.keys()), has_run=has_run)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
