"""Single functions in Lambda's own image, on the local stack, as docs/local-stack.md has it: where Docker answers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from orderbridge_cli.commands.local.events import event_names
from orderbridge_cli.commands.local.seeding import seed_channels, seed_partner
from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.local.stack_file import StackDescription
from orderbridge_cli.target import Operations, target_of
from tests.contract.template import template
from tests.e2e.actors import Operator
from tests.patience import PATIENCE_S


def docker_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0


pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

ARCHITECTURE = "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
BY_NAME = template().logical_ids()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackDescription]:
    folder = tmp_path_factory.mktemp("sam")
    local = LocalStack(
        state_dir=folder / ".local" / "state", port=0, stack_file=folder / ".local" / "stack.json", live_reload=False
    )
    with local:
        operations = Operations(target_of(asdict(local.description)))
        seed_channels(operations, local.description.sandboxes, lambda _: None)
        partner = Path(local.description.state) / "demo-partner"
        seed_partner(operations, partner, sorted(local.description.sandboxes), lambda _: None)
        yield local.description


class _Relay(socketserver.BaseRequestHandler):
    """Passes a connection on to the same port on loopback."""

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.server_address[1])) as engine:
            back = threading.Thread(target=_copy, args=(engine, self.request), daemon=True)
            back.start()
            _copy(self.request, engine)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def engine(stack: StackDescription) -> Iterator[str]:
    """Where a container reaches the engine. Docker Desktop leads to loopback itself; on Linux the gateway has to."""
    port = urlsplit(stack.aws_endpoint_url).port or 0
    address = f"http://host.docker.internal:{port}"
    if sys.platform != "linux":
        yield address
        return
    asked = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
    gateway = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    with socketserver.ThreadingTCPServer((gateway, port), _Relay) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        yield address
        relay.shutdown()


@pytest.fixture(scope="module")
def built(project: Path, stack: StackDescription) -> dict[str, str]:
    """The environment of a project that `make build` has built for this machine, with the engine's own keys."""
    environment = {
        **os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": stack.access_key, "AWS_SECRET_ACCESS_KEY": stack.secret_key,
    }  # fmt: skip
    subprocess.run(["make", "build", f"ARCHITECTURE={ARCHITECTURE}"], cwd=project, env=environment, check=True)
    return environment


@pytest.mark.parametrize("name", event_names())
def test_each_function_does_its_work_in_the_runtimes_own_image(
    project: Path, stack: StackDescription, engine: str, built: dict[str, str], tmp_path: Path, name: str
) -> None:
    operator = Operator(Path(stack.state).parents[1])
    event, variables = tmp_path / "event.json", tmp_path / "env.json"
    event.write_text(json.dumps(operator.run("local", "event", name)))
    variables.write_text(json.dumps(operator.run("local", "env", "--endpoint-url", engine)))
    function = BY_NAME[max((each for each in BY_NAME if name.startswith(each)), key=len)]
    done = subprocess.run(
        [
            str(project / ".tools" / "sam" / "bin" / "sam"), "local", "invoke", function,
            "--event", str(event), "--env-vars", str(variables),
            "--parameter-overrides", f"Architecture={ARCHITECTURE} AwsEndpointUrl={engine}",
            "--add-host", "host.docker.internal:host-gateway",
        ],
        cwd=project, env=built, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1:]
    answer: Any = json.loads(last[0]) if last else None
    if isinstance(answer, dict):
        assert "errorMessage" not in answer, answer
        assert answer.get("statusCode", 200) in (200, 201), answer
