"""Every call to AWS: a step of its worker, and where a row says so, one that fails, is lost, or is not the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from evidence.processes.machine import Died, Machine
from evidence.weather import AwsFault

THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "ThrottlingException",
    "events": "ThrottlingException",
    "secretsmanager": "ThrottlingException",
}


class AwsCalls:
    """Makes the calls of one service's client. `faults` are struck while `is_bad` says so."""

    def __init__(
        self,
        service: str,
        machine: Machine,
        faults: tuple[AwsFault, ...],
        is_bad: Callable[[], bool],
        conflict: Callable[[str], Exception],
    ) -> None:
        self._service = service
        self._machine = machine
        self._faults = faults
        self._is_bad = is_bad
        self._conflict = conflict

    def __call__(self, operation: str, _asked: Mapping[str, Any], act: Callable[[], Any]) -> Any:
        worker = self._machine.current
        if worker is None:
            return act()
        self._machine.step(f"{worker.name}: before {operation}")
        fault = self._drawn(operation, worker.name)
        answer = act() if fault is None else self._failing(fault, operation, act)
        self._machine.step(f"{worker.name}: after {operation}")
        return answer

    def _drawn(self, operation: str, by: str) -> AwsFault | None:
        if not self._faults or not self._is_bad():
            return None
        struck = self._machine.struck
        for fault in self._faults:
            if fault.operation not in ("", operation) or not by.startswith(fault.by):
                continue
            if fault.kind == "conflict" and operation not in _WRITES:
                continue
            if fault.seconds is not None and self._machine.ran_for > fault.seconds:
                continue
            if self._machine.draw.random() < fault.share or not struck[fault.name]:
                struck[fault.name] += 1
                return fault
        return None

    def _failing(self, fault: AwsFault, operation: str, act: Callable[[], Any]) -> Any:
        match fault.kind:
            case "refused":
                raise ClientError({"Error": {"Code": THROTTLED[self._service], "Message": ""}}, operation)
            case "lost":
                act()
                raise ReadTimeoutError(endpoint_url=f"https://{self._service}.example")
            case "repeated":
                # A transaction has a token by which AWS knows it again; what is written by itself is written twice.
                return act() if operation == "TransactWriteItems" else (act(), act())[1]
            case "conflict":
                raise self._conflict(operation)
            case "slow":
                self._machine.sleep(self._machine.draw.uniform(*SLOW_SECONDS))
                return act()
            case "hangs":
                self._machine.sleep(1000)
                raise AssertionError("the function was not ended")
            case "before":
                raise Died
            case "after":
                act()
                raise Died
        raise AssertionError(fault.kind)


SLOW_SECONDS = (0.5, 3)
"""How long a slow call takes, which is less than anybody's patience."""
_WRITES = ("PutItem", "UpdateItem", "TransactWriteItems")
