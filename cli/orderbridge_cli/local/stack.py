"""The local stack as a whole: engine, deployment, front door, sandboxes, live reload, and its clean end."""

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Final, Self

from orderbridge.values.events import OPTIONAL_EVENTS
from orderbridge_cli.local.deployment.calls import make_calls
from orderbridge_cli.local.deployment.deployment import DeployedStack, Deployment
from orderbridge_cli.local.deployment.gaps import known_gaps
from orderbridge_cli.local.deployment.read_back import ReadBack, deployed_values, read_back
from orderbridge_cli.local.deployment.template import read_template
from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.engine.engine import ACCESS_KEY, REGION, SECRET_KEY, Engine
from orderbridge_cli.local.engine.saved_state import is_behind, last_saved
from orderbridge_cli.local.front_door import FrontDoor
from orderbridge_cli.local.live_reload import LiveReload, Sources, sources
from orderbridge_cli.local.machine.logs import LogLimit
from orderbridge_cli.local.machine.places import DEFAULT_STATE_DIR, PROJECT_ROOT, STACK_FILE, Project, StateDir
from orderbridge_cli.local.machine.ports import is_free, kept_ports
from orderbridge_cli.local.machine.problems import (
    AlreadyRunning,
    EngineProblem,
    PortTaken,
    SandboxProblem,
    StateNotSaved,
    TemplateNotHeld,
)
from orderbridge_cli.local.machine.processes import ProcessBook, group_memory_bytes
from orderbridge_cli.local.refusals import too_large
from orderbridge_cli.local.sandboxes import PLATFORMS, Sandboxes
from orderbridge_cli.local.stack_file import StackDescription
from orderbridge_cli.local.sweeps import Sweeps

_log = logging.getLogger(__name__)

LOCAL_PARAMETERS: Final[Mapping[str, str]] = {
    "AccessLog": "true",  # which the engine drops (known_gaps.yaml); what it is on is deployed and read back
    "AllowLoopbackHttp": "true",
    "OptionalEvents": ",".join(sorted(OPTIONAL_EVENTS)),
    "PartnerCacheSeconds": "1",
    "SweepInParts": "false",  # each part would be a process of its own
    "SweepRate": "rate(1 minute)",
}
LOCAL_WORKERS: Final = "5"
"""Of each queue: each worker is a process."""
WATCHED_RATE: Final = "rate(1 minute)"
_LEFTOVER_GRACE_S = 60.0
_WATCH_STEP_S = 0.5


def watched_rates(project: Project = Project()) -> dict[str, str]:  # noqa: B008 - a frozen value
    """Parameters for a stack that somebody looks at: what a platform says of an order comes while they wait for it.

    Raises:
        LocalStackProblem: the template cannot be read.
    """
    parameters = read_template(project.template).get("Parameters", {})
    return {name: WATCHED_RATE for name in parameters if name.startswith("StatusSyncRate")}


def few_workers(project: Project) -> dict[str, str]:
    """The parameters of how many workers there are, few enough for one machine."""
    return {name: LOCAL_WORKERS for name in read_template(project.template).get("Parameters", {}) if "Workers" in name}


def _ignore(_: object) -> None:
    """Nobody wants to hear it."""


