"""Which sandboxes there are."""

from __future__ import annotations

import pkgutil
from pathlib import Path


def sandbox_names() -> tuple[str, ...]:
    """Every platform that has a sandbox: the packages beside this module."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg))
