"""What can go wrong with the local stack, in words that say what to do.

LocalStackProblem
+-- AlreadyRunning      another `local up` holds the state directory
+-- PortTaken           another program listens on a port that is needed
+-- EngineProblem       the engine did not start, answer or stay alive
+-- StateNotSaved       what the engine knew when it was stopped is not on the disk
+-- SandboxProblem      a platform sandbox did not start or stay alive
+-- DeploymentFailed    the stack could not be created or updated
+-- TemplateNotHeld     the engine holds something else than the template says
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class LocalStackProblem(Exception):
    """The local stack cannot go on; the message is meant for the person who started it."""


class AlreadyRunning(LocalStackProblem):
    """The state directory is in use by another local stack."""


class PortTaken(LocalStackProblem):
    """A port that must be free is not."""


class EngineProblem(LocalStackProblem):
    """The engine did not come up, stopped answering, or ended by itself."""


class StateNotSaved(LocalStackProblem):
    """The engine has ended, and what it knew is lost as far as it is newer than `last_saved`."""

    def __init__(self, folder: Path, reason: str, last_saved: str | None) -> None:
        lost = f"since the last saved stop, {last_saved}, is lost" if last_saved else "since the first start is lost"
        super().__init__(
            f"The state was not saved in {folder} ({reason}): every order, forward, partner, channel and mapping "
            f"stored {lost}."
        )


class SandboxProblem(LocalStackProblem):
    """A platform sandbox did not come up or ended by itself."""


class DeploymentFailed(LocalStackProblem):
    """The engine refused the template; `reasons` are its own words, first failure first."""

    def __init__(self, message: str, reasons: Sequence[str] = ()) -> None:
        super().__init__("\n  ".join([message, *reasons]))
        self.reasons = tuple(reasons)


class TemplateNotHeld(LocalStackProblem):
    """What was read back differs from the template and is no known gap; `differences` has one line for each."""

    def __init__(self, differences: Sequence[str]) -> None:
        count = "1 property" if len(differences) == 1 else f"{len(differences)} properties"
        head = (
            f"The deployed stack differs from template.yaml in {count} "
            "(fix the template, or write the gap with its reason into known_gaps.yaml):"
        )
        super().__init__("\n  ".join([head, *differences]))
        self.differences = tuple(differences)
