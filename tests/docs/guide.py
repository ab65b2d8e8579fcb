"""The partner guide as something that runs: its commands, in the order in which a reader meets them."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.patience import PATIENCE_S

_FENCE = re.compile(r"^```(?P<language>\w+) (?P<mark>run|given|output)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_OPERATOR = re.compile(r"^<!-- operator: (?P<what>.+?) -->$", re.MULTILINE)
_VOLATILE = {
    "token": r"[\w-]+\.[\w-]+\.[\w-]+",
    "code": r"SO-\d{8}-\d{5,}",
    "created_at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "external_id": r"\S+",
    "expired_at": r"\d{10}",
}
"""What differs from run to run, and the form it has each time."""


@dataclass(frozen=True)
class Step:
    """Something to do: `run` a text, give what was `given`, let the `operator` act; or the `output` of the last run."""

    kind: str
    text: str
    line: int


def steps(page: Path) -> list[Step]:
    """The steps of a page, in its order."""
    content = page.read_text(encoding="utf-8")

    def line(position: int) -> int:
        return content.count("\n", 0, position) + 1

    found = [
        *(Step(match["mark"], match["text"], line(match.start())) for match in _FENCE.finditer(content)),
        *(Step("operator", match["what"], line(match.start())) for match in _OPERATOR.finditer(content)),
    ]
    return sorted(found, key=lambda step: step.line)


class Shell:
    """One bash that remembers its variables from command to command, as a reader's does."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "-o", "pipefail"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, script: str) -> str:
        """What the script prints; fails where a command of it does."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        end = f"end-{secrets.token_hex(8)}"
        # Not in a subshell, so that variables stay; the first failing command is what counts.
        self._bash.stdin.write(f"failed=; trap 'failed=yes' ERR\n{script}\nprintf '\\n%s %s\\n' {end} \"$failed\"\n")
        self._bash.stdin.flush()
        printed: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(end):
                output = "".join(printed).rstrip("\n")
                assert line.strip() == end, f"a command failed:\n{script}\n{output}"
                return output
            printed.append(line)
        raise AssertionError(f"bash ended in:\n{script}\n{''.join(printed)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bash.communicate("exit\n", timeout=PATIENCE_S)


def differences(documented: Any, seen: Any, path: str = "") -> Iterator[str]:
    """Where an answer is not as the guide says, apart from what differs from run to run."""
    name = path.rsplit("/", 1)[-1]
    if isinstance(documented, dict) and isinstance(seen, dict):
        if documented.keys() != seen.keys():
            yield f"{path}: {sorted(documented)} is documented, {sorted(seen)} was seen"
            return
        for key, value in documented.items():
            yield from differences(value, seen[key], f"{path}/{key}")
    elif isinstance(documented, list) and isinstance(seen, list) and len(documented) == len(seen):
        for index, (one, other) in enumerate(zip(documented, seen, strict=True)):
            yield from differences(one, other, f"{path}/{index}")
    elif name in _VOLATILE and documented is not None:
        if not re.fullmatch(_VOLATILE[name], str(seen)) or type(documented) is not type(seen):
            yield f"{path}: {seen!r} has not the form of {documented!r}"
    elif documented != seen:
        yield f"{path}: {documented!r} is documented, {seen!r} was seen"


def assert_as_documented(documented: str, seen: str) -> None:
    """Hold an output against what the guide shows: JSON by its content, anything else as text."""
    try:
        expected = json.loads(documented)
    except ValueError:
        assert seen.strip() == documented.strip()
        return
    found = list(differences(expected, json.loads(seen)))
    assert not found, "\n".join(found)
