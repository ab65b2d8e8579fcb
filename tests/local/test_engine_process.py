"""What is mended in the engine. Each in a process of its own: the engine's modules change more than their own state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from orderbridge_cli.local.engine import engine_process

MENDED = f"mended = __import__('runpy').run_path({str(Path(engine_process.__file__))!r})\n"
SESSIONS = """
import sys, threading
if sys.argv[1] == "mended":
    mended["register_sessions_one_by_one"]()
from ministack.services import sts
sys.setswitchinterval(1e-6)
failed = []

def register(thread):
    for number in range(400):
        try:
            sts.register_session(f"{thread}-{number}", {"Expiration": 1e12})
        except RuntimeError as error:
            failed.append(error)

threads = [threading.Thread(target=register, args=(name,)) for name in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(failed))
"""


LOGS = """
mended["keep_latest_logs_only"]()
from ministack.services import cloudwatch_logs, lambda_svc
config = {"FunctionName": "worker", "LoggingConfig": {"LogGroup": "/aws/lambda/worker"}}
for number in range(mended["LOG_STREAMS"] + 50):
    lambda_svc._emit_lambda_logs({"config": config}, f"request-{number}", f"line {number}", False, 1)
streams = list(cloudwatch_logs._log_groups["/aws/lambda/worker"]["streams"].values())
said = [event["message"] for stream in streams for event in stream["events"]]
print(len(streams) == mended["LOG_STREAMS"], "line 49" in said, "line 50" in said, "line 249" in said)
"""


ACTIONS = """
mended["ask_for_the_single_action"]()
from ministack.core.iam_actions import extract_iam_action
for service, target in (("sqs", "AmazonSQS.SendMessageBatch"), ("dynamodb", "DynamoDB_20120810.BatchGetItem")):
    print(extract_iam_action(service, "POST", "/", {"x-amz-target": target}, b"{}", {}))
"""


def output(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", MENDED + program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_functions_that_start_at_once_do_not_disturb_each_other() -> None:
    assert int(output(SESSIONS, "mended")) == 0
    # Else the engine has learnt it, and our lock may go. A race needs its chances.
    assert any(int(output(SESSIONS, "as it is")) for _ in range(5))


def test_only_the_logs_of_the_latest_invocations_are_kept() -> None:
    assert output(LOGS).split() == ["True", "False", "True", "True"]


REPLACED = """
import sys
if sys.argv[1] == "mended":
    mended["let_no_replaced_code_serve"]()
from ministack.core import lambda_runtime
from ministack.services import lambda_svc
arn = "arn:aws:lambda:ap-southeast-3:000000000000:function:worker"
config = {"FunctionName": "worker", "FunctionArn": arn, "Runtime": "python3.12"}
# An invocation has taken the old code, the code is replaced, and only then does the invocation get its process.
for code in (b"old", b"new", b"new"):
    worker, how = lambda_svc.acquire_worker("worker", config, code, qualifier="$LATEST")
    print(worker.code_zip.decode(), how)
    lambda_runtime.release_worker(worker)
"""


def test_replaced_code_serves_no_later_invocation_even_if_its_process_began_after_the_replacement() -> None:
    assert output(REPLACED, "mended").splitlines() == ["old spawn", "new spawn", "new reused"]
    # Else the engine has learnt it, and our way may go.
    assert output(REPLACED, "as it is").splitlines() == ["old spawn", "old reused", "old reused"]


STATES = """
states = iter([RuntimeError("dictionary changed size during iteration"), None, {"a": b"x"}])

def state():
    found = next(states)
    if isinstance(found, RuntimeError):
        raise found
    return found

print(mended["_dumped"]("sqs", state), mended["_dumped"]("sqs", state))
"""


def test_a_state_that_changes_while_it_is_dumped_is_dumped_again_and_none_is_none() -> None:
    assert output(STATES) == 'None {"__ministack_format__": 2, "payload": {"a": {"__bytes__": "eA=="}}}\n'


def test_a_batch_of_messages_needs_the_right_to_send_one() -> None:
    assert output(ACTIONS).split() == ["sqs:SendMessage", "dynamodb:BatchGetItem"]
