"""What is uploaded for a deployment: each function's folder as a zip, and the local layer.

Zips are the same bytes for the same content, and are named by it: an unchanged function is not touched.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orderbridge_cli.local.engine import in_function
from orderbridge_cli.local.machine.places import Project, StateDir
from orderbridge_cli.local.machine.problems import LocalStackProblem

# What the Lambda runtime brings along for Python, besides the standard library.
_IN_THE_RUNTIME = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "urllib3", "python-dateutil", "six"})
_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAND_IN = b"""from pathlib import Path

from orderbridge_local_layer import take_over

take_over(Path(__file__).parents[2])
"""
_FILE_MODE = 0o100644 << 16


@dataclass(frozen=True)
class Package:
    """A zip and the key that its content gives it."""

    key: str
    content: bytes


def function_package(folder: Path) -> Package:
    """A function's folder as it is.

    Raises:
        LocalStackProblem: there is no such folder, or nothing in it.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    if not files:
        raise LocalStackProblem(f"The template names the function folder {folder}, but there is nothing in it.")
    return _package(folder.name, files)


def local_layer(project: Project, state: StateDir, name_prefix: str) -> Package:
    """The layer of a local stack: no copy of the package, but the way to its source."""
    plan = {
        "source": str(project.package),
        "logs": str(state.logs),
        "name_prefix": name_prefix,
        "hidden_modules": sorted(modules_not_in_layer(project)),
    }
    return _package(
        "layer",
        {
            "python/orderbridge/__init__.py": _STAND_IN,
            "python/orderbridge_local_layer.py": Path(in_function.__file__).read_bytes(),
            "local-layer.json": json.dumps(plan).encode(),
        },
    )


def modules_not_in_layer(project: Project) -> set[str]:
    """Top-level modules of this installation that a function on AWS would not find."""
    locked = (project.root / "layers" / "core" / "requirements.txt").read_text()
    shipped = {_normal(name) for name in _REQUIREMENT.findall(locked)} | _IN_THE_RUNTIME
    owners: Mapping[str, list[str]] = importlib.metadata.packages_distributions()
    hidden = {
        module for module, distributions in owners.items() if not shipped & {_normal(name) for name in distributions}
    }
    # Editable installations list no modules. `orderbridge` itself is the stand-in.
    return (hidden | {"orderbridge_cli", "orderbridge_sandboxes"}) - {in_function.PACKAGE}


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _package(name: str, files: Mapping[str, bytes]) -> Package:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = _FILE_MODE
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    content = buffer.getvalue()
    return Package(f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.zip", content)
