"""The local stack on a small project: start, restart, live reload, and that nothing stays behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orderbridge_cli.local.machine.problems import AlreadyRunning, DeploymentFailed, PortTaken, TemplateNotHeld
from orderbridge_cli.local.machine.processes import wait_until
from tests.local.conftest import Notes
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MakeNotes = Callable[..., Notes]


def processes_naming(path: Path) -> list[str]:
    """The command lines of all running processes that name a path, this one's children and all others."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "stat=,command="], capture_output=True, text=True, check=True)
    lines = (line.split(None, 1) for line in listing.stdout.splitlines())
    return [line[1] for line in lines if len(line) == 2 and not line[0].startswith("Z") and str(path) in line[1]]


def test_a_note_goes_all_the_way_with_iam_enforced(running: Notes) -> None:
    running.add("first")
    assert running.arrives("first")
    echo = running.echo()
    assert echo["denied"] == "AccessDeniedException"  # DeleteItem is not granted, GetSecretValue is
    assert "working on first" in running.log("worker")
    description = running.stack.description
    written = json.loads((Path(description.state).parent / "stack.json").read_text())
    assert written == written | {
        "api_url": description.api_url,
        "aws_endpoint_url": description.aws_endpoint_url,
        "region": "ap-southeast-3",
        "stack": "notes",
        "table": description.outputs["TableName"],
        "bus": "notes",
        "sandboxes": {},
    }
    assert description.outputs["Secret"].startswith("arn:")


