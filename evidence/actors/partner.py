"""A partner's system: it logs in, signs, posts each order until it is answered, and takes some back."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from evidence.processes.functions import Function
from evidence.processes.machine import Died, Machine
from tests.conformance.facts import DOCUMENT

if TYPE_CHECKING:
    from evidence.weather import Posts

CLIENT_ID, CLIENT_SECRET = "partner-client-001", "a secret of this run that nobody guesses"
LONGEST_PAUSE_SECONDS = 300.0
GIVES_UP_SECONDS = 30 * 3600.0


@functools.cache
def key(number: int = 1) -> rsa.RSAPrivateKey:  # noqa: ARG001 - each has its own
    """One of the partner's keys, made once for all runs of a process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(number: int = 1) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key(number).public_key().public_bytes(encoding, form)


@dataclass(eq=False)
class Placed:
    """An order as the partner knows it: its own number, and the codes that it was answered with."""

    number: str
    codes: list[str] = field(default_factory=list)
    answered: int = 0
    at: str = ""
    cancelled: bool = False


@dataclass(eq=False)
class Partner:
    """The partner's system. `api` are the API's functions by their names."""

    machine: Machine
    api: Mapping[str, Function]
    posts: Posts
    is_bad: Callable[[], bool]
    skew_seconds: float = 0.0
    """How far off the clocks of its machines are, one way or the other."""
    key_number: int = 1
    secret: str = CLIENT_SECRET
    placed: dict[str, Placed] = field(default_factory=dict)
    requests: int = 0
    refused: list[str] = field(default_factory=list)
    """What was answered that a partner should not be answered here."""
    _token: str = ""
    _expires: float = 0.0

    # --- orders -------------------------------------------------------------------------------------------------------

    def place(self, number: str, document: Mapping[str, Any] = DOCUMENT) -> None:
        """Post an order as often as the row has it, so many at once, each until it is answered."""
        placed = self.placed.setdefault(number, Placed(number))
        times = self.machine.draw.randint(1, self.posts.times)
        for time in range(times):
            for _ in range(self.posts.at_once - 1):
                self.machine.start("partner", lambda: self._until_answered(placed, document))
            self._until_answered(placed, document)
            if time + 1 < times:
                self.machine.sleep(self.machine.draw.uniform(0, 40))

    def _until_answered(self, placed: Placed, document: Mapping[str, Any]) -> None:
        body = json.dumps({**document, "purchase_order_no": placed.number}).encode()
        status, answer = self._repeated("order_intake", "/api/v1/sales-orders", body)
        if status in (200, 201):
            placed.answered += 1
            placed.codes.append(answer["data"]["code"])
            placed.at = placed.at or answer["data"]["created_at"]
        else:
            self.refused.append(f"{placed.number}: {status} {answer.get('code')}")

    def cancel(self, number: str) -> None:
        """Take an order back once it has a code."""
        placed = self.placed[number]
        while not placed.codes:
            self.machine.sleep(1)
        code = placed.codes[0]
        status, answer = self._repeated(
            "order_cancel",
            "/api/v1/sales-orders/{code}/cancel",
            b"",
            {"code": code},
            f"/api/v1/sales-orders/{code}/cancel",
        )
        if status == 200:
            placed.cancelled = True
        else:
            self.refused.append(f"cancel {number}: {status} {answer.get('code')}")

    def _repeated(
        self, function: str, resource: str, body: bytes, names: Mapping[str, str] | None = None, path: str = ""
    ) -> tuple[int, Mapping[str, Any]]:
        """The first answer that is one: the partner guide says what is sent again, and when."""
        pause, machine = 1.0, self.machine
        ends = machine.seconds() + GIVES_UP_SECONDS
        while True:
            token = self._valid_token()
            status, answer, headers = self._ask(function, resource, self._headers(token), body, names, path)
            if status in (200, 201):
                return status, answer
            if status == 401 and answer["code"] == "invalid_token":
                self._token = ""
            elif status not in (0, 429) and status < 500 and not self._is_late(status, answer):
                return status, answer
            if machine.seconds() > ends:
                return status, answer
            machine.sleep(max(pause * machine.draw.uniform(0.5, 1), float(headers.get("Retry-After", 0))))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _is_late(self, status: int, answer: Mapping[str, Any]) -> bool:
        return status == 401 and answer["code"] in ("stale_timestamp", "invalid_signature")

    # --- one request --------------------------------------------------------------------------------------------------

    def _valid_token(self) -> str:
        pause = 1.0
        while not self._token or self.machine.seconds() > self._expires - 60:
            if self._token:
                status, answer, _ = self._ask("auth_refresh", "/api/v1/auth/refresh", {}, _json(token=self._token))
            else:
                document = _json(client_id=CLIENT_ID, client_secret=self.secret)
                status, answer, _ = self._ask("auth_login", "/api/v1/auth/login", {}, document)
            if status == 200:
                self.machine.struck["a token renewed" if self._token else "a login"] += 1
                self._token, self._expires = answer["token"], float(answer["expired_at"])
                break
            if status == 401:
                self._token = ""
            self.machine.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return self._token

    def _headers(self, token: str) -> dict[str, str]:
        skew = self.machine.draw.choice((-1, 0, 1)) * self.skew_seconds
        timestamp = str(int(self.machine.seconds() + skew))
        signature = key(self.key_number).sign(f"{CLIENT_ID}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            "Authorization": f"Bearer {token}",
            "X-CLIENT-ID": CLIENT_ID,
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": base64.b64encode(signature).decode(),
        }

    def _ask(
        self,
        function: str,
        resource: str,
        headers: Mapping[str, str],
        body: bytes,
        names: Mapping[str, str] | None = None,
        path: str = "",
    ) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
        """Status (0: no answer came), document and headers."""
        self.requests += 1
        event = api_event(resource, path or resource, {"Content-Type": "application/json", **headers}, body, names)
        worker = self.machine.current
        assert worker is not None
        name, worker.name = worker.name, function
        try:
            answer = self.api[function].invoke(event)
        except Died:
            self.machine.struck["an answer that never came"] += 1
            return 0, {}, {}
        finally:
            worker.name = name
        if self.posts.answers_lost and self.is_bad() and self.machine.draw.random() < self.posts.answers_lost:
            self.machine.struck["answers to the partner lost"] += 1
            return 0, {}, {}
        if answer["statusCode"] >= 400:
            self.machine.struck[f"answered {answer['statusCode']}"] += 1
        return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def _json(**members: str) -> bytes:
    return json.dumps(members).encode()


def api_event(
    resource: str, path: str, headers: Mapping[str, str], body: bytes, names: Mapping[str, str] | None
) -> dict[str, Any]:
    """API Gateway's event for a request."""
    return {
        "resource": resource,
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "pathParameters": names,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "proof", "identity": {"sourceIp": "203.0.113.1"}},
    }
