"""Invokes the sweeper every few seconds, because the engine's own schedule is a minute and more (known_gaps.yaml)."""

import json
import logging
import threading

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.engine.engine import ACCOUNT, REGION

_JOIN_S = 1.0  # a sweep that is at work has the engine's own time to finish

_log = logging.getLogger(__name__)


class Sweeps:
    """One invocation after the other, `every_s` apart, in a thread of its own.

    The event is what EventBridge sends for the sweeper's rule; a sweep that fails is the next one's to repeat.
    """

    def __init__(self, aws: EngineClients, function_name: str, every_s: float) -> None:
        self._aws = aws
        self._function_name = function_name
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sweep, name="sweeps", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _sweep(self) -> None:
        event = {
            "version": "0",
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "account": ACCOUNT,
            "region": REGION,
            "resources": [],
            "detail": {},
        }
        payload = json.dumps(event).encode()
        while not self._stopping.wait(self._every_s):
            try:
                answer = self._aws.functions.invoke(FunctionName=self._function_name, Payload=payload)
                if "FunctionError" in answer:
                    _log.warning("the sweeper failed: %s", answer["Payload"].read(2_000).decode(errors="replace"))
            except (ClientError, BotoCoreError) as error:
                _log.warning("the sweeper was not invoked: %s", error)
