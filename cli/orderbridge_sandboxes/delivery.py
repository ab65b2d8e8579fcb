"""One request through a platform, with the faults that strike it: what to send, if anything, and how to end.

This is still without sockets; the server does what a Delivery says.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

from orderbridge_sandboxes.exchange import Reply, Request
from orderbridge_sandboxes.faults import GARBAGE, Fault, Faults, Rule
from orderbridge_sandboxes.platform import Platform


@dataclass(frozen=True)
class Delivery:
    """What the client gets.

    `reply` None: the connection ends without an answer. `share` < 1: only that share of the answer's body is sent
    before the connection ends. `reset`: it ends with a TCP reset.
    """

    reply: Reply | None
    share: float = 1.0
    reset: bool = False


def deliver(platform: Platform, faults: Faults, request: Request, pause: Callable[[float], None]) -> Delivery:
    """Processes `request` as the rules have it; `pause` waits for some seconds."""
    struck = faults.take(request)
    delays = [rule.fault for rule in struck if rule.fault.kind == "delay"]
    other = next((rule for rule in struck if rule.fault.kind != "delay"), None)
    for delay in delays:
        if delay.when == "before":
            pause(delay.seconds)
    delivery = _strike(platform, request, other) if other else _process(platform, faults, request)
    kinds = "+".join(rule.fault.kind for rule in struck) or None
    platform.log(request, delivery.reply.status if delivery.reply else None, kinds)
    for delay in delays:
        if delay.when == "after":
            pause(delay.seconds)
    return delivery


def _process(platform: Platform, faults: Faults, request: Request) -> Delivery:
    reply = platform.handle(request)
    faults.remember(request, reply)
    return Delivery(reply)


def _strike(platform: Platform, request: Request, rule: Rule) -> Delivery:
    fault = rule.fault
    reply = platform.handle(request) if _commits(fault) else Reply.of({"data": [], "message": "cut off"})
    match fault.kind:
        case "close_before" | "commit_then_close":
            return Delivery(None, reset=fault.reset)
        case "status" | "commit_then_status":
            return Delivery(_failure(platform, fault))
        case "truncate":
            return Delivery(reply, share=0.5, reset=fault.reset)
        case "garbage":
            return Delivery(_shaped(fault, Reply(200, GARBAGE)))
        case "wrong_shape":
            return Delivery(_shaped(fault, Reply.of({"unexpected": True})))
        case "page_repeat":
            return Delivery(rule.last_page)
        case "delay":
            raise ValueError("a delay is no answer")


def _commits(fault: Fault) -> bool:
    """Whether the platform processes the request although its true answer is lost."""
    if fault.kind in ("truncate", "garbage", "wrong_shape"):
        return fault.process
    return fault.kind.startswith("commit_")


def _failure(platform: Platform, fault: Fault) -> Reply:
    shaped = _shaped(fault, platform.refusal(fault.status, "a fault was ordered"))
    retry_after = () if fault.retry_after is None else (("Retry-After", str(fault.retry_after)),)
    return replace(shaped, status=fault.status, headers=(*retry_after, *fault.headers.items()))


def _shaped(fault: Fault, otherwise: Reply) -> Reply:
    """A fault's own body; `otherwise` if it has none."""
    if fault.raw is not None:
        shaped = Reply(200, base64.b64decode(fault.raw), "application/octet-stream")
    elif isinstance(fault.body, str):
        shaped = Reply(200, fault.body.encode(), "text/html; charset=utf-8")
    else:
        shaped = otherwise if fault.body is None else Reply.of(fault.body)
    return shaped if fault.content_type is None else replace(shaped, content_type=fault.content_type)
