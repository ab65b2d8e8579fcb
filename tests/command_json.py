"""Holds every document that a test has the command print to the schema of that command (docs/command-json.json)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SCHEMAS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parent.parent / "docs" / "command-json.json").read_text(encoding="utf-8")
)


def command_in(arguments: Sequence[str]) -> str | None:
    """The command that is run by these arguments; None where they name none."""
    words = [word for word in arguments if not word.startswith("-")]
    return next((name for name in (" ".join(words[:2]), *words[:1]) if name in SCHEMAS["commands"]), None)


@cache
def validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMAS, "$ref": reference}, format_checker=Draft202012Validator.FORMAT_CHECKER)


def hold(arguments: Sequence[str], exit_code: int, stdout: str) -> None:
    """Raises AssertionError where a command has printed another document than its schema says."""
    if "--json" not in arguments or not stdout.strip():
        return
    document, name = json.loads(stdout), command_in(arguments)
    if exit_code != 0 and isinstance(document, dict) and "error" in document:
        reference = "#/$defs/error"
    elif "--xlsx" in arguments:
        reference = "#/$defs/written"
    else:
        assert name is not None, f"{arguments} has printed a document, and no command of it is in the schemas"
        reference = f"#/commands/{name}"
    wrong = best_match(validator(reference).iter_errors(document))
    assert wrong is None, f"{name}: {wrong.json_path}: {wrong.message}"
