"""The functions as the template deploys them: their own `app.py`, environment and timeout."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from evidence.processes.machine import Died, Machine
from tests.contract.template import template

STACK = "orderbridge"
Handler = Callable[[Mapping[str, Any], Any], Any]


@dataclass(eq=False, slots=True)
class Environment:
    """One process of a function: one event at a time, what it remembers, and a clock that may be off."""

    handler: Handler
    skew: timedelta


@dataclass(eq=False)
class Function:
    """A function and its environments. `skew` draws how far off the clock of a new one is."""

    name: str
    folder: Path
    variables: Mapping[str, str]
    timeout_seconds: int
    machine: Machine
    skew: Callable[[], timedelta]
    idle: list[Environment] = field(default_factory=list)

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """What the handler answers; raises what it raises, and `Died` where its process was killed.

        To be called by a worker, whose clock is the environment's meanwhile.
        """
        environment = self.idle.pop() if self.idle else self._cold_start()
        worker, machine = self.machine.current, self.machine
        assert worker is not None
        skew, worker.skew = worker.skew, environment.skew
        ends = machine.now + timedelta(seconds=self.timeout_seconds)
        context = SimpleNamespace(
            aws_request_id=f"{self.name}-{machine.steps}",
            function_name=self.name,
            get_remaining_time_in_millis=lambda: max(int((ends - machine.now).total_seconds() * 1000), 0),
        )
        ended, worker.ends_at = worker.ends_at, ends
        try:
            answer = environment.handler(event, context)
        except Died:
            # The process is gone, with all that it remembered; whoever called it is another one, and lives on.
            worker.is_killed = False
            raise
        except Exception:
            self.idle.append(environment)
            raise
        finally:
            worker.skew, worker.ends_at = skew, ended
        self.idle.append(environment)
        return answer

    def _cold_start(self) -> Environment:
        path = self.folder / "app.py"
        namespace: dict[str, Any] = {"__name__": self.name}
        with patch.dict(os.environ, self.variables):
            exec(compile(path.read_text(), str(path), "exec"), namespace)
        return Environment(namespace["handler"], self.skew())


def physical_names() -> dict[str, str]:
    """What each of the template's resources is called here, by its logical id."""
    queues = {
        name: properties["QueueName"]["Fn::Sub"].replace("${AWS::StackName}", STACK)
        for name, properties in template().of_type("AWS::SQS::Queue").items()
    }
    return {"Table": "table", "Bus": STACK, "JwtKeys": "JwtKeys", "Pepper": "Pepper", **queues}


def variables_of(function: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """A function's environment as CloudFormation would resolve it, with these parameters."""
    known = {"AWS::StackName": STACK, **physical_names(), **parameters}
    defaults = template().document["Parameters"]

    def value(written: Any) -> str:
        if not isinstance(written, Mapping):
            return str(written)
        if "Fn::FindInMap" in written:
            table, row, column = written["Fn::FindInMap"]
            return str(template().document["Mappings"][table][row][column])
        name = written["Ref"]
        return known[name] if name in known else str(defaults[name]["Default"])

    shared = template().shared_variables(**parameters)
    return {name: value(written) for name, written in {**shared, **template().variables(function)}.items()}
