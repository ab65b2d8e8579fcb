"""The platforms as small strict servers, written from their documents; tests, demo and local stack use them.

    with SANDBOXES["sirclo"](products=100, job_seconds=0.5) as sandbox:  # also sirclo.SircloSandbox, which is typed
        sandbox.url                                                    # http://127.0.0.1:<free port>
        sandbox.faults.add(Fault("commit_then_close", "POST", "/v1/order", count=3))   # see faults.Fault
        sandbox.orders, sandbox.requests, sandbox.duplicates()         # what it holds, was asked, and holds twice
        sandbox.set_stock("PROD-001", " 20 "); sandbox.set_status("SO-20250101-00001", "packed", awb_number="A1")
        sandbox.change(api_key="another"); sandbox.platform.expire_tokens(); sandbox.reset()
    SircloPlatform(clock=ManualClock(now)).handle(Request(...))        # the state machine alone, without a socket
    DEMO_CREDENTIALS, DEMO_SETTINGS, DEMO_MAPPINGS; demo_settings(platform, url), demo_mappings(platform, products=N)
    python -m orderbridge_sandboxes --platform sirclo --port 0         # prints {"platform", "url", "pid"}

Over HTTP the same is under `/_sandbox/` (see control). The end of a `with` block raises SandboxCrashed if the
sandbox itself failed. A further platform is one package: a Platform subclass, its sandbox under the name `SANDBOX`, and
a module ``demo``.
"""

from __future__ import annotations

import importlib
from typing import Any

from orderbridge_sandboxes.demo import (
    DEMO_CREDENTIALS,
    DEMO_MAPPINGS,
    DEMO_SETTINGS,
    demo_mappings,
    demo_settings,
    mappings_csv,
)
from orderbridge_sandboxes.exchange import Reply, Request
from orderbridge_sandboxes.faults import Fault, Faults
from orderbridge_sandboxes.names import sandbox_names
from orderbridge_sandboxes.platform import Booked, HeldOrder, LoggedRequest, ManualClock, Platform
from orderbridge_sandboxes.sandbox import Sandbox, SandboxCrashed

SANDBOXES: dict[str, type[Sandbox[Any]]] = {
    name: importlib.import_module(f"orderbridge_sandboxes.{name}").SANDBOX for name in sandbox_names()
}
"""Every sandbox by its platform's name: `SANDBOX` in each package beside this module."""

__all__ = [
    "DEMO_CREDENTIALS",
    "DEMO_MAPPINGS",
    "DEMO_SETTINGS",
    "SANDBOXES",
    "Booked",
    "Fault",
    "Faults",
    "HeldOrder",
    "LoggedRequest",
    "ManualClock",
    "Platform",
    "Reply",
    "Request",
    "Sandbox",
    "SandboxCrashed",
    "demo_mappings",
    "demo_settings",
    "mappings_csv",
]
