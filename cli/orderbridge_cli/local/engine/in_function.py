"""What a local function runs before the package: the local layer holds this file instead of the package.

It takes the package from the source tree, so that a changed file is live in the next function process, copies the
function's log to a file, and hides from it what this machine has and the layer does not ship.
Standard library only.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TextIO, cast

PACKAGE = "orderbridge"


def take_over(layer: Path) -> None:
    """Becomes the package `orderbridge`, as `layer/local-layer.json` says."""
    plan = json.loads((layer / "local-layer.json").read_text())
    sys.meta_path.insert(0, NotInLayer(plan["hidden_modules"]))
    log = Path(plan["logs"]) / f"{os.environ['AWS_LAMBDA_FUNCTION_NAME'].removeprefix(plan['name_prefix'])}.log"
    sys.stdout = sys.stderr = cast("TextIO", CopiedOutput(sys.stderr, log))
    source = Path(plan["source"])
    spec = importlib.util.spec_from_file_location(
        PACKAGE, source / "__init__.py", submodule_search_locations=[str(source)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no package in {source}")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


class NotInLayer:
    """Refuses to import what only the developer's machine has."""

    def __init__(self, hidden: Iterable[str]) -> None:
        self._hidden = frozenset(hidden)

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in self._hidden:
            raise ModuleNotFoundError(
                f"No module named {name!r} (it is installed on this machine, but layers/core/requirements.txt, "
                "which is all that a function has on AWS, does not hold it)",
                name=name,
            )
        return None


class CopiedOutput:
    """A text stream whose writes also go to a file, each in one piece, for several processes at once."""

    def __init__(self, stream: TextIO, copy: Path) -> None:
        self._stream = stream
        self._copy = os.open(copy, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, text: str) -> int:
        os.write(self._copy, text.encode("utf-8", "replace"))
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