class LocalStack:
    """One local stack on one state directory; several run side by side on different ports and directories.

    `start` returns when the API serves; `stop` leaves no process behind; a context manager does both. Nothing else
    of this class is needed by tests. `run` is what the command does.

    Args:
        root: The project that is deployed.
        state_dir: Where everything that survives a stop is kept, with the logs.
        port: Of the API on loopback; 0 takes a free one.
        stack_file: Where clients find the stack; None writes none.
        with_sandboxes: Whether the platforms' sandboxes are started.
        enforce_iam: Whether the engine refuses what a function's role does not grant.
        live_reload: Whether changed sources become live.
        sweep_every_s: How often the sweeper is invoked besides its schedule; None leaves it to the schedule.
        parameters: For the template, over the local ones.
        on_progress: Hears, in a few words, what is done now.
    """

    def __init__(
        self,
        root: Path = PROJECT_ROOT,
        state_dir: Path = DEFAULT_STATE_DIR,
        port: int = 8080,
        *,
        stack_file: Path | None = STACK_FILE,
        stack_name: str = "orderbridge",
        with_sandboxes: bool = True,
        enforce_iam: bool = True,
        live_reload: bool = True,
        sweep_every_s: float | None = 5.0,
        parameters: Mapping[str, str] | None = None,
        on_progress: Callable[[str], None] = _ignore,
    ) -> None:
        self._project = Project(root.resolve())
        self._state = StateDir(state_dir.absolute())
        self._port = port
        self._stack_file = stack_file.absolute() if stack_file else None
        self._stack_name = stack_name
        self._with_sandboxes = with_sandboxes
        self._enforce_iam = enforce_iam
        self._live_reload = live_reload
        self._sweep_every_s = sweep_every_s
        self._given = {**LOCAL_PARAMETERS, **(parameters or {})}
        self._on_progress = on_progress
        self._gaps = known_gaps()
        self._book = ProcessBook(self._state.processes, str(self._state.temporary))
        self._lock: IO[str] | None = None
        self._undo: list[Callable[[], None]] = []
        self._engine: Engine | None = None
        self._sandboxes: Sandboxes | None = None
        self._description: StackDescription | None = None
        self._stopped = threading.Event()
        self._interruptible = False
        self.last_read_back: ReadBack | None = None
        """What was found when the stack was last held against its template."""
        self.timings: dict[str, float] = {}
        """Seconds that each step of the start took."""

    # --- What a running stack tells ---

    @property
    def description(self) -> StackDescription:
        """Where the running stack is.

        Raises:
            EngineProblem: it is not running.
        """
        if self._description is None:
            raise EngineProblem("The local stack is not running.")
        return self._description

    @property
    def logs(self) -> Path:
        """The folder with engine.log, one log for each sandbox and one for each function."""
        return self._state.logs

    def memory_bytes(self) -> int:
        """Resident memory of the engine, its functions and the sandboxes, without this process (Linux; else 0)."""
        pids = [self._engine.pid] if self._engine else []
        return group_memory_bytes([*pids, *(self._sandboxes.pids if self._sandboxes else ())])

    # --- From start to stop ---

    def start(self) -> StackDescription:
        """Starts everything and returns when the API serves.

        Raises:
            LocalStackProblem: something is in the way; nothing is left running then.
        """
        try:
            return self._start()
        except _Interrupted:
            self.stop()
            raise
        except BaseException:
            self._stop_after_failure()
            raise

    def stop(self) -> None:
        """Ends everything that was started, in the reverse order; the state is kept. Twice is once.

        Raises:
            StateNotSaved: it is not proven that the state was kept; everything has ended all the same.
        """
        not_saved: StateNotSaved | None = None
        while self._undo:
            undo = self._undo.pop()
            try:
                undo()
            except StateNotSaved as problem:
                not_saved = problem
            except Exception:  # noqa: BLE001 - whatever one end runs into, the others still have to come
                _log.exception("while stopping")
        self._engine = self._sandboxes = self._description = None
        if not_saved:
            raise not_saved

    def _stop_after_failure(self) -> None:
        """Stops; what led to it is on its way up, so that a state that was not saved is said beside it."""
        try:
            self.stop()
        except StateNotSaved as problem:
            self._on_progress(str(problem))

    def run(self, on_ready: Callable[[StackDescription], None] = _ignore) -> None:
        """What the command does: starts, calls `on_ready`, waits for SIGINT, SIGTERM or `request_stop`, and stops.

        For the main thread only. A signal during the start ends that as well. A second one does not wait for functions
        that are at work.

        Raises:
            LocalStackProblem: the start failed, a child ended by itself, or the state was not saved at the end; nothing
                is left running then.
        """
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with suppress(_Interrupted):  # a signal during the start: what has come up is stopped below
                self._interruptible = True
                on_ready(self.start())
                self._interruptible = False
                while not self._stopped.wait(_WATCH_STEP_S):
                    self._check_children()
            self._interruptible = False
            self._on_progress("stopping")
            self.stop()
        finally:
            self._interruptible = False
            self._stop_after_failure()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def request_stop(self) -> None:
        """Lets `run` return; from any thread."""
        self._stopped.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.stop()
        else:
            self._stop_after_failure()

    # --- Steps ---

    def _start(self) -> StackDescription:
        state = self._state
        state.make()
        self._take_lock()
        if left := self._book.end_leftovers(_LEFTOVER_GRACE_S):
            self._on_progress(f"ended what an unclean stop had left: {', '.join(left)}")
        if self._port and not is_free(self._port):  # said before anything is started; the front door finds out for good
            raise PortTaken(f"Port {self._port} is taken by another program. Choose another one with --port.")
        if is_behind(state.engine):
            self._on_progress(
                "the last run ended without saving its state (kill -9 of the engine, a full disk): "
                f"this one goes on from {last_saved(state.engine)}"
            )
        ports = kept_ports(state.ports, ("engine", *PLATFORMS))
        log_limit = LogLimit(state.logs)
        log_limit.apply()
        log_limit.start()
        self._undo.append(log_limit.stop)
        if self._with_sandboxes:
            self._sandboxes = Sandboxes(state, ports, self._book)
            self._undo.append(self._sandboxes.stop)
            self._sandboxes.start()
        with self._step("starting the local AWS engine"):
            engine = self._start_engine(ports["engine"])
        aws = EngineClients(engine.url)
        deployment = Deployment(aws, engine.url, self._project, state, self._stack_name)
        deployed = sources(self._project)
        stack = self._deploy(aws, deployment)
        with self._step("opening the front door"):
            door = self._open_front_door(ports["engine"], stack)
            sandboxes = self._sandboxes.wait() if self._sandboxes else {}
        self._start_live_reload(aws, deployment, deployed, stack)
        self._start_sweeps(aws, stack)
        return self._describe(engine, stack, door, sandboxes)

    def _start_engine(self, port: int) -> Engine:
        engine = Engine(self._state, port, self._book, enforce_iam=self._enforce_iam)
        self._engine = engine
        self._undo.append(engine.stop)
        engine.start()
        return engine

    def _open_front_door(self, engine_port: int, stack: DeployedStack) -> FrontDoor:
        api, stage = stack.physical_ids["Api"], stack.parameters["StageName"]
        door = FrontDoor(self._port, engine_port, f"/_aws/execute-api/{api}/{stage}", too_large(stack.template))
        self._undo.append(door.stop)
        door.start()
        return door

    def _start_live_reload(
        self, aws: EngineClients, deployment: Deployment, deployed: Sources, stack: DeployedStack
    ) -> None:
        if not self._live_reload:
            return

        def deploy() -> Mapping[str, str]:
            return self._deploy(aws, deployment).physical_ids

        reload = LiveReload(aws, self._project, deployment, deployed, stack.physical_ids, deploy, self._on_progress)
        self._undo.append(reload.stop)
        reload.start()

    def _start_sweeps(self, aws: EngineClients, stack: DeployedStack) -> None:
        sweeper = stack.physical_ids.get("SweeperFunction")
        if sweeper is None or self._sweep_every_s is None:
            return
        sweeps = Sweeps(aws, sweeper, self._sweep_every_s)
        self._undo.append(sweeps.stop)
        sweeps.start()

    def _take_lock(self) -> None:
        lock = self._state.lock.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise AlreadyRunning(
                f"A local stack is already running on {self._state.root} (process {owner}). "
                "Stop it, or choose another directory with --state."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        self._undo.append(lock.close)

    def _deploy(self, aws: EngineClients, deployment: Deployment) -> DeployedStack:
        with self._step("deploying template.yaml"):
            stack = deployment.deploy({**few_workers(self._project), **self._given}, self._gaps)
        with self._step("reading the stack back"):
            deployed = deployed_values(aws, stack)
            make_calls(aws, deployed, self._gaps)
            result = read_back(aws, deployed, self._gaps)
            self.last_read_back = result
            if result.differences:
                raise TemplateNotHeld(result.differences)
        return stack

    def _describe(
        self, engine: Engine, stack: DeployedStack, door: FrontDoor, sandboxes: dict[str, str]
    ) -> StackDescription:
        description = StackDescription(
            api_url=door.url,
            aws_endpoint_url=engine.url,
            region=REGION,
            stack=stack.name,
            table=stack.outputs.get("TableName", ""),
            bus=stack.outputs.get("BusName", ""),
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            state=str(self._state.root),
            logs=str(self._state.logs),
            pid=os.getpid(),
            sandboxes=sandboxes,
            outputs=dict(stack.outputs),
        )
        if path := self._stack_file:
            if other := description.write(path):
                self._on_progress(
                    f"{path} is that of the stack at {other}, which runs: commands in this directory go on with that "
                    f"one. Start this one in another directory, or reach it by AWS_ENDPOINT_URL={engine.url}"
                )
            self._undo.append(lambda: description.remove(path))
        self._description = description
        return description

    def _check_children(self) -> None:
        if self._engine and (code := self._engine.exit_code()) is not None:
            raise EngineProblem(f"The local AWS engine ended by itself (exit code {code}); see {self._engine.log}.")
        if self._sandboxes and (platform := self._sandboxes.ended()):
            raise SandboxProblem(f"The {platform} sandbox ended by itself; see {self._state.logs}.")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopped.is_set() and self._engine:
            self._engine.hurry()
        self._stopped.set()
        if self._interruptible:
            self._interruptible = False
            raise _Interrupted

    def _step(self, words: str) -> "_Step":
        self._on_progress(words)
        return _Step(words, self.timings)


class _Interrupted(BaseException):
    """A signal asked for the end while the stack was starting."""


class _Step:
    """Times one step of the start."""

    def __init__(self, words: str, timings: dict[str, float]) -> None:
        self._words = words
        self._timings = timings
        self._began = time.monotonic()

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timings[self._words] = time.monotonic() - self._began
