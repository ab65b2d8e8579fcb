"""What CI does with skipped tests: it prints each with its reason, and fails on one that nobody has allowed.

Hooks of pytest, which `conftest` takes in. Elsewhere a skip is a skip: a developer's machine need not have every tool.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _is_ci() and any(not _is_allowed(reason) for _, reason in _skips(session.config)):
        # What has failed otherwise keeps its own status.
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skips = Counter(_skips(terminalreporter.config)) if _is_ci() else Counter()
    if not skips:
        return
    terminalreporter.section("skipped in CI")
    for (place, reason), count in sorted(skips.items()):
        word = "allowed" if _is_allowed(reason) else "NOT ALLOWED"
        terminalreporter.line(f"{word}: {place} ({count}): {reason}")
    if not all(_is_allowed(reason) for _, reason in skips):
        terminalreporter.line(f"What may be skipped in CI is in tests/{ALLOWED_SKIPS.name}.", red=True)


def _is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _skips(config: pytest.Config) -> Iterator[tuple[str, str]]:
    """File and reason of everything that was skipped, whole modules too; a worker of xdist says nothing itself."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        yield report.nodeid.partition("::")[0], reason.removeprefix("Skipped: ")


def _is_allowed(reason: str) -> bool:
    lines = ALLOWED_SKIPS.read_text(encoding="utf-8").splitlines()
    return any(fnmatchcase(reason, line) for line in lines if line and not line.startswith("#"))
