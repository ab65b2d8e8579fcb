"""What the import of a cold start costs beside boto3's own client, on the layer as it is built."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

from benchmarks.intake import ENVIRONMENT
from benchmarks.layer import PROJECT, built_layer
from benchmarks.report import Figure

PAIRS = 15
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What Lambda's own image brings."""
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


def figures() -> Generator[Figure]:
    yield "cold import of order_intake ÷ boto3.client('dynamodb')", lambda: f"{cold_import_ratio():.2f}", "<= 1.40"


def cold_import_ratio() -> float:
    """Processor seconds to import order_intake in a fresh interpreter ÷ those of boto3's DynamoDB client in another.

    Each side's least of some pairs is what it costs on a machine that does nothing else. Layer and libraries are for
    this machine and this Python, both as bytecode.
    """
    version = "{}.{}".format(*sys.version_info)
    with (
        built_layer(ARCHITECTURES[platform.machine()], f"PYTHON_VERSION={version}") as layer,
        tempfile.TemporaryDirectory() as runtime,
    ):
        link_runtime(Path(runtime))
        function = PROJECT / "functions" / "order_intake"
        ours = f"import sys; sys.path[:0] = {[str(function), str(layer), runtime]!r}; import app"
        theirs = f"import sys; sys.path[:0] = [{runtime!r}]; import boto3; boto3.client('dynamodb')"
        least = {code: float("inf") for code in (ours, theirs)}
        for _ in range(PAIRS):
            for code in least:
                least[code] = min(least[code], processor_seconds(code, ENVIRONMENT, "-I", "-S"))
    return least[ours] / least[theirs]


def link_runtime(folder: Path) -> None:
    """What the runtime has beside the layer, into an empty folder."""
    import boto3

    installed = Path(boto3.__file__).parent.parent
    for name in RUNTIME_PACKAGES:
        source = installed / name if (installed / name).exists() else installed / f"{name}.py"
        (folder / source.name).symlink_to(source)


def processor_seconds(code: str, environment: Mapping[str, str], *options: str) -> float:
    """Of a fresh interpreter that runs `code`; how busy the machine is otherwise hardly matters."""
    child = os.posix_spawn(sys.executable, [sys.executable, *options, "-c", code], environment)
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise ChildProcessError(f"{code!r} failed")
    return used.ru_utime + used.ru_stime
