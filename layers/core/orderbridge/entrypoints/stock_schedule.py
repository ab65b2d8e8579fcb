"""Invocations of the stock sync, a schedule's or an operator's; what failed is reported channel by channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orderbridge.entrypoints.invocation import invocations
from orderbridge.entrypoints.log import log
from orderbridge.stock.rounds import StockRequest
from orderbridge.stock.sync import RunResult

SECONDS_TO_END = 240
"""The longest step of a run, and saving what it has read: no step is begun with less of the invocation left."""

Round = Callable[[StockRequest, Callable[[], float]], list[RunResult]]


def stock_handler(sync_round: Round) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """A handler that answers what became of each channel.

    An aborted run is counted from its line in the log, and the next schedule goes on. It is no error of the function:
    those are ours, and a platform that is down is not.
    """

    invocation = invocations("stock_sync")

    def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        with invocation(context):
            request = StockRequest.from_event(event)
            results = sync_round(request, _seconds_left(request, context))
            for result in results:
                log("stock_synced", channel=result.channel, state=result.state, found=_counts(result))
            return {"channels": [{**described(result), "state": result.state} for result in results]}

    return handler


def described(result: RunResult) -> dict[str, Any]:
    """The channel's entry in `orderbridge stock sync` (docs/interfaces.md#command-line)."""
    report = result.report
    problems = [{"key": problem.key, "detail": problem.detail} for problem in report.problems]
    if report.unlisted_problems:
        problems.append({"key": result.channel, "detail": f"and {report.unlisted_problems} problems more"})
    return {
        "channel": result.channel,
        "ok": result.ok,
        "read": report.read,
        "changed": report.changed,
        "pushed": report.pushed,
        "problems": problems,
    }


def _seconds_left(request: StockRequest, context: Any) -> Callable[[], float]:
    def to_the_end() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    stop = SECONDS_TO_END if request.seconds is None else max(to_the_end() - request.seconds, SECONDS_TO_END)
    return lambda: to_the_end() - stop


def _counts(result: RunResult) -> dict[str, int]:
    report = result.report
    problems = len(report.problems) + report.unlisted_problems
    return {"read": report.read, "changed": report.changed, "pushed": report.pushed, "problems": problems}
