"""Takes out of the layer what no function reads at run time: ``python3 prune.py LIBRARY``.

Every cold start loads the layer, so it holds what the runtime lacks and nothing else. Licences and the fields of
METADATA stay: the former are owed, and scanners for vulnerable packages read the latter. What is left is put to use
by tests/contract/test_build.py.
"""

from __future__ import annotations

import shutil
import struct
import sys
from pathlib import Path

# Whole packages, with the reason why nothing misses them.
UNUSED_PACKAGES = {
    "anyio": "only the asynchronous halves of httpx and httpcore import it",
    "jmespath": "the runtime brings it with boto3",
    "pycparser": "reads C for cffi's compiler, and only the compiled _cffi_backend is used",
}

UNUSED_PARTS = (
    "annotated_types/test_cases.py",
    "aws_lambda_powertools/utilities/data_classes/api_gateway_authorizer_event.py",
    "aws_lambda_powertools/utilities/data_classes/cognito_user_pool_event.py",
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
    "bin",
    "cffi",
    "httpcore/_async/http2.py",  # these four need h2 or socksio, which are not shipped
    "httpcore/_async/socks_proxy.py",
    "httpcore/_sync/http2.py",
    "httpcore/_sync/socks_proxy.py",
    "httpx/_main.py",  # its command
    "idna/cli.py",
    "idna/uts46data.py",  # spells names again; a channel's and a receiver's are ASCII
    "pydantic/color.py",
    "pydantic/experimental",
    "pydantic/v1",
)

# Types, the installer's notes, bills of material beside METADATA, pydantic's plugin for mypy, and what lists the zones.
UNREAD_FILES = (
    "*.pyi",
    "py.typed",
    ".lock",
    "RECORD",
    "INSTALLER",
    "REQUESTED",
    "WHEEL",
    "direct_url.json",
    "sboms/*",
    "pydantic/mypy.py",
    "tzdata/zones",
    "tzdata/zoneinfo/*.tab",
    "tzdata/zoneinfo/leapseconds",
    "tzdata/zoneinfo/tzdata.zi",
)


def prune(library: Path) -> None:
    """Leaves in `library` what functions import, with its licences and METADATA."""
    for package in UNUSED_PACKAGES:
        for part in library.glob(f"{package}-*.dist-info"):
            shutil.rmtree(part)
    for part in (*UNUSED_PACKAGES, *UNUSED_PARTS):
        shutil.rmtree(library / part, ignore_errors=True)
        if part.endswith(".py"):
            (library / part).unlink(missing_ok=True)
    for pattern in UNREAD_FILES:
        for path in library.rglob(pattern):
            path.unlink()
    for metadata in library.glob("*.dist-info/METADATA"):
        fields, _, _readme = metadata.read_text(encoding="utf-8").partition("\n\n")
        metadata.write_text(fields + "\n", encoding="utf-8")
    for extension in library.rglob("*.so"):
        strip_symbols(extension)


def strip_symbols(extension: Path) -> None:
    """Cuts off an ELF file what the loader never maps: symbol tables and section headers, a quarter of cryptography's.

    Written out because the machine that builds has no strip for the other architecture. Files that are not 64-bit
    little-endian ELF, as both of Lambda's architectures are, stay as they are.
    """
    content = bytearray(extension.read_bytes())
    if content[:6] != b"\x7fELF\x02\x01":
        return
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    mapped = table + size * count
    for header in range(table, mapped, size):
        offset, _address, _physical, length = struct.unpack_from("<QQQQ", content, header + 8)
        mapped = max(mapped, offset + length)
    struct.pack_into("<Q", content, 40, 0)  # where the section headers start,
    struct.pack_into("<HH", content, 60, 0, 0)  # how many there are, and which of them holds their names
    extension.write_bytes(content[:mapped])


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
