"""``make bench``: docs/architecture.md#figures, measured now, as ratios where a machine's speed would hide them.

Each figure is printed as soon as it is known, with its goal beside it. One that fails is a row, too, and the exit code
is 1 then; ``python -m benchmarks intake layer`` measures some of them.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from importlib import import_module

from benchmarks.report import Figure, print_figures

MODULES = ("intake", "cold_start", "layer", "life", "scale", "local_stack", "order_codes", "stock", "statuses")
"""What has ``figures()`` (benchmarks.report), in the order of measuring."""


def main(modules: Sequence[str] = ()) -> int:
    """The exit code; takes some minutes."""

    def figures_of(module: str) -> Generator[Figure]:
        # Imported here, so that a module that cannot be is a failed row and no more.
        yield from import_module(f"benchmarks.{module}").figures()

    went_well = [print_figures(lambda module=module: figures_of(module), module) for module in modules or MODULES]
    return 0 if all(went_well) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
