"""``python -m benchmarks.shape``: what can be counted of the code's shape, one figure a line, ``name: value``.

How quickly a reader finds their way cannot be counted; how many files one order passes on its way can.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from benchmarks.intake import intake
from orderbridge.platforms.names import platform_names
from orderbridge_sandboxes import SANDBOXES, ManualClock
from tests.fakes.one_channel import NOW, OneChannel

PROJECT = Path(__file__).resolve().parent.parent
LAYER = PROJECT / "layers" / "core" / "orderbridge"
PLATFORMS = LAYER / "platforms"
SANDBOX = PROJECT / "cli" / "orderbridge_sandboxes"


def lines_below(folder: Path) -> int:
    """Lines of Python."""
    return sum(len(path.read_text().splitlines()) for path in folder.rglob("*.py"))


def largest_folder() -> tuple[str, int]:
    """The folder of the layer or the command with the most Python files right in it, and how many."""
    folders = Counter(
        str(path.parent.relative_to(PROJECT))
        for root in (LAYER, PROJECT / "cli")
        for path in root.rglob("*.py")
        if path.name != "__init__.py"
    )
    return folders.most_common(1)[0]


def files_of_one_order() -> set[str]:
    """The layer's files of which something is called while one order is taken in and carried to every platform.

    The table answers inside the process, and not through `orderbridge.aws` once the order is stored.
    """
    with noted_files() as passed, intake() as function:
        function.accept(0)
    for platform in platform_names():
        clock = ManualClock(NOW)
        with SANDBOXES[platform](clock=clock) as sandbox:
            channel = OneChannel(platform, sandbox, clock, seed=1)
            with noted_files() as more:
                channel.run(1)
            passed |= more
    return passed


@contextmanager
def noted_files() -> Iterator[set[str]]:
    """The layer's files whose functions are called meanwhile, in this thread."""
    passed: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>" and frame.f_code.co_filename.startswith(str(LAYER)):
            passed.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        yield passed
    finally:
        sys.setprofile(None)


def uncalled_requests() -> set[str]:
    """The typed requests of the layer that nothing in the layer makes."""
    described: set[str] = set()
    used: Counter[str] = Counter()
    for path in LAYER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ClassDef(name=name, bases=[ast.Subscript(value=ast.Name(id="Request"))]):
                    described.add(name)
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    used[name] += 1
    return {name for name in described if not used[name]}


def main() -> None:
    """Prints the figures."""
    folder, count = largest_folder()
    print(f"layer, lines of Python: {lines_below(LAYER)}")
    print(f"template, lines: {len((PROJECT / 'template.yaml').read_text().splitlines())}")
    print(f"largest folder, files: {count} ({folder})")
    for platform in platform_names():
        lines = lines_below(PLATFORMS / platform) + lines_below(SANDBOX / platform)
        print(f"{platform}, lines of product and sandbox: {lines}")
    print(f"requests in the layer that nothing calls: {len(uncalled_requests())}")
    print(f"files that one order passes on its way to every platform: {len(files_of_one_order())}")


if __name__ == "__main__":
    main()
