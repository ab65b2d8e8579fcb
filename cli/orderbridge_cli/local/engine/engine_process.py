"""The engine's own process: ministack, with seven of its ways mended.

`guard` starts this file from its path; it imports nothing of ours, and leans on internals of the pinned version.

- At SIGTERM the engine lets functions finish before it writes its state. By itself it stops at once and leaves those at
  work behind, in the middle of a request to a platform perhaps. A second SIGTERM does that here too.
- A function whose code is replaced finishes what it is at; the next invocation gets the new code, as on AWS. By itself
  the engine ends its processes at once; and an invocation that had taken the old code just before starts a process with
  it just after, which then serves every later one.
- A function's first process registers a session of its role. By itself the engine does so without a lock while it looks
  through the sessions of others; of several functions that start at once, one then failed now and then.
- It keeps the logs of a function's latest invocations, and no metrics. By itself it keeps both of every invocation for
  ever, in its memory and in its state: a stack that is up for days would not stop in time any more.
- It saves its state whole or not at all, and leaves a receipt of what it wrote. By itself it writes service by service,
  logs what it could not write, and ends as if all were well: a full disk left a new queue beside an old table.
- A batch of messages needs the right to send one, as on AWS. By itself the engine asks for a right of the batch's name,
  which AWS does not know.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

FINISH_S = 12.0
LOG_STREAMS = 200
RECEIPT = "saved-state.json"
"""Beside the state files, written last: the process that saved them, and the size of each."""
NOT_SAVED = 100
"""Exit code of an engine that could not save its state; the operating system's error number is added to it."""
_DUMPS = 20  # a thread of the engine's own may write into what is just being dumped
_QUIET_S = 0.3  # a stream's records are with the publisher well within this time
_STEP_S = 0.02


def main() -> None:
    register_sessions_one_by_one()
    let_invocations_finish()
    let_no_replaced_code_serve()
    keep_latest_logs_only()
    ask_for_the_single_action()
    problems = save_whole_or_not_at_all()
    import hypercorn.asyncio
    from ministack import app

    serve = hypercorn.asyncio.serve

    async def serve_until_told(application: Any, config: Any) -> None:
        await serve(application, config, shutdown_trigger=_told_to_stop)

    hypercorn.asyncio.serve = serve_until_told  # type: ignore[assignment]  # its optional argument, bound
    app.main()
    if problems:
        sys.exit(NOT_SAVED + (getattr(problems[0], "errno", None) or 0))


def register_sessions_one_by_one() -> None:
    """Puts a lock around the registering of sessions."""
    from ministack.services import sts

    register, lock = sts.register_session, threading.Lock()

    def register_alone(access_key: str, session: dict[str, Any]) -> None:
        with lock:
            register(access_key, session)

    sts.register_session = register_alone


def ask_for_the_single_action() -> None:
    """Has SQS's batches allowed to whom their single action is."""
    from ministack.core import iam_actions

    extract = iam_actions.extract_iam_action

    def extract_single(service: str, *asked: Any, **named: Any) -> str | None:
        action: str | None = extract(service, *asked, **named)
        return action.removesuffix("Batch") if service == "sqs" and action is not None else action

    iam_actions.extract_iam_action = extract_single


def let_invocations_finish() -> None:
    """Puts off the end of a function's process until its invocation is over."""
    from ministack.core import lambda_runtime

    kill = lambda_runtime.kill_workers

    def kill_when_free(workers: list[Any]) -> None:
        kill([worker for worker in workers if worker and not worker.in_use])
        for worker in workers:
            if worker and worker.in_use:
                threading.Thread(target=kill_later, args=(worker,), daemon=True).start()

    def kill_later(worker: Any) -> None:
        deadline = time.monotonic() + float(worker.config.get("Timeout", 30)) + 1
        while worker.in_use and time.monotonic() < deadline:
            time.sleep(_STEP_S)
        kill([worker])

    lambda_runtime.kill_workers = kill_when_free


