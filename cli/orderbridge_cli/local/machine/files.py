"""Small files that others read while we write them."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_OWNER_ALONE = 0o700


def make_private(folder: Path) -> None:
    """The folder, for its owner alone: secrets lie in it. One of earlier, with wider rights, is tightened."""
    folder.mkdir(mode=_OWNER_ALONE, parents=True, exist_ok=True)
    with suppress(PermissionError):  # somebody else's folder is theirs to tighten
        folder.chmod(_OWNER_ALONE)


def write_atomically(path: Path, text: str) -> None:
    """Replaces the file's content: a reader sees the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        written.replace(path)
    except BaseException:
        written.unlink()
        raise
