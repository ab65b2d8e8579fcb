"""The signing samples of the partner guide, and how each is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.patience import PATIENCE_S

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "partner-guide" / "samples"


@dataclass(frozen=True)
class Tool:
    """A program that a sample needs: `ask` makes it tell its version, which must be `least` or more."""

    name: str
    ask: tuple[str, ...] = ("--version",)
    least: tuple[int, ...] = (0,)
    exactly: bool = False
    """Whether the first number must be the very one, since the tool cannot build for older ones."""

    def trouble(self) -> str | None:
        """Why the tool cannot be used here, or None."""
        if shutil.which(self.name) is None:
            return f"{self.name}, which is not on this machine"
        said = subprocess.run([self.name, *self.ask], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        versions = [tuple(map(int, each.split("."))) for each in _VERSION.findall(said.stdout + said.stderr)]
        if self.exactly:
            versions = [version for version in versions if version[0] == self.least[0]]
        if said.returncode == 0 and any(version >= self.least for version in versions[: None if self.exactly else 1]):
            return None
        return f"{self.name} {'.'.join(map(str, self.least))}, and here is another or none that works"


_VERSION = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True)
class Sample:
    """A program in one language: `command` runs it, with its own arguments behind; `folder` is where it lies."""

    language: str
    command: tuple[str, ...]
    tools: tuple[Tool, ...]
    folder: Path = SAMPLES

    def missing_tool(self) -> str | None:
        """Which tool this machine lacks, in words; None where all are here."""
        return next((trouble for tool in self.tools if (trouble := _trouble(tool)) is not None), None)

    def copied_to(self, folder: Path) -> Sample:
        """The same sample in a folder where its tool may leave what it builds."""
        shutil.copytree(SAMPLES / self.language, folder / self.language, dirs_exist_ok=True)
        return replace(self, folder=folder)

    def run(self, arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Runs the sample with nothing of the tests' environment but what its tool needs."""
        kept = {name: value for name, value in os.environ.items() if name in _KEPT}
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder / self.language,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


_trouble = cache(Tool.trouble)
_KEPT = {"PATH", "HOME", "TMPDIR", "LANG", "JAVA_HOME", "GOCACHE", "GOPATH", "GOROOT", "DOTNET_ROOT", "DOTNET_CLI_HOME"}

_PHP = ("-r", "extension_loaded('openssl') || exit(1); echo PHP_VERSION;")

ALL = (
    Sample(
        "bash", ("./post_order.sh",), (Tool("bash"), Tool("openssl", ("version",), (1, 1)), Tool("curl", least=(7, 55)))
    ),
    Sample("python", (sys.executable, "post_order.py"), ()),
    Sample("node", ("node", "post_order.mjs"), (Tool("node", least=(18,)),)),
    Sample("php", ("php", "post_order.php"), (Tool("php", _PHP, (8, 1)),)),
    Sample("java", ("java", "PostOrder.java"), (Tool("java", least=(17,)),)),
    # Without cgo: a machine with Go need not have a C compiler.
    Sample("go", ("env", "CGO_ENABLED=0", "go", "run", "post_order.go"), (Tool("go", ("version",), (1, 18)),)),
    Sample("csharp", ("dotnet", "run", "--"), (Tool("dotnet", ("--list-sdks",), (8,), exactly=True),)),
)
