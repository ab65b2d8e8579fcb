"""What is deployed: the layer as SAM builds it, and the functions beside it."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import struct
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from benchmarks.cold_start import ARCHITECTURES, RUNTIME_PACKAGES, link_runtime
from orderbridge_cli.local.deployment.template import read_template
from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.engine.engine import ACCESS_KEY, REGION, SECRET_KEY, Engine
from orderbridge_cli.local.machine.places import StateDir
from orderbridge_cli.local.machine.ports import kept_ports
from orderbridge_cli.local.machine.processes import ProcessBook
from tests.contract.template import TEMPLATE, Template, template
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
LARGEST_LAYER = {"arm64": 22 * MIB, "x86_64": 23 * MIB}
AARCH64 = 183  # e_machine of an ELF file
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def environment(project: Path, **more: str) -> dict[str, str]:
    """An environment with no AWS account: the tools of the virtual environment, a region, and nothing else of AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "AWS_DEFAULT_REGION": "ap-southeast-3", "SAM_CLI_TELEMETRY": "0", **more}


def build_layer(project: Path, into: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    """Runs the layer's own Makefile as SAM does."""
    command = ["make", "-C", str(project / "layers" / "core"), "build-CoreLayer", f"ARTIFACTS_DIR={into}", *overrides]
    return subprocess.run(
        command, env=environment(project), capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def size_of(library: Path) -> int:
    return sum(path.stat().st_size for path in files(library))


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` fills, for the architecture that is the template's default."""
    folder = tmp_path_factory.mktemp("sam")
    sam = project / ".tools" / "sam" / "bin" / "sam"
    assert sam.exists(), "the SAM CLI is not installed: `make test` does that"
    command = [str(sam), "build", "--build-dir", str(folder), "--no-cached"]
    done = subprocess.run(
        command,
        cwd=project,
        # This machine may lack the functions' Python; what is tested here holds without bytecode, too.
        env=environment(project, ALLOW_NO_BYTECODE="1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def host_layer(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer for this machine and this Python, so that what it holds can be run."""
    if platform.system() != "Linux" or platform.machine() not in ARCHITECTURES:
        pytest.skip("the layer's wheels are for Linux on x86_64 and arm64")
    folder = tmp_path_factory.mktemp("layer")
    architecture = ARCHITECTURES[platform.machine()]
    done = build_layer(project, folder, f"PYTHON_VERSION={PYTHON}", f"ARCHITECTURE={architecture}")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "python"


@pytest.mark.parametrize(("architecture", "largest"), LARGEST_LAYER.items())
def test_the_layer_is_at_most_22_mib_unzipped_and_for_x86_64_23(
    project: Path, tmp_path: Path, architecture: str, largest: int
) -> None:
    done = build_layer(project, tmp_path, f"ARCHITECTURE={architecture}", "ALLOW_NO_BYTECODE=1")
    assert done.returncode == 0, done.stdout + done.stderr
    size = size_of(tmp_path / "python")
    assert 5 * MIB < size <= largest, f"{size / MIB:.2f} MiB"
    assert (tmp_path / "python" / "httpx").is_dir()


def test_the_layer_brings_no_boto3(built: Path) -> None:
    library = built / "CoreLayer" / "python"
    assert not [name for name in RUNTIME_PACKAGES if (library / name).exists()]


def test_the_extensions_are_for_the_default_architecture_and_whole(built: Path) -> None:
    assert template().document["Parameters"]["Architecture"]["Default"] == "arm64"
    extensions = list((built / "CoreLayer" / "python").rglob("*.so"))
    assert {path.name.split(".")[0] for path in extensions} == {"_cffi_backend", "_rust", "_pydantic_core"}
    for extension in extensions:
        content = extension.read_bytes()
        assert struct.unpack_from("<H", content, 18) == (AARCH64,), extension.name
        (table,) = struct.unpack_from("<Q", content, 32)
        size, count = struct.unpack_from("<HH", content, 54)
        for header in range(table, table + size * count, size):
            offset, _, _, length = struct.unpack_from("<QQQQ", content, header + 8)
            assert offset + length <= len(content), f"{extension.name} is cut short"


def test_every_package_in_the_layer_keeps_its_licence_and_its_metadata(built: Path) -> None:
    distributions = list((built / "CoreLayer" / "python").glob("*.dist-info"))
    assert len(distributions) >= 12
    for distribution in distributions:
        fields = (distribution / "METADATA").read_text().splitlines()
        name, version = distribution.name.removesuffix(".dist-info").split("-")
        assert f"Version: {version}" in fields, distribution.name
        assert any(field.replace("-", "_").lower() == f"name: {name}" for field in fields), distribution.name
        assert any("licen" in path.name.lower() for path in files(distribution)), distribution.name


def test_every_function_is_built_and_finds_its_handler(project: Path, built: Path) -> None:
    functions = Template(read_template(built / "template.yaml")).functions()
    assert functions.keys() == template().functions().keys()
    assert {Path(each["CodeUri"]).name for each in functions.values()} == {
        path.parent.name for path in project.glob("functions/*/app.py")
    }
    for name, properties in functions.items():
        assert (built / properties["CodeUri"] / "app.py").is_file(), name


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[str]:
    """The address of a local engine, which stands for S3."""
    state = StateDir(tmp_path / "state")
    state.make()
    port = kept_ports(state.ports, ("engine",))["engine"]
    engine = Engine(state, port, ProcessBook(state.processes, str(state.temporary)), enforce_iam=False)
    try:
        engine.start()
        EngineClients(engine.url).s3.create_bucket(
            Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield engine.url
    finally:
        engine.stop()


def test_what_cloudformation_is_given_is_the_template_with_its_loops_and_the_code_in_the_bucket(
    project: Path, built: Path, engine: str, tmp_path: Path
) -> None:
    packaged = tmp_path / "packaged.yaml"
    command = [
        str(project / ".tools" / "sam" / "bin" / "sam"), "package", "--template-file", str(built / "template.yaml"),
        "--config-file", str(project / "samconfig.toml"), "--s3-bucket", "code",
        "--output-template-file", str(packaged),
    ]  # fmt: skip
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_ENDPOINT_URL": engine}
    done = subprocess.run(
        command, env=environment(project, **keys), capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    loops = [name for name in yaml.safe_load(packaged.read_text())["Resources"] if name.startswith("Fn::ForEach::")]
    assert "Fn::ForEach::Platforms" in loops

    given, ours = read_template(packaged), read_template(TEMPLATE)
    in_the_bucket = {
        f"{name}.Properties.{place}": resource["Properties"].pop(place)
        for name, resource in given["Resources"].items()
        for place in ("CodeUri", "ContentUri")
        if place in resource["Properties"]
    }
    assert len(in_the_bucket) == len(template().functions()) + 1
    assert all(address.startswith("s3://code/") for address in in_the_bucket.values())
    for place in in_the_bucket:
        resource, _, name = place.split(".")
        del ours["Resources"][resource]["Properties"][name]
    assert given == ours


def test_the_layers_bytecode_is_valid_and_never_checked_against_a_source(host_layer: Path) -> None:
    compiled = list(host_layer.rglob("*.pyc"))
    assert len(compiled) > 300
    for path in compiled:
        header = path.read_bytes()[:8]
        assert header[:4] == importlib.util.MAGIC_NUMBER, path
        assert header[4:] == b"\x01\x00\x00\x00", f"{path} is not hash-based and unchecked"
    without = [
        path
        for path in (host_layer / "orderbridge").rglob("*.py")
        if not Path(importlib.util.cache_from_source(str(path))).exists()
    ]
    assert not without


def test_a_layer_without_bytecode_is_not_built(project: Path, tmp_path: Path) -> None:
    done = build_layer(project, tmp_path, "COMPILER=")
    assert done.returncode != 0
    assert "Not built: no Python 3.13 that runs was found on this machine" in done.stderr
    assert "ALLOW_NO_BYTECODE=1 builds all the same" in done.stderr
    assert not list(files(tmp_path))


def test_a_layer_without_bytecode_that_was_asked_for_holds_sources_and_warns(project: Path, tmp_path: Path) -> None:
    done = build_layer(project, tmp_path, "COMPILER=", "ALLOW_NO_BYTECODE=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING: no Python 3.13" in done.stderr
    assert (tmp_path / "python" / "pydantic" / "main.py").exists()
    assert not list(tmp_path.rglob("*.pyc"))


def test_the_layer_has_every_time_zone_and_nothing_else_of_tzdata(host_layer: Path) -> None:
    kept = list(files(host_layer / "tzdata"))
    zones = {
        str(path.relative_to(host_layer / "tzdata" / "zoneinfo"))
        for path in kept
        if path.read_bytes().startswith(b"TZif")
    }
    assert {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC"} <= zones
    assert len(zones) > 500
    others = [path for path in kept if path.name != "__init__.py"]
    assert len(others) == len(zones)


USE_OF_THE_LAYER = """
import importlib, json, pkgutil, socket, sys

sys.path[:0] = json.loads(sys.argv[1])
import orderbridge

for module in pkgutil.walk_packages(orderbridge.__path__, "orderbridge."):
    importlib.import_module(module.name)

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

key = rsa.generate_private_key(65537, 2048)
signature = key.sign(b"signed", padding.PKCS1v15(), SHA256())
key.public_key().verify(signature, b"signed", padding.PKCS1v15(), SHA256())

import pydantic

class Line(pydantic.BaseModel):
    quantity: int

try:
    Line.model_validate_json('{"quantity": "many"}')
    sys.exit("pydantic accepted a quantity of many")
except pydantic.ValidationError:
    pass

import httpx

with socket.socket() as taken:
    taken.bind(("127.0.0.1", 0))
    try:
        httpx.get(f"https://127.0.0.1:{taken.getsockname()[1]}")
        sys.exit("something answered on a port that nobody listens on")
    except httpx.ConnectError:
        pass

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

def refuse(record):
    raise ValueError(record.body)

processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
event = {"Records": [{"messageId": "1", "body": "x", "eventSource": "aws:sqs"}]}
answer = process_partial_response(event=event, record_handler=refuse, processor=processor, context=None)
assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}, answer

# As where the system has no zones of its own, which is how Lambda's images have been.
import zoneinfo

from orderbridge.values.times import business_date, from_iso

zoneinfo.reset_tzpath(to=())
assert str(business_date(from_iso("2025-01-01T20:00:00Z"), "Asia/Jakarta")) == "2025-01-02"

SHIPPED = ("tzdata", "pydantic", "httpcore", "httpx", "jwt", "cryptography", "aws_lambda_powertools", "orderbridge")
inside, outside = json.loads(sys.argv[1])
for name, module in list(sys.modules.items()):
    if name.split(".")[0] in SHIPPED:
        assert module.__file__.startswith(inside), module
print("used")
"""


def test_the_layer_and_the_runtimes_boto3_are_all_that_the_package_needs(
    project: Path, host_layer: Path, tmp_path: Path
) -> None:
    link_runtime(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", USE_OF_THE_LAYER, json.dumps([str(host_layer), str(tmp_path)])],
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().endswith("used")


def test_sam_takes_its_defaults_from_the_repository(project: Path) -> None:
    config = tomllib.loads((project / "samconfig.toml").read_text())
    assert config["default"]["global"]["parameters"]["language_extensions"] is True, "the template has loops"
    assert config["default"]["validate"]["parameters"]["lint"] is True
    assert config["default"]["build"]["parameters"]["cached"] is False, "a cache does not notice another ARCHITECTURE"
    assert yaml.safe_load((project / ".cfnlintrc.yaml").read_text())["templates"] == ["template.yaml"]
