"""Invocations of the status sync, a schedule's or an operator's; what failed is reported channel by channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orderbridge.entrypoints.invocation import invocations
from orderbridge.entrypoints.log import log
from orderbridge.status.rounds import StatusRequest
from orderbridge.status.runs import StatusReport

SECONDS_TO_END = 60
"""The longest step of a run: a login, a page, taking in its rows. None is begun with less of the invocation left."""

Round = Callable[[StatusRequest, Callable[[], float]], list[StatusReport]]


def status_handler(sync_round: Round) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """A handler that answers what was done for each channel.

    A platform that did not answer is counted from its line in the log, and the next schedule goes on. It is no error of
    the function: those are ours, and a platform that is down is not.
    """

    invocation = invocations("status_sync")

    def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        with invocation(context):
            request = StatusRequest.from_event(event)
            reports = sync_round(request, _seconds_left(request, context))
            for report in reports:
                _log(report)
            return {"channels": [described(report) for report in reports]}

    return handler


def described(report: StatusReport) -> dict[str, Any]:
    """The channel's entry in `orderbridge statuses sync`."""
    return {
        "channel": report.channel,
        "ok": report.ok,
        "finished": report.finished,
        "skipped": report.skipped,
        "pages": report.pages,
        "rows": report.rows,
        "matched": report.matched,
        "changed": report.changed,
        "unread": report.unread,
        "failed_pages": report.failed_pages,
        "unknown": dict(report.unknown),
        "problems": report.problems,
    }


def _seconds_left(request: StatusRequest, context: Any) -> Callable[[], float]:
    def to_the_end() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    stop = SECONDS_TO_END if request.seconds is None else max(to_the_end() - request.seconds, SECONDS_TO_END)
    return lambda: to_the_end() - stop


def _log(report: StatusReport) -> None:
    counts = {"pages": report.pages, "rows": report.rows, "matched": report.matched, "changed": report.changed}
    outcome = report.skipped or ("finished" if report.finished else "continues" if report.ok else "failed")
    log("statuses_synced", channel=report.channel, outcome=outcome, found=counts)
    unknown = sum(report.unknown.values())
    if unknown:
        # Counted as a metric; which words they were is on the orders' timelines.
        log("unknown_statuses", channel=report.channel, count=unknown)
