"""The partner's webhook: checks the signature, keeps what came, and sometimes does not answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.processes.machine import Machine
from orderbridge.http.answer import Answer


@dataclass(eq=False)
class Receiver:
    """The partner's webhook: checks the signature, keeps what came, and sometimes does not answer."""

    machine: Machine
    fails: float
    takes: float
    """How many seconds it takes to answer, at most."""
    is_bad: Callable[[], bool]
    secrets: list[str] = field(default_factory=list)
    came: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """Message id and document of everything that came, in its order."""
    broken: list[str] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """What `PublicPost.post` brings back from this receiver in so many seconds."""
        machine = self.machine
        machine.step("webhook_sender: before post")
        takes = machine.draw.uniform(0, self.takes) if self.takes and self.is_bad() else 0.0
        if takes:
            machine.struck["receiver is slow"] += 1
            machine.sleep(min(takes, seconds))
        is_failing = self.fails and self.is_bad() and machine.draw.random() < self.fails
        if is_failing:
            machine.struck["receiver fails"] += 1
            if machine.draw.random() < 0.5:
                return Answer(None, "ReadTimeout")
        if not self._is_signed(headers, body):
            self.broken.append(f"{url}: a signature that is not ours")
        self.came.append((headers["webhook-id"], json.loads(body)))
        machine.step("webhook_sender: after post")
        if takes > seconds:
            return Answer(None, "ReadTimeout")
        # It has taken the message, and its answer is lost, half of the times that it fails.
        return Answer(500) if is_failing else Answer(204)

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in self.secrets]
        right = {"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys}
        return bool(right & set(headers["webhook-signature"].split()))
