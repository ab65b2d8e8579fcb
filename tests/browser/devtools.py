"""A headless Chromium over its debugging pipe: no driver, no port, nothing but the browser itself."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.patience import PATIENCE_S

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
# The browser reads commands from its descriptor 3 and writes what it has to say to 4.
_WITH_PIPE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def installed_browser() -> str | None:
    """The browser of this machine: ``BROWSER_BINARY``, or one of the usual names on the path."""
    named = os.environ.get("BROWSER_BINARY")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are none of the descriptors that the browser wants."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class BrowserFailed(AssertionError):
    """The browser did not do what it was asked, or ended."""


class Tab:
    """One tab, driven by the Chrome DevTools Protocol."""

    def __init__(self, binary: str, profile: Path) -> None:
        commands, self._write = _pipe()
        self._read, answers = _pipe()
        self._browser = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-c", _WITH_PIPE, str(commands), str(answers), binary),
                *("--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run"),
                *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "about:blank"),
            ],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        """What the browser has reported by itself, such as requests and violations of the policy."""

    def __enter__(self) -> Self:
        try:
            self._attach()
        except BaseException:
            self.close()
            raise
        return self

    def _attach(self) -> None:
        pages = [each for each in self.do("Target.getTargets")["targetInfos"] if each["type"] == "page"]
        target = pages[0]["targetId"] if pages else self.do("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Audits", "Accessibility"):
            self.do(f"{domain}.enable")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the browser."""
        os.close(self._write)
        self._browser.terminate()
        try:
            self._browser.wait(60)
        except subprocess.TimeoutExpired:
            self._browser.kill()
            self._browser.wait()
        os.close(self._read)

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one command."""
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            message = self._next(deadline)
            if message.get("id") != self._number:
                self.events.append(message)
            elif "error" in message:
                raise BrowserFailed(f"{method}: {message['error']}")
            else:
                result: dict[str, Any] = message["result"]
                return result

    def open(self, url: str) -> None:
        """Load a page to its end."""
        self.events.clear()
        self.do("Page.navigate", url=url)
        deadline = time.monotonic() + PATIENCE_S
        while not self._told("Page.loadEventFired"):
            self.events.append(self._next(deadline))

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page; the tab's own, whatever the page's policy."""
        answer = self.do("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserFailed(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def said(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every event of this kind since the page was opened."""
        self.do("Runtime.evaluate", expression="0")  # whatever was on its way has come with the answer
        return self._told(method)

    def _told(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event.get("method") == method]

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._read, 65536) if ready else b""
            if not chunk:
                raise BrowserFailed("the browser says nothing")
            self._buffer += chunk
        text, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(text)
        return message
