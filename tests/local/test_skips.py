"""What CI makes of skipped tests, by pytest runs of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.devtools import NAMES
from tests.docs.samples import ALL

ALLOWED, OTHER = "no Docker engine answers", "no such tool on this machine"
SKIPPED = {
    "in a test": "import pytest\ndef test_a(): pytest.skip({reason!r})",
    "by a mark": "import pytest\n@pytest.mark.skipif(True, reason={reason!r})\ndef test_a(): pass",
    "in a fixture": "import pytest\n@pytest.fixture\ndef f(): pytest.skip({reason!r})\ndef test_a(f): pass",
    "a whole module": "import pytest\npytest.skip({reason!r}, allow_module_level=True)\ndef test_a(): pass",
}


def run(project: Path, folder: Path, module: str, *options: str, ci: str = "true") -> tuple[int, str]:
    """Exit status and output of pytest on one module beside one test that passes, with the hooks of these tests."""
    (folder / "conftest.py").write_text("from tests.skips import *\n")
    (folder / "test_passes.py").write_text("def test_b(): pass\n")
    (folder / "test_module.py").write_text(module + "\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "xdist",
            "-p",
            "no:cacheprovider",
            "-c",
            os.devnull,
            "--rootdir",
            ".",
            *options,
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(project), "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("kind", "workers"), [*((kind, "1") for kind in SKIPPED), ("in a test", "0")])
def test_ci_fails_on_a_skip_that_is_not_on_the_list(project: Path, tmp_path: Path, kind: str, workers: str) -> None:
    status, said = run(project, tmp_path, SKIPPED[kind].format(reason=OTHER), "-n", workers)

    assert status == 1, said
    assert f"NOT ALLOWED: test_module.py (1): {OTHER}" in said
    assert "tests/allowed_skips.txt" in said


@pytest.mark.parametrize("kind", ["by a mark", "a whole module"])
def test_ci_prints_a_skip_that_is_on_the_list_and_passes(project: Path, tmp_path: Path, kind: str) -> None:
    status, said = run(project, tmp_path, SKIPPED[kind].format(reason=ALLOWED), "-n", "1")

    assert status == 0, said
    assert f"allowed: test_module.py (1): {ALLOWED}" in said
    assert "NOT ALLOWED" not in said


@pytest.mark.parametrize("ci", ["", "false"])
def test_elsewhere_a_skip_is_a_skip(project: Path, tmp_path: Path, ci: str) -> None:
    status, said = run(project, tmp_path, SKIPPED["in a test"].format(reason=OTHER), ci=ci)

    assert (status, "skipped in CI" in said) == (0, False), said


def test_what_fails_otherwise_fails_as_it_does(project: Path, tmp_path: Path) -> None:
    failing = SKIPPED["in a test"].format(reason=OTHER) + "\ndef test_c(): assert False"
    assert run(project, tmp_path, failing)[0] == 1
    assert run(project, tmp_path, "raise KeyboardInterrupt")[0] == 2


def test_ci_itself_takes_the_hooks_in(project: Path) -> None:
    from tests import conftest, skips

    for hook in ("pytest_sessionfinish", "pytest_terminal_summary"):
        assert getattr(conftest, hook) is getattr(skips, hook)
    assert "export CI=true" in (project / ".ci" / "run").read_text()


def test_ci_installs_what_the_samples_and_the_browser_tests_need(project: Path) -> None:
    wanted = [line.split()[1:] for line in re.findall(r"^need .*", (project / ".ci" / "run").read_text(), re.MULTILINE)]
    installed = {name for _, *names in wanted for name in names}

    assert set(NAMES) <= installed
    needed = {tool.name for sample in ALL for tool in sample.tools}
    assert needed - installed == {"bash", "dotnet"}, "the one runs it, the other is among the allowed skips"
