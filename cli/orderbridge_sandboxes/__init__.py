"""The three platforms as small strict servers, written from their documents; tests, demo and local stack use them.

    with SircloSandbox(products=100, job_seconds=0.5) as sandbox:      # also SalesmaniaSandbox, NgorderSandbox
        sandbox.url                                                    # http://127.0.0.1:<free port>
        sandbox.faults.add(Fault("commit_then_close", "POST", "/v1/order", count=3))   # see faults.Fault
        sandbox.orders, sandbox.requests, sandbox.duplicates()         # what it holds, was asked, and holds twice
        sandbox.set_stock("PROD-001", " 20 "); sandbox.set_status("SO-20250101-00001", "packed", awb_number="A1")
        sandbox.change(api_key="another"); sandbox.platform.expire_tokens(); sandbox.reset()
    SANDBOXES["sirclo"]                                                # the same by name
    SircloPlatform(clock=ManualClock(now)).handle(Request(...))        # the state machine alone, without a socket
    DEMO_CREDENTIALS, DEMO_SETTINGS, DEMO_MAPPINGS; demo_settings(platform, url), demo_mappings(platform, products=N)
    python -m orderbridge_sandboxes --platform sirclo --port 0         # prints {"platform", "url", "pid"}

Over HTTP the same stands under `/_sandbox/` (see control). The end of a `with` block raises SandboxCrashed if the
sandbox itself failed. A fourth platform is one package with a Platform subclass and one line here.
"""

from __future__ import annotations

from typing import Any, ClassVar

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
from orderbridge_sandboxes.ngorder import NgorderPlatform
from orderbridge_sandboxes.platform import HeldOrder, LoggedRequest, ManualClock, Platform
from orderbridge_sandboxes.salesmania import SalesmaniaPlatform
from orderbridge_sandboxes.sandbox import Sandbox, SandboxCrashed
from orderbridge_sandboxes.sirclo import SircloPlatform


class SalesmaniaSandbox(Sandbox[SalesmaniaPlatform]):
    """SalesMania on a loopback port."""

    platform_type: ClassVar[type[Platform]] = SalesmaniaPlatform


class SircloSandbox(Sandbox[SircloPlatform]):
    """SIRCLO on a loopback port, both revisions."""

    platform_type: ClassVar[type[Platform]] = SircloPlatform


class NgorderSandbox(Sandbox[NgorderPlatform]):
    """Ngorder on a loopback port."""

    platform_type: ClassVar[type[Platform]] = NgorderPlatform


SANDBOXES: dict[str, type[Sandbox[Any]]] = {
    "salesmania": SalesmaniaSandbox,
    "sirclo": SircloSandbox,
    "ngorder": NgorderSandbox,
}

__all__ = [
    "DEMO_CREDENTIALS",
    "DEMO_MAPPINGS",
    "DEMO_SETTINGS",
    "SANDBOXES",
    "Fault",
    "Faults",
    "HeldOrder",
    "LoggedRequest",
    "ManualClock",
    "NgorderPlatform",
    "NgorderSandbox",
    "Platform",
    "Reply",
    "Request",
    "SalesmaniaPlatform",
    "SalesmaniaSandbox",
    "Sandbox",
    "SandboxCrashed",
    "SircloPlatform",
    "SircloSandbox",
    "demo_mappings",
    "demo_settings",
    "mappings_csv",
]