def let_no_replaced_code_serve() -> None:
    """Ends a process whose code is not what the invocation that would get it carries."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    acquire = lambda_runtime.acquire_worker

    def acquire_current(name: str, config: dict[str, Any], code: bytes, **options: Any) -> tuple[Any, str]:
        while True:
            worker, how = acquire(name, config, code, **options)
            if worker is None or worker.code_zip == code:
                return worker, how
            lambda_runtime.release_worker(worker)
            lambda_runtime.invalidate_worker(name, options.get("qualifier"))

    lambda_svc.acquire_worker = acquire_current


def keep_latest_logs_only() -> None:
    """Drops a log group's older streams (the engine makes one for each invocation), and functions' metrics."""
    from ministack.services import cloudwatch_logs, lambda_svc

    write, lock = lambda_svc._emit_lambda_logs, threading.Lock()  # noqa: SLF001

    def write_and_drop(*arguments: Any, **options: Any) -> None:
        with lock:
            write(*arguments, **options)
            for group in list(cloudwatch_logs._log_groups._data.values()):  # noqa: SLF001
                for oldest in list(group["streams"])[:-LOG_STREAMS]:
                    group["streams"].pop(oldest, None)

    lambda_svc._emit_lambda_logs = write_and_drop  # noqa: SLF001
    lambda_svc._emit_lambda_metrics = lambda *_, **__: None  # noqa: SLF001


def save_whole_or_not_at_all() -> list[Exception]:
    """Replaces the engine's way of saving; the answer is a list that will hold what was in the way of it."""
    from ministack import app
    from ministack.core import persistence

    problems: list[Exception] = []

    def save(services: Mapping[str, Callable[[], Any]]) -> None:
        folder = Path(persistence.STATE_DIR)
        staged: dict[Path, Path] = {}
        try:
            for name, get_state in services.items():
                text = _dumped(name, get_state)
                if text is not None:
                    file = folder / f"{name}.json"
                    staged[file] = file.with_suffix(".json.tmp")
                    _write_through(staged[file], text)
            sizes = {file.name: temporary.stat().st_size for file, temporary in staged.items()}
            receipt = folder / RECEIPT
            staged[receipt] = receipt.with_suffix(".json.tmp")
            _write_through(staged[receipt], json.dumps({"pid": os.getpid(), "files": sizes}))
            for file, temporary in staged.items():
                temporary.replace(file)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the exit code says it
            for temporary in staged.values():
                temporary.unlink(missing_ok=True)
            problems.append(problem)
            persistence.logger.error("the state was not saved: %s", problem)

    app.save_all = save
    return problems


def _dumped(name: str, get_state: Callable[[], Any]) -> str | None:
    from ministack.core import persistence

    version = persistence._state_format_version(name)  # noqa: SLF001
    for left in reversed(range(_DUMPS)):
        try:
            state = get_state()
            document = {"__ministack_format__": version, "payload": state}
            return None if state is None else json.dumps(document, default=persistence._json_default)  # noqa: SLF001
        except RuntimeError:  # changed during iteration
            if not left:
                raise
    return None


def _write_through(file: Path, text: str) -> None:
    """Writes to the disk itself: of some file systems one hears only then that there is no room."""
    with file.open("w", encoding="utf-8") as open_file:
        open_file.write(text)
        open_file.flush()
        os.fsync(open_file.fileno())


async def _told_to_stop() -> None:
    loop = asyncio.get_running_loop()
    said, in_a_hurry = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (in_a_hurry if said.is_set() else said).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await said.wait()
    await _functions_finish(in_a_hurry)


async def _functions_finish(in_a_hurry: asyncio.Event) -> None:
    """Waits until no function has been at work for a moment; queues are not read meanwhile, streams are."""
    from ministack.services import lambda_svc

    every_mapping = lambda_svc._iter_all_esms  # noqa: SLF001 - the engine is pinned; there is no other way in

    def streams_only() -> Iterator[tuple[str, str, dict[str, Any]]]:
        return (entry for entry in every_mapping() if ":sqs:" not in entry[2].get("EventSourceArn", ""))

    lambda_svc._iter_all_esms = streams_only  # noqa: SLF001
    deadline = quiet_since = time.monotonic()
    deadline += FINISH_S
    while not in_a_hurry.is_set() and (now := time.monotonic()) < deadline:
        if lambda_svc.executions_in_flight()[0]:
            quiet_since = now
        elif now - quiet_since >= _QUIET_S:
            break
        await asyncio.sleep(_STEP_S)


if __name__ == "__main__":
    main()
