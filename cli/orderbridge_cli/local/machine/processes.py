"""Child processes that cannot be lost: each leads its own session, is written down, and ends with its whole group.

A process id alone names nobody: ids are used again. A record therefore holds the leader's start as well, and a
group whose leader is gone is only touched where a member's command line names this state directory.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from orderbridge_cli.local.machine.files import write_atomically

_PROC = Path("/proc")
_GUARD = Path(__file__).with_name("guard.py")


@dataclass(frozen=True)
class ProcessRecord:
    """Who a child is: its role, its process id (also the id of its group and session) and when it started."""

    role: str
    pid: int
    started: str


@dataclass(frozen=True)
class LiveProcess:
    """One running process as the operating system tells it."""

    pid: int
    group: int
    started: str
    command: str


def live_processes(groups: frozenset[int]) -> list[LiveProcess]:
    """Every running process of these process groups; zombies are not running."""
    if not groups:
        return []
    found = _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()
    return [process for process in found if process.group in groups]


def start_of(pid: int) -> str:
    """When a process started, in the system's own terms: equal for the same process, different for a later one."""
    if (_PROC / "self" / "stat").exists():
        process = _proc_process(pid, boot=_boot())
        return process.started if process else ""
    return next((process.started for process in _from_ps() if process.pid == pid), "")


def _boot() -> str:
    with suppress(OSError):
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return ""


def _from_proc() -> list[LiveProcess]:
    boot = _boot()
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [process for pid in pids if (process := _proc_process(pid, boot))]


def _proc_process(pid: int, boot: str) -> LiveProcess | None:
    try:
        # The name is in parentheses and may hold anything; the fields after it are fixed (proc(5)).
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        command = (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    state, group, ticks = fields[0], int(fields[2]), fields[19]
    return None if state in ("Z", "X") else LiveProcess(pid, group, f"{boot}:{ticks}", command)


def _from_ps() -> list[LiveProcess]:
    listing = subprocess.run(
        ["/bin/ps", "-A", "-ww", "-o", "pid=,pgid=,stat=,lstart=,command="],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    ).stdout
    found = []
    for line in listing.splitlines():
        fields = line.split(None, 8)  # lstart is five words: Mon Jan  5 10:00:00 2026
        if len(fields) == 9 and not fields[2].startswith("Z"):
            found.append(LiveProcess(int(fields[0]), int(fields[1]), " ".join(fields[3:8]), fields[8]))
    return found


@dataclass
class ProcessBook:
    """The records of running children in one file, so that the next start can end what an unclean stop left.

    `marker` is a path that the command lines of our own grandchildren name.
    """

    path: Path
    marker: str
    records: list[ProcessRecord] = field(default_factory=list)

    def add(self, role: str, pid: int) -> None:
        self.records.append(ProcessRecord(role, pid, start_of(pid)))
        self._save()

    def remove(self, pid: int) -> None:
        self.records = [record for record in self.records if record.pid != pid]
        with suppress(OSError):  # a full disk ends no stop: the record of one that has ended names nobody
            self._save()

    def _save(self) -> None:
        write_atomically(self.path, json.dumps([asdict(record) for record in self.records]))

    def end_leftovers(self, grace_s: float) -> list[str]:
        """Ends what an earlier, uncleanly stopped stack left running; answers the roles that were found.

        The engine's own SIGTERM comes first, so that it still writes its state.
        """
        try:
            written = json.loads(self.path.read_text())
            left = [ProcessRecord(str(item["role"]), int(item["pid"]), str(item["started"])) for item in written]
        except (OSError, ValueError, KeyError, TypeError):
            left = []
        roles = [record.role for record in left if self._ours(record)]
        for record in left:
            end_group(record.pid, partial(self._ours, record), grace_s)
        self.path.unlink(missing_ok=True)
        return roles

    def _ours(self, record: ProcessRecord) -> list[LiveProcess]:
        members = live_processes(frozenset({record.pid}))
        leader = next((member for member in members if member.pid == record.pid), None)
        if leader is not None and leader.started != record.started:
            return []  # the id went to a stranger
        return [member for member in members if member.pid == record.pid or self.marker in member.command]


def end_group(pid: int, members: Callable[[], list[LiveProcess]], grace_s: float) -> None:
    """Asks a group's leader to end (SIGTERM), waits, then kills what is left of its group, and waits for that."""
    if any(member.pid == pid for member in members()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # a suspended one would hear of it only when it goes on
        wait_until(lambda: all(member.pid != pid for member in members()), grace_s)

    def killed() -> bool:
        left = members()
        for member in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(member.pid, signal.SIGKILL)
        return not left

    wait_until(killed, grace_s)


def wait_until(condition: Callable[[], bool], timeout_s: float, step_s: float = 0.02) -> bool:
    """Whether the condition became true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return condition()
        time.sleep(step_s)
    return True


class ChildProcess:
    """A Python program that runs in a session of its own and ends when we end, however we end.

    `program` is the name of a module or the path of a Python file.

    The child's `guard` reads a pipe whose other end only this process holds: it closes with us, kill -9 included.
    """

    def __init__(
        self,
        role: str,
        program: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        log: Path,
        book: ProcessBook,
        capture_output: bool = False,
    ) -> None:
        self.role = role
        self._book = book
        reading, self._lifeline = os.pipe()
        try:
            with log.open("ab") as log_file:
                self._process = subprocess.Popen(
                    # By its path and with -P: the child imports nothing of ours and finds nothing of ours by accident.
                    [sys.executable, "-P", str(_GUARD), str(reading), program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE if capture_output else log_file,
                    stderr=log_file,
                    env=dict(environment),
                    cwd=cwd,
                    start_new_session=True,
                    pass_fds=(reading,),
                )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(reading)
        book.add(role, self.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """The exit code, or None while it runs; a negative one is the signal that ended it."""
        return self._process.poll()

    def first_line(self, timeout_s: float) -> str:
        """The first line the child printed; empty if it ended or kept silent (only with `capture_output`)."""
        output = self._process.stdout
        if output is None:
            raise ValueError("the child's output is not captured")
        read = bytearray()
        os.set_blocking(output.fileno(), False)

        def line_is_there() -> bool:
            with suppress(BlockingIOError):
                read.extend(os.read(output.fileno(), 4096))
            return b"\n" in read or self.exit_code() is not None

        wait_until(line_is_there, timeout_s)
        return bytes(read).partition(b"\n")[0].decode()

    def hurry(self) -> None:
        """A second SIGTERM, while `end` waits."""
        if self.exit_code() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def end(self, grace_s: float) -> None:
        """Ends the child and all of its group; twice is once."""
        if self._lifeline < 0:
            return

        def members() -> list[LiveProcess]:
            self._process.poll()  # collects the leader, which would otherwise stay behind as a zombie
            return live_processes(frozenset({self.pid}))

        end_group(self.pid, members, grace_s)
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        os.close(self._lifeline)
        self._lifeline = -1
        self._book.remove(self.pid)


def group_memory_bytes(pids: Sequence[int]) -> int:
    """Resident memory of all processes of these groups, shared pages counted once per process (Linux; else 0)."""
    total = 0
    for process in live_processes(frozenset(pids)):
        with suppress(OSError, ValueError):
            total += int((_PROC / str(process.pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total
