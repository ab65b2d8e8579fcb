"""Single functions in Lambda's own image, as the README has it: where Docker answers, skipped elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

START_SECONDS = PATIENCE_S


def docker_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0


pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]


def sam(project: Path, *arguments: str) -> list[str]:
    return [str(project / ".tools" / "sam" / "bin" / "sam"), "local", *arguments]


@pytest.fixture(scope="module")
def built(project: Path) -> dict[str, str]:
    """The environment of a project that `make build` has built for this machine."""
    architecture = "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "ap-southeast-3"}
    subprocess.run(["make", "build", f"ARCHITECTURE={architecture}"], cwd=project, env=environment, check=True)
    return environment


def test_a_function_answers_its_event_in_the_runtimes_own_image(project: Path, built: dict[str, str]) -> None:
    done = subprocess.run(
        sam(
            project, "invoke", "AuthLoginFunction",
            "--event", "events/auth_login.json", "--env-vars", "events/env.json",
        ),
        cwd=project, env=built, capture_output=True, text=True, check=True, timeout=START_SECONDS,
    )  # fmt: skip
    answer = json.loads(done.stdout.strip().splitlines()[-1])

    # There is no table behind it unless a local stack runs: it says so, as a problem.
    assert answer["statusCode"] in (200, 401, 503)
    assert "json" in answer["headers"]["Content-Type"]


@pytest.fixture
def api(project: Path, built: dict[str, str]) -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    running = subprocess.Popen(
        sam(project, "start-api", "--port", str(port), "--env-vars", "events/env.json"), cwd=project, env=built
    )
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(60)


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, "sam local start-api did not open its port"
        time.sleep(0.5)


def test_the_api_refuses_a_broken_body_as_a_problem(api: str) -> None:
    request = urllib.request.Request(
        f"{api}/api/v1/auth/login", data=b"{", headers={"Content-Type": "application/json"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=START_SECONDS)

    with refused.value as answer:
        assert answer.status == 400
        assert json.loads(answer.read())["code"] == "malformed_json"
