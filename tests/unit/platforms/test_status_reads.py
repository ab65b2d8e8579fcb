"""Statuses order by order: what a platform's `read` raises ends the run, or is about one order."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from orderbridge.calls.asking import AnswerTooLarge, AskFailed
from orderbridge.calls.pace import Pace
from orderbridge.calls.paging import ListFailed
from orderbridge.channels.outcomes import NotSent, Refused, Unknown
from orderbridge.platforms.status_reads import ByIds
from orderbridge.status.ports import StatusAccess, StatusQuery, StatusReadFailed

QUERY = StatusQuery(date(2025, 1, 1), date(2025, 1, 2), ("7", "8"))


def access(raised: Exception) -> StatusAccess:
    def read(client: Any, external_id: str) -> None:
        raise raised

    return ByIds({}, read).access(lambda _: None, Pace(None))


@pytest.mark.parametrize(
    "raised",
    [
        AskFailed(NotSent("no connection")),
        AskFailed(Unknown("no answer")),
        AskFailed(Refused("busy", retry_after=9)),
        StatusReadFailed("busy", retry_after=9),
    ],
    ids=repr,
)
def test_a_platform_that_does_not_answer_ends_the_run_and_the_next_one_begins_behind_this_order(
    raised: Exception,
) -> None:
    with pytest.raises(StatusReadFailed, match=str(raised)) as failed:
        access(raised).page(QUERY, "order by id", 0)
    assert failed.value.next_position == 1
    assert failed.value.retry_after == (9 if "busy" in str(raised) else None)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ListFailed("no order"), "no order"),
        (AnswerTooLarge(Unknown("larger than 1 MiB")), "larger than 1 MiB"),
        (KeyError("a name that somebody has"), "KeyError"),
    ],
    ids=["list failed", "too large", "our own"],
)
def test_an_odd_answer_is_about_one_order(raised: Exception, said: str) -> None:
    page = access(raised).page(QUERY, "order by id", 0)
    assert page.unread == [f"order 7: {said}"]
    assert page.has_more