def test_nothing_of_the_callers_environment_reaches_a_function(
    notes: MakeNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUSERSOWN")
    monkeypatch.setenv("AWS_PROFILE", "users-own")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("USERS_OWN", "something")
    system = notes()
    system.stack.start()

    environment = system.echo()["environment"]
    assert environment["AWS_ENDPOINT_URL"] == system.stack.description.aws_endpoint_url
    assert environment["CACHE_SECONDS"] == "1"  # a local parameter
    assert {"AWS_PROFILE", "HTTP_PROXY", "USERS_OWN"}.isdisjoint(environment)
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")  # of the function's own role
    assert environment["HOME"] != os.environ["HOME"]


def test_everything_listens_on_loopback_only_and_nothing_is_left_after_the_stop(
    notes: MakeNotes, tmp_path: Path
) -> None:
    system = notes(with_sandboxes=True)
    description = system.stack.start()
    system.add("one")
    assert system.arrives("one")
    addresses = [description.api_url, description.aws_endpoint_url, *description.sandboxes.values()]
    assert len(processes_naming(tmp_path)) >= 3  # front, publisher, worker

    system.stack.stop()

    assert processes_naming(tmp_path) == []
    assert json.loads((tmp_path / "state" / "processes.json").read_text()) == []
    assert not (tmp_path / "stack.json").exists()
    for address in addresses:
        host, port = address.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0


def test_a_restart_keeps_data_and_addresses_and_the_stream_goes_on(notes: MakeNotes) -> None:
    system = notes()
    before = system.stack.start()
    for number in range(12):
        system.add(f"before-{number}")
    assert all(system.arrives(f"before-{number}") for number in range(12))
    queued = system.aws.sqs.send_message(
        QueueUrl=before.outputs["Queue"], MessageBody='{"note": "queued"}', DelaySeconds=3
    )
    system.stack.stop()
    after = system.stack.start()

    assert after.aws_endpoint_url == before.aws_endpoint_url
    assert after.outputs == before.outputs
    assert system.times_arrived("before-3") == 1
    assert queued["MessageId"]
    assert system.arrives("queued")
    for number in range(3):  # fewer than were written before the stop
        system.add(f"after-{number}")
    assert all(system.arrives(f"after-{number}") for number in range(3))
    assert system.times_arrived("before-3") == 1


def test_a_changed_template_is_deployed_by_the_next_start(notes: MakeNotes, small_project: Path) -> None:
    system = notes()
    system.stack.start()
    system.add("kept")
    assert system.arrives("kept")
    system.stack.stop()
    template = small_project / "template.yaml"
    template.write_text(template.read_text().replace("VisibilityTimeout: 60", "VisibilityTimeout: 90"))
    system.stack.start()

    attributes = system.aws.sqs.get_queue_attributes(
        QueueUrl=system.stack.description.outputs["Queue"], AttributeNames=["VisibilityTimeout"]
    )
    assert attributes["Attributes"]["VisibilityTimeout"] == "90"
    assert system.times_arrived("kept") == 1


def test_a_changed_source_file_is_live_without_a_restart(notes: MakeNotes, small_project: Path) -> None:
    system = notes(live_reload=True)
    system.stack.start()
    assert system.echo()["version"] == 1
    package = small_project / "layers" / "core" / "orderbridge" / "__init__.py"

    written_at = package.stat().st_mtime
    for version in (2, 3):
        package.write_text(f"VERSION = {version}\n")
        os.utime(package, (written_at, written_at))  # of the same size and second: bytecode must not hide it
        assert wait_until(lambda expected=version: system.echo()["version"] == expected, PATIENCE_S, step_s=0.1)

    app = small_project / "functions" / "front" / "app.py"
    app.write_text(app.read_text().replace("orderbridge.VERSION", "'changed'"))
    assert wait_until(lambda: system.echo()["version"] == "changed", PATIENCE_S, step_s=0.1), system.progress

    template = small_project / "template.yaml"
    replacement = small_project / "template.new"
    replacement.write_text(template.read_text().replace("CACHE_SECONDS: !Ref PartnerCacheSeconds", "CACHE_SECONDS: x"))
    replacement.replace(template)
    assert wait_until(lambda: system.echo()["environment"]["CACHE_SECONDS"] == "x", PATIENCE_S, step_s=0.1)


def test_a_reload_lets_invocations_finish(notes: MakeNotes, small_project: Path) -> None:
    system = notes(live_reload=True)
    system.stack.start()
    system.add("slow-one")
    assert wait_until(lambda: "working on slow-one" in system.log("worker"), PATIENCE_S)

    (small_project / "layers" / "core" / "orderbridge" / "__init__.py").write_text("VERSION = 2\n")

    assert wait_until(lambda: any("live:" in words for words in system.progress), PATIENCE_S)
    assert system.arrives("slow-one")
    assert system.log("worker").count("working on slow-one") == 1
    assert system.log("engine") == ""


def test_a_killed_function_process_is_replaced(running: Notes) -> None:
    running.add("victim")
    assert running.arrives("victim")
    pid = int(re.findall(r"working on victim in (\d+)", running.log("worker"))[0])

    os.kill(pid, signal.SIGKILL)

    running.add("next")
    assert running.arrives("next")


def test_a_second_stack_on_the_same_state_is_refused(running: Notes, notes: MakeNotes) -> None:
    second = notes(state_dir=Path(running.stack.description.state))
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        second.stack.start()

    assert running.echo()["version"] == 1  # and the first one has not noticed


def test_a_taken_port_is_refused_in_words(notes: MakeNotes, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} is taken"):
            notes(port=port).stack.start()
    assert processes_naming(tmp_path) == []


def test_what_the_engine_refuses_is_reported_in_its_words(notes: MakeNotes, small_project: Path) -> None:
    template = small_project / "template.yaml"
    template.write_text(
        template.read_text().replace("ProjectionType", "x").replace("VisibilityTimeout: 60", "VisibilityTimeout: 99999")
    )

    with pytest.raises(DeploymentFailed, match=r"Queue \(AWS::SQS::Queue\)"):
        notes().stack.start()


def test_what_the_engine_drops_fails_the_start(notes: MakeNotes, small_project: Path) -> None:
    template = small_project / "template.yaml"
    # The engine takes this property without a word and keeps nothing of it.
    template.write_text(
        template.read_text().replace(
            "BillingMode: PAY_PER_REQUEST", "BillingMode: PAY_PER_REQUEST\n      TableClass: STANDARD_INFREQUENT_ACCESS"
        )
    )

    with pytest.raises(TemplateNotHeld) as refusal:
        notes().stack.start()

    assert len(refusal.value.differences) == 1
    assert "Table (AWS::DynamoDB::Table) TableClass: the template says" in str(refusal.value)


def test_what_an_unclean_stop_left_is_ended_by_the_next_start(notes: MakeNotes, tmp_path: Path) -> None:
    program = f"""
import time
from pathlib import Path
from orderbridge_cli.local.stack import LocalStack
root = Path({str(tmp_path)!r})
stack = LocalStack(root / "project", root / "state", 0, stack_file=root / "stack.json", stack_name="notes",
                   with_sandboxes=False, live_reload=False, sweep_every_s=None)
print(stack.start().api_url, flush=True)
time.sleep(600)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("http")
        engine = json.loads((tmp_path / "state" / "processes.json").read_text())[0]["pid"]
        os.kill(engine, signal.SIGSTOP)  # so that it cannot end by itself when its starter dies
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()

    system = notes()
    system.stack.start()

    assert not is_running(engine)
    assert "ended what an unclean stop had left: engine" in system.progress
    system.add("one")
    assert system.arrives("one")


def test_children_end_with_a_starter_that_is_killed(tmp_path: Path, small_project: Path) -> None:
    program = f"""
import time
from pathlib import Path
from orderbridge_cli.local.stack import LocalStack
root = Path({str(tmp_path)!r})
stack = LocalStack(root / "project", root / "state", 0, stack_file=root / "stack.json", stack_name="notes")
print(stack.start().api_url, flush=True)
time.sleep(600)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("http")
        groups = [record["pid"] for record in json.loads((tmp_path / "state" / "processes.json").read_text())]
        assert len(groups) == 4  # the engine and three sandboxes
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()

    assert wait_until(lambda: not any(is_running(pid) for pid in groups), PATIENCE_S)
    assert (tmp_path / "state" / "engine" / "dynamodb.json").exists()  # the engine wrote its state all the same


def is_running(pid: int) -> bool:
    listing = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listing.stdout.strip()) and not listing.stdout.startswith("Z")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_ends_at_a_signal(tmp_path: Path, small_project: Path, number: signal.Signals) -> None:
    program = f"""
from pathlib import Path
from orderbridge_cli.local.stack import LocalStack
root = Path({str(tmp_path)!r})
LocalStack(root / "project", root / "state", 0, stack_file=root / "stack.json", stack_name="notes").run(
    lambda description: print("ready", description.api_url, flush=True))
print("ended", flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline().startswith("ready http://127.0.0.1:")
        child.send_signal(number)
        assert child.stdout.readline() == "ended\n"
    assert child.wait() == 0
    assert processes_naming(tmp_path) == []
    assert not (tmp_path / "stack.json").exists()


def test_the_sweeper_is_invoked_besides_its_schedule(running: Notes) -> None:
    assert wait_until(lambda: running.log("sweeper").count("swept for Scheduled Event") > 1, PATIENCE_S, step_s=0.1)


def test_the_front_door_passes_requests_and_answers_as_they_are(running: Notes) -> None:
    host, port = running.stack.description.api_url.removeprefix("http://").split(":")
    body = bytes(range(32, 127)) * 10

    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        head = [
            "POST /api/v1/echo?a=1&a=2&b=%2F HTTP/1.1",
            "Host: partner.example",
            "X-Repeated: one",
            "X-Repeated: two",
            "X-CLIENT-ID: Artia",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    answer_head, _, answer_body = answer.partition(b"\r\n\r\n")
    event = json.loads(answer_body)["event"]

    assert answer_head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert [line for line in answer_head.split(b"\r\n") if line.lower().startswith(b"set-cookie")] == [
        b"Set-Cookie: a=1",
        b"Set-Cookie: b=2",
    ]
    assert event["path"] == "/api/v1/echo"
    assert event["body"].encode() == body
    assert event["headers"]["x-repeated"] == "one, two"
    assert event["headers"]["x-client-id"] == "Artia"
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["/"]}


def test_the_front_door_refuses_in_the_templates_words(running: Notes) -> None:
    assert running.request("/api/v1/nothing") == (404, b'{"code": "no_such_path"}')
    assert running.request("/api/v1/echo", method="GET") == (404, b'{"code": "no_such_path"}')
    assert running.request("/api/v1/echo", b"x" * (10 * 1024 * 1024 + 1)) == (413, b'{"code": "body_too_large"}')


def test_a_stop_lets_functions_finish_and_keeps_what_is_queued(notes: MakeNotes) -> None:
    system = notes()
    system.stack.start()
    for number in range(5):  # two at a time, two seconds each
        system.add(f"slow-{number}")
    assert wait_until(lambda: system.log("worker").count("working on") >= 2, PATIENCE_S)

    system.stack.stop()
    system.stack.start()

    finished = [number for number in range(5) if system.times_arrived(f"slow-{number}")]
    assert len(finished) >= 2
    assert all(system.arrives(f"slow-{number}") for number in range(5))
    assert [system.times_arrived(f"slow-{number}") for number in range(5)] == [1] * 5
    assert system.log("worker").count("working on") == 5  # nothing was begun twice
