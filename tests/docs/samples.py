"""The signing samples of the partner guide, and how each is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "partner-guide" / "samples"


@dataclass(frozen=True)
class Sample:
    """A program in one language: `command` runs it, with its own arguments behind; `folder` is where it lies."""

    language: str
    command: tuple[str, ...]
    tools: tuple[str, ...]
    folder: Path = SAMPLES

    def copied_to(self, folder: Path) -> Sample:
        """The same sample in a folder where its tool may leave what it builds."""
        shutil.copytree(SAMPLES / self.language, folder / self.language, dirs_exist_ok=True)
        return replace(self, folder=folder)

    def missing_tool(self) -> str | None:
        return next((tool for tool in self.tools if shutil.which(tool) is None), None)

    def run(self, arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Runs the sample with nothing of the tests' environment but what its tool needs."""
        kept = {name: value for name, value in os.environ.items() if name in _KEPT}
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder / self.language,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


_KEPT = {"PATH", "HOME", "TMPDIR", "LANG", "JAVA_HOME", "GOCACHE", "GOPATH", "GOROOT", "DOTNET_ROOT", "DOTNET_CLI_HOME"}

ALL = (
    Sample("bash", ("./post_order.sh",), ("bash", "openssl", "curl")),
    Sample("python", (sys.executable, "post_order.py"), ()),
    Sample("node", ("node", "post_order.mjs"), ("node",)),
    Sample("php", ("php", "post_order.php"), ("php",)),
    Sample("java", ("java", "PostOrder.java"), ("java",)),
    Sample("go", ("go", "run", "post_order.go"), ("go",)),
    Sample("csharp", ("dotnet", "run", "--"), ("dotnet",)),
)
