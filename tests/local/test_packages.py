"""What is uploaded: the same bytes for the same content, and no more modules than the layer has on AWS."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from orderbridge_cli.local.deployment.deployment import Deployment
from orderbridge_cli.local.deployment.packages import function_package, local_layer, modules_not_in_layer
from orderbridge_cli.local.machine.places import Project, StateDir
from orderbridge_cli.local.machine.problems import LocalStackProblem


def test_a_package_is_named_by_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "order_intake"
    folder.mkdir()
    app = folder / "app.py"
    app.write_text("a = 1\n")
    first = function_package(folder)
    os.utime(app, (1, 1))
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "app.pyc").write_bytes(b"x")
    assert function_package(folder) == first
    app.write_text("a = 2\n")
    assert function_package(folder).key != first.key
    assert first.key.startswith("order_intake-")


def test_functions_that_a_loop_makes_of_one_folder_have_one_package(tmp_path: Path) -> None:
    clients: Any = None  # which packing does not need
    deployment = Deployment(clients, "", Project(), StateDir(tmp_path), "orderbridge")
    packages = deployment.function_packages()
    forwarders = {name for name in packages if name.startswith("Forward")}
    assert forwarders == {"ForwardSalesManiaFunction", "ForwardSircloFunction", "ForwardNgorderFunction"}
    assert {deployment.code_folder(name) for name in forwarders} == {"functions/forwarder/"}
    assert len({packages[name].key for name in forwarders}) == 1
    assert len({package.key for package in packages.values()}) == len(packages) - 2


def test_an_empty_function_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LocalStackProblem, match="nothing in it"):
        function_package(tmp_path / "missing")


def test_the_local_layer_points_to_the_source(tmp_path: Path) -> None:
    project = Project()
    layer = local_layer(project, StateDir(tmp_path), "orderbridge-")
    with zipfile.ZipFile(io.BytesIO(layer.content)) as archive:
        plan = json.loads(archive.read("local-layer.json"))
        assert "python/orderbridge/__init__.py" in archive.namelist()
    assert plan["source"] == str(project.package)
    assert plan["logs"] == str(tmp_path / "logs")
    assert len(layer.content) < 20_000  # every function process unpacks it


def test_functions_see_no_module_that_the_layer_does_not_ship() -> None:
    hidden = modules_not_in_layer(Project())
    assert {"rich", "typer", "moto", "ministack", "samtranslator", "orderbridge_cli", "orderbridge_sandboxes"} <= hidden
    assert hidden.isdisjoint({"orderbridge", "boto3", "botocore", "pydantic", "aws_lambda_powertools"})
