"""The local AWS engine: ministack as a child process, on loopback, with an environment of its own.

docs/local-stack.md has what was measured and why each variable is set.
"""

from __future__ import annotations

import http.client
import os
from pathlib import Path
from typing import Final

from orderbridge_cli.local.engine.saved_state import doubt_of_saving, forget_stream_positions, last_saved, void_receipt
from orderbridge_cli.local.machine.places import StateDir
from orderbridge_cli.local.machine.ports import HOST, claim_kept
from orderbridge_cli.local.machine.problems import EngineProblem, StateNotSaved
from orderbridge_cli.local.machine.processes import ChildProcess, ProcessBook, wait_until

REGION: Final = "ap-southeast-3"
ACCOUNT: Final = "000000000000"
# The engine's root user. Functions get their role's own credentials.
ACCESS_KEY: Final = "test"
SECRET_KEY: Final = "test"  # noqa: S105 (the engine's fixed one)

_START_TIMEOUT_S = 300.0
_STOP_GRACE_S = 60.0  # functions have 12 s to finish (engine_process.py); never cut off the writing of the state
_PROGRAM = Path(__file__).with_name("engine_process.py")


class Engine:
    """One ministack server with its state on disk."""

    def __init__(self, state: StateDir, port: int, book: ProcessBook, *, enforce_iam: bool) -> None:
        self._state = state
        self._port = port
        self._book = book
        self._enforce_iam = enforce_iam
        self._process: ChildProcess | None = None
        self._served = False

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def log(self) -> Path:
        return self._state.logs / "engine.log"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EngineProblem("The engine is not running.")
        return self._process.pid

    def start(self) -> None:
        """Starts the server and returns when it answers.

        Raises:
            PortTaken: its port is in use.
            EngineProblem: it ended or did not answer within a minute.
        """
        claim_kept(self._port, "engine", self._state.root)
        forget_stream_positions(self._state.engine)
        self._process = ChildProcess(
            "engine",
            str(_PROGRAM),
            (),
            environment=self._environment(),
            cwd=self._state.temporary,
            log=self.log,
            book=self._book,
        )
        wait_until(lambda: self.exit_code() is not None or self._answers(), _START_TIMEOUT_S)
        if self.exit_code() is not None or not self._answers():
            self.stop()
            raise EngineProblem(
                f"The local AWS engine did not start. Its last words ({self.log}):\n{self._last_words()}"
            )
        void_receipt(self._state.engine)
        self._served = True

    def exit_code(self) -> int | None:
        """None while the server runs."""
        return self._process.exit_code() if self._process else None

    def stop(self) -> None:
        """Lets the server write its state, then ends it and every function that is still at work.

        Raises:
            StateNotSaved: it is not proven that the state is on the disk; the server has ended all the same.
        """
        if self._process:
            self._process.end(_STOP_GRACE_S)
            if self._served:
                self._served = False
                self._prove_saved(self._process)

    def _prove_saved(self, ended: ChildProcess) -> None:
        doubt = doubt_of_saving(self._state.engine, ended.pid, ended.exit_code())
        if doubt is not None:
            raise StateNotSaved(self._state.engine, doubt, last_saved(self._state.engine))

    def hurry(self) -> None:
        """While `stop` waits: no longer for functions at work."""
        if self._process:
            self._process.hurry()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=5)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _last_words(self, size: int = 2_000) -> str:
        try:
            return self.log.read_bytes()[-size:].decode(errors="replace").strip() or "(none)"
        except OSError:
            return "(none)"

    def _environment(self) -> dict[str, str]:
        """Everything the server sees. It passes all of it on to the functions, so nothing of the caller's is in it."""
        state = self._state
        return {
            "PATH": os.defpath,
            "HOME": str(state.temporary),  # no ~/.aws
            "TMPDIR": str(state.temporary),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "AWS_EC2_METADATA_DISABLED": "true",
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,  # else queue addresses say `localhost`, which may mean ::1 first
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AUTH": "true" if self._enforce_iam else "false",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state.engine),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state.objects),
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_WARM_TTL_SECONDS": "20",
            "IOT_MTLS_ENABLED": "0",  # else it listens on all interfaces, port 8883
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",  # else it sweeps the containers of a Docker that it finds
            "LOG_LEVEL": "WARNING",
        }
