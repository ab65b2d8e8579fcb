"""``python -m orderbridge_cli.openapi``: writes the document and its page; with ``--check`` only says what is stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orderbridge.entrypoints.published import OPENAPI, PAGE
from orderbridge_cli.openapi.document import build
from orderbridge_cli.openapi.page import render

IN_DOCS = Path(__file__).parents[3] / "docs" / "openapi.json"


def generated() -> dict[Path, str]:
    """What is to be in each file."""
    document = build()
    return {
        OPENAPI: json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n",
        PAGE: render(document),
        IN_DOCS: json.dumps(document, ensure_ascii=False, indent=2) + "\n",
    }


def stale() -> list[Path]:
    """The files that say something else than the code."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        for path in stale():
            print(f"{path} is stale; run: make openapi", file=sys.stderr)
        return 1 if stale() else 0
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
