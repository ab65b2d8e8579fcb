"""Which platforms there are; apart from the registry, because a command's help wants no more than that."""

from __future__ import annotations

import pkgutil

from orderbridge import platforms


def platform_names() -> tuple[str, ...]:
    """Every platform there is: the packages beside this module."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(platforms.__path__) if module.ispkg))
